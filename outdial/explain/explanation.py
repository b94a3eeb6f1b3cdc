"""Explain one request: what the response says, what stands in the way, and what to change."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from outdial.definitions.catalogue import catalogue
from outdial.documents import Document, Strict
from outdial.documents.template import fill
from outdial.explain.change import Change, smallest_changes
from outdial.explain.curl_text import curl_of, hidden_path
from outdial.explain.evidence import Evidence, narrowed, read_evidence
from outdial.explain.fields import mend
from outdial.explain.hiding import Hiding
from outdial.explain.inputs import Given, read_given
from outdial.explain.knowledge import AGENT, APPLICATION, TOKEN_OF, Knowledge, knowledge
from outdial.explain.levers import levers
from outdial.explain.names import Name, unpublished_names
from outdial.explain.operations import Target, apis, base_of, target_of
from outdial.explain.played import Changed, play
from outdial.explain.request import NotUnderstood, PastedRequest, is_placeholder
from outdial.explain.response import PastedResponse, read_response
from outdial.explain.sent import FORM, HIDDEN, JSON, Sent
from outdial.explain.situation import Ground, placeholder
from outdial.explain.verdict import Blocker, Case
from outdial.explain.words import name_of, said
from outdial.provider import POLICIES, Policy
from outdial.provider.rule import RuleBase
from outdial.reasoning.search import Conflict
from provider_states import EditionsOnDemand
from provider_states.kinds import record_kinds

ANSWERS = Path(__file__).parent / "answers.yaml"
LIKELY = frozenset(
    {f"token.{each}" for each in ("status", "network", "rate_limit", "service", "authorized", "security_policy")}
    | {"destination.placeable", "number.agent_may_show", "agent.exists", "contact.exists"}
)
"""Facts that are nearly always as they should be: not worth a line when nobody said them."""
SHOWN = 3


def is_likely(fact: str) -> bool:
    """Return whether an untold fact is left out of the text."""
    return fact in LIKELY or fact.endswith((".division", ".events")) or fact.startswith(("body.", "form.", "request."))


class Meaning(Strict):
    """A code in plain words, and what to do where the rules know no change."""

    says: str
    why: str = ""
    do: tuple[tuple[str, str], ...] = ()


class Silent(Strict):
    """Reason for an accepted call that never connects; `seen` is the part of an errorInfo that shows it."""

    says: str
    source: str
    seen: str = ""


class Answers(Strict):
    """Meanings of codes, and causes of silence by API."""

    codes: dict[str, Meaning]
    silent: dict[str, tuple[Silent, ...]]


@cache
def answers() -> Answers:
    """Load `answers.yaml`."""
    return Document.read(ANSWERS).parse(Answers)


@dataclass(frozen=True)
class Way:
    """One change after which the request is accepted: steps as (who, what), `provided` what is not known."""

    operation: str
    steps: tuple[tuple[str, str], ...]
    cost: int = 0
    note: str = ""
    provided: tuple[tuple[tuple[str, Any], ...], ...] = ()
    curl: str = ""
    change: Change | None = field(default=None, repr=False)

    @property
    def conditions(self) -> list[str]:
        """Return the unknown conditions in words, without facts that nearly always hold."""
        groups = (group for group in self.provided if not any(is_likely(fact) for fact, _ in group))
        return [" or ".join(said(fact, value) for fact, value in group[:2]) for group in groups]


@dataclass(frozen=True)
class Explanation:
    """The answer for one request at one edition. `accepted` is None where it depends on what is not known.

    `why` and `notes` are sentences, `wrong` names that are not published, `next` what may refuse afterwards.
    """

    edition: str
    request: str
    accepted: bool | None
    headline: str
    why: tuple[str, ...] = ()
    wrong: tuple[Name, ...] = ()
    next: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    notes: tuple[str, ...] = ()
    silent: tuple[Silent, ...] = ()
    untold: tuple[str, ...] = ()
    evidence: Evidence | None = None
    lead: RuleBase | None = None
    blockers: tuple[Blocker, ...] = ()
    case: Case | None = field(default=None, repr=False)
    target: Target | None = field(default=None, repr=False)
    hiding: Hiding | None = field(default=None, repr=False)

    def text(self, *, verbose: bool = False) -> str:
        """Return the answer as text; `verbose` adds rules and sources."""
        from outdial.explain.text import lines_of

        lines = "\n".join(line.rstrip() for line in lines_of(self, verbose=verbose)) + "\n"
        return self.hiding.text(lines) if self.hiding else lines

    def as_json(self) -> dict[str, Any]:
        """Return the answer as documented in docs/explain.md."""
        from outdial.explain.text import document_of

        document = document_of(self)
        return dict(self.hiding.json(document)) if self.hiding else document


def explain(
    request: str | PastedRequest | None = None,
    response: str | PastedResponse | None = None,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    edition: str | None = None,
    *,
    policies: Mapping[str, Policy] | None = None,
    entry: int | None = None,
) -> Explanation:
    """Explain a request, a response, or both; `entry` chooses one request of several, from 1.

    `facts` are by kind of record: `{"token": {"grant": "client_credentials"}, "agent": {"station": "none"}}`.
    Raises `NotUnderstood` for input that cannot be used.

    >>> explain(response='{"code": "not.a.user"}').headline
    'Refused: the token has no user (400 not.a.user).'
    """
    given = read_given(request, entry) if isinstance(request, str) else Given(request)
    if response is not None:
        given = replace(given, response=read_response(response) if isinstance(response, str) else response)
    merged = {kind: dict(each) for kind, each in given.facts.items()}
    for kind, each in (facts or {}).items():
        merged.setdefault(kind, {}).update(each)
    policies = policies if policies is not None else EditionsOnDemand(POLICIES)
    if given.request is None:
        return replace(_without_request(given, edition), hiding=Hiding(given))
    known = knowledge(Sent(given.request), merged, record_kinds())
    return replace(explain_known(known, policies, edition or given.edition, given.response), hiding=Hiding(given))


def explain_known(
    known: Knowledge,
    policies: Mapping[str, Policy],
    edition: str | None = None,
    response: PastedResponse | None = None,
) -> Explanation:
    """Explain what is known of a request. Raises `NotUnderstood`."""
    target = target_of(known.sent.request, policies, edition)
    evidence = read_evidence(response, target, target.api) if response else None
    mended, problems = _mended(known, target)
    wrong = (*unpublished_names(known, target), *problems)
    case = _case(known, target)
    if case is None:
        return _without_operation(target, known, wrong, evidence, policies)
    contradicted: frozenset[str] = frozenset()
    if evidence and (refusing := [rule for rule in evidence.rules if rule in case.rules]):
        narrow, contradicted = narrowed(case, refusing)
        known, mended = known.learned(narrow), mended.learned(narrow)
        case = _case(known, target) or case
    found = _Answering(target, known, case, _case(mended, target) or case, evidence, wrong, contradicted, response)
    return found.explanation()


def _case(known: Knowledge, target: Target) -> Case | None:
    """The first operation of the endpoint that can take the request."""
    cases = [Case(Ground(each, known, target.steps), target.endpoint) for each in target.endpoint]
    return next((case for case in cases if not isinstance(case.solve(case.reached), Conflict)), None)


def _mended(known: Knowledge, target: Target) -> tuple[Knowledge, tuple[Name, ...]]:
    listed, published = catalogue(target.api), target.published
    if not (target.is_published and listed and published and published.body in listed.shapes and known.sent.json):
        return known, ()
    mended, problems = mend(known.sent.json, str(published.body), listed)
    if not problems:
        return known, ()
    body = json.dumps(mended, ensure_ascii=False).encode(errors="replace")
    return known.of(Sent(replace(known.sent.request, body=body))), problems


def _without_request(given: Given, edition: str | None) -> Explanation:
    """The answer for a response alone."""
    if given.response is None:
        raise NotUnderstood("nothing to explain: give a request, a response (--response), or both")
    body = given.response.json
    is_nice = isinstance(body, Mapping) and "errorDescription" in body
    api = (edition or ("nice-cxone" if is_nice else "genesys-cloud")).partition(".")[0]
    evidence = read_evidence(given.response, None, api)
    notes: tuple[str, ...] = ("Paste the request too: then permissions, scopes and fields are named.",)
    accepted = True if evidence.accepted else False if evidence.status and evidence.status >= 400 else None
    if evidence.code is None:
        status = f" ({evidence.status})" if evidence.status else ""
        headline = "Accepted." if accepted else f"Refused{status}: the answer names no published code."
        silent = _silent(accepted, api, given.response)
        return Explanation(api, "", accepted, headline, notes=notes, evidence=evidence, silent=silent)
    meaning = _meaning(evidence.code, api)
    words = _Words(evidence, "the caller", ())
    steps = words.steps(meaning)
    ways = (Way("", steps),) if steps else ()
    why = (words(meaning.why),) if meaning.why else ()
    return Explanation(
        api, "", False, words.headline(meaning, evidence.status), why, ways=ways, notes=notes, evidence=evidence
    )


def _meaning(code: str, api: str) -> Meaning:
    known, listed = answers().codes.get(code), catalogue(api)
    return known or Meaning(
        says=(listed.text(code).rstrip(".") if listed else "").replace("%s", "…") or f"the code {code}"
    )


def _silent(accepted: bool | None, api: str, response: PastedResponse | None, dials: bool = True) -> tuple[Silent, ...]:
    if not accepted or not dials:
        return ()
    causes = answers().silent.get(api, ())
    text = response.text if response else ""
    seen = tuple(each for each in causes if each.seen and each.seen in text)
    return seen or causes


@dataclass(frozen=True)
class _Words:
    """Fills the words of a meaning."""

    evidence: Evidence | None
    who: str
    names: tuple[str, ...]

    def __call__(self, text: str) -> str:
        listed = list(self.evidence.names) if self.evidence else []
        if self.evidence and "permission" in (self.evidence.code or ""):
            listed = [each for each in listed if ":" in each]
        names = " or ".join(listed or self.names) or "(named in the message)"
        seconds = self.evidence.seconds if self.evidence else "some"
        return str(fill(text, {"names": names, "who": self.who, "seconds": seconds}))

    def steps(self, meaning: Meaning) -> tuple[tuple[str, str], ...]:
        """Return what the answer itself says to do, as (who, what)."""
        return tuple((who, self(text)) for who, text in meaning.do)

    def headline(self, meaning: Meaning, status: int | None, code: str = "") -> str:
        shown = f" ({status} {code or (self.evidence.code if self.evidence else '')})" if status else ""
        return f"Refused: {self(meaning.says)}{shown}."


@dataclass(frozen=True)
class _Answering:
    """Puts one answer together. `mended` is the case with its fields corrected."""

    target: Target
    known: Knowledge
    case: Case
    mended: Case
    evidence: Evidence | None
    wrong: tuple[Name, ...]
    contradicted: frozenset[str]
    response: PastedResponse | None

    @property
    def request(self) -> str:
        """Method and path of the operation."""
        return self.case.ground.operation.request

    def explanation(self) -> Explanation:
        case, evidence = self.case, self.evidence
        accepted = True if evidence and evidence.accepted else case.verdict
        if evidence and evidence.status and evidence.status >= 400:
            accepted = False
        blockers = () if accepted else self._blockers()
        lead = None if accepted else self._lead(blockers)
        ways = () if accepted else self._ways(blockers)
        return Explanation(
            self.target.provider,
            self.request,
            accepted,
            self._headline(accepted, lead, ways),
            tuple(self._why(accepted, lead)),
            () if accepted and not evidence else self.wrong,
            tuple(self._next(lead, blockers)),
            ways,
            tuple(self._notes()),
            _silent(accepted, self.target.api, self.response, self._dials) if accepted else (),
            () if accepted or (evidence and evidence.code) else tuple(self._untold()),
            evidence,
            lead,
            blockers,
            case,
            self.target,
        )

    def _blockers(self) -> tuple[Blocker, ...]:
        """Return the refusal of the request with mended fields, and the rule about unknown fields."""
        own = [each for each in self.case.blockers if getattr(each.rule, "kind", "") == "known_fields"]
        return (*self.mended.blockers, *own) if self.mended is not self.case else self.mended.blockers

    @property
    def _dials(self) -> bool:
        return any(each.kind == "conversation" for each in self.case.ground.operation.accept.creates.values())

    def _lead(self, blockers: Sequence[Blocker]) -> RuleBase | None:
        """The rule that the answer is about: named by the response, else the surest of those that refuse."""
        evidence = self.evidence
        if evidence and evidence.code:
            known = {each.rule.id for each in blockers}
            return next((each for each in evidence.rules if each.id in known), next(iter(evidence.rules), None))
        rules = [each.rule for each in blockers]
        status = evidence.status if evidence else None
        rules.sort(key=lambda rule: (rule.basis == "assumed", rule.deny.status != status))
        if evidence and evidence.stated and not (rules and rules[0].deny.status == status):
            return None
        if rules and (rules[0].basis != "assumed" or status in (None, rules[0].deny.status)):
            return rules[0]
        sure = [rule for rule in self.case.rules if rule.basis != "assumed"]
        for some in (sure, self.case.rules if status is None else ()):
            together = self.mended.solve([self.mended.holds(rule) for rule in some])
            if isinstance(together, Conflict):
                says = {each.says for each in together.constraints}
                told = [rule for rule in some if f"{rule.id} holds" in says]
                told.sort(key=lambda rule: (rule.deny.status != status, not self._is_said(rule)))
                if told:
                    return told[0]
        return rules[0] if rules and status is None else None

    def _is_said(self, rule: RuleBase) -> bool:
        """Return whether a rule reads a fact that somebody stated."""
        said = {fact.partition(":")[0] for fact in (*self.known.said, *self.known.complete)}
        return bool(said & set(rule.candidates()))

    def _who(self) -> str:
        grant = self.known.said.get("token.grant")
        if grant == (APPLICATION,):
            return "the OAuth client"
        return "the token's user" if grant else "the token's user (or of the OAuth client)"

    def _words(self, rule: RuleBase | None = None) -> _Words:
        published = self.target.published
        names = getattr(rule, "names", ()) if rule else published.permissions if published else ()
        return _Words(self.evidence if self.evidence and self.evidence.code else None, self._who(), tuple(names))

    def _says(self, rule: RuleBase) -> Meaning:
        found = answers().codes.get(str(rule.deny.code))
        if self.target.is_published:
            own = Meaning(says=rule.deny.message.rstrip(".")) if "${" not in rule.deny.message else None
            return found or own or _meaning(str(rule.deny.code), self.target.api)
        blocker = next((each for each in self.case.blockers if each.rule is rule), None)
        facts = ", ".join(map(name_of, blocker.facts[:SHOWN])) if blocker else "the facts are not known"
        return Meaning(says=f"the condition {rule.id} does not hold ({facts})")

    def _headline(self, accepted: bool | None, lead: RuleBase | None, ways: Sequence[Way]) -> str:
        evidence = self.evidence
        if accepted:
            said = f"Accepted ({evidence.status})" if evidence else "Accepted"
            return f"{said}: nothing has to change in the request or the token."
        if evidence and evidence.code:
            meaning = self._says(lead) if lead and lead in evidence.rules else _meaning(evidence.code, self.target.api)
            return self._words(lead).headline(meaning, evidence.status, evidence.code)
        wrong = [each for each in self.wrong if each.kind == "field"]
        if wrong and not evidence and (lead is None or lead.basis == "assumed"):
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            return f"Wrong in the request: {wrong[0]}{more}. Whether it is refused or ignored is not published."
        if lead is not None:
            words = self._words(lead)
            if lead.id == "required-fields":
                missing = [name for name in lead.names if self.known.sent.value(name) is None]  # type: ignore[attr-defined]
                return f"Probably refused: the body lacks the required field {', '.join(each[5:] for each in missing)}."
            if lead.basis == "assumed" and self.target.is_published:
                code = f"{lead.deny.status} {lead.deny.code}, assumed"
                return f"Probably refused: {words(self._says(lead).says)} ({code})."
            return words.headline(self._says(lead), lead.deny.status, str(lead.deny.code))
        if evidence and evidence.status and evidence.status >= 400:
            if evidence.stated:
                return f"Refused: {evidence.message.rstrip('.')} ({evidence.status} {evidence.stated})."
            return f"Refused ({evidence.status}); the answer does not say why. {self._candidates(evidence.status)}"
        need = next((each for each in ways if not each.steps), None)
        provided = need.conditions if need else []
        tail = (
            f"it is accepted if {'; '.join(provided[:SHOWN])}" if provided else "no condition that is known refuses it"
        )
        return f"It depends: {tail}."

    def _candidates(self, status: int) -> str:
        words = [
            self._words(rule)(self._says(rule).says)
            for rule in self.case.rules
            if rule.deny.status == status and self.case.states[rule.id] == "depends"
            if not set(rule.candidates()) & LIKELY and "division" not in str(rule.deny.code)
        ]
        return f"Likely: {'; or '.join(dict.fromkeys(words[:SHOWN]))}." if words else ""

    def _why(self, accepted: bool | None, lead: RuleBase | None) -> Iterable[str]:
        evidence, published = self.evidence, self.target.published
        if self.contradicted and evidence:
            told = ", ".join(sorted(name_of(fact) for fact in self.contradicted if fact != "request"))
            if told:
                yield f"The answer contradicts what was said of: {told}. The answer counts."
            else:
                yield "The request as it is given here would not get this answer: compare it with what was really sent."
        if accepted:
            return
        yield from unknown_grant(self.target, self.known)
        code = evidence.code if evidence and evidence.code else str(lead.deny.code) if lead else ""
        several = not lead or len(getattr(lead, "names", ())) != 1
        if code and (text := _meaning(code, self.target.api).why) and (several or "any one" not in text):
            yield f"{text[0].upper()}{self._words(lead)(text[1:])}."
        if evidence and evidence.foreign and self.target.is_published:
            yield evidence.foreign
        asks = code in ("", "not.a.user", "not.authorized", "app.not.authorized.for.scope", "bad.request")
        if published and (published.permissions or published.scopes) and asks:
            joined = (" or " if published.any_of else " and ").join(published.permissions)
            asked = [f"permission {joined}"] if joined else []
            asked += [f"scope {' or '.join(published.scopes)} (for a token with a user)"] if published.scopes else []
            asked += ["a token with a user"] if published.statuses_of("not.a.user") else []
            yield f"{published.request} asks for: {'; '.join(asked)}."

    def _next(self, lead: RuleBase | None, blockers: Sequence[Blocker]) -> Iterable[str]:
        for rule in (each.rule for each in blockers):
            if rule.id != "published-fields" and (lead is None or rule.deny.code != lead.deny.code):
                assumed = ", assumed" if rule.basis == "assumed" else ""
                yield f"{self._words(rule)(self._says(rule).says)} ({rule.deny.status} {rule.deny.code}{assumed})"

    def _notes(self) -> Iterable[str]:
        target, sent = self.target, self.known.sent
        if note := apis().notes.get(self.request):
            yield note
        reads_media_type = any("request.media_type" in rule.candidates() for rule in self.case.rules)
        if sent.form_of_body == "object" and sent.media_type == FORM and not reads_media_type:
            yield f"The body is JSON, but is sent as {FORM}: send the header Content-Type: {JSON}."
        if target.slash:
            yield "The path ends with a slash: leave it out. Nothing is published about whether it is refused."
        host = sent.request.host
        known = not host or is_placeholder(host) or is_loopback(host) or apis().of_host(host) == target.api
        if target.is_published and not known:
            yield f"{host} is no published host of {target.vendor}; expected one like {apis().hosts[target.api][0]}."

    def _untold(self) -> Iterable[str]:
        found: dict[str, None] = {}
        for fact in self.case.open_facts:
            name = fact.partition(":")[0]
            if not is_likely(fact) and fact.partition(".")[0] in ("token", AGENT) and fact != TOKEN_OF:
                short = next((each for each in ("permissions", "scopes", "token.grant") if name.endswith(each)), None)
                found[short.removeprefix("token.") if short else name_of(name)] = None
        yield from found

    def _ways(self, blockers: Sequence[Blocker]) -> tuple[Way, ...]:
        evidence = self.evidence
        if evidence and evidence.code and not evidence.rules:
            steps = self._words().steps(_meaning(evidence.code, self.target.api))
            return (Way(self.request, steps),) if steps else ()
        if evidence and evidence.code and "request" in self.contradicted:
            return ()
        known = answers().codes.get(evidence.code or "") if evidence else None
        ways = list(self._of(self.mended, ()))
        if known and known.do and not any(way.steps for way in ways):
            steps = self._words().steps(known)
            return (replace(ways[0], steps=steps) if ways else Way(self.request, steps),)
        if not ways:  # another operation of the same method and path, such as another grant of a token endpoint
            others = [each for each in self.target.endpoint if each is not self.case.ground.operation]
            grounds = [Ground(each, self.mended.ground.knowledge, self.target.steps) for each in others]
            ways = [way for ground in grounds for way in self._of(Case(ground, self.target.endpoint), ())]
            ways.sort(key=lambda way: way.cost)
        route = apis().routes.get(self.request) if self.target.is_published else None
        no_user = any(each.rule.deny.code == "not.a.user" for each in blockers)
        if route and route.other and no_user and self.target.policy:
            ways += self._elsewhere(route.other)
        return tuple(ways)

    def _of(self, case: Case, moved: tuple[tuple[str, str], ...]) -> Iterable[Way]:
        outcome = smallest_changes(case)
        if not outcome:
            return
        operation = case.ground.operation
        best = min(outcome, key=_made_up)
        steps = tuple(_joined(best, outcome))
        meaning = answers().codes.get(self.evidence.code or "") if self.evidence and self.target.is_published else None
        if meaning and meaning.do and len(steps) == 1 and not moved:  # the answer's own words: how many seconds to wait
            steps = self._words().steps(meaning)
        changed = Changed(best.case, best.solution)
        decision = play(changed, self.target.policy).decision if self.target.policy else None
        if decision is None or not decision.accepted:
            refused = decision.refused_by.id if decision and decision.refused_by else "no operation"
            raise AssertionError(f"{operation.request}: {[step.text for step in best.steps]} is refused by {refused}")
        cost = best.cost + (levers().cost["caller"] if moved else 0)
        route = apis().routes.get(operation.request)
        note = route.proof if route and self.target.is_published else ""
        curl = curl_of(changed, self._host(), self._lists())
        yield Way(operation.request, (*moved, *steps), cost, note, best.provided, curl, best)

    def _elsewhere(self, request: str) -> Iterable[Way]:
        """The same request sent to the operation that does the job for another caller."""
        policy = self.target.policy
        operations = policy.operations.values() if policy else ()
        operation = next((each for each in operations if each.request == request), None)
        if operation is None:
            return ()
        ground = Ground(operation, self.mended.ground.knowledge, {})
        return self._of(Case(ground, [operation]), (("caller", f"keep the application's token, and call {request}"),))

    def _lists(self) -> frozenset[str]:
        """The fields of the body that take a list."""
        listed, published = catalogue(self.target.api), self.target.published
        shape = listed.shapes.get(str(published.body), {}) if listed and published else {}
        return frozenset(name for name, kind in shape.items() if str(kind).startswith("["))

    def _host(self) -> str:
        host, api = self.known.sent.request.parts.netloc, self.target.api
        if not host or is_placeholder(host):
            host = next((each for each in apis().hosts.get(api, ()) if "*" not in each), "<host>")
        return host + base_of(api, self.known.sent.request.parts.path)


def _made_up(change: Change) -> tuple[int, int]:
    """Sort key of a change: the number of values to fill in; permissions in the home division first."""
    sets = [each for step in change.steps for each in step.sets]
    return sum(value == placeholder(fact) for fact, value in sets), sum(value == "other" for _, value in sets)


def _joined(best: Change, all_of_them: Sequence[Change]) -> Iterable[tuple[str, str]]:
    """The steps of a change; where another change differs in one step of the same kind, both with 'or'."""
    others: dict[str, list[str]] = {}
    own = {step.text for step in best.steps}
    for change in all_of_them:
        texts = {step.text for step in change.steps}
        come = [each for each in change.steps if each.text not in own]
        gone = [each for each in best.steps if each.text not in texts]
        if len(come) == len(gone) == 1 and come[0].lever == gone[0].lever == "grant-permission":
            names = others.setdefault(gone[0].text, [])
            name = next((each.partition(":")[2] for each, _ in come[0].sets if ":" in each), "")
            if name and name not in names and name not in gone[0].text:
                names.append(name)
    for step in best.steps:
        yield step.who, step.text + "".join(f" (or {name})" for name in others.get(step.text, ())[:2])


def unknown_grant(target: Target, known: Knowledge) -> list[str]:
    """Say that a grant is not published, and what is meant."""
    grant = str(known.sent.form.get("grant_type") or (known.said.get("token.grant") or ("",))[0])
    meant = apis().meant.get(target.api, {}).get("grant", {}).get(grant) if target.is_published else None
    return [f"{target.vendor} has no grant {grant}; what is meant: {meant}."] if meant else []


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def _without_operation(
    target: Target,
    known: Knowledge,
    wrong: tuple[Name, ...],
    evidence: Evidence | None,
    policies: Mapping[str, Policy],
) -> Explanation:
    """The answer for a request that the edition has no operation for."""
    shown = f"{target.method} {hidden_path(target.path)}"
    listed = catalogue(target.api) if target.is_published else None
    complete = listed is not None and bool(listed.texts)
    instead = apis().instead_of(target.api, known.sent.request.path) if target.is_published else None
    notes, why, ways = list[str](), list[str](), tuple[Way, ...]()
    accepted: bool | None = False if complete or instead or target.methods or not target.is_published else None
    if target.methods:
        methods = ", ".join(target.methods)
        headline = f"Refused: {target.vendor} publishes {target.path} with {methods}, not with {target.method}."
    elif not target.is_published:
        headline = f"Refused: {target.provider} has no operation {shown}."
    elif complete or instead:
        headline = f"Refused: {target.vendor} publishes no operation {shown}."
    else:
        headline = f"Not known: {shown} is not among the operations that are known of {target.vendor}."
    if evidence and evidence.accepted:
        accepted, headline = True, f"Accepted ({evidence.status}), though {shown} is not published."
    elif evidence and evidence.code:
        says = _Words(evidence, "the caller", ())(_meaning(evidence.code, target.api).says)
        why.append(f"The answer says: {says} ({evidence.status} {evidence.code}).")
    elif evidence and evidence.foreign:
        why.append(evidence.foreign)
    why += unknown_grant(target, known)
    if instead:
        ways = (Way(instead.operation, (("developer", f"call {instead.operation}. {instead.says}"),)),)
    elif near := (listed.nearest(target.method, target.path) if listed and not target.methods else []):
        notes.append(f"Nearest: {'; '.join(near)}.")
    others = [each for each in policies if each.partition(".")[0] == target.api and each != target.provider]
    told = [each for each in others if target_of(known.sent.request, policies, each).endpoint]
    if told:
        notes.append(f"Only reports say that it exists: --edition {' or '.join(told)}.")
    wrong = tuple(each for each in wrong if each.kind != "grant")
    if known.sent.value("request.scheme") not in ("bearer", HIDDEN) and "token" not in target.path:
        notes.append("The request carries no bearer token either.")
    found = Explanation(target.provider, shown, accepted, headline, tuple(why), wrong, ways=ways)
    return replace(found, notes=tuple(notes), evidence=evidence, target=target)
