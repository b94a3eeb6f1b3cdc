"""A changed request as a cURL command to copy. Credentials and whatever may be one are placeholders."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from outdial.explain.played import Changed

SECRET = re.compile(
    r"token|secret|password|passwd|assertion|authorization|cookie|credential|api-?key|verifier|session|signature|auth$",
    re.I,
)
NUMBER = re.compile(r'"<number:(\w+)>"')
"""A placeholder for a number stands without quotes."""
LONG = re.compile(r"(?=[\w.~+/=-]*\d)[\w.~+/=-]{40,}")
"""A text without spaces of this length, with a digit, is taken for a secret; an id has 36 characters."""


def curl_of(changed: Changed, host: str, lists: frozenset[str] = frozenset()) -> str:
    """The command."""
    lines = [f"curl -X {changed.ground.operation.method} {quoted(f'https://{host}{hidden_path(changed.path)}')}"]
    authorization = {"bearer": "Bearer <ACCESS_TOKEN>", "basic": "Basic <CLIENT_ID:SECRET as base64>"}
    scheme_sent = changed["request.scheme"]
    if scheme_sent in authorization:
        lines.append(f"-H {quoted(f'Authorization: {authorization[scheme_sent]}')}")
    media_type = changed["request.media_type"]
    content = changed["request.body"]
    if media_type and content != "none":
        lines.append(f"-H {quoted(f'Content-Type: {media_type}')}")
    for name in sorted(changed.ground.fields["header"]):
        if name.startswith("x-") and (value := changed[f"header.{name}"]) is not None:
            shown = value if str(value).startswith("<") else f"<{name}>"
            lines.append(f"-H {quoted(f'{name}: {shown}')}")
    if content == "object":
        fields = {
            name: [value] if name in lists and isinstance(value, str) else value
            for name, value in changed.shown("body").items()
        }
        body = NUMBER.sub(r"<\1>", json.dumps(hidden(fields), ensure_ascii=False))
        lines.append(f"-d {quoted(body)}")
    elif changed.body_is_form:
        fields = {**hidden(changed.shown("form")), **({"code": "<code>"} if "code" in changed.fields("form") else {})}
        lines += [f"--data-urlencode {quoted(f'{name}={value}')}" for name, value in fields.items()]
    return " \\\n  ".join(lines)


def hidden_path(path: str) -> str:
    """Return a path without steps that look like a secret."""
    return "/".join(_hidden_text("", step) for step in path.split("/"))


def quoted(text: str) -> str:
    """A text in quotes of a shell, whichever it is."""
    return f"'{text}'" if "'" not in text else shlex.quote(text)


def hidden(value: Any, name: str = "") -> Any:
    """A value without what may be a secret, by its name or its look."""
    if isinstance(value, Mapping):
        return {key: hidden(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [hidden(each, name) for each in value]
    return _hidden_text(name, value) if isinstance(value, str) else value


def _hidden_text(name: str, text: str) -> str:
    if text.startswith("<") and text.endswith(">"):
        return text
    return f"<{name or 'hidden'}>" if SECRET.search(name) or LONG.search(text) else text
