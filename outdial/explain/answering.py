"""Explain one request: the content of the response, the rules in the way, and the changes that help."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from outdial.definitions.catalogue import catalogue
from outdial.explain.case import Blocker, Case
from outdial.explain.changed import Changed
from outdial.explain.changes import Change, levers, smallest_changes
from outdial.explain.evidence import Evidence, narrowed, read_evidence
from outdial.explain.explanation import Explanation, Need, RuleState, Step, Way
from outdial.explain.facts import AGENT, APPLICATION, TOKEN_OF, Ground, Knowledge, knowledge, placeholder
from outdial.explain.hiding import Hiding, hidden_path
from outdial.explain.inputs import Given, read_given
from outdial.explain.names import Name, mend, unpublished_names
from outdial.explain.operations import Target, apis, base_of, is_loopback, target_of
from outdial.explain.request import FORM, HIDDEN, JSON, NotUnderstood, Request, Response, is_placeholder, read_response
from outdial.explain.words import LIKELY, Meaning, Silent, Words, answers, is_likely, meaning_of, name_of, said
from outdial.provider import POLICIES, Policy
from outdial.provider.rule import RuleBase
from outdial.reasoning.search import Conflict
from provider_states import EditionsOnDemand
from provider_states.kinds import record_kinds

SHOWN = 3
BEARER = '-H "Authorization: Bearer $OUTDIAL_TOKEN"'
PROBES = ("tokens/me", "users/me?expand=authorization,station", "authorization/subjects/me")


def explain(
    request: str | Request | None = None,
    response: str | Response | None = None,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    edition: str | None = None,
    *,
    policies: Mapping[str, Policy] | None = None,
    entry: int | None = None,
) -> Explanation:
    """Explain a request, a response, or both; `entry` chooses one request of several, from 1.

    `facts` are by kind of record: `{"token": {"grant": "client_credentials"}, "agent": {"station": "none"}}`.
    Raises `NotUnderstood` for unusable input.

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
    hiding = Hiding(given.request, given.response)
    if given.request is None:
        return replace(_without_request(given.response, edition), hiding=hiding)
    known = knowledge(given.request, merged, record_kinds())
    return replace(explain_known(known, policies, edition or given.edition, given.response), hiding=hiding)


def explain_known(
    known: Knowledge,
    policies: Mapping[str, Policy],
    edition: str | None = None,
    response: Response | None = None,
) -> Explanation:
    """Explain a request with known facts. Raises `NotUnderstood`."""
    target = target_of(known.request, policies, edition)
    evidence = read_evidence(response, target, target.api) if response else None
    mended, problems = _mended(known, target)
    wrong = (*unpublished_names(known, target), *problems)
    case = _case(known, target)
    if case is None:
        return _without_operation(target, known, wrong, evidence, policies)
    contradicted: frozenset[str] = frozenset()
    if evidence and (refusing := [rule for rule in case.rules if rule.id in evidence.rules]):
        narrow, contradicted = narrowed(case, refusing)
        known, mended = known.learned(narrow), mended.learned(narrow)
        case = _case(known, target) or case
    found = _Answering(target, known, case, _case(mended, target) or case, evidence, wrong, contradicted, response)
    return found.explanation()


def _case(known: Knowledge, target: Target) -> Case | None:
    """The first operation of the endpoint that can take the request."""
    cases = [Case(Ground(each, known, target.steps), target.endpoint) for each in target.endpoint]
    return next((case for case in cases if case.can(case.reached)), None)


def _mended(known: Knowledge, target: Target) -> tuple[Knowledge, tuple[Name, ...]]:
    listed, published, body = catalogue(target.api), target.published, known.request.json
    if not (target.is_published and listed and published and published.body in listed.shapes and body):
        return known, ()
    mended, problems = mend(body, str(published.body), listed)
    content = json.dumps(mended, ensure_ascii=False).encode(errors="replace")
    return replace(known, request=replace(known.request, body=content)) if problems else known, problems


def _words(evidence: Evidence | None, names: Sequence[str] = (), who: str = "the caller") -> Words:
    """The words of a code: with the names in the message, else with those that the operation asks for."""
    if evidence is None or evidence.code is None:
        return Words(tuple(names), who)
    told = [each for each in evidence.names if ":" in each or "permission" not in evidence.code]
    return Words(tuple(told or names), who, evidence.seconds)


def _refused(words: Words, meaning: Meaning, status: int | None, code: object) -> str:
    return f"Refused: {words(meaning.says)}{f' ({status} {code})' if status else ''}."


def _steps(words: Words, meaning: Meaning) -> tuple[Step, ...]:
    return tuple(Step(who, words(text)) for who, text in meaning.do)


def _silent(api: str, response: Response | None) -> tuple[Silent, ...]:
    """The causes of silence after an accepted call: those that the response shows, else all."""
    causes = answers().silent.get(api, ())
    return tuple(each for each in causes if response and each.seen and each.seen in response.text) or causes


def _without_request(response: Response | None, edition: str | None) -> Explanation:
    """The answer for a response alone."""
    if response is None:
        raise NotUnderstood("nothing to explain: give a request, a response (--response), or both")
    is_nice = isinstance(response.json, Mapping) and "errorDescription" in response.json
    api = (edition or ("nice-cxone" if is_nice else "genesys-cloud")).partition(".")[0]
    evidence = read_evidence(response, None, api)
    status, code = evidence.status, evidence.code
    accepted = True if evidence.accepted else False if code or (status and status >= 400) else None
    meaning, words = (
        meaning_of(code, api) if code else Meaning(says="the answer names no published code"),
        _words(evidence),
    )
    headline = f"Refused{f' ({status})' if status else ''}: {meaning.says}."
    return Explanation(
        api,
        "",
        accepted,
        "Accepted." if accepted else _refused(words, meaning, status, code) if code else headline,
        (words(meaning.why),) if meaning.why else (),
        ways=(Way("", _steps(words, meaning)),) if meaning.do else (),
        notes=("Paste the request too: then permissions, scopes and fields are named.",),
        never_connects=_silent(api, response) if accepted else (),
        response=evidence,
    )


@dataclass(frozen=True)
class _Answering:
    """Builds the answer for one operation. `mended` is the case with its fields corrected."""

    target: Target
    known: Knowledge
    case: Case
    mended: Case
    evidence: Evidence | None
    wrong: tuple[Name, ...]
    contradicted: frozenset[str]
    response: Response | None

    @property
    def request(self) -> str:
        """Method and path of the operation."""
        return self.case.ground.operation.request

    @property
    def code(self) -> str:
        """The code that the response names."""
        return (self.evidence.code if self.evidence else None) or ""

    def explanation(self) -> Explanation:
        """Put the answer together."""
        case, evidence, target = self.case, self.evidence, self.target
        accepted = True if evidence and evidence.accepted else case.verdict
        if evidence and evidence.status and evidence.status >= 400:
            accepted = False
        # With mended fields, the request is refused for fewer reasons; the rule about unknown fields still refuses it.
        own = [each for each in case.blockers if each.rule.kind == "known_fields"]  # type: ignore[attr-defined]
        blockers = () if accepted else (*self.mended.blockers, *(own if self.mended is not case else ()))
        lead = None if accepted else self._lead(blockers)
        ways = () if accepted else tuple(self._ways(blockers))
        untold = () if accepted or self.code else tuple(dict.fromkeys(self._untold()))
        facts = {each.rule.id: each.facts for each in blockers}
        rules = {rule.id: self._state(rule, facts.get(rule.id, ())) for rule in case.rules}
        host = self.known.request.host or "api.mypurecloud.com"
        ask = bool(untold) and target.api == "genesys-cloud" and target.is_published and accepted is None
        listed = catalogue(target.api) if target.is_published else None
        dials = any(each.kind == "conversation" for each in case.ground.operation.accept.creates.values())
        return Explanation(
            target.provider,
            self.request,
            accepted,
            self._headline(accepted, lead, ways),
            tuple(self._why(accepted, lead)),
            () if accepted and not evidence else self.wrong,
            tuple(self._next(lead, blockers)),
            ways,
            tuple(self._notes()),
            _silent(target.api, self.response) if accepted and dials else (),
            untold,
            tuple(f"curl {BEARER} 'https://{host}/api/v2/{each}'" for each in PROBES) if ask else (),
            evidence,
            rules.get(lead.id) or self._state(lead) if lead else None,
            tuple(rules[each.rule.id] for each in blockers),
            tuple(rules.values()),
            target.published,
            tuple(
                each
                for each in (target.policy.source if target.policy else "", listed.source if listed else "")
                if each
            ),
        )

    def _state(self, rule: RuleBase, facts: tuple[str, ...] = ()) -> RuleState:
        state = self.case.states.get(rule.id, "depends")
        return RuleState(rule.id, rule.deny.status, str(rule.deny.code), state, rule.basis, str(rule.source), facts)

    def _lead(self, blockers: Sequence[Blocker]) -> RuleBase | None:
        """The rule that the answer is about: named by the response, else the surest of those that refuse."""
        evidence, rules = self.evidence, [each.rule for each in blockers]
        if evidence and evidence.code:
            every = [*rules, *(rule for operation in self.target.endpoint for rule in operation.rules)]
            return next((each for each in every if each.id in evidence.rules), None)
        status = evidence.status if evidence else None
        rules.sort(key=lambda rule: (rule.basis == "assumed", rule.deny.status != status))
        if evidence and evidence.stated and not (rules and rules[0].deny.status == status):
            return None
        if rules and (rules[0].basis != "assumed" or status in (None, rules[0].deny.status)):
            return rules[0]
        sure = [rule for rule in self.case.rules if rule.basis != "assumed"]
        stated = {fact.partition(":")[0] for fact in (*self.known.said, *self.known.complete)}
        for some in (sure, self.case.rules if status is None else ()):
            together = self.mended.solve([self.mended.holds(rule) for rule in some])
            if isinstance(together, Conflict):
                says = {each.says for each in together.constraints}
                told = [rule for rule in some if f"{rule.id} holds" in says]
                told.sort(key=lambda rule: (rule.deny.status != status, not stated & set(rule.candidates())))
                if told:
                    return told[0]
        return rules[0] if rules and status is None else None

    def _words(self, rule: RuleBase | None = None) -> Words:
        published, grant = self.target.published, self.known.said.get("token.grant")
        who = "the token's user" if grant else "the token's user (or of the OAuth client)"
        names = getattr(rule, "names", ()) if rule else published.permissions if published else ()
        return _words(self.evidence, names, "the OAuth client" if grant == (APPLICATION,) else who)

    def _meaning(self, rule: RuleBase) -> Meaning:
        if self.target.is_published:
            own = Meaning(says=rule.deny.message.rstrip(".")) if "${" not in rule.deny.message else None
            return answers().codes.get(str(rule.deny.code)) or own or meaning_of(str(rule.deny.code), self.target.api)
        blocker = next((each for each in self.case.blockers if each.rule is rule), None)
        facts = ", ".join(map(name_of, blocker.facts[:SHOWN])) if blocker else "the facts are not known"
        return Meaning(says=f"the condition {rule.id} does not hold ({facts})")

    def _headline(self, accepted: bool | None, lead: RuleBase | None, ways: Sequence[Way]) -> str:
        evidence, words = self.evidence, self._words(lead)
        if accepted:
            status = f" ({evidence.status})" if evidence else ""
            return f"Accepted{status}: nothing has to change in the request or the token."
        if evidence and evidence.code:
            is_named = lead and lead.id in evidence.rules
            meaning = self._meaning(lead) if lead and is_named else meaning_of(evidence.code, self.target.api)
            return _refused(words, meaning, evidence.status, evidence.code)
        wrong = [each for each in self.wrong if each.kind == "field"]
        if wrong and not evidence and (lead is None or lead.basis == "assumed"):
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            return f"Wrong in the request: {wrong[0]}{more}. Whether it is refused or ignored is not published."
        if lead is not None and lead.id == "required-fields":
            missing = [name[5:] for name in words.names if self.known.request.value(name) is None]
            return f"Probably refused: the body lacks the required field {', '.join(missing)}."
        if lead is not None:
            text = _refused(words, self._meaning(lead), lead.deny.status, lead.deny.code)
            if lead.basis != "assumed" or not self.target.is_published:
                return text
            return f"Probably r{text[1:].removesuffix(').')}, assumed)."
        if evidence and evidence.status and evidence.status >= 400:
            if evidence.stated:
                return f"Refused: {evidence.message.rstrip('.')} ({evidence.status} {evidence.stated})."
            return f"Refused ({evidence.status}); the answer does not say why. {self._candidates(evidence.status)}"
        provided = next((each.conditions for each in ways if not each.steps), [])
        if provided:
            return f"It depends: it is accepted if {'; '.join(provided[:SHOWN])}."
        return "It depends: no condition that is known refuses it."

    def _candidates(self, status: int) -> str:
        words = [
            self._words(rule)(self._meaning(rule).says)
            for rule in self.case.rules
            if rule.deny.status == status and self.case.states[rule.id] == "depends"
            if not set(rule.candidates()) & LIKELY and "division" not in str(rule.deny.code)
        ]
        return f"Likely: {'; or '.join(dict.fromkeys(words[:SHOWN]))}." if words else ""

    def _why(self, accepted: bool | None, lead: RuleBase | None) -> Iterable[str]:
        published, told = self.target.published, sorted(map(name_of, self.contradicted - {"request"}))
        if told:
            yield f"The answer contradicts what was said of: {', '.join(told)}. The answer counts."
        elif self.contradicted:
            yield "The request as it is given here would not get this answer: compare it with what was really sent."
        if accepted:
            return
        code = self.code or (str(lead.deny.code) if lead else "")
        several = not lead or len(getattr(lead, "names", ())) != 1
        if code and (text := meaning_of(code, self.target.api).why) and (several or "any one" not in text):
            yield f"{text[0].upper()}{self._words(lead)(text[1:])}."
        if self.evidence and self.evidence.foreign and self.target.is_published:
            yield self.evidence.foreign
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
                yield f"{self._words(rule)(self._meaning(rule).says)} ({rule.deny.status} {rule.deny.code}{assumed})"

    def _notes(self) -> Iterable[str]:
        target, sent = self.target, self.known.request
        if note := apis().notes.get(self.request):
            yield note
        reads_media_type = any("request.media_type" in rule.candidates() for rule in self.case.rules)
        if sent.form_of_body == "object" and sent.media_type == FORM and not reads_media_type:
            yield f"The body is JSON, but is sent as {FORM}: send the header Content-Type: {JSON}."
        if target.slash:
            yield "The path ends with a slash: leave it out. Nothing is published about whether it is refused."
        host = sent.host
        known = not host or is_placeholder(host) or is_loopback(host) or apis().of_host(host) == target.api
        if target.is_published and not known:
            yield f"{host} is no published host of {target.vendor}; expected one like {apis().hosts[target.api][0]}."

    def _untold(self) -> Iterable[str]:
        for fact in self.case.open_facts:
            name = fact.partition(":")[0]
            if not is_likely(fact) and fact.partition(".")[0] in ("token", AGENT) and fact != TOKEN_OF:
                short = next((each for each in ("permissions", "scopes", "grant") if name.endswith(f".{each}")), None)
                yield short or name_of(name)

    def _ways(self, blockers: Sequence[Blocker]) -> Iterable[Way]:
        evidence, steps = self.evidence, _steps(self._words(), answers().codes.get(self.code) or Meaning(says=""))
        if evidence and evidence.code and (not evidence.rules or "request" in self.contradicted):
            return [Way(self.request, steps)] if steps and not evidence.rules else []
        ways = list(self._of(self.mended))
        if steps and not any(way.steps for way in ways):
            return [replace(ways[0], steps=steps) if ways else Way(self.request, steps)]
        if not ways:  # another operation of the same method and path, such as another grant of a token endpoint
            others = [each for each in self.target.endpoint if each is not self.case.ground.operation]
            grounds = [Ground(each, self.mended.ground.knowledge, self.target.steps) for each in others]
            ways = [way for ground in grounds for way in self._of(Case(ground, self.target.endpoint))]
            ways.sort(key=lambda way: way.cost)
        route = apis().routes.get(self.request) if self.target.is_published else None
        if route and route.other and any(each.rule.deny.code == "not.a.user" for each in blockers):
            operations = self.target.policy.operations.values() if self.target.policy else ()
            for operation in (each for each in operations if each.request == route.other):
                moved = Step("caller", f"keep the application's token, and call {route.other}")
                ground = Ground(operation, self.mended.ground.knowledge, {})
                ways += self._of(Case(ground, [operation]), moved)
        return ways

    def _of(self, case: Case, moved: Step | None = None) -> Iterable[Way]:
        """The smallest change of a case; `moved` is the step that leads to its operation."""
        outcome = smallest_changes(case)
        if not outcome:
            return
        best = min(outcome, key=_made_up)
        steps = tuple(_joined(best, outcome))
        meaning = answers().codes.get(self.code) if self.target.is_published else None
        if meaning and meaning.do and len(steps) == 1 and not moved:  # the answer's own words: how many seconds to wait
            steps = _steps(self._words(), meaning)
        route = apis().routes.get(case.ground.operation.request) if self.target.is_published else None
        yield Way(
            case.ground.operation.request,
            (moved, *steps) if moved else steps,
            best.cost + (levers().cost["caller"] if moved else 0),
            route.proof if route else "",
            tuple(
                tuple(Need(fact, value, said(fact, value)) for fact, value in sorted(group)) for group in best.provided
            ),
            {fact: value for step in best.steps for fact, value in step.sets},
            Changed(best.case, best.solution).curl(self._host(), self._lists()),
        )

    def _lists(self) -> frozenset[str]:
        """The fields of the body that take a list."""
        listed, published = catalogue(self.target.api), self.target.published
        shape = listed.shapes.get(str(published.body), {}) if listed and published else {}
        return frozenset(name for name, kind in shape.items() if str(kind).startswith("["))

    def _host(self) -> str:
        parts, api = self.known.request.parts, self.target.api
        host = parts.netloc
        if not host or is_placeholder(host):
            host = next((each for each in apis().hosts.get(api, ()) if "*" not in each), "<host>")
        return host + base_of(api, parts.path)


def _made_up(change: Change) -> tuple[int, int, int]:
    """Sort key of a change: values to fill in; permissions in the home division first; names in the rules' order."""
    sets = [each for step in change.steps for each in step.sets]
    names = [name for rule in change.case.rules for name in getattr(rule, "names", ())]
    places = [names.index(fact) for fact, _ in sets if fact in names]
    return (
        sum(value == placeholder(fact) for fact, value in sets),
        sum(value == "other" for _, value in sets),
        sum(places),
    )


def _joined(best: Change, every: Sequence[Change]) -> Iterable[Step]:
    """The steps of a change; up to two other permissions that other changes grant are joined to its one grant."""
    grants = [each.text for each in best.steps if each.lever == "grant-permission"]
    names = [
        fact.partition(":")[2]
        for change in every
        if len({each.text for each in change.steps} - {each.text for each in best.steps}) == 1
        for step in change.steps
        if step.lever == "grant-permission"
        for fact, _ in step.sets
        if ":" in fact
    ]
    for step in best.steps:
        others = [each for each in dict.fromkeys(names) if each not in step.text] if grants == [step.text] else []
        yield Step(step.who, step.text + "".join(f" (or {name})" for name in others[:2]))


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
    instead = apis().instead_of(target.api, known.request.path) if target.is_published else None
    notes, why, ways = list[str](), list[str](), tuple[Way, ...]()
    accepted: bool | None = False
    if target.methods:
        methods = ", ".join(target.methods)
        headline = f"Refused: {target.vendor} publishes {target.path} with {methods}, not with {target.method}."
    elif not target.is_published:
        headline = f"Refused: {target.provider} has no operation {shown}."
    elif complete or instead:
        headline = f"Refused: {target.vendor} publishes no operation {shown}."
    else:
        accepted = None
        headline = f"Not known: {shown} is not among the operations that are known of {target.vendor}."
    if evidence and evidence.accepted:
        accepted, headline = True, f"Accepted ({evidence.status}), though {shown} is not published."
    elif evidence and evidence.code:
        says = _words(evidence)(meaning_of(evidence.code, target.api).says)
        why.append(f"The answer says: {says} ({evidence.status} {evidence.code}).")
    elif evidence and evidence.foreign:
        why.append(evidence.foreign)
    if instead:
        ways = (Way(instead.operation, (Step("developer", f"call {instead.operation}. {instead.says}"),)),)
    elif near := (listed.nearest(target.method, target.path) if listed and not target.methods else []):
        notes.append(f"Nearest: {'; '.join(near)}.")
    others = [each for each in policies if each.partition(".")[0] == target.api and each != target.provider]
    if told := [each for each in others if target_of(known.request, policies, each).endpoint]:
        notes.append(f"Only reports say that it exists: --edition {' or '.join(told)}.")
    if known.request.value("request.scheme") not in ("bearer", HIDDEN) and "token" not in target.path:
        notes.append("The request carries no bearer token either.")
    return Explanation(
        target.provider,
        shown,
        accepted,
        headline,
        tuple(why),
        wrong,
        ways=ways,
        notes=tuple(notes),
        response=evidence,
        published=target.published,
    )
