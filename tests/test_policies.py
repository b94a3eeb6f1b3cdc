"""Policies: every name in a file is resolved when it is read, and nothing unresolved ever decides."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from outdial.documents import DocumentError
from outdial.provider import POLICIES, Policy, read_written
from provider_states import load_policies
from tests.table_files import copy_policies, edit

CALLS, LOGIN, CXONE = "genesys-cloud", "genesys-cloud-login", "nice-cxone.omnichannel"


@pytest.mark.parametrize(
    ("policy", "old", "new", "at", "said"),
    [
        (CALLS, "kind: condition", "kind: conditon", "kind: conditon", "'conditon' is not a known kind - did you mean 'condition'?"),
        (CALLS, "fact: token.status", "fact: token.statsu", "token.statsu", "no fact 'token.statsu' - did you mean 'token.status'?"),
        (CALLS, "when: {fact: token.user,", "when: {fact: token.usr,", "token.usr", "no fact 'token.usr' - did you mean 'token.user'?"),
        (CALLS, "[expired, revoked]", "[expird, revoked]", "expird", "token.status is never 'expird' - did you mean 'expired'?"),
        (CALLS, "      - json-media-type\n", "      - json-media-typ\n", "- json-media-typ", "no rule 'json-media-typ' - did you mean 'json-media-type'?"),
        (CALLS, "basis: published", "basis: publised", "publised", "'publised' is not known - did you mean 'published'?"),
        (CALLS, "deny: {status: 401, code:", "deny: {status: 401, cod:", "cod:", "unknown key 'cod' - did you mean 'code'?"),
        (CALLS, "any_of: [bearer]", "any_of: [bearer]\n    none_of: [basic]", "bearer-token:", "takes exactly one of any_of, none_of, present"),
        (CALLS, "any_of: [conversation:conference:add]\n", "any_of: [conversation:conference:add]\n        all_of: [conversation:conference:add]\n", "- id: conference-permission", "takes exactly one of any_of, all_of"),
        (CALLS, "at_most_one_of: [body.phoneNumber,", "all_of: [body.phoneNumber]\n    at_most_one_of: [body.phoneNumber,", "single-destination:", "takes exactly one of all_of, any_of, at_most_one_of"),
        (CALLS, "none_of: [elsewhere]", "none_of: [elsewhere, unknown]", "[elsewhere, unknown]", "token.network is never 'unknown'"),
        (CALLS, "any_of: [bearer]", "any_of: [baerer]", "[baerer]", "request.scheme is never 'baerer' - did you mean 'bearer'?"),
        (CALLS, "finds: &conversation {conversation: path.", "finds: &conversation {converstion: path.", "converstion", "no record 'converstion' - did you mean 'conversation'?"),
        (CALLS, "conversation: path.conversationId", "conversation: path.conversatonId", "conversatonId", "no fact 'path.conversatonId' - did you mean 'path.conversationId'?"),
        (CALLS, "finds: {agent: token.user", "finds: {agent: token.usr", "token.usr", "no fact 'token.usr' - did you mean 'token.user'?"),
        (CALLS, "finds: &conversation {conversation: path.conversationId", "finds: &conversation {token: path.conversationId", "{token: path", "'token' is a part of the request; find it under another name"),
        (CALLS, "division_of: agent", "division_of: agnet", "agnet", "no fact 'agnet.division' - did you mean 'agent.division'?"),
        (CALLS, "unknown_path: ", "rulez: {}\nunknown_path: ", "rulez", "unknown key 'rulez' - did you mean 'rules'?"),
        (CALLS, r"matches: '\+", r"matches: '(\+", "matches", "not a regular expression"),
        (CALLS, 'example: "+13175550142"', 'example: "13175550142"', "number-format:", "the example '13175550142' does not match"),
        (CALLS, "status: 429", "status: 42", "status: 42", "greater than or equal to 400"),
        (CALLS, "provider: genesys-cloud", "provider: genesys", "provider: genesys", "is not the file's name"),
        (CALLS, "scope ${scopes}", "scope ${scops}", "${scops}", "nothing fills ${scops} - did you mean 'scopes'?"),
        (CALLS, 'Retry-After: "${seconds}"', 'Retry-After: "${second}"', "${second}", "nothing fills ${second} - did you mean 'seconds'?"),
        (CALLS, 'params: {seconds: "42"}', 'params: {seconds: "${rate}"}', "${rate}", "nothing fills ${rate}"),
        (CALLS, "code: ${code}", "code: ${cod}", "${cod}", "nothing fills ${cod} - did you mean 'code'?"),
        (CALLS, 'Correlation-Id: "${correlation_id}"', 'Correlation-Id: "${corelation_id}"', "${corelation_id}", "did you mean 'correlation_id'?"),
        (CALLS, 'fields: {agent: "${agent.id}",', 'fields: {agnet: "${agent.id}",', "agnet", "no field of conversation 'agnet' - did you mean 'agent'?"),
        (CALLS, 'fields: {agent: "${agent.id}",', 'fields: {agent: "${agnet.id}",', "${agnet.id}", "nothing fills ${agnet.id} - did you mean 'agent.id'?"),
        (CALLS, "{kind: conversation, fields", "{kind: converstion, fields", "converstion", "no record 'converstion' - did you mean 'conversation'?"),
        (CALLS, 'body: {id: "${conversation.id}"', 'body: {id: "${converstion.id}"', "${converstion.id}", "did you mean 'conversation.id'?"),
        (CALLS, "id: ${conversation.id}", "id: ${conversation.ids}", "${conversation.ids}", "did you mean 'conversation.id'?"),
        (CALLS, "- id: known-conversation", "- id: Known Conversation", "Known Conversation", "has an id of its own (a-z, 0-9, -), not 'Known Conversation'"),
        (CALLS, "- id: known-conversation", "- id: station", "- id: station", "has an id of its own (a-z, 0-9, -), not 'station'"),
        (CALLS, "rules:\n  bearer-token:", "rules:\n  bearer-token:\n    id: bearer", "id: bearer", "the rule is called 'bearer-token'; leave out its id"),
        (CALLS, "request: GET /api", "request: FETCH /api", "FETCH", "does not have the form"),
        (LOGIN, "changes: {code: {status: used}}", "changes: {code: {status: usd}}", "usd", "status is never 'usd' - did you mean 'used'?"),
        (LOGIN, "changes: {code: {status: used}}", "changes: {code: {statsu: used}}", "statsu", "no field of code 'statsu' - did you mean 'status'?"),
        (LOGIN, "changes: {code: {status: used}}", "changes: {cod: {status: used}}", "cod:", "no subject 'cod' - did you mean 'code'?"),
        (LOGIN, "fields: {grant: authorization_code,", "fields: {grant: authorisation_code,", "authorisation_code", "did you mean 'authorization_code'?"),
        (LOGIN, "kind: refresh_token, fields", "kind: refresh_tokn, fields", "refresh_tokn", "no record 'refresh_tokn' - did you mean 'refresh_token'?"),
        (LOGIN, "{kind: assertion, by", "{kind: assertoin, by", "assertoin", "no record 'assertoin' - did you mean 'assertion'?"),
        (LOGIN, "refresh_token: \"${refresh.id}\"", "refresh_token: \"${refrsh.id}\"", "${refrsh.id}", "did you mean 'refresh.id'?"),
        (LOGIN, "as: client.secret", "as: client.secrt", "client.secrt", "no fact 'client.secrt' - did you mean 'client.secret'?"),
        (LOGIN, "fact: basic.secret", "fact: basic.secrt", "basic.secrt", "no fact 'basic.secrt' - did you mean 'basic.secret'?"),
        (LOGIN, "when: {fact: form.grant_type, any_of: [client_credentials]}", "when: {fact: from.grant_type, any_of: [a]}", "from.grant_type", "no fact 'from.grant_type'"),
        (LOGIN, "    when: {fact: form.code_verifier, present: true}\n", "", "client-credentials:", "never reached: 'authorization-code-with-pkce' takes every POST /oauth/token"),
        (CXONE, "fact: number.provisioned\n        any_of: [true]", "fact: number.provisioned\n        any_of: [ture]", "[ture]", "number.provisioned is never 'ture'"),
        (CXONE, "unknown_path:", "unknown_pth:", "unknown_pth", "unknown key 'unknown_pth' - did you mean 'unknown_path'?"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_policy_is_refused_at_its_line(
    tmp_path: Path, policy: str, old: str, new: str, at: str, said: str
) -> None:
    """File, the very line, the value, and what would be valid."""
    path = copy_policies(tmp_path) / f"{policy}.yaml"
    edit(path, old, new)
    with pytest.raises(DocumentError) as refused:
        load_policies(path.parent)
    assert said in str(refused.value)
    line = next(number for number, text in enumerate(path.read_text().splitlines(), 1) if at in text)
    assert str(refused.value).startswith(f"{path}:{line}: ")


def test_a_policy_of_no_operation_is_refused(tmp_path: Path) -> None:
    """It would answer nothing."""
    path = copy_policies(tmp_path) / f"{CXONE}.yaml"
    path.write_text(f"{path.read_text().partition('operations:')[0]}operations: {{}}\n")
    with pytest.raises(DocumentError, match="operations: takes at least 1"):
        load_policies(path.parent)


def test_a_header_is_named_as_it_is_looked_up(tmp_path: Path) -> None:
    """Header names are compared in lower case, so another spelling would never be found."""
    path = copy_policies(tmp_path) / "genesys-cloud.user-header.yaml"
    edit(path, "finds: {agent: header.x-genesys-user-id}", "finds: {agent: header.X-Genesys-User-Id}")
    with pytest.raises(DocumentError, match=r"no fact 'header.X-Genesys-User-Id'"):
        load_policies(path.parent)


@pytest.mark.parametrize("file", sorted(POLICIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_policy_cannot_be_made_with_a_part_of_its_rules(file: Path) -> None:
    """The written form is no policy: what names rules, or has none, is refused rather than served without them."""
    written = yaml.safe_load(file.read_text())
    for data in (written, {key: value for key, value in written.items() if key != "rules"}):
        with pytest.raises(ValidationError):
            Policy.model_validate(data)
    operation = next(iter(load_policies()[file.stem].operations.values()))
    with pytest.raises(ValidationError, match="rules"):
        type(operation).model_validate({**dict(operation), "rules": ("bearer-token", *operation.rules)})


def test_every_rule_that_is_written_is_served() -> None:
    """For each operation, as many rules decide as its file lists, by the same names."""
    for provider, policy in load_policies().items():
        written = read_written(POLICIES / f"{provider}.yaml")[0].data["operations"]
        for name, operation in policy.operations.items():
            listed = [rule if isinstance(rule, str) else rule["id"] for rule in written[name]["rules"]]
            assert [rule.id for rule in operation.rules] == listed


def test_facts_that_are_secrets_are_known_as_such_and_no_others() -> None:
    """What is exchanged for a token, by its field and by its record, and what clients prove themselves with."""
    policies = load_policies()
    login = policies[LOGIN].operations
    always = {"basic.secret", "form.client_secret", "form.code_verifier"}
    code = {*always, "client.secret", "code.id", "code.challenge", "form.code"}
    assert policies[CALLS].operations["place-call"].secrets == always
    assert login["authorization-code"].secrets == code
    assert login["authorization-code-with-pkce"].secrets == {*code, "form.code_verifier.s256"}
    assert {"form.refresh_token", "code.id"} < login["refresh"].secrets
    assert {"form.assertion", "code.id"} < login["saml2-bearer"].secrets
