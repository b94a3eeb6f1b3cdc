"""Tokens of Genesys Cloud (`POST https://login.<region>/oauth/token`) and NICE CXone (`POST {issuer}/auth/token`).

Neither host is part of a published API definition. A token of NICE CXone always stands for a user; there are no client
credentials.
"""

from typing import Annotated

import requests
from pydantic import BaseModel, Field, PositiveInt, SecretStr

from outdial.clients.errors import AuthenticationFailed, BadRequest, Refused
from outdial.clients.session import Session, body_of, read, text

URN = "urn:ietf:params:oauth"
SAML2_BEARER, TOKEN_EXCHANGE = f"{URN}:grant-type:saml2-bearer", f"{URN}:grant-type:token-exchange"
Text = Annotated[SecretStr, Field(min_length=1)]


class Token(BaseModel):
    """A token; `expires_in` is in seconds. Shown without its text: ask `access_token.get_secret_value()`."""

    access_token: Text
    expires_in: PositiveInt
    refresh_token: Text | None = None


class Login(Session):
    """Asks for tokens. Every method raises `AuthenticationFailed` or `BadRequest` when refused."""

    path = "/oauth/token"
    texts = ("error", "error_description")

    def refusal(self, answer: requests.Response) -> Refused:
        """Return the error for a refused token request; the host answers 400 to wrong credentials."""
        body = body_of(answer)
        code, message = (text(body, name) for name in self.texts)
        failed = answer.status_code == 401 or code in ("invalid_client", "invalid_grant")
        return (AuthenticationFailed if failed else BadRequest)(answer.status_code, code, message)

    def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Token:
        """Return a new token for a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._token_for(form, (client_id, client_secret))

    def _token_for(self, form: dict[str, str], basic: tuple[str, str] | None = None) -> Token:
        return read(Token, self.send("POST", self.path, form=form, basic=basic))


class GenesysLogin(Login):
    """Asks Genesys Cloud for tokens."""

    def client_credentials(self, client_id: str, client_secret: str) -> Token:
        """Return a token of the application itself: roles and divisions, no scopes, no user."""
        return self._token_for({"grant_type": "client_credentials"}, (client_id, client_secret))

    def authorization_code(self, client_id: str, client_secret: str, code: str, redirect_uri: str) -> Token:
        """Return a user's token for a code, asked for by an application that keeps a secret."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token_for(form, (client_id, client_secret))

    def authorization_code_with_pkce(self, client_id: str, code: str, code_verifier: str, redirect_uri: str) -> Token:
        """Return a user's token for a code, asked for by an application without a secret (PKCE, S256)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token_for({**form, "code_verifier": code_verifier, "client_id": client_id})

    def saml2_bearer(self, client_id: str, client_secret: str, org_name: str, assertion: str) -> Token:
        """Return a user's token for an assertion that the organisation's identity provider signed."""
        form = {"grant_type": SAML2_BEARER, "orgName": org_name, "assertion": assertion}
        return self._token_for(form, (client_id, client_secret))


class NiceCxoneLogin(Login):
    """Asks NICE CXone for tokens. No source says which codes its errors have."""

    path = "/auth/token"
    texts = ("error", "errorDescription")

    def password(self, client_id: str, client_secret: str, access_key_id: str, access_key_secret: str) -> Token:
        """Return a token of the user whose access key it is: how a back-end application logs in."""
        form = {"grant_type": "password", "username": access_key_id, "password": access_key_secret}
        return self._token_for(form, (client_id, client_secret))

    def authorization_code(
        self, client_id: str, client_secret: str, code: str, code_verifier: str, redirect_uri: str
    ) -> Token:
        """Return a user's token for the code that a login returned (PKCE, S256)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token_for({**form, "code_verifier": code_verifier}, (client_id, client_secret))

    def token_exchange(self, client_id: str, client_secret: str, subject_token: str) -> Token:
        """Return a token for another of the same user (RFC 8693; the vendor names the grant, not its fields)."""
        kind = f"{URN}:token-type:access_token"
        form = {"grant_type": TOKEN_EXCHANGE, "subject_token": subject_token, "subject_token_type": kind}
        return self._token_for(form, (client_id, client_secret))
