"""Mistakes that a vendor could make, thought of by hand and not made by an operator: the rows see what can be seen."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from outdial.provider import Answer, Application, Policy
from outdial.provider.facts import Facts
from outdial.provider.policy import Operation
from outdial.provider.rule import FactTest, RuleBase
from outdial.replay.replay import judged
from outdial.strength.policy_tests import failing, load_policy_tests
from tests.strength.editions import POLICIES, arranged_rows

CALLS, LOGIN, NICE, NICE_LOGIN = "genesys-cloud", "genesys-cloud-login", "nice-cxone", "nice-cxone-login"
AGENT, OWN, READ = "place-call-for-agent", "place-call", "get-call"
CODE, PKCE, CLIENT, REFRESH, SAML = (
    "authorization-code", "authorization-code-with-pkce", "client-credentials", "refresh", "saml2-bearer",
)  # fmt: skip
PACT, POLICY = "pacts", "policy tests"
Fault = Callable[[Policy], Policy] | Callable[[Answer], Answer]


class Otherwise(RuleBase):
    """A rule that decides by a function of the facts and of what the right rule says."""

    right: RuleBase
    decides: Callable[[Facts, bool], bool]

    def holds(self, facts: Facts) -> bool:
        return self.decides(facts, self.right.holds(facts))


def with_rules(policy: Policy, operation: str, rules: list[RuleBase]) -> Policy:
    """A policy with other rules for an operation."""
    changed: Operation = policy.operations[operation].model_copy(update={"rules": tuple(rules)})
    return policy.model_copy(update={"operations": {**policy.operations, operation: changed}})


def changed(operation: str, rule: str, change: Callable[[RuleBase], RuleBase | None]) -> Callable[[Policy], Policy]:
    """A rule of an operation that is another one, or none."""

    def fault(policy: Policy) -> Policy:
        rules = policy.operations[operation].rules
        assert rule in {each.id for each in rules}
        found = [each if each.id != rule else change(each) for each in rules]
        return with_rules(policy, operation, [each for each in found if each])

    return fault


def without(operation: str, rule: str) -> Fault:
    return changed(operation, rule, lambda _: None)


def having(operation: str, rule: str, **parameters: Any) -> Fault:
    return changed(operation, rule, lambda each: each.model_copy(update=parameters))


def denying(operation: str, rule: str, **parts: Any) -> Fault:
    return changed(operation, rule, lambda each: each.model_copy(update={"deny": each.deny.model_copy(update=parts)}))


def deciding(operation: str, rule: str, decides: Callable[[Facts, bool], bool]) -> Fault:
    def change(each: RuleBase) -> RuleBase:
        shared = {name: getattr(each, name) for name in RuleBase.model_fields}
        return Otherwise.model_construct(**shared, right=each, decides=decides)

    return changed(operation, rule, change)


def swapped(operation: str, first: str, second: str) -> Fault:
    """Two rules in each other's place."""

    def fault(policy: Policy) -> Policy:
        by_id = {each.id: each for each in policy.operations[operation].rules}
        names = {first: second, second: first}
        return with_rules(policy, operation, [by_id[names.get(each, each)] for each in by_id])

    return fault


def body(change: Callable[[dict[str, Any]], Any], accepted: bool = True) -> Fault:
    """Accepted or refused answers with another body."""

    def fault(answer: Answer) -> Answer:
        if (answer.status < 400) != accepted or not answer.body:
            return answer
        found = change(json.loads(answer.body))
        return replace(answer, body=found if isinstance(found, bytes) else json.dumps(found).encode())

    return fault


def value(name: str, wrong: Any, accepted: bool = True) -> Fault:
    return body(lambda found: {**found, name: wrong} if name in found else found, accepted)


def renamed(name: str, other: str, accepted: bool = True) -> Fault:
    return body(lambda found: {other: found.pop(name, None), **found}, accepted)


def status(of: int, wrong: int) -> Fault:
    def fault(answer: Answer) -> Answer:
        return replace(answer, status=wrong) if answer.status == of else answer

    return fault


def granted(facts: Facts) -> frozenset[str]:
    return frozenset(name for name, _ in facts["token.permissions"] or ())


def begins(facts: Facts, one: str, other: str) -> bool:
    return str(facts[one]).startswith(str(facts[other]))


CALL = {"conversation:agentlessCall:add", "conversation:call:add"}
FORM = ("application/json", "application/x-www-form-urlencoded")
# fmt: off
MISTAKES: list[tuple[str, str, Fault, str]] = [
    # who is asking
    ("revoked tokens still work", CALLS, having(AGENT, "live-token", none_of=("expired",)), POLICY),
    ("expired tokens still work", CALLS, having(READ, "live-token", none_of=("revoked",)), PACT),
    ("Retry-After is a date", CALLS, denying(OWN, "rate-limit", headers={"Retry-After": "Sat, 21 Nov 2026"}), PACT),
    ("too many requests are a 503", CALLS, status(429, 503), PACT),
    # may they
    ("permission is not asked of users", CALLS, having(AGENT, "call-permission", when=FactTest(fact="token.user", present=False)), PACT),
    ("permission is not asked of applications", CALLS, having(AGENT, "call-permission", when=FactTest(fact="token.user", present=True)), PACT),
    ("any permission for conversations will do", CALLS, deciding(AGENT, "call-permission", lambda facts, _: any(name.startswith("conversation:") for name in granted(facts))), PACT),
    ("both permissions are needed", CALLS, deciding(AGENT, "call-permission", lambda facts, _: granted(facts) >= CALL), PACT),
    ("a permission more than asked refuses", CALLS, deciding(OWN, "conference-permission", lambda facts, _: granted(facts) == {"conversation:conference:add"}), POLICY),
    ("any action on calls will do", CALLS, deciding(AGENT, "call-permission", lambda facts, held: held or any(name.startswith("conversation:call:") for name in granted(facts))), POLICY),
    ("permissions are compared without case", CALLS, deciding(AGENT, "call-permission", lambda facts, held: held or bool({name.lower() for name in granted(facts)} & {name.lower() for name in CALL})), POLICY),
    ("the scope is compared by its beginning", CALLS, deciding(AGENT, "conversations-scope", lambda facts, _: any(name.startswith("conversations") for name in facts["token.scopes"] or ())), PACT),
    ("divisions are not checked", CALLS, without(AGENT, "permission-in-division"), PACT),
    ("only the home division may call", CALLS, deciding(AGENT, "permission-in-division", lambda facts, _: facts["agent.division"] == "home"), PACT),
    ("a missing permission is hidden by 404", CALLS, denying(AGENT, "call-permission", status=404, code="not.found"), PACT),
    ("applications have a user context", CALLS, without(OWN, "user-context"), PACT),
    # is the request well formed, can the call be placed
    ("a form is read as JSON", CALLS, having(AGENT, "json-media-type", any_of=FORM), POLICY),
    ("a list is taken for a request", CALLS, having(AGENT, "json-object", any_of=("object", "other")), POLICY),
    ("unknown fields are ignored", CALLS, without(AGENT, "published-fields"), POLICY),
    ("two destinations, the first is taken", CALLS, without(OWN, "single-destination"), PACT),
    ("any text is a number", CALLS, having(AGENT, "number-format", matches=r"(?s:.+)"), PACT),
    ("a number needs no plus", CALLS, having(AGENT, "number-format", matches=r"\+?[1-9]\d{6,14}|(sip|tel):\S+"), POLICY),
    ("a number that cannot be called is called", CALLS, without(AGENT, "call-can-be-placed"), PACT),
    # what is answered
    ("the call's id is empty", CALLS, value("id", ""), PACT),
    ("the call's id is in another field", CALLS, renamed("id", "conversationId"), PACT),
    ("an accepted call has no body", CALLS, body(lambda _: b""), PACT),
    ("an accepted call is a redirect", CALLS, status(202, 302), PACT),
    ("a refusal is a page of HTML", CALLS, body(lambda _: b"<html>Forbidden</html>", False), PACT),
    ("a code has another spelling", CALLS, body(lambda found: {**found, "code": found["code"].upper()}, False), PACT),
    ("a message names no permission", CALLS, value("message", "Forbidden", False), PACT),
    ("the call's address is a letter, which no consumer reads", CALLS, value("selfUri", "x"), ""),
    # the login host
    ("secrets are compared by their beginning", LOGIN, deciding(CLIENT, "client-secret", lambda facts, _: begins(facts, "basic.secret", "client.secret")), PACT),
    ("public clients need no verifier", LOGIN, without(PKCE, "code-verifier"), PACT),
    ("redirects are compared by their beginning", LOGIN, deciding(CODE, "same-redirect", lambda facts, _: begins(facts, "form.redirect_uri", "code.redirect_uri")), POLICY),
    ("a code is anybody's", LOGIN, without(CODE, "code-of-this-client"), POLICY),
    ("a code works twice", LOGIN, having(CODE, "fresh-code", none_of=("expired",)), PACT),
    ("a refresh token never ends", LOGIN, without(REFRESH, "live-refresh-token"), PACT),
    ("a client may use any grant", LOGIN, without(SAML, "client-may-use-assertions"), POLICY),
    ("an assertion is for any organisation", LOGIN, without(SAML, "organisation-of-the-assertion"), POLICY),
    ("an access token is empty", LOGIN, value("access_token", ""), PACT),
    ("a wrong secret is 403", LOGIN, status(400, 403), PACT),
    ("applications cannot exchange", NICE_LOGIN, deciding("token-exchange", "live-subject-token", lambda facts, held: held and facts["subject.user"] is not None), POLICY),
    ("sessions are looked up before tokens", NICE, swapped("end-session", "known-token", "known-session"), POLICY),
    ("a role that begins so will do", "genesys-cloud.scopes", deciding(OWN, "agent-role", lambda facts, held: held or str(facts["agent.role"] or "").startswith("Agent")), POLICY),
]
# fmt: on


def seen_by(provider: str, fault: Any) -> str:
    """What notices a provider that makes the mistake: rows of the pacts, or else its policy tests, or nothing."""
    of_policy = "policy" in getattr(fault, "__annotations__", {})
    policy = fault(POLICIES[provider]) if of_policy else POLICIES[provider]
    for row in arranged_rows(provider):
        answer = Application({provider: policy}, deepcopy(row.world)).answer(row.call)
        if not judged(row.interaction, answer if of_policy else fault(answer)).passed:
            return PACT
    return POLICY if failing(policy, load_policy_tests(provider)) else ""


@pytest.mark.parametrize(("says", "provider", "fault", "by"), MISTAKES, ids=[each[0] for each in MISTAKES])
def test_a_mistake_is_noticed_by_what_is_there_for_it(says: str, provider: str, fault: Fault, by: str) -> None:
    """Rows notice what a client sends and tells apart; policy tests the rest of what a provider decides."""
    assert seen_by(provider, fault) == by, says


def test_the_provider_without_a_mistake_is_seen_by_nothing() -> None:
    """Otherwise every mistake would be seen."""
    assert {name for name in POLICIES if seen_by(name, lambda answer: answer)} == set()
