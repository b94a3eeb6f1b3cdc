"""Mistakes that a vendor could make, thought of by hand and not made by an operator: the rows see what can be seen."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import pytest

from outdial.provider import Answer, Application, Policy
from outdial.provider.facts import Facts
from outdial.provider.rule import FactTest, RuleBase
from outdial.replay.replay import judged
from outdial.strength.mutants import with_operation
from tests.strength.editions import POLICIES, arranged_rows

CALLS, LOGIN = "genesys-cloud", "genesys-cloud-login"
NICE, NICE_LOGIN = "nice-cxone", "nice-cxone-login"
AGENT, OWN, READ = "place-call-for-agent", "place-call", "get-call"
CODE, PKCE, CLIENT, REFRESH, SAML = (
    "authorization-code", "authorization-code-with-pkce", "client-credentials", "refresh", "saml2-bearer",
)  # fmt: skip
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
    """What is wrong in a policy or in every answer of an edition; the row that sees it, or why none can."""

    says: str
    provider: str
    policy: Fault = lambda policy: policy
    answer: Answering = lambda answer: answer
    row: str = ""
    unseen: str = ""


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
        if (answer.status < 400) != accepted:
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
NOT_READ = "the consumer does not read it"
# fmt: off
MISTAKES = [
    # who is asking
    Mistake("revoked tokens still work", CALLS, having(AGENT, "live-token", none_of=("expired",)), row="genesys-cloud/place_call_for_agent/revoked-token"),
    Mistake("expired tokens still work", CALLS, having(READ, "live-token", none_of=("revoked",)), row="genesys-cloud/get_call/expired-token"),
    Mistake("a user's revoked token still works", CALLS, only_if(AGENT, "live-token", "token.user", present=False), row="genesys-cloud/place_call_for_agent/revoked-token"),
    Mistake("an application's revoked token works", CALLS, only_if(AGENT, "live-token", "token.user", present=True), row="genesys-cloud/place_call_for_agent/revoked-token-as-application"),
    Mistake("a token that nobody issued is taken", CALLS, without(OWN, "known-token"), row="genesys-cloud/place_call/unknown-token"),
    Mistake("the scheme is not looked at", CALLS, without(READ, "bearer-token"), row="genesys-cloud/get_call/no-authorization"),
    Mistake("networks are checked for users only", CALLS, only_if(AGENT, "allowed-network", "token.user", present=True), row="genesys-cloud/place_call_for_agent/network-not-allowed-as-application"),
    Mistake("rate limits are not for queues", CALLS, only_if(AGENT, "rate-limit", "body.callQueueId", present=False), row="genesys-cloud/place_call_for_agent/rate-limit-spent-as-application"),
    Mistake("no Retry-After", CALLS, denying(AGENT, "rate-limit", headers={}), row="genesys-cloud/place_call_for_agent/rate-limit-says-when"),
    Mistake("Retry-After is a date", CALLS, denying(OWN, "rate-limit", headers={"Retry-After": "Sat, 21 Nov 2026"}), row="genesys-cloud/place_call/rate-limit-says-when"),
    Mistake("too many requests are a 503", CALLS, answer=status(429, 503), row="genesys-cloud/get_call/rate-limit-spent"),
    # may they
    Mistake("permission is not asked of users", CALLS, only_if(AGENT, "call-permission", "token.user", present=False), row="genesys-cloud/place_call_for_agent/no-permission"),
    Mistake("permission is not asked of applications", CALLS, only_if(AGENT, "call-permission", "token.user", present=True), row="genesys-cloud/place_call_for_agent/client-credentials-without-permission"),
    Mistake("permission is asked for numbers only", CALLS, only_if(OWN, "conference-permission", "body.phoneNumber", present=True), row="genesys-cloud/place_call/no-permission-as-otherwise"),
    Mistake("any permission for conversations will do", CALLS, deciding(AGENT, "call-permission", lambda facts: any(name.startswith("conversation:") for name in granted(facts))), row="genesys-cloud/place_call_for_agent/permission-of-the-other-operation"),
    Mistake("both permissions are needed", CALLS, deciding(AGENT, "call-permission", lambda facts: granted(facts) >= CALL), row="genesys-cloud/place_call_for_agent/accepted"),
    Mistake("a permission more than asked refuses", CALLS, deciding(OWN, "conference-permission", lambda facts: granted(facts) == {"conversation:conference:add"}), row="genesys-cloud/place_call/otherwise"),
    Mistake("the scope is compared by its beginning", CALLS, deciding(AGENT, "conversations-scope", lambda facts: any(name.startswith("conversations") for name in facts["token.scopes"] or ())), row="genesys-cloud/place_call_for_agent/readonly-scope"),
    Mistake("the scope is for one grant only", CALLS, only_if(OWN, "conversations-scope", "token.grant", any_of=("authorization_code",)), row="genesys-cloud/place_call/no-scope-as-otherwise"),
    Mistake("two scopes are one too many", CALLS, deciding(READ, "conversations-scope-to-read", lambda facts: facts["token.user"] is None or len(facts["token.scopes"] or ()) == 1), row="genesys-cloud/get_call/read-write-scope"),
    Mistake("divisions are not checked", CALLS, without(AGENT, "permission-in-division"), row="genesys-cloud/place_call_for_agent/permission-in-another-division"),
    Mistake("divisions are checked one way", CALLS, only_if(AGENT, "permission-in-division", "agent.division", any_of=("home",)), row="genesys-cloud/place_call_for_agent/permission-in-another-division-as-application"),
    Mistake("divisions are checked the other way", CALLS, only_if(OWN, "permission-in-division", "agent.division", any_of=("other",)), row="genesys-cloud/place_call/permission-in-another-division"),
    Mistake("only the home division may call", CALLS, deciding(AGENT, "permission-in-division", lambda facts: facts["agent.division"] == "home"), row="genesys-cloud/place_call_for_agent/application"),
    Mistake("the security policy spares applications", CALLS, only_if(AGENT, "security-policy", "token.user", present=True), row="genesys-cloud/place_call_for_agent/denied-by-security-policy-as-application"),
    Mistake("a missing permission is hidden by 404", CALLS, denying(AGENT, "call-permission", status=404, code="not.found"), row="genesys-cloud/place_call_for_agent/no-permission"),
    Mistake("the division's code is the permission's", CALLS, denying(OWN, "permission-in-division", code="missing.any.permissions"), row="genesys-cloud/place_call/permission-in-another-division"),
    Mistake("users are looked up before permissions", CALLS, swapped(AGENT, "call-permission", "known-user"), row="genesys-cloud/place_call_for_agent/no-permission-before-unknown-user"),
    Mistake("applications have a user context", CALLS, without(OWN, "user-context"), row="genesys-cloud/place_call/client-credentials"),
    # is the request well formed, can the call be placed
    Mistake("a form is read as JSON", CALLS, having(AGENT, "json-media-type", any_of=("application/json", "application/x-www-form-urlencoded")), row="genesys-cloud/place_call_for_agent/form"),
    Mistake("bodies may be twice as long", CALLS, having(OWN, "body-size", at_most=16384), row="genesys-cloud/place_call/body-too-large"),
    Mistake("a list is taken for a request", CALLS, having(AGENT, "json-object", any_of=("object", "other")), row="genesys-cloud/place_call_for_agent/list-body"),
    Mistake("unknown fields are ignored", CALLS, without(AGENT, "published-fields"), row="genesys-cloud/place_call_for_agent/reported-owner"),
    Mistake("two destinations, the first is taken", CALLS, without(OWN, "single-destination"), row="genesys-cloud/place_call/two-destinations"),
    Mistake("any text is a number", CALLS, having(AGENT, "number-format", matches=r"(?s:.+)"), row="genesys-cloud/place_call_for_agent/malformed-number"),
    Mistake("contacts are not looked up for queues", CALLS, deciding(AGENT, "external-contact", lambda facts: bool(facts["contact.exists"] or facts["body.callQueueId"])), row="genesys-cloud/place_call_for_agent/unknown-external-contact-as-application"),
    Mistake("stations are asked for at home only", CALLS, only_if(AGENT, "station", "agent.division", any_of=("home",)), row="genesys-cloud/place_call_for_agent/no-station-as-application"),
    Mistake("edges are not asked for with a caller ID", CALLS, only_if(OWN, "edge-active", "body.callerId", present=False), row="genesys-cloud/place_call/edge-down-as-otherwise"),
    Mistake("a number that cannot be called is called", CALLS, without(AGENT, "call-can-be-placed"), row="genesys-cloud/place_call_for_agent/call-cannot-be-placed"),
    Mistake("any caller ID may be shown", CALLS, without(OWN, "caller-id-allowed"), row="genesys-cloud/place_call/caller-id-not-allowed"),
    # what is answered
    Mistake("the call's id is empty", CALLS, answer=value("id", ""), row="genesys-cloud/place_call/accepted"),
    Mistake("the call's id is null", CALLS, answer=value("id", None), row="genesys-cloud/place_call/accepted"),
    Mistake("the call's id is a number", CALLS, answer=value("id", 4711), row="genesys-cloud/place_call/accepted"),
    Mistake("the call's id is in another field", CALLS, answer=body(lambda found: {"conversationId": found.get("id")}, True), row="genesys-cloud/place_call/accepted"),
    Mistake("an accepted call has no body", CALLS, answer=body(lambda _: b"", True), row="genesys-cloud/place_call/accepted"),
    Mistake("an accepted call is a redirect", CALLS, answer=status(202, 302), row="genesys-cloud/place_call/accepted"),
    Mistake("an accepted call is text", CALLS, answer=header("Content-Type", "text/plain"), row="genesys-cloud/place_call/accepted"),
    Mistake("a refusal is answered by 200", CALLS, answer=status(403, 200), row="genesys-cloud/place_call/no-permission"),
    Mistake("a refusal is a page of HTML", CALLS, answer=body(lambda _: b"<html>Forbidden</html>", False), row="genesys-cloud/place_call/no-permission"),
    Mistake("a code has another spelling", CALLS, answer=body(lambda found: {**found, "code": found["code"].upper()}, False), row="genesys-cloud/place_call/no-permission"),
    Mistake("a code is called errorCode", CALLS, answer=body(lambda found: {"errorCode": found.pop("code"), **found}, False), row="genesys-cloud/place_call/no-permission"),
    Mistake("a message names no permission", CALLS, answer=value("message", "Forbidden", accepted=False), row="genesys-cloud/place_call/no-permission-says-which"),
    # the login host
    Mistake("secrets are compared by their beginning", LOGIN, deciding(CLIENT, "client-secret", lambda facts: str(facts["basic.secret"]).startswith(str(facts["client.secret"]))), row="genesys-cloud-login/client_credentials/wrong-secret"),
    Mistake("public clients need no verifier", LOGIN, without(PKCE, "code-verifier"), row="genesys-cloud-login/authorization_code_with_pkce/wrong-verifier"),
    Mistake("redirects are compared by their beginning", LOGIN, deciding(CODE, "same-redirect", lambda facts: str(facts["form.redirect_uri"]).startswith(str(facts["code.redirect_uri"]))), row="genesys-cloud-login/authorization_code/other-redirect"),
    Mistake("redirects are compared without case", LOGIN, deciding(PKCE, "same-redirect", lambda facts: str(facts["form.redirect_uri"]).lower() == str(facts["code.redirect_uri"]).lower()), row="genesys-cloud-login/authorization_code_with_pkce/redirect-in-another-case"),
    Mistake("a code is anybody's", LOGIN, without(CODE, "code-of-this-client"), row="genesys-cloud-login/authorization_code/code-of-another-client"),
    Mistake("a code works twice", LOGIN, having(CODE, "fresh-code", none_of=("expired",)), row="genesys-cloud-login/authorization_code/used-code"),
    Mistake("a refresh token never ends", LOGIN, without(REFRESH, "live-refresh-token"), row="genesys-cloud-login/refresh/expired-refresh-token"),
    Mistake("a client may use any grant", LOGIN, without(SAML, "client-may-use-assertions"), row="genesys-cloud-login/saml2_bearer/client-of-the-code-grant"),
    Mistake("an assertion is for any organisation", LOGIN, without(SAML, "organisation-of-the-assertion"), row="genesys-cloud-login/saml2_bearer/another-organisation"),
    Mistake("an access token is empty", LOGIN, answer=value("access_token", ""), row="genesys-cloud-login/refresh/accepted"),
    Mistake("a token is worth nothing at once", LOGIN, answer=value("expires_in", 0), row="genesys-cloud-login/refresh/accepted"),
    Mistake("a lifetime is a text", LOGIN, answer=value("expires_in", "soon"), row="genesys-cloud-login/refresh/accepted"),
    Mistake("an error is called code", LOGIN, answer=body(lambda found: {"code": found.pop("error"), **found}, False), row="genesys-cloud-login/refresh/wrong-secret"),
    Mistake("a wrong secret is 403", LOGIN, answer=status(401, 403), row="genesys-cloud-login/refresh/wrong-secret"),
    # as a stranger thought of them
    Mistake("any action on calls will do", CALLS, or_else(AGENT, "call-permission", lambda facts: any(name.startswith("conversation:call:") for name in granted(facts))), row="genesys-cloud/place_call_for_agent/permission-to-barge-in"),
    Mistake("a scope that people report is enough to read", CALLS, or_else(READ, "conversations-scope-to-read", lambda facts: any(name.startswith("conversation") for name in facts["token.scopes"] or ())), row="genesys-cloud/get_call/reported-scopes"),
    Mistake("the agent's permission counts", CALLS, or_else(AGENT, "call-permission", lambda facts: bool({name for name, _ in facts["agent.permissions"] or ()} & CALL)), row="genesys-cloud/place_call_for_agent/permission-of-the-agent"),
    Mistake("nobody needs permission for oneself", CALLS, or_else(AGENT, "call-permission", lambda facts: facts["token.user"] is not None and facts["token.user"] == facts["agent.id"]), row="genesys-cloud/place_call_for_agent/for-oneself-without-permission"),
    Mistake("nobody calls for oneself", CALLS, and_also(AGENT, "permission-in-division", lambda facts: facts["token.user"] is None or facts["token.user"] != facts["agent.id"]), row="genesys-cloud/place_call_for_agent/for-oneself"),
    Mistake("a user and a queue are one destination", CALLS, or_else(AGENT, "single-destination", lambda facts: destinations(facts) == {"callUserId", "callQueueId"}), row="genesys-cloud/place_call_for_agent/user-and-queue"),
    Mistake("the number wins over the user", CALLS, or_else(OWN, "single-destination", lambda facts: destinations(facts) == {"phoneNumber", "callUserId"}), row="genesys-cloud/place_call/number-and-user"),
    Mistake("three destinations are one", CALLS, or_else(OWN, "single-destination", lambda facts: len(destinations(facts)) == 3), row="genesys-cloud/place_call/three-destinations"),
    Mistake("an empty number is a number", CALLS, or_else(AGENT, "number-format", lambda facts: facts["body.phoneNumber"] == ""), row="genesys-cloud/place_call_for_agent/empty-number"),
    Mistake("numbers are of one country", CALLS, having(AGENT, "number-format", matches=r"\+1\d{6,13}|(sip|tel):\S+"), row="genesys-cloud/place_call_for_agent/foreign-number"),
    Mistake("addresses of SIP are no numbers", CALLS, having(OWN, "number-format", matches=r"\+[1-9]\d{6,14}|tel:\S+"), row="genesys-cloud/place_call/sip-address"),
    Mistake("a number needs no plus", CALLS, having(AGENT, "number-format", matches=r"\+?[1-9]\d{6,14}|(sip|tel):\S+"), row="genesys-cloud/place_call_for_agent/number-without-plus"),
    Mistake("a number has 14 digits at most", CALLS, having(AGENT, "number-format", matches=r"\+[1-9]\d{6,13}|(sip|tel):\S+"), row="genesys-cloud/place_call_for_agent/number-of-15-digits"),
    Mistake("a number is looked for in the text", CALLS, deciding(AGENT, "number-format", lambda facts: bool(re.search(r"\+[1-9]\d{6,14}|(sip|tel):\S+", facts["body.phoneNumber"] or "+1234567"))), row="genesys-cloud/place_call_for_agent/words-and-a-number"),
    Mistake("what people report is a field", CALLS, or_else(OWN, "published-fields", lambda facts: facts["body.from"] is not None), row="genesys-cloud/place_call/reported-from"),
    Mistake("busy agents cannot be called for", CALLS, and_also(AGENT, "call-can-be-placed", lambda facts: facts["agent.presence"] != "Busy"), row="genesys-cloud/place_call_for_agent/reported-states-of-the-agent"),
    Mistake("an id of an agent is a call's", CALLS, or_else(READ, "known-conversation", lambda facts: facts["token.user"] != facts["path.conversationId"] and facts["conversation.exists"] is False and "-" in str(facts["path.conversationId"])), row="genesys-cloud/get_call/id-of-an-agent"),
    Mistake("networks are not checked for one grant", CALLS, only_if(OWN, "allowed-network", "token.grant", none_of=("saml2_bearer",)), row="genesys-cloud/place_call/network-not-allowed-as-otherwise"),
    Mistake("revoked tokens call colleagues", CALLS, only_if(OWN, "live-token", "body.callUserId", present=False), row="genesys-cloud/place_call/expired-token-as-to-a-colleague"),
    Mistake("conferences need no permission", CALLS, only_if(AGENT, "call-permission", "body.participants", present=False), row="genesys-cloud/place_call_for_agent/no-permission-as-to-a-conference"),
    Mistake("a redirect is compared if it is sent", LOGIN, or_else(CODE, "same-redirect", lambda facts: facts["form.redirect_uri"] is None), row="genesys-cloud-login/authorization_code/no-redirect"),
    Mistake("the challenge is the verifier", LOGIN, or_else(PKCE, "code-verifier", lambda facts: facts["form.code_verifier"] == facts["code.challenge"]), row="genesys-cloud-login/authorization_code_with_pkce/challenge-for-verifier"),
    Mistake("an empty secret is right", LOGIN, or_else(CLIENT, "client-secret", lambda facts: facts["basic.secret"] == ""), row="genesys-cloud-login/client_credentials/empty-secret"),
    Mistake("the organisation is compared if it is sent", LOGIN, or_else(SAML, "organisation-of-the-assertion", lambda facts: facts["form.orgName"] is None), row="genesys-cloud-login/saml2_bearer/no-organisation"),
    Mistake("a part of the organisation's name will do", LOGIN, or_else(SAML, "organisation-of-the-assertion", lambda facts: str(facts["form.orgName"] or "-") in str(facts["code.organisation"])), row="genesys-cloud-login/saml2_bearer/beginning-of-the-organisation"),
    Mistake("a verifier is compared if it is sent", NICE_LOGIN, or_else(CODE, "code-verifier", lambda facts: facts["form.code_verifier"] is None), row="nice-cxone-login/authorization_code/no-verifier"),
    Mistake("a revoked token of a code is exchanged", NICE_LOGIN, or_else("token-exchange", "live-subject-token", lambda facts: facts["subject.grant"] == "authorization_code"), row="nice-cxone-login/token_exchange/revoked-token-of-another-grant"),
    Mistake("applications cannot exchange", NICE_LOGIN, and_also("token-exchange", "live-subject-token", lambda facts: facts["subject.user"] is not None), row="nice-cxone-login/token_exchange/application-token"),
    Mistake("a dial without a number", NICE, or_else("dial-phone", "number-given", lambda facts: facts["body.phoneNumber"] is None), row="nice-cxone/dial_phone/no-number"),
    Mistake("sessions are looked up before tokens", NICE, swapped("end-session", "known-token", "known-session"), row="nice-cxone/end_session/unknown-token-before-unknown-session"),
    Mistake("asked scopes are all of the client's", "genesys-cloud.campaign-scope", and_also("client-credentials", "scopes-of-this-client", lambda facts: facts["form.scope"] is None or set(str(facts["form.scope"]).split()) == set(facts["client.scopes"] or ())), row="genesys-cloud.campaign-scope/client_credentials/one-of-two-scopes"),
    Mistake("a role that begins so will do", "genesys-cloud.scopes", or_else(OWN, "agent-role", lambda facts: str(facts["agent.role"] or "").startswith("Agent")), row="genesys-cloud.scopes/place_call/role-that-begins-alike"),
    Mistake("owners without a number to show may call", "genesys-cloud.owner-id", or_else(OWN, "same-division", lambda facts: facts["body.from.phoneNumber"] is None), row="genesys-cloud.owner-id/place_call/no-number"),
    Mistake("a permission stands for the right to act", "nice-cxone.personal-connection", or_else("start-call", "right-to-act-for-agents", lambda facts: bool(facts["token.permissions"])), row="nice-cxone.personal-connection/start_call/permission-instead-of-the-right"),
    # what no single request shows, or no consumer reads
    Mistake("the call's address is a letter", CALLS, answer=value("selfUri", "x"), unseen=NOT_READ),
    Mistake("a field more in every answer", CALLS, answer=body(lambda found: {**found, "version": 2}, True), unseen=NOT_READ),
    Mistake("another context id", CALLS, answer=value("contextId", "none", accepted=False), unseen=NOT_READ),
    Mistake("a token of another type", LOGIN, answer=value("token_type", "mac"), unseen=NOT_READ),
    Mistake("a code stays fresh after its use", LOGIN, lambda policy: with_operation(policy, policy.operations[CODE].model_copy(update={"accept": policy.operations[CODE].accept.model_copy(update={"changes": {}})})), unseen=LATER),
    Mistake("a call is made for nobody", CALLS, lambda policy: with_operation(policy, policy.operations[AGENT].model_copy(update={"accept": policy.operations[AGENT].accept.model_copy(update={"creates": {"conversation": policy.operations[AGENT].accept.creates["conversation"].model_copy(update={"fields": {}})}})})), unseen=LATER),
]


# fmt: on


def seen_by(mistake: Mistake) -> list[str]:
    """The rows that fail on a provider that makes the mistake."""
    policy = mistake.policy(POLICIES[mistake.provider])
    found = []
    for row in arranged_rows(mistake.provider):
        answer = Application({mistake.provider: policy}, deepcopy(row.world)).answer(row.call)
        if not judged(row.interaction, mistake.answer(answer)).passed:
            found.append(row.case_id)
    return found


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each.says.replace(" ", "-") for each in MISTAKES])
def test_a_mistake_is_seen_by_the_row_that_is_there_for_it(mistake: Mistake) -> None:
    """The row is among those that fail; a mistake that no consumer could see by one request is seen by none."""
    rows = seen_by(mistake)
    assert bool(mistake.row) != bool(mistake.unseen)
    assert (mistake.row in rows) if mistake.row else rows == []


def test_the_provider_without_a_mistake_is_seen_by_none() -> None:
    """Otherwise every mistake would be seen. Every row of every edition holds."""
    assert {name: rows for name in POLICIES if (rows := seen_by(Mistake("", name)))} == {}
