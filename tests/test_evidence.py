"""What a row or a rule cites is there, and it says no more than that; anything else is refused at load."""

import shutil
from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.provider import POLICIES
from outdial.tables import load_suite
from provider_states import load_policies
from tests.table_files import copy_tables, edit

CALL, LOGIN, SCOPES = "genesys-cloud.yaml", "genesys-cloud-login.yaml", "genesys-cloud.scopes.yaml"
READ = r"body: {id: {like: 00000000-0000-4000-8000-000000000008, matches: '[\s\S]+'}}"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        pytest.param(CALL, "  not.a.user: {status: 400", "  not.a.user: {status: 403", "not.a.user is published with status 400, not 403", id="a wrong status"),
        pytest.param(CALL, "source: {operation: postConversationsCalls}", "source: {operation: getConversationsCall}", "is not the one that is asked, 'postConversationsCalls'", id="another operation"),
        pytest.param(CALL, "source: {operation: postConversationsCalls}", "source: {operation: postConversationsCalls, code: no.such.code}", "publishes no code 'no.such.code'", id="a code cited"),
        pytest.param(CALL, "permissions: [conversation:conference:add], division", "permissions: [conversation:conference:ad], division", "did you mean 'conversation:conference:add'?", id="a permission one letter off"),
        pytest.param(CALL, "scopes: [conversations], user", "scopes: [conversation], user", "publishes no scope 'conversation' - did you mean 'conversations'?", id="a scope one letter off"),
        pytest.param(CALL, "{grant: authorization_code, scopes: [conversations], user: {role: {permissions: [conversation:conf", "{grant: jwt_bearer, scopes: [conversations], user: {role: {permissions: [conversation:conf", "publishes no grant 'jwt_bearer'", id="a grant that nobody publishes"),
        pytest.param(CALL, "no-permission: {for: [place_call], given: {an access token: {user: {role: {permissions: []}}}}, ", "no-permission: {for: [place_call], ", "refused for its permission, and it has what the definition asks for", id="refused with the permission"),
        pytest.param(CALL, "status: success", "status: 202", "ask for `success`", id="one of two statuses"),
        pytest.param(CALL, "body: {callerId: ", "body: {callerNumber: ", "CreateCallRequest has no field 'callerNumber'", id="a field that is not there"),
        pytest.param(CALL, READ, f"{READ[:-1]}, name: {{like: a call}}}}", "property 'name' is demanded: CallConversation does not require it", id="an optional property"),
        pytest.param(CALL, READ, READ.replace(r"[\s\S]+", r"\S+"), r"'id' is demanded to match '\\S+', and may be '[b, a]'", id="a text without spaces"),
        pytest.param(CALL, r"state: {like: dialing, matches: '[\s\S]+'}", "state: ringing", "'participants.state' is never 'ringing'", id="an unlisted state, in an assumed row"),
        pytest.param(LOGIN, "source: {operation: token, grant: client_credentials}", "source: {operation: token, grant: client_credential}", "publishes no grant 'client_credential'", id="a grant one letter off"),
        pytest.param(SCOPES, "verify the from and to parameters in the payload", "verify the from and to parameters in this payload", "the nearest words are", id="a quote one word off"),
        pytest.param(SCOPES, "by: answer 1", "by: answer 7", "nobody called 'answer 7' is quoted", id="another author"),
        pytest.param(SCOPES, 'report: "001", by: answer 1', 'report: "009", by: answer 1', "no report '009'", id="another report"),
    ],
)  # fmt: skip
def test_a_row_that_says_more_than_its_evidence_is_refused(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    """File and line, what is wrong, and what would be right."""
    tables = copy_tables(tmp_path)
    edit(tables / file, old, new)
    with pytest.raises(DocumentError) as refused:
        load_suite(tables)
    assert said in str(refused.value)
    assert ".yaml:" in str(refused.value)


POLICY = "genesys-cloud.yaml"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        pytest.param(POLICY, "code: not.a.user\n", "code: not.a.usr\n", "did you mean 'not.a.user'?", id="a code misspelt"),
        pytest.param(POLICY, "source: {code: not.a.user}", "source: {code: bad.request}", "the rule answers 'not.a.user'", id="another code cited"),
        pytest.param(POLICY, "any_of: [conversation:conference:add]\n        deny", "any_of: [conversation:conference:ad]\n        deny", "did you mean 'conversation:conference:add'?", id="a permission one letter off"),
        pytest.param(POLICY, "any_of: [conversations]", "any_of: [conversation]", "did you mean 'conversations'?", id="a scope one letter off"),
        pytest.param(POLICY, "message: The conversation does not exist.", "message: No such conversation.", "as published", id="a message that is not the template's"),
        pytest.param(POLICY, "status: 404, code: conversation", "status: 400, code: conversation", "is published with status 404, not 400", id="a wrong status"),
        pytest.param(POLICY, "field: body.phoneNumber", "field: body.phoneNumbr", "has no field 'phoneNumbr' - did you mean 'phoneNumber'?", id="a field that is not published"),
        pytest.param(POLICY, "      - languageId\n", "      - langageId\n", "has no field 'langageId' - did you mean 'languageId'?", id="a field to be known that is not published"),
        pytest.param(POLICY, "status: 202", "status: 201", "status 201 is not published", id="an accepted status"),
        pytest.param(POLICY, "        selfUri: ", "        uri: ", "CallConversation has no property 'uri'", id="an answer's property"),
        pytest.param("nice-cxone.omnichannel.yaml", "in addition to standard viewing permissions", "besides standard viewing permissions", "does not say 'besides standard viewing permissions'", id="a quote one word off"),
    ],
)  # fmt: skip
def test_a_rule_that_says_more_than_its_evidence_is_refused(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    """Policies are checked where both sides may be seen: the stub itself never reads the definition."""
    policies = tmp_path / "policies"
    shutil.copytree(POLICIES, policies)
    edit(policies / file, old, new)
    with pytest.raises(DocumentError) as refused:
        load_policies(policies)
    assert said in str(refused.value)
    assert f"{file}:" in str(refused.value)


def test_rows_and_rules_have_their_evidence() -> None:
    """The tables and the policies as they are."""
    assert load_suite()
    assert load_policies()


def test_a_rule_asks_only_what_stands_among_the_questions(tmp_path: Path) -> None:
    """A question that nobody wrote down is no evidence."""
    policies = tmp_path / "policies"
    shutil.copytree(POLICIES, policies)
    edit(policies / POLICY, "Is an unknown field refused", "Is an odd field refused")
    with pytest.raises(DocumentError, match=r"no question of contracts/questions.yaml asks .* - did you mean"):
        load_policies(policies)
