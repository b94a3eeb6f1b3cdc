"""Tokens from Genesys Cloud's login host: `POST https://login.<region>/oauth/token`.

That host is not part of the published Platform API definition.
"""

from typing import Annotated

import requests
from pydantic import BaseModel, Field, PositiveInt, SecretStr, ValidationError

from outdial.clients import errors
from outdial.clients.genesys_cloud import read
from outdial.clients.session import ANSWER_SECONDS, CONNECT_SECONDS, Session

SAML2_BEARER = "urn:ietf:params:oauth:grant-type:saml2-bearer"


Text = Annotated[SecretStr, Field(min_length=1)]


class Token(BaseModel):
    """A token; `expires_in` is in seconds. Shown without its text: ask `access_token.get_secret_value()`."""

    access_token: Text
    expires_in: PositiveInt
    refresh_token: Text | None = None


class LoginError(BaseModel):
    """An error of the login host, which is not the Platform API's `ErrorBody`."""

    error: str = ""
    error_description: str = ""


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused token request."""
    try:
        body = LoginError.model_validate_json(answer.content)
    except ValidationError:
        body = LoginError()
    kind = errors.AuthenticationFailed if body.error in {"invalid_client", "invalid_grant"} else errors.BadRequest
    return kind(status=answer.status_code, code=body.error, message=body.error_description)


class GenesysLogin(Session):
    """Asks for tokens. Every method raises `AuthenticationFailed` or `BadRequest` when refused."""

    refusal = staticmethod(refusal)

    def __init__(self, base_url: str, seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS)) -> None:
        super().__init__(base_url, seconds=seconds)

    def client_credentials(self, client_id: str, client_secret: str) -> Token:
        """A token of the application itself: roles and divisions, no scopes, no user."""
        return self._token_for({"grant_type": "client_credentials"}, (client_id, client_secret))

    def authorization_code(self, client_id: str, client_secret: str, code: str, redirect_uri: str) -> Token:
        """A user's token for a code, asked for by an application that keeps a secret."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token_for(form, (client_id, client_secret))

    def authorization_code_with_pkce(self, client_id: str, code: str, code_verifier: str, redirect_uri: str) -> Token:
        """A user's token for a code, asked for by an application without a secret (PKCE, S256)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token_for({**form, "code_verifier": code_verifier, "client_id": client_id})

    def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Token:
        """A new token for a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._token_for(form, (client_id, client_secret))

    def saml2_bearer(self, client_id: str, client_secret: str, org_name: str, assertion: str) -> Token:
        """A user's token for what the organisation's identity provider signed."""
        form = {"grant_type": SAML2_BEARER, "orgName": org_name, "assertion": assertion}
        return self._token_for(form, (client_id, client_secret))

    def _token_for(self, form: dict[str, str], basic: tuple[str, str] | None = None) -> Token:
        return read(Token, self.send("POST", "/oauth/token", form=form, basic=basic))
