"""CORS, so that a browser's page may call the stub from any origin. Requests without `Origin` are unaffected.

What says by `Cross-Origin-Resource-Policy` that it is for its own page only, is for that.
"""

from collections.abc import Mapping

from outdial.provider.exchange import Answer, Call

OWN_PAGE = ("Cross-Origin-Resource-Policy", "same-origin")


def allowed(call: Call, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the CORS headers that let a page read the answer."""
    origin = call.headers.get("origin")
    if origin is None or OWN_PAGE in headers.items():
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": ", ".join(headers),  # `*` is no wildcard where credentials are allowed
        "Vary": "Origin",
    }


def preflight(call: Call, answer: Answer) -> Answer:
    """Return the answer to a preflight request, else the given one."""
    method = call.headers.get("access-control-request-method")
    if call.method != "OPTIONS" or method is None or "origin" not in call.headers or OWN_PAGE in answer.headers.items():
        return answer
    headers = {
        "Access-Control-Allow-Methods": method,
        "Access-Control-Allow-Headers": call.headers.get("access-control-request-headers", "*"),
        "Access-Control-Allow-Private-Network": "true",
        "Access-Control-Max-Age": "600",
    }
    return Answer(204, headers, b"")
