"""Explain one request: the content of the response, the rules in the way, and the changes that help."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from outdial.documents.template import fill
from outdial.explain.case import Case
from outdial.explain.changes import LEVERS, Change, Changed, ChangeStep, facts_set, smallest_changes
from outdial.explain.evidence import Evidence, narrowed, read_evidence
from outdial.explain.explanation import Explanation, Need, RuleState, Step, Way
from outdial.explain.facts import APPLICATION, TOKEN_OF, Ground, Knowledge, knowledge, names_of, placeholder
from outdial.explain.hiding import Hiding
from outdial.explain.inputs import Given, read_given
from outdial.explain.names import Name, mend, unpublished_names
from outdial.explain.operations import APIS, Target, editions, is_loopback, right_host, target_of
from outdial.explain.request import FORM, HIDDEN, JSON, NotUnderstood, Request, Response, is_placeholder, read_response
from outdial.explain.search import Conflict
from outdial.explain.words import ANSWERS, Meaning, Silent, is_likely, meaning_of, name_of, said
from outdial.provider import Policy
from outdial.provider.rule import RuleBase
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
        given = given._replace(response=read_response(response) if isinstance(response, str) else response)
    facts = facts or {}
    merged = {kind: {**given.facts.get(kind, {}), **facts.get(kind, {})} for kind in (*given.facts, *facts)}
    if given.request is None:
        found = _without_request(given.response, edition)
    else:
        known = knowledge(given.request, merged, record_kinds())
        every = editions() if policies is None else policies
        found = explain_known(known, every, edition or given.edition, given.response)
    notes = (given.note, *found.notes) if given.note else found.notes
    masked: Explanation = Hiding(given.request, given.response).masked(replace(found, notes=notes))
    return masked


def explain_known(
    known: Knowledge, policies: Mapping[str, Policy], edition: str | None = None, response: Response | None = None
) -> Explanation:
    """Explain a request with known facts. Raises `NotUnderstood`."""
    target = target_of(known.request, policies, edition)
    evidence = read_evidence(response, target, target.api) if response else Evidence()
    mended, problems = mend(known, target)
    wrong = (*unpublished_names(known, target), *problems)
    case = _case(known, target)
    if case is None:
        return _without_operation(target, known, wrong, evidence, policies)
    contradicted: frozenset[str] = frozenset()
    if refusing := [rule for rule in case.rules if rule.id in evidence.rules]:
        narrow, contradicted = narrowed(case, refusing)
        known, mended = known.learned(narrow), mended.learned(narrow)
        case = _case(known, target) or case
    return _Answering(target, known, case, _case(mended, target) or case, evidence, wrong, contradicted).explanation()


def _case(known: Knowledge, target: Target) -> Case | None:
    """Return the first operation of the endpoint that can take the request."""
    cases = [Case(Ground(each, known, target.steps), target.endpoint) for each in target.endpoint]
    return next((case for case in cases if case.can(case.reached)), None)


def _put(text: str, evidence: Evidence, names: Sequence[str] = (), who: str = "the caller") -> str:
    """Fill a sentence: the names in the message, else those that the operation asks for; whose role; seconds."""
    told = [each for each in evidence.names if ":" in each or "permission" not in evidence.code]
    shown = " or ".join((told if evidence.code else []) or names) or "(named in the message)"
    seconds = next((name for name in evidence.names if name.isdecimal()), "some")
    return str(fill(text, {"names": shown, "who": who, "seconds": seconds}))


def _silent(api: str, evidence: Evidence) -> tuple[Silent, ...]:
    """Return the causes of silence after an accepted call: those that the response shows, else all."""
    causes = ANSWERS.silent.get(api, ()) if evidence.accepted is not False else ()
    return tuple(each for each in causes if each.seen and each.seen in evidence.message) or causes


def _without_request(response: Response | None, edition: str | None) -> Explanation:
    """Return the answer for a response alone."""
    if response is None:
        raise NotUnderstood("nothing to explain: give a request, a response (--response), or both")
    is_nice = isinstance(response.json, Mapping) and "errorDescription" in response.json
    api = (edition or ("nice-cxone" if is_nice else "genesys-cloud")).partition(".")[0]
    evidence = read_evidence(response, None, api)
    notes = ("Paste the request too: then permissions, scopes and fields are named.",)
    if evidence.accepted:
        silent = _silent(api, evidence)
        return Explanation(api, "", True, "Accepted.", notes=notes, never_connects=silent, response=evidence)
    meaning, accepted = meaning_of(evidence.code, evidence.status, api), evidence.accepted
    answer = f" ({evidence.status} {evidence.code}".rstrip() + ")" if evidence.status else ""
    headline, why = f"Refused{answer}: the answer names no published code.", ""
    if evidence.code:
        accepted, why = False, _put(meaning.why, evidence)
        headline = f"Refused: {_put(meaning.says, evidence)}{answer}."
    elif response.json and evidence.message:
        accepted, why = False, f"The answer says: {evidence.message}"
    do = ANSWERS.foreign if evidence.foreign else meaning.do
    ways = (Way("", tuple(Step(who, _put(text, evidence)) for who, text in do)),) if do else ()
    reasons = (why,) if why else ()
    return Explanation(
        api, "", accepted, evidence.foreign or headline, reasons, ways=ways, notes=notes, response=evidence
    )


@dataclass(frozen=True)
class _Answering:
    """Builds the answer for one operation. `mended` is the case with its fields corrected."""

    target: Target
    known: Knowledge
    case: Case
    mended: Case
    evidence: Evidence
    wrong: tuple[Name, ...]
    contradicted: frozenset[str]

    def explanation(self) -> Explanation:
        case, evidence, target = self.case, self.evidence, self.target
        accepted = case.verdict if evidence.accepted is None else evidence.accepted
        if accepted and evidence.foreign and evidence.accepted is None:  # the API itself did not answer
            accepted = None
        # With mended fields, the request is refused for fewer reasons; the rule about unknown fields still refuses it.
        own = [each for each in case.blockers if each.rule.kind == "known_fields"]  # type: ignore[attr-defined]
        blockers = () if accepted else (*self.mended.blockers, *(own if self.mended is not case else ()))
        refusing = [each.rule for each in blockers]
        lead = None if accepted else self._lead(refusing)
        ways = () if accepted else tuple(self._ways(refusing))
        untold = () if evidence.code else tuple(dict.fromkeys(_untold(ways)))
        facts = {each.rule.id: each.facts for each in blockers}
        rules = {rule.id: self._state(rule, facts.get(rule.id, ())) for rule in case.rules}
        host = self.known.request.host or "api.mypurecloud.com"
        ask = bool(untold) and target.is_published and target.api == "genesys-cloud" and accepted is None
        dials = any(each.kind == "conversation" for each in case.ground.operation.accept.creates.values())
        return Explanation(
            target.provider,
            case.ground.operation.request,
            accepted,
            self._headline(accepted, lead, ways),
            tuple(self._why(accepted, lead)),
            () if accepted and not evidence.status else self.wrong,
            tuple(self._next(lead, refusing)),
            ways,
            tuple(self._notes()),
            _silent(target.api, evidence) if accepted and dials else (),
            untold,
            tuple(f"curl {BEARER} 'https://{host}/api/v2/{each}'" for each in PROBES) if ask else (),
            replace(evidence, code=evidence.code if self._has_codes else "") if evidence != Evidence() else None,
            self._state(lead, facts.get(lead.id, ())) if lead else None,
            tuple(rules[each.rule.id] for each in blockers),
            tuple(rules.values()),
            target.published,
            tuple(each.source for each in (target.policy, target.listed) if each),
        )

    @property
    def _has_codes(self) -> bool:
        """Return whether the answers of the API have codes; those of NICE have none, our rules have names."""
        return self.target.policy is None or "${code}" in str(self.target.policy.shape.refusal)

    def _state(self, rule: RuleBase, facts: tuple[str, ...]) -> RuleState:
        state, code = self.case.states.get(rule.id, "depends"), str(rule.deny.code) if self._has_codes else ""
        return RuleState(rule.id, rule.deny.status, code, state, rule.basis, str(rule.source), facts)

    def _lead(self, rules: Sequence[RuleBase]) -> RuleBase | None:
        """Return the rule that the answer is about: named by the response, else the surest of those that refuse."""
        status = self.evidence.status
        if self.evidence.code:
            every = [*rules, *(rule for operation in self.target.endpoint for rule in operation.rules)]
            return next((each for each in every if each.id in self.evidence.rules), None)
        if status is not None and (self.evidence.stated or not self.evidence.foreign):
            rules = [rule for rule in rules if rule.deny.status == status]  # no other rule is the reason of what came
        rules = sorted(rules, key=lambda rule: (rule.basis == "assumed", rule.deny.status != status))
        if rules and (rules[0].basis != "assumed" or status in (None, rules[0].deny.status)):
            return rules[0]
        # No rule refuses alone, but several together: the one that a stated fact is about.
        stated = {each.partition(":")[0].rpartition(".")[2] for each in (*self.known.said, *self.known.complete)}
        together = self.mended.solve(self.mended.accepted)
        involved = together.constraints if isinstance(together, Conflict) else ()
        told = [rule for rule in self.case.rules if rule.id in involved and status in (None, rule.deny.status)]
        about = [rule for rule in told if stated & {fact.rpartition(".")[2] for fact in rule.candidates()}]
        return min(about or told, key=lambda rule: rule.basis == "assumed", default=None)

    def _put(self, text: str, rule: RuleBase | None = None) -> str:
        published, grant = self.target.published, self.known.said.get("token.grant")
        who = "the token's user" if grant else "the token's user (or of the OAuth client)"
        names = names_of(rule) if rule else published.permissions.names if published else ()
        own = self.evidence if rule is None or rule.id in self.evidence.rules else Evidence()
        return _put(text, own, names, "the OAuth client" if grant == (APPLICATION,) else who)

    def _meaning(self, code: str) -> Meaning:
        return meaning_of(code, self.evidence.status, self.target.api)

    def _answer(self, status: int | None, code: object, basis: str = "") -> str:
        """Status and code in brackets."""
        answer = f"{status or ''} {code if self._has_codes else ''}".strip()
        return f" ({answer}{', assumed' if basis == 'assumed' else ''})" if status else ""

    def _says(self, rule: RuleBase) -> str:
        """Return a refusal by a rule in words."""
        if not self.target.is_published:
            facts = next((each.facts for each in self.case.blockers if each.rule is rule), ())
            told = ", ".join(map(name_of, facts[:SHOWN])) or "the facts are not known"
            return f"the condition {rule.id} does not hold ({told})"
        code = str(rule.deny.code)
        own = "" if "${" in rule.deny.message or code in ANSWERS.codes else rule.deny.message.rstrip(".")
        return own or self._put(self._meaning(code).says, rule)

    def _headline(self, accepted: bool | None, lead: RuleBase | None, ways: Sequence[Way]) -> str:
        evidence, status = self.evidence, self.evidence.status
        if evidence.foreign and evidence.accepted is None:
            return evidence.foreign
        if accepted:
            return f"Accepted{f' ({status})' if status else ''}: nothing has to change in the request or the token."
        if evidence.code:
            says = self._put(self._meaning(evidence.code).says, lead)
            says = self._says(lead) if lead and lead.id in evidence.rules else says
            return f"Refused: {says}{self._answer(status, evidence.code)}."
        wrong = [each for each in self.wrong if each.kind in ("field", "grant")]
        if wrong and status is None and (lead is None or lead.basis == "assumed"):
            more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
            ignored = " Whether it is refused or ignored is not published." if wrong[0].kind == "field" else ""
            return f"Wrong in the request: {wrong[0]}{more}.{ignored}"
        if lead is not None and lead.id == "required-fields":
            missing = [name[5:] for name in names_of(lead) if self.known.request.value(name) is None]
            return f"Probably refused: the body lacks the required field {', '.join(missing)}."
        if lead is not None:
            basis = lead.basis if self.target.is_published else ""
            answer = self._answer(lead.deny.status, lead.deny.code, basis)
            return f"{'Probably refused' if basis == 'assumed' else 'Refused'}: {self._says(lead)}{answer}."
        if status and evidence.stated:
            return f"Refused: {evidence.message.rstrip('.')} ({status} {evidence.stated})."
        if status and evidence.accepted is False:
            return f"Refused ({status}); the answer does not say why. {self._candidates(status)}"
        provided = "; ".join(next((each.conditions[:SHOWN] for each in ways if not each.steps), []))
        return f"It depends: {f'it is accepted if {provided}' if provided else 'no known condition refuses it'}."

    def _candidates(self, status: int) -> str:
        words = [
            self._says(rule)
            for rule in self.case.rules
            if rule.deny.status == status and self.case.states[rule.id] == "depends"
            if not set(rule.candidates()) & ANSWERS.likely and "division" not in str(rule.deny.code)
        ]
        return f"Likely: {'; or '.join(dict.fromkeys(words[:SHOWN]))}." if words else ""

    def _why(self, accepted: bool | None, lead: RuleBase | None) -> Iterable[str]:
        published, told = self.target.published, sorted(map(name_of, self.contradicted - {"request"}))
        if told:
            yield f"The answer contradicts the stated facts: {', '.join(told)}. The answer counts."
        elif self.contradicted:
            yield "No known rule gives this answer to this request: compare it with the request that was sent."
        if accepted:
            return
        code = self.evidence.code or (str(lead.deny.code) if lead else "")
        several = not lead or len(names_of(lead)) != 1
        if code and (text := self._meaning(code).why) and (several or "any one" not in text):
            yield f"{text[0].upper()}{self._put(text[1:], lead)}."
        if self.evidence.foreign and self.evidence.accepted is not None and self.target.is_published:
            yield self.evidence.foreign
        general = ("", "not.a.user", "not.authorized", "app.not.authorized.for.scope", "bad.request")
        if published and code in general and (self.evidence.status or 400) in (400, 401, 403):
            asked = [f"permission {names}"] if (names := self.target.needs("permission")) else []
            asked += [f"scope {names} (for a token with a user)"] if (names := self.target.needs("scope")) else []
            asked += ["a token with a user"] if asked and published.statuses_of("not.a.user") else []
            yield from [f"{published.request} asks for: {'; '.join(asked)}."] if asked else []

    def _next(self, lead: RuleBase | None, rules: Iterable[RuleBase]) -> Iterable[str]:
        for rule in rules:
            if rule.id != "published-fields" and (lead is None or rule.deny.code != lead.deny.code):
                yield self._says(rule) + self._answer(rule.deny.status, rule.deny.code, rule.basis)

    def _notes(self) -> Iterable[str]:
        target, sent = self.target, self.known.request
        if note := APIS.notes.get(self.case.ground.operation.request):
            yield note
        reads_media_type = any("request.media_type" in rule.candidates() for rule in self.case.rules)
        if sent.form_of_body == "object" and sent.media_type == FORM and not reads_media_type:
            yield f"The body is JSON, but is sent as {FORM}: send the header Content-Type: {JSON}."
        if target.slash:
            yield "The path ends with a slash: remove it. Whether it is refused is not published."
        host = sent.host
        known = not host or is_placeholder(host) or is_loopback(host) or APIS.of_host(host) == target.api
        if target.is_published and not known:
            expected = f"expected a host such as {APIS.hosts[target.api][0]}"
            yield f"{host} is not a published host of {target.vendor}; {expected}."

    def _ways(self, rules: Iterable[RuleBase]) -> Iterable[Way]:
        evidence, own = self.evidence, self.case.ground.operation.request
        steps = self._told()
        if evidence.accepted is None and evidence.foreign:
            return [Way(own, tuple(Step(*each) for each in ANSWERS.foreign))]
        if steps and (evidence.status or 0) >= 500:
            return [Way(own, steps)]
        if evidence.code and (not evidence.rules or "request" in self.contradicted):
            return [Way(own, steps)] if steps else []
        ways = list(self._of(self.mended))
        if steps and not any(way.steps for way in ways):
            return [replace(ways[0], steps=steps, curl=ways[0].curl if self.wrong else "") if ways else Way(own, steps)]
        known = self.mended.ground.knowledge
        if not ways:  # another operation of the same method and path, such as another grant of a token endpoint
            others = [each for each in self.target.endpoint if each is not self.case.ground.operation]
            cases = [Case(Ground(each, known, self.target.steps), self.target.endpoint) for each in others]
            ways = sorted((way for case in cases for way in self._of(case)), key=lambda way: way.cost)
        other = self._route(own).get("other")
        if other and self.target.policy and any(rule.deny.code == "not.a.user" for rule in rules):
            for operation in self.target.policy.operations.values():
                if operation.request == other:
                    moved = Step("caller", f"keep the application's token, and call {other}")
                    ways += self._of(Case(Ground(operation, known, {}), [operation]), moved)
        return ways

    def _route(self, request: str) -> Mapping[Literal["proof", "other"], str]:
        return APIS.routes.get(request, {}) if self.target.is_published else {}

    def _told(self) -> tuple[Step, ...]:
        """Return the steps that the code or status of the answer asks for; first those for what it contradicts."""
        if self.evidence.accepted is not False:
            return ()
        denied = {fact.partition(":")[0].rpartition(".")[2] for fact in self.contradicted}
        checks = tuple(Step(*step) for kind, step in ANSWERS.contradicted.items() if kind in denied)
        return (*checks, *(Step(who, self._put(text)) for who, text in self._meaning(self.evidence.code).do))

    def _of(self, case: Case, moved: Step | None = None) -> Iterable[Way]:
        """Return the smallest change of a case; `moved` is the step that leads to its operation."""
        outcome = smallest_changes(case)
        if not outcome:
            return
        best = min(outcome, key=_made_up)
        steps = tuple(Step(each.who, each.text + _alternatives(each, case.rules)) for each in best.steps)
        is_published = self.target.is_published
        own = ANSWERS.codes.get(self.evidence.code) if is_published and not moved else None
        if steps and own and {who for who, _ in own.do}.isdisjoint(step.who for step in steps) and own.do:
            yield Way(case.ground.operation.request, self._told())  # not another request, such as a call to a colleague
            return
        if len(steps) == 1 and own and own.do:  # the answer's own words: how many seconds to wait
            steps = self._told()
        yield Way(
            case.ground.operation.request,
            (moved, *steps) if moved else steps,
            best.cost + (LEVERS.cost["caller"] if moved else 0),
            self._route(case.ground.operation.request).get("proof", ""),
            tuple(tuple(Need(*each, said(*each)) for each in sorted(group)) for group in best.provided),
            facts_set(best.steps),
            Changed(best.case, best.solution).curl(self.target.server(self.known.request), self.target.lists),
        )


def _untold(ways: Iterable[Way]) -> Iterable[str]:
    """Return facts of token and agent that the ways depend on, each once; none of a token that is replaced."""
    short = {f"{each}.{name}": name for each in ("token", "agent") for name in ("grant", "scopes", "permissions")}
    for way in ways:
        mine = ("agent.",) if "token.grant" in way.sets else ("token.", "agent.")
        for fact in (need.fact for group in way.provided for need in group):
            if fact.startswith(mine) and not is_likely(fact) and fact != TOKEN_OF:
                yield short.get(fact.partition(":")[0]) or name_of(fact)


def _made_up(change: Change) -> tuple[int, ...]:
    """Sort key of a change: same kind of token; values to fill in; home division; names in the rules' order."""
    sets = [each for step in change.steps for each in step.sets]
    names = [name for rule in change.case.rules for name in names_of(rule)]
    places = [names.index(fact) * (-1 if value is None else 1) for fact, value in sets if fact in names]
    others = sum(fact == "token.grant" for fact, _ in sets), sum(value == placeholder(fact) for fact, value in sets)
    return (*others, sum(value == "other" for _, value in sets), sum(places))


def _alternatives(step: ChangeStep, rules: Sequence[RuleBase]) -> str:
    """Return up to two other permissions of which a rule asks for any one, each as ` (or NAME)`."""
    own = {fact.partition(":")[2] for fact, _ in step.sets} if step.lever == "grant-permission" else set[str]()
    asked = (names for rule in rules if own.intersection(names := getattr(rule, "any_of", None) or ()))
    others = dict.fromkeys(name for names in asked for name in names if name not in own)
    return "".join(f" (or {name})" for name in list(others)[:2])


def _without_operation(
    target: Target, known: Knowledge, wrong: tuple[Name, ...], evidence: Evidence, policies: Mapping[str, Policy]
) -> Explanation:
    """Return the answer for a request that the edition has no operation for."""
    shown, listed = f"{target.method} {target.path}", target.listed
    known_paths = APIS.instead.get(target.api, ()) if target.is_published else ()
    path = known.request.path.rstrip("/")
    instead = next((each for each in known_paths if re.fullmatch(each["path"], path)), None)
    notes, why, step = list[str](), list[str](), f"call {instead['operation']}. {instead['says']}" if instead else ""
    methods, host = " or ".join(target.methods), right_host(target, known.request) if target.is_published else ""
    is_complete, vendor = bool(instead or (listed and listed.texts)), target.vendor
    reasons = [
        (evidence.accepted, f"Accepted ({evidence.status}), though {shown} is not published.", step),
        (methods, f"Refused: {vendor} publishes {target.path} with {methods}, not with {target.method}.",
         f"send the request with the method {methods}, whichever does what is meant"),
        (host, f"Refused: {known.request.host} has no operation {shown}; the host {host} has it.",
         f"send the request to https://{host}"),
        (not target.is_published, f"Refused: {target.provider} has no operation {shown}.", step),
        (is_complete, f"Refused: {vendor} publishes no operation {shown}.", step),
        (True, f"Not known: {shown} is not among the known operations of {vendor}.", step),
    ]  # fmt: skip
    headline, step = next((headline, step) for holds, headline, step in reasons if holds)
    accepted = False if headline.startswith("Refused") and not evidence.accepted else evidence.accepted
    if evidence.code:
        says = _put(meaning_of(evidence.code, evidence.status, target.api).says, evidence)
        why.append(f"The answer says: {says} ({evidence.status} {evidence.code}).")
    elif evidence.foreign:
        why.append(evidence.foreign)
    if listed and not step and (near := listed.nearest(target.method, target.path)):
        notes.append(f"Nearest: {'; '.join(near)}.")
    others = [each for each in policies if each.partition(".")[0] == target.api and each != target.provider]
    if told := [each for each in others if target_of(known.request, policies, each).endpoint]:
        notes.append(f"Only reports name this operation: --edition {' or '.join(told)}.")
    if known.request.value("request.scheme") not in ("bearer", HIDDEN) and "token" not in target.path:
        notes.append("The request carries no bearer token either.")
    return Explanation(
        target.provider,
        shown,
        accepted,
        headline,
        tuple(why),
        wrong,
        ways=(Way(instead["operation"] if instead else "", (Step("developer", step),)),) if step else (),
        notes=tuple(notes),
        response=evidence if evidence != Evidence() else None,
        published=target.published,
    )
