"""CORS, so that a browser's page may call the stub from any origin. Who sends no `Origin` sees none of it."""

from collections.abc import Iterable

from provider_stub.exchange import Answer, Call


def allowed(call: Call, headers: Iterable[str]) -> dict[str, str]:
    """What lets a browser hand the answer, with these headers of it, to the page that asked."""
    origin = call.headers.get("origin")
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": ", ".join(headers),  # `*` is no wildcard where credentials are allowed
        "Vary": "Origin",
    }


def preflight(call: Call) -> Answer | None:
    """The answer to a browser that asks before it sends; None for every other request."""
    method = call.headers.get("access-control-request-method")
    if call.method != "OPTIONS" or method is None or "origin" not in call.headers:
        return None
    headers = {
        "Access-Control-Allow-Methods": method,
        "Access-Control-Allow-Headers": call.headers.get("access-control-request-headers", "*"),
        "Access-Control-Allow-Private-Network": "true",
        "Access-Control-Max-Age": "600",
    }
    return Answer(204, headers, b"")
