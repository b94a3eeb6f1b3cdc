"""Read a response as evidence: which published code it gives, and which rules give that code."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outdial.definitions.catalogue import Catalogue, catalogue
from outdial.explain.operations import Target
from outdial.explain.request import is_placeholder
from outdial.explain.response import PastedResponse, objects_in
from outdial.explain.verdict import Case
from outdial.provider.rule import RuleBase
from outdial.reasoning.search import Conflict, Constraint

LISTED = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Evidence:
    """Content of a response. `code` is None where it names none; `rules` are those that give the code.

    `foreign` says why the API does not send such an answer; empty where it can.
    """

    status: int | None
    code: str | None = None
    message: str = ""
    names: tuple[str, ...] = ()
    rules: tuple[RuleBase, ...] = ()
    foreign: str = ""
    stated: str = ""
    """A code in the vendor's form that is not published for the operation."""

    @property
    def accepted(self) -> bool:
        """Return whether the request was accepted."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def seconds(self) -> str:
        """The number of seconds that the message tells, or 'some'."""
        return next((name for name in self.names if name.isdecimal()), "some")


def read_evidence(response: PastedResponse, target: Target | None, api: str) -> Evidence:
    """Find the code of a response, by its body or its text, and the rules of the request's operation that give it."""
    known = catalogue(api)
    status, body = response.status, response.json
    if response.status is not None and 200 <= response.status < 400:
        return Evidence(status)
    code, message = _code_of(body)
    if status is None and code is None and isinstance(body, Mapping) and {"participants", "selfUri"} & body.keys():
        return Evidence(200)
    if isinstance(body, Mapping) and status is None and isinstance(body.get("status"), int):
        status = body["status"]
    message = message or ("" if isinstance(body, Mapping) else response.text)
    rules = [rule for operation in (target.endpoint if target else ()) for rule in operation.rules]
    codes = {str(rule.deny.code) for rule in rules} | (known.codes if known else frozenset())
    if (code is None or code not in codes) and known and message and (read := _by_text(message, known, target)):
        status, code = status or read[0], read[1]
    if code is None or code not in codes:
        by_message = [rule for rule in rules if _says(rule, message) and status in (None, rule.deny.status)]
        if target and (by_message or (known and not known.texts)):
            alike = by_message or [rule for rule in rules if rule.deny.status == status]
            named = {str(rule.deny.code) for rule in alike}
            return Evidence(status, min(named), message, rules=tuple(alike)) if len(named) == 1 else Evidence(status)
        foreign = _foreign(code, body, response, target)
        return Evidence(status, None, message, foreign=foreign, stated=_stated(code, foreign))
    names = tuple(each.strip() for part in LISTED.findall(message) for each in part.split(",") if each.strip())
    if known and target and target.published and code in known.codes and not target.published.statuses_of(code):
        foreign = _foreign(code, body, response, target)
        return Evidence(status, None, message, names, (), foreign, _stated(code, foreign))
    alike = [rule for rule in rules if rule.deny.code == code and status in (None, rule.deny.status)]
    if status is None and target and target.published and (found := target.published.statuses_of(code)):
        status = found[0]
    status = status or next((number for number, each, _ in (known.texts if known else ()) if each == code), None)
    return Evidence(status, code, message, names, tuple(alike))


def _code_of(body: Any) -> tuple[str | None, str]:
    if not isinstance(body, Mapping):
        return None, ""
    message = next(
        (body[key] for key in ("message", "error_description", "errorDescription", "description") if body.get(key)), ""
    )
    for source in (body, *objects_in(body.get("errors"))):
        for key in ("code", "error", "errorCode"):
            if isinstance(source.get(key), str):
                return source[key], str(message or source.get("message", ""))
    return None, str(message)


def _stated(code: str | None, foreign: str) -> str:
    return code if code and "does not publish the code" in foreign else ""


def _by_text(message: str, known: Catalogue, target: Target | None) -> tuple[int, str] | None:
    """The status and code whose published text a message has."""
    own = {code for codes in (target.published.codes if target and target.published else {}).values() for code in codes}
    found = [
        (code in known.platform or code in own, len(text), status, code)
        for status, code, text in known.texts
        if len(text.replace("%s", "").strip()) > 12
        and re.search(".*?".join(map(re.escape, text.rstrip(".").split("%s"))), message, re.DOTALL)
    ]
    best = max(found, default=None)
    return (best[2], best[3]) if best else None


def _says(rule: RuleBase, message: str) -> bool:
    text = rule.deny.message.strip(". ").lower()
    return len(text) > 8 and "${" not in text and text in message.lower()


def _foreign(code: str | None, body: Any, response: PastedResponse, target: Target | None) -> str:
    if target is None or not target.is_published or not response.text:
        return ""
    published = target.published
    shown = " ".join(response.text.split())
    shown = shown if len(shown) <= 60 else f"{shown[:57]}…"
    if isinstance(body, Mapping) and "code" in body and "message" in body and published:
        return f"{target.vendor} does not publish the code {code} for this operation."
    if target.vendor == "Genesys":
        where = "something else answered (a proxy, a mock, another host?). Look for the header ININ-Correlation-Id"
        return f"The answer ({shown}) does not have the form that Genesys publishes: {where}."
    return ""


def narrowed(case: Case, rules: Sequence[RuleBase]) -> tuple[dict[str, tuple[Any, ...]], frozenset[str]]:
    """Return the values that facts can have when one of some rules refused, and what was said that cannot be so."""
    first = next(at for at, rule in enumerate(case.rules) if rule in rules)
    basic = [rule for rule in case.rules[:first] if set(rule.candidates()) <= {"request.scheme", "token.status"}]
    refused, wrong = [*(case.holds(rule) for rule in basic), case.fails(rules)], frozenset[str]()
    outcome = case.solve(refused)
    if isinstance(outcome, Conflict):
        wrong = frozenset(fact for fact in outcome.given if fact in case.ground.knowledge.said or ":" in fact)
        outcome = case.solve(refused, wrong)
        if not wrong or isinstance(outcome, Conflict):
            return {}, frozenset({"request"})
    found: dict[str, tuple[Any, ...]] = {}
    for fact in outcome:
        alike = [fact]
        if ".permissions:" in fact:  # whose role it is may not be known: nobody's has it
            alike = [f"{holder}.{fact.partition('.')[2]}" for holder in ("token", "agent")]
        possible = case.ground.possible(fact) if fact not in wrong else None
        domain = case.ground.domain(fact) if possible is None else possible
        left = tuple(
            each
            for each in domain
            if _possible(case.changed({**case.changes, **dict.fromkeys(alike, each)}), refused, wrong)
        )
        if left and (len(left) < len(domain) or fact in wrong) and not any(map(is_placeholder, left)):
            found |= dict.fromkeys(alike, left)
    said = case.ground.knowledge.said
    return found, frozenset(fact for fact in wrong if not set(said.get(fact) or ()) & set(found.get(fact, ())))


def _possible(case: Case, refused: Sequence[Constraint], wrong: frozenset[str]) -> bool:
    return not isinstance(case.solve(refused, wrong), Conflict)
