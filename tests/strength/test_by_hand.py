"""Mistakes that a vendor could make, thought of by hand and not made by an operator: the rows see what can be seen."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest

from outdial.pact_files import PACTS, read_interactions
from outdial.provider import Answer, Application, Policy
from outdial.provider.facts import Facts
from outdial.provider.policy import Operation
from outdial.provider.rule import FactTest, RuleBase
from outdial.replay.replay import judged
from outdial.strength.measure import Row
from outdial.strength.policy_tests import failing, load_policy_tests
from provider_states import load_policies

POLICIES = load_policies()
ROWS = [Row.of(each) for each in read_interactions([PACTS])]

CALLS, LOGIN = "genesys-cloud", "genesys-cloud-login"
NICE, NICE_LOGIN = "nice-cxone", "nice-cxone-login"
AGENT, OWN, READ = "place-call-for-agent", "place-call", "get-call"
CODE, PKCE, CLIENT, REFRESH, SAML = (
    "authorization-code", "authorization-code-with-pkce", "client-credentials", "refresh", "saml2-bearer",
)  # fmt: skip
PACT, POLICY = "pacts", "policy tests"
Change = Callable[[RuleBase], RuleBase | None]
Fault = Callable[[Policy], Policy]
Answering = Callable[[Answer], Answer]


class Instead(RuleBase):
    """A rule that decides as a function of facts says."""

    decides: Callable[[Facts], bool]

    def holds(self, facts: Facts) -> bool:
        return self.decides(facts)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong in a policy or in every answer of an edition; what notices it, or why nothing does."""

    says: str
    provider: str
    policy: Fault = lambda policy: policy
    answer: Answering = lambda answer: answer
    by: str = ""
    unseen: str = ""


def with_operation(policy: Policy, operation: Operation) -> Policy:
    """A policy with an operation in place of the one of its name."""
    return policy.model_copy(update={"operations": {**policy.operations, operation.name: operation}})


def changed(operation: str, rule: str, change: Change) -> Fault:
    """A rule of an operation that is another one, or none."""

    def fault(policy: Policy) -> Policy:
        whole = policy.operations[operation]
        rules = [each if each.id != rule else change(each) for each in whole.rules]
        assert rules != list(whole.rules), f"no rule {rule} in {operation}"
        kept = tuple(each for each in rules if each)
        return with_operation(policy, whole.model_copy(update={"rules": kept}))

    return fault


def without(operation: str, rule: str) -> Fault:
    return changed(operation, rule, lambda _: None)


def only_if(operation: str, rule: str, fact: str, **test: Any) -> Fault:
    return changed(operation, rule, lambda each: each.model_copy(update={"when": FactTest(fact=fact, **test)}))


def having(operation: str, rule: str, **parameters: Any) -> Fault:
    return changed(operation, rule, lambda each: each.model_copy(update=parameters))


def denying(operation: str, rule: str, **parts: Any) -> Fault:
    return changed(operation, rule, lambda each: each.model_copy(update={"deny": each.deny.model_copy(update=parts)}))


def instead(operation: str, rule: str, decides: Callable[[RuleBase, Facts], bool], **more: Any) -> Fault:
    """A rule that decides otherwise, knowing the one in whose place it is."""

    def change(each: RuleBase) -> RuleBase:
        shared = {name: getattr(each, name) for name in RuleBase.model_fields} | more
        return Instead.model_construct(**shared, decides=lambda facts: decides(each, facts))

    return changed(operation, rule, change)


def deciding(operation: str, rule: str, decides: Callable[[Facts], bool]) -> Fault:
    return instead(operation, rule, lambda _, facts: decides(facts))


def or_else(operation: str, rule: str, holds: Callable[[Facts], bool]) -> Fault:
    """A rule that something else satisfies as well."""
    return instead(operation, rule, lambda each, facts: each.holds(facts) or holds(facts))


def and_also(operation: str, rule: str, holds: Callable[[Facts], bool]) -> Fault:
    """A rule that asks for more, of every request."""
    return instead(operation, rule, lambda each, facts: each.holds(facts) and holds(facts), when=None)


def destinations(facts: Facts) -> set[str]:
    """The fields of a request that say who is called."""
    fields = ("phoneNumber", "callUserId", "callQueueId", "participants", "conversationIds")
    return {name for name in fields if facts[f"body.{name}"] is not None}


def swapped(operation: str, first: str, second: str) -> Fault:
    """Two rules in each other's place."""

    def fault(policy: Policy) -> Policy:
        whole = policy.operations[operation]
        by_id = {each.id: each for each in whole.rules}
        names = {first: second, second: first}
        rules = tuple(by_id[names.get(each.id, each.id)] for each in whole.rules)
        return with_operation(policy, whole.model_copy(update={"rules": rules}))

    return fault


def body(change: Callable[[dict[str, Any]], Any], accepted: bool) -> Answering:
    """Accepted or refused answers with another body."""

    def answering(answer: Answer) -> Answer:
        if (answer.status < 400) != accepted or (accepted and not answer.body):
            return answer
        found = change(json.loads(answer.body))
        return replace(answer, body=found if isinstance(found, bytes) else json.dumps(found).encode())

    return answering


def value(name: str, wrong: Any, accepted: bool = True) -> Answering:
    return body(lambda found: {**found, name: wrong} if name in found else found, accepted)


def status(of: int, wrong: int) -> Answering:
    return lambda answer: replace(answer, status=wrong) if answer.status == of else answer


def header(name: str, wrong: str | None) -> Answering:
    def answering(answer: Answer) -> Answer:
        kept = {key: each for key, each in answer.headers.items() if key != name}
        return replace(answer, headers=kept if wrong is None else {**kept, name: wrong})

    return answering


def granted(facts: Facts) -> frozenset[str]:
    return frozenset(name for name, _ in facts["token.permissions"] or ())


CALL = {"conversation:agentlessCall:add", "conversation:call:add"}
LATER = "only a later request tells: a journey's"
NO_CLIENT = "one caller or one kind of call among many: no row asks it of each, and nobody published that it is"
NOT_READ = "the consumer does not read it"
# fmt: off
MISTAKES = [
    # who is asking
    Mistake("revoked tokens still work", CALLS, having(AGENT, "live-token", none_of=("expired",)), by=POLICY),
    Mistake("expired tokens still work", CALLS, having(READ, "live-token", none_of=("revoked",)), by=PACT),
    Mistake("a user's revoked token still works", CALLS, only_if(AGENT, "live-token", "token.user", present=False), by=PACT),
    Mistake("an application's revoked token works", CALLS, only_if(AGENT, "live-token", "token.user", present=True), unseen=NO_CLIENT),
    Mistake("a token that nobody issued is taken", CALLS, without(OWN, "known-token"), by=PACT),
    Mistake("the scheme is not looked at", CALLS, without(READ, "bearer-token"), by=PACT),
    Mistake("networks are checked for users only", CALLS, only_if(AGENT, "allowed-network", "token.user", present=True), unseen=NO_CLIENT),
    Mistake("rate limits are not for queues", CALLS, only_if(AGENT, "rate-limit", "body.callQueueId", present=False), unseen=NO_CLIENT),
    Mistake("no Retry-After", CALLS, denying(AGENT, "rate-limit", headers={}), unseen=NO_CLIENT),
    Mistake("Retry-After is a date", CALLS, denying(OWN, "rate-limit", headers={"Retry-After": "Sat, 21 Nov 2026"}), by=PACT),
    Mistake("too many requests are a 503", CALLS, answer=status(429, 503), by=PACT),
    # may they
    Mistake("permission is not asked of users", CALLS, only_if(AGENT, "call-permission", "token.user", present=False), by=PACT),
    Mistake("permission is not asked of applications", CALLS, only_if(AGENT, "call-permission", "token.user", present=True), by=PACT),
    Mistake("permission is asked for numbers only", CALLS, only_if(OWN, "conference-permission", "body.phoneNumber", present=True), unseen=NO_CLIENT),
    Mistake("any permission for conversations will do", CALLS, deciding(AGENT, "call-permission", lambda facts: any(name.startswith("conversation:") for name in granted(facts))), by=PACT),
    Mistake("both permissions are needed", CALLS, deciding(AGENT, "call-permission", lambda facts: granted(facts) >= CALL), by=PACT),
    Mistake("a permission more than asked refuses", CALLS, deciding(OWN, "conference-permission", lambda facts: granted(facts) == {"conversation:conference:add"}), by=POLICY),
    Mistake("the scope is compared by its beginning", CALLS, deciding(AGENT, "conversations-scope", lambda facts: any(name.startswith("conversations") for name in facts["token.scopes"] or ())), by=PACT),
    Mistake("the scope is for one grant only", CALLS, only_if(OWN, "conversations-scope", "token.grant", any_of=("authorization_code",)), by=POLICY),
    Mistake("two scopes are one too many", CALLS, deciding(READ, "conversations-scope-to-read", lambda facts: facts["token.user"] is None or len(facts["token.scopes"] or ()) == 1), by=PACT),
    Mistake("divisions are not checked", CALLS, without(AGENT, "permission-in-division"), by=PACT),
    Mistake("divisions are checked one way", CALLS, only_if(AGENT, "permission-in-division", "agent.division", any_of=("home",)), by=POLICY),
    Mistake("divisions are checked the other way", CALLS, only_if(OWN, "permission-in-division", "agent.division", any_of=("other",)), by=PACT),
    Mistake("only the home division may call", CALLS, deciding(AGENT, "permission-in-division", lambda facts: facts["agent.division"] == "home"), by=PACT),
    Mistake("the security policy spares applications", CALLS, only_if(AGENT, "security-policy", "token.user", present=True), unseen=NO_CLIENT),
    Mistake("a missing permission is hidden by 404", CALLS, denying(AGENT, "call-permission", status=404, code="not.found"), by=PACT),
    Mistake("the division's code is the permission's", CALLS, denying(OWN, "permission-in-division", code="missing.any.permissions"), by=PACT),
    Mistake("users are looked up before permissions", CALLS, swapped(AGENT, "call-permission", "known-user"), by=POLICY),
    Mistake("applications have a user context", CALLS, without(OWN, "user-context"), by=PACT),
    # is the request well formed, can the call be placed
    Mistake("a form is read as JSON", CALLS, having(AGENT, "json-media-type", any_of=("application/json", "application/x-www-form-urlencoded")), by=POLICY),
    Mistake("bodies may be twice as long", CALLS, having(OWN, "body-size", at_most=16384), by=POLICY),
    Mistake("a list is taken for a request", CALLS, having(AGENT, "json-object", any_of=("object", "other")), by=POLICY),
    Mistake("unknown fields are ignored", CALLS, without(AGENT, "published-fields"), by=POLICY),
    Mistake("two destinations, the first is taken", CALLS, without(OWN, "single-destination"), by=PACT),
    Mistake("any text is a number", CALLS, having(AGENT, "number-format", matches=r"(?s:.+)"), by=PACT),
    Mistake("contacts are not looked up for queues", CALLS, deciding(AGENT, "external-contact", lambda facts: bool(facts["contact.exists"] or facts["body.callQueueId"])), by=POLICY),
    Mistake("stations are asked for at home only", CALLS, only_if(AGENT, "station", "agent.division", any_of=("home",)), by=POLICY),
    Mistake("edges are not asked for with a caller ID", CALLS, only_if(OWN, "edge-active", "body.callerId", present=False), unseen=NO_CLIENT),
    Mistake("a number that cannot be called is called", CALLS, without(AGENT, "call-can-be-placed"), by=PACT),
    Mistake("any caller ID may be shown", CALLS, without(OWN, "caller-id-allowed"), by=PACT),
    # what is answered
    Mistake("the call's id is empty", CALLS, answer=value("id", ""), by=PACT),
    Mistake("the call's id is null", CALLS, answer=value("id", None), by=PACT),
    Mistake("the call's id is a number", CALLS, answer=value("id", 4711), by=PACT),
    Mistake("the call's id is in another field", CALLS, answer=body(lambda found: {"conversationId": found.get("id")}, True), by=PACT),
    Mistake("an accepted call has no body", CALLS, answer=body(lambda _: b"", True), by=PACT),
    Mistake("an accepted call is a redirect", CALLS, answer=status(202, 302), by=PACT),
    Mistake("an accepted call is text", CALLS, answer=header("Content-Type", "text/plain"), by=PACT),
    Mistake("a refusal is answered by 200", CALLS, answer=status(403, 200), by=PACT),
    Mistake("a refusal is a page of HTML", CALLS, answer=body(lambda _: b"<html>Forbidden</html>", False), by=PACT),
    Mistake("a code has another spelling", CALLS, answer=body(lambda found: {**found, "code": found["code"].upper()}, False), by=PACT),
    Mistake("a code is called errorCode", CALLS, answer=body(lambda found: {"errorCode": found.pop("code"), **found}, False), by=PACT),
    Mistake("a message names no permission", CALLS, answer=value("message", "Forbidden", accepted=False), by=PACT),
    # the login host
    Mistake("secrets are compared by their beginning", LOGIN, deciding(CLIENT, "client-secret", lambda facts: str(facts["basic.secret"]).startswith(str(facts["client.secret"]))), by=PACT),
    Mistake("public clients need no verifier", LOGIN, without(PKCE, "code-verifier"), by=PACT),
    Mistake("redirects are compared by their beginning", LOGIN, deciding(CODE, "same-redirect", lambda facts: str(facts["form.redirect_uri"]).startswith(str(facts["code.redirect_uri"]))), by=POLICY),
    Mistake("redirects are compared without case", LOGIN, deciding(PKCE, "same-redirect", lambda facts: str(facts["form.redirect_uri"]).lower() == str(facts["code.redirect_uri"]).lower()), by=POLICY),
    Mistake("a code is anybody's", LOGIN, without(CODE, "code-of-this-client"), by=POLICY),
    Mistake("a code works twice", LOGIN, having(CODE, "fresh-code", none_of=("expired",)), by=PACT),
    Mistake("a refresh token never ends", LOGIN, without(REFRESH, "live-refresh-token"), by=PACT),
    Mistake("a client may use any grant", LOGIN, without(SAML, "client-may-use-assertions"), by=POLICY),
    Mistake("an assertion is for any organisation", LOGIN, without(SAML, "organisation-of-the-assertion"), by=POLICY),
    Mistake("an access token is empty", LOGIN, answer=value("access_token", ""), by=PACT),
    Mistake("a token is worth nothing at once", LOGIN, answer=value("expires_in", 0), by=PACT),
    Mistake("a lifetime is a text", LOGIN, answer=value("expires_in", "soon"), by=PACT),
    Mistake("an error is called code", LOGIN, answer=body(lambda found: {"code": found.pop("error"), **found}, False), by=PACT),
    Mistake("a wrong secret is 403", LOGIN, answer=status(400, 403), by=PACT),
    # as a stranger thought of them
    Mistake("any action on calls will do", CALLS, or_else(AGENT, "call-permission", lambda facts: any(name.startswith("conversation:call:") for name in granted(facts))), by=POLICY),
    Mistake("a scope that people report is enough to read", CALLS, or_else(READ, "conversations-scope-to-read", lambda facts: any(name.startswith("conversation") for name in facts["token.scopes"] or ())), by=PACT),
    Mistake("the agent's permission counts", CALLS, or_else(AGENT, "call-permission", lambda facts: bool({name for name, _ in facts["agent.permissions"] or ()} & CALL)), unseen=NO_CLIENT),
    Mistake("nobody needs permission for oneself", CALLS, or_else(AGENT, "call-permission", lambda facts: facts["token.user"] is not None and facts["token.user"] == facts["agent.id"]), unseen=NO_CLIENT),
    Mistake("nobody calls for oneself", CALLS, and_also(AGENT, "permission-in-division", lambda facts: facts["token.user"] is None or facts["token.user"] != facts["agent.id"]), by=POLICY),
    Mistake("a user and a queue are one destination", CALLS, or_else(AGENT, "single-destination", lambda facts: destinations(facts) == {"callUserId", "callQueueId"}), unseen=NO_CLIENT),
    Mistake("the number wins over the user", CALLS, or_else(OWN, "single-destination", lambda facts: destinations(facts) == {"phoneNumber", "callUserId"}), by=POLICY),
    Mistake("three destinations are one", CALLS, or_else(OWN, "single-destination", lambda facts: len(destinations(facts)) == 3), by=POLICY),
    Mistake("an empty number is a number", CALLS, or_else(AGENT, "number-format", lambda facts: facts["body.phoneNumber"] == ""), by=POLICY),
    Mistake("numbers are of one country", CALLS, having(AGENT, "number-format", matches=r"\+1\d{6,13}|(sip|tel):\S+"), by=POLICY),
    Mistake("addresses of SIP are no numbers", CALLS, having(OWN, "number-format", matches=r"\+[1-9]\d{6,14}|tel:\S+"), by=PACT),
    Mistake("a number needs no plus", CALLS, having(AGENT, "number-format", matches=r"\+?[1-9]\d{6,14}|(sip|tel):\S+"), by=POLICY),
    Mistake("a number has 14 digits at most", CALLS, having(AGENT, "number-format", matches=r"\+[1-9]\d{6,13}|(sip|tel):\S+"), by=POLICY),
    Mistake("a number is looked for in the text", CALLS, deciding(AGENT, "number-format", lambda facts: bool(re.search(r"\+[1-9]\d{6,14}|(sip|tel):\S+", facts["body.phoneNumber"] or "+1234567"))), by=POLICY),
    Mistake("what people report is a field", CALLS, or_else(OWN, "published-fields", lambda facts: facts["body.from"] is not None), by=POLICY),
    Mistake("busy agents cannot be called for", CALLS, and_also(AGENT, "call-can-be-placed", lambda facts: facts["agent.presence"] != "Busy"), unseen=NO_CLIENT),
    Mistake("an id of an agent is a call's", CALLS, or_else(READ, "known-conversation", lambda facts: facts["token.user"] != facts["path.conversationId"] and facts["conversation.exists"] is False and "-" in str(facts["path.conversationId"])), by=PACT),
    Mistake("networks are not checked for one grant", CALLS, only_if(OWN, "allowed-network", "token.grant", none_of=("saml2_bearer",)), unseen=NO_CLIENT),
    Mistake("revoked tokens call colleagues", CALLS, only_if(OWN, "live-token", "body.callUserId", present=False), unseen=NO_CLIENT),
    Mistake("conferences need no permission", CALLS, only_if(AGENT, "call-permission", "body.participants", present=False), unseen=NO_CLIENT),
    Mistake("a redirect is compared if it is sent", LOGIN, or_else(CODE, "same-redirect", lambda facts: facts["form.redirect_uri"] is None), by=POLICY),
    Mistake("the challenge is the verifier", LOGIN, or_else(PKCE, "code-verifier", lambda facts: facts["form.code_verifier"] == facts["code.challenge"]), unseen=NO_CLIENT),
    Mistake("an empty secret is right", LOGIN, or_else(CLIENT, "client-secret", lambda facts: facts["basic.secret"] == ""), unseen=NO_CLIENT),
    Mistake("the organisation is compared if it is sent", LOGIN, or_else(SAML, "organisation-of-the-assertion", lambda facts: facts["form.orgName"] is None), by=POLICY),
    Mistake("a part of the organisation's name will do", LOGIN, or_else(SAML, "organisation-of-the-assertion", lambda facts: str(facts["form.orgName"] or "-") in str(facts["code.organisation"])), by=POLICY),
    Mistake("a verifier is compared if it is sent", NICE_LOGIN, or_else(CODE, "code-verifier", lambda facts: facts["form.code_verifier"] is None), unseen=NO_CLIENT),
    Mistake("a revoked token of a code is exchanged", NICE_LOGIN, or_else("token-exchange", "live-subject-token", lambda facts: facts["subject.grant"] == "authorization_code"), unseen=NO_CLIENT),
    Mistake("applications cannot exchange", NICE_LOGIN, and_also("token-exchange", "live-subject-token", lambda facts: facts["subject.user"] is not None), by=POLICY),
    Mistake("a dial without a number", NICE, or_else("dial-phone", "number-given", lambda facts: facts["body.phoneNumber"] is None), by=POLICY),
    Mistake("sessions are looked up before tokens", NICE, swapped("end-session", "known-token", "known-session"), by=POLICY),
    Mistake("asked scopes are all of the client's", "genesys-cloud.campaign-scope", and_also("client-credentials", "scopes-of-this-client", lambda facts: facts["form.scope"] is None or set(str(facts["form.scope"]).split()) == set(facts["client.scopes"] or ())), by=POLICY),
    Mistake("a role that begins so will do", "genesys-cloud.scopes", or_else(OWN, "agent-role", lambda facts: str(facts["agent.role"] or "").startswith("Agent")), by=POLICY),
    Mistake("owners without a number to show may call", "genesys-cloud.owner-id", or_else(OWN, "same-division", lambda facts: facts["body.from.phoneNumber"] is None), unseen=NO_CLIENT),
    Mistake("a permission stands for the right to act", "nice-cxone.personal-connection", or_else("start-call", "right-to-act-for-agents", lambda facts: bool(facts["token.permissions"])), unseen=NO_CLIENT),
    # what no single request shows, or no consumer reads
    Mistake("the call's address is a letter", CALLS, answer=value("selfUri", "x"), unseen=NOT_READ),
    Mistake("a field more in every answer", CALLS, answer=body(lambda found: {**found, "version": 2}, True), unseen=NOT_READ),
    Mistake("another context id", CALLS, answer=value("contextId", "none", accepted=False), unseen=NOT_READ),
    Mistake("a token of another type", LOGIN, answer=value("token_type", "mac"), unseen=NOT_READ),
    Mistake("a code stays fresh after its use", LOGIN, lambda policy: with_operation(policy, policy.operations[CODE].model_copy(update={"accept": policy.operations[CODE].accept.model_copy(update={"changes": {}})})), unseen=LATER),
    Mistake("a call is made for nobody", CALLS, lambda policy: with_operation(policy, policy.operations[AGENT].model_copy(update={"accept": policy.operations[AGENT].accept.model_copy(update={"creates": {"conversation": policy.operations[AGENT].accept.creates["conversation"].model_copy(update={"fields": {}})}})})), unseen=LATER),
]


# fmt: on


def seen_by(mistake: Mistake) -> str:
    """What notices a provider that makes the mistake: rows of the pacts, or else its policy tests, or nothing."""
    policy = mistake.policy(POLICIES[mistake.provider])
    for row in [each for each in ROWS if each.interaction.provider == mistake.provider]:
        answer = Application({mistake.provider: policy}, deepcopy(row.world)).answer(row.call)
        if not judged(row.interaction, mistake.answer(answer)).passed:
            return PACT
    return POLICY if failing(policy, load_policy_tests(mistake.provider)) else ""


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.says.replace(" ", "-") for each in MISTAKES])
def test_a_mistake_is_noticed_by_what_is_there_for_it(mistake: Mistake) -> None:
    """Rows notice what a client sends and tells apart; policy tests the rest of what a provider decides."""
    assert bool(mistake.by) != bool(mistake.unseen)
    assert seen_by(mistake) == mistake.by


def test_the_provider_without_a_mistake_is_seen_by_nothing() -> None:
    """Otherwise every mistake would be seen."""
    assert {name for name in POLICIES if seen_by(Mistake("", name))} == set()
