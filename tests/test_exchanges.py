"""What is exchanged for a token at the login host: each kind at its own grant, by its own client, as its own user."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.provider import Answer, Application, Call, World
from outdial.provider.request_facts import challenge
from provider_states import ProviderStates, load_policies

SAML = "urn:ietf:params:oauth:grant-type:saml2-bearer"
FORM = "application/x-www-form-urlencoded"
POLICIES = load_policies()
STATES = {
    "authorization_code": ("an authorization code", "code", "authorizationCode"),
    "refresh_token": ("a refresh token", "refresh_token", "refreshToken"),
    SAML: ("a signed assertion", "assertion", "assertion"),
}
"""For each grant its provider state, the field of the form, and the returned value that belongs there."""


class LoginHost:
    """A stub with its provider states."""

    def __init__(self) -> None:
        self.application = Application(POLICIES, World())
        self._states = ProviderStates(self.application.world)

    def given(self, state: str, **params: Any) -> dict[str, str]:
        """What a state returns."""
        return dict(self._states.set_up(state, params))

    def token(self, values: dict[str, str], **form: str) -> Answer:
        """The answer to a token request by the client of some state."""
        headers = {"authorization": f"Basic {values['clientCredentials']}", "content-type": FORM}
        named = {"redirect_uri": values.get("redirectUri", ""), "orgName": values.get("orgName", "")}
        body = urlencode({**named, **form}).encode()
        return self.application.answer(Call("POST", "/genesys-cloud-login/oauth/token", headers, body))


@pytest.mark.parametrize("grant", STATES)
@pytest.mark.parametrize("held", STATES)
def test_each_grant_takes_its_own_kind_only(grant: str, held: str) -> None:
    """A code is no refresh token, and an assertion is neither: only what belongs to a grant gets a token."""
    host = LoginHost()
    state, _, returned = STATES[held]
    client_grant = {SAML: "saml2_bearer"}.get(grant, "authorization_code")
    values = host.given(state, client={"grant": client_grant})
    _, field, _ = STATES[grant]
    answer = host.token(values, grant_type=grant, **{field: values[returned]})
    assert (answer.status == 200) == (grant == held)
    assert grant == held or json.loads(answer.body)["error"] == "invalid_grant"


@pytest.mark.parametrize("grant", ["authorization_code", SAML])
@given(client=st.sampled_from(["client_credentials", "authorization_code", "saml2_bearer", "jwt_bearer"]))
def test_a_client_of_another_grant_gets_no_token(grant: str, client: str) -> None:
    """The one grant that a client has is the one that it may use."""
    host = LoginHost()
    state, field, returned = STATES[grant]
    values = host.given(state, client={"grant": client})
    answer = host.token(values, grant_type=grant, **{field: values[returned]})
    own = client == {SAML: "saml2_bearer"}.get(grant, grant)
    assert answer.status == (200 if own else 400)
    assert own or json.loads(answer.body)["error"] == "unauthorized_client"


@pytest.mark.parametrize("grant", STATES)
@pytest.mark.parametrize("permissions", [[], ["conversation:conference:add"]])
def test_an_exchanged_token_may_do_what_its_user_may(grant: str, permissions: list[str]) -> None:
    """A user who has the permission places a call with the token that the login host gave; one without does not."""
    host = LoginHost()
    state, field, returned = STATES[grant]
    client = {"grant": {SAML: "saml2_bearer"}.get(grant, "authorization_code"), "scopes": ["conversations"]}
    values = host.given(state, client=client, user={"role": {"permissions": permissions}})
    token = json.loads(host.token(values, grant_type=grant, **{field: values[returned]}).body)["access_token"]
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    call = Call("POST", "/genesys-cloud/api/v2/conversations/calls", headers, b'{"phoneNumber": "+13175550142"}')
    assert host.application.answer(call).status == (202 if permissions else 403)


def test_a_token_of_a_token_is_refreshed_and_a_code_is_used_once() -> None:
    """The refresh token that came with a token is worth another; the code that was exchanged is worth nothing more."""
    host = LoginHost()
    values = host.given("an authorization code")
    asked = {"grant_type": "authorization_code", "code": values["authorizationCode"]}
    first = host.token(values, **asked)
    assert [first.status, host.token(values, **asked).status] == [200, 400]
    refreshed = host.token(values, grant_type="refresh_token", refresh_token=json.loads(first.body)["refresh_token"])
    assert refreshed.status == 200


def test_the_challenge_is_that_of_the_standard() -> None:
    """The example of RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
