"""Read a response as evidence: which published code it gives, and which rules give that code."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from outdial.definitions import Catalogue, catalogue
from outdial.explain.case import Case
from outdial.explain.operations import Target
from outdial.explain.request import Response, is_placeholder, objects_in
from outdial.explain.search import Conflict
from outdial.provider.rule import RuleBase

LISTED = re.compile(r"\[([^\[\]]*)\]")
ELSE = "something else answered (a login page, a proxy, a mock, another host?)"


@dataclass(frozen=True)
class Evidence:
    """Content of a response: `code` is empty without a published one; `rules` are the ids of the rules that give it.

    `foreign` says why the API does not send such an answer. `stated` is a code that is not published for the operation.
    """

    status: int | None = None
    code: str = ""
    message: str = ""
    names: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    foreign: str = ""
    stated: str = ""

    @property
    def accepted(self) -> bool | None:
        """Verdict by the status: accepted, refused, or None where the API itself did not answer."""
        if self.status is None or (self.status < 400 and self.foreign):
            return None
        return self.status < 400


def read_evidence(response: Response, target: Target | None, api: str) -> Evidence:
    """Find the code of a response, by its body or its text, and the rules of the request's operation that give it."""
    known, published = catalogue(api), target.published if target else None
    status, body = response.status, response.json
    if status is not None and 200 <= status < 400:
        is_page = response.text.startswith("<") or "html" in response.headers.get("content-type", "")
        what = "a redirect" if status >= 300 and status != 304 else "a web page" if is_page else ""
        return Evidence(status, message=response.text, foreign=f"The answer is {what}: {ELSE}." if what else "")
    code, message = _code_of(body)
    if isinstance(body, Mapping) and status is None:
        if not code and {"participants", "selfUri"} & body.keys():
            return Evidence(200, message=response.text)
        status = body["status"] if isinstance(body.get("status"), int) else None
    message = message or ("" if isinstance(body, Mapping) else response.text or response.reason)
    rules = [rule for operation in (target.endpoint if target else ()) for rule in operation.rules]
    codes = {str(rule.deny.code) for rule in rules} | (known.codes if known else frozenset())
    if code not in codes and known and (read := _by_text(message, known, target)):
        status, code = status or read[0], read[1]
    names = tuple(each.strip() for part in LISTED.findall(message) for each in part.split(",") if each.strip())
    alike = [rule for rule in rules if status in (None, rule.deny.status)]
    if code in codes:
        if known and published and code in known.codes and not published.statuses_of(code):
            return _foreign(response, Evidence(status, "", message, names), code, target)
        listed = [*(published.statuses_of(code) if published else ())]
        listed += [number for number, each, _ in (known.texts if known else ()) if each == code]
        named = tuple(rule.id for rule in alike if rule.deny.code == code)
        return Evidence(status or next(iter(listed), None), code, message, names, named)
    by_text = [rule for rule in alike if _says(rule, message)]
    if not by_text and (known is None or known.texts):
        return _foreign(response, Evidence(status, "", message), code, target)
    # A vendor that publishes no codes: the phrase beside the status is all there is, or the status alone.
    found = {str(rule.deny.code) for rule in by_text or alike}
    single = found.pop() if len(found) == 1 else ""
    return Evidence(status, single, message, rules=tuple(rule.id for rule in by_text or alike if single))


def _code_of(body: Any) -> tuple[str, str]:
    if not isinstance(body, Mapping):
        return "", ""
    keys = ("message", "error_description", "errorDescription", "description")
    message = next((body[key] for key in keys if body.get(key)), "")
    for source in (body, *objects_in(body.get("errors"))):
        for key in ("code", "error", "errorCode"):
            if isinstance(source.get(key), str):
                return source[key], str(message or source.get("message", ""))
    return "", str(message)


def _by_text(message: str, known: Catalogue, target: Target | None) -> tuple[int, str] | None:
    """Return the status and code whose published text a message has."""
    own = {code for codes in (target.published.codes if target and target.published else {}).values() for code in codes}
    found = [
        (code in known.platform or code in own, len(text), status, code)
        for status, code, text in known.texts
        if len(text.replace("%s", "").strip()) > 12
        and re.search(".*?".join(map(re.escape, text.rstrip(".").split("%s"))), message, re.DOTALL)
    ]
    return max(found)[2:] if found else None


def _says(rule: RuleBase, message: str) -> bool:
    text = rule.deny.message.strip(". ").lower()
    return len(text) > 8 and "${" not in text and text in message.lower()


def _foreign(response: Response, read: Evidence, code: str, target: Target | None) -> Evidence:
    """Return the evidence with the reason why the API does not send such an answer."""
    text, body = " ".join(response.text.split()), response.json
    phrase = HTTPStatus(read.status).phrase if read.status in set(HTTPStatus) else ""
    bare = re.sub(r"^(HTTP/[\d.]+ )?\d{3}\W*", "", text).lower() in ("", phrase.lower())
    if target is None or not target.is_published or bare:
        return read
    if isinstance(body, Mapping) and "code" in body and "message" in body and target.published:
        return replace(
            read, foreign=f"{target.vendor} does not publish the code {code} for this operation.", stated=code
        )
    if target.vendor != "Genesys":
        return read
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    where = f"{ELSE}. Look for the header ININ-Correlation-Id"
    return replace(read, foreign=f"The answer ({shown}) does not have the form that Genesys publishes: {where}.")


def narrowed(case: Case, rules: Sequence[RuleBase]) -> tuple[dict[str, tuple[Any, ...]], frozenset[str]]:
    """Return the values that facts can have when one of some rules refused, and the stated facts that contradict it."""
    first = next(at for at, rule in enumerate(case.rules) if rule in rules)
    basic = [rule for rule in case.rules[:first] if set(rule.candidates()) <= {"request.scheme", "token.status"}]
    refused, wrong = [*(case.holds(rule) for rule in basic), case.fails(rules)], frozenset[str]()
    said = case.ground.knowledge.said
    outcome = case.solve(refused)
    if isinstance(outcome, Conflict):
        wrong = frozenset(fact for fact in outcome.known if fact in said or ":" in fact)
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
            each for each in domain if case.changed({**case.changes, **dict.fromkeys(alike, each)}).can(refused, wrong)
        )
        if left and (len(left) < len(domain) or fact in wrong) and not any(map(is_placeholder, left)):
            found |= dict.fromkeys(alike, left)
    return found, frozenset(fact for fact in wrong if not set(said.get(fact) or ()) & set(found.get(fact, ())))
