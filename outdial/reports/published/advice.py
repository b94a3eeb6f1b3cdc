"""Advice for refusals that the definition does not explain."""

from collections.abc import Sequence
from pathlib import Path

from outdial.documents import Document, Together

ADVICE = Path(__file__).parent / "advice.yaml"


def advice(api: str, codes: Sequence[str], path: Path = ADVICE) -> dict[str, str]:
    """The advice on each of the codes. Raises `DocumentError` for a code without one, and for one too many."""
    document, wrong = Document.read(path), Together()
    given = document.parse(dict[str, dict[str, str]])[api]
    for code in codes:
        if code not in given:
            with wrong:
                raise document.error((api,), f"nothing is published to try on {code!r}, and no advice is given")
    for code in given:
        if code not in codes:
            with wrong:
                raise document.error((api, code), f"{code!r} needs no advice: what is accepted is published")
    wrong.raise_found()
    return given
