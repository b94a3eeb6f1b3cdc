"""One HTML file with its style, its script and its data inside; by its policy nothing else is ever loaded or run."""

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from outdial.documents.template import fill

HERE = Path(__file__).parent


def html(data: Mapping[str, Any]) -> str:
    """The page with this data; with `live` among it the part that asks the server is shown."""
    kept = {name: value for name, value in data.items() if name != "pictures"}
    parts = {
        "policy": policy(),
        "style": _file("css"),
        "script": _file("js"),
        "pictures": "".join(map(_picture, data["pictures"])),
        # What ends a script element must not stand in one.
        "data": json.dumps(kept, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
    }
    return str(fill(_file("html"), parts))


def _picture(shown: Mapping[str, Any]) -> str:
    words = "".join(f"<li>{escape(each)}</li>" for each in shown["words"])
    picture = f'<div class="wide" tabindex="0">{shown["svg"]}</div>'
    return f"<h3>{shown['api']}</h3>{picture}<details><summary>In words</summary><ul>{words}</ul></details>"


def policy() -> str:
    """The Content-Security-Policy: this style, this script, requests to where the page came from."""
    return (
        f"default-src 'none'; script-src {_hashed('js')}; style-src {_hashed('css')}; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )


def _hashed(kind: str) -> str:
    return f"'sha256-{b64encode(sha256(_file(kind).encode()).digest()).decode()}'"


@cache
def _file(kind: str) -> str:
    return (HERE / f"page.{kind}").read_text(encoding="utf-8")
