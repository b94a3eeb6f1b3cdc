"""Codes and facts in plain words (`answers.yaml`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outdial.definitions import catalogue
from outdial.documents import Document, Strict


class Meaning(Strict):
    """A code or status in plain words; `do` is (who, action) where the rules know no change."""

    says: str
    why: str = ""
    do: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Silent:
    """Reason for an accepted call that never connects; `seen` is the part of an errorInfo that shows it."""

    says: str
    source: str
    seen: str = ""


class Answers(Strict):
    """Meanings of codes and statuses, causes of silence by API, and facts in words."""

    codes: dict[str, Meaning]
    statuses: dict[int, Meaning]
    foreign: tuple[tuple[str, str], ...]
    contradicted: dict[str, tuple[str, str]]
    silent: dict[str, tuple[Silent, ...]]
    likely: frozenset[str]
    passed: dict[str, str | bool]
    said: dict[str, dict[str, str]]


ANSWERS = Document.read(Path(__file__).parent / "answers.yaml").parse(Answers)


def meaning_of(code: str, status: int | None, api: str) -> Meaning:
    """Return the meaning of a code: by `answers.yaml`, else by the vendor's text; its steps may be the status's."""
    listed, general = catalogue(api), ANSWERS.statuses.get(status or 0, Meaning(says=f"the code {code}"))
    text = (listed.text(code).rstrip(".") if listed else "").replace("%s", "…")
    return ANSWERS.codes.get(code) or general.model_copy(update={"says": text or general.says})


def is_likely(fact: str) -> bool:
    """Return whether an unknown fact nearly always holds, and is left out of the text."""
    parts = ("body.", "form.", "request.", "basic.")
    return fact in ANSWERS.likely or fact.endswith((".division", ".events")) or fact.startswith(parts)


def name_of(fact: str) -> str:
    """Return a fact in words."""
    holder, attribute, element = _parts(fact)
    if element:
        return f"{attribute.removesuffix('s')} {element} of the {holder}"
    return f"field {fact.partition('.')[2]}" if holder in ("body", "form") else f"{holder} {attribute}"


def said(fact: str, value: Any) -> str:
    """Return a fact and its value in words."""
    holder, attribute, element = _parts(fact)
    if element:
        return f"the {holder} has the {attribute.removesuffix('s')} {element}"
    if attribute == "exists" and value is True:
        return f"the {holder} exists"
    shown = {"True": "yes", "False": "no", "None": "none"}.get(str(value), str(value))
    return ANSWERS.said.get(fact, {}).get(str(value)) or f"{name_of(fact)}: {shown}"


def _parts(fact: str) -> tuple[str, str, str]:
    """Holder, attribute, and element of a set. A token has permissions by the role of its OAuth client."""
    whole, _, element = fact.partition(":")
    holder, _, attribute = whole.partition(".")
    holder = "OAuth client" if whole == "token.permissions" else holder.replace("_", " ")
    return holder, attribute.replace("_", " "), element
