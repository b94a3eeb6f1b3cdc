"""Tokens of NICE CXone: `POST {issuer}/auth/token`. Every token stands for a user; there are no client credentials."""

import requests
from pydantic import BaseModel, ValidationError

from outdial.clients import errors
from outdial.clients.genesys_cloud import read
from outdial.clients.genesys_login import Token
from outdial.clients.session import ANSWER_SECONDS, CONNECT_SECONDS, Session

TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class TokenError(BaseModel):
    """An error of the token endpoint; both fields are optional, and no source says which codes there are."""

    error: str = ""
    errorDescription: str = ""  # noqa: N815 - the vendor's spelling


def refusal(answer: requests.Response) -> errors.Refused:
    """The error for a refused token request."""
    try:
        body = TokenError.model_validate_json(answer.content)
    except ValidationError:
        body = TokenError()
    failed = answer.status_code == 401 or body.error in {"invalid_client", "invalid_grant"}
    kind = errors.AuthenticationFailed if failed else errors.BadRequest
    return kind(status=answer.status_code, code=body.error, message=body.errorDescription)


class NiceCxoneLogin(Session):
    """Asks for tokens. Every method raises `AuthenticationFailed` or `BadRequest` when refused."""

    refusal = staticmethod(refusal)

    def __init__(self, base_url: str, seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS)) -> None:
        super().__init__(base_url, seconds=seconds)

    def password(self, client_id: str, client_secret: str, access_key_id: str, access_key_secret: str) -> Token:
        """A token of the user whose access key it is: how a back-end application logs in."""
        form = {"grant_type": "password", "username": access_key_id, "password": access_key_secret}
        return self._token_for(form, client_id, client_secret)

    def authorization_code(
        self, client_id: str, client_secret: str, code: str, code_verifier: str, redirect_uri: str
    ) -> Token:
        """A user's token for the code that a login returned (PKCE, S256)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        return self._token_for({**form, "code_verifier": code_verifier}, client_id, client_secret)

    def refresh(self, client_id: str, client_secret: str, refresh_token: str) -> Token:
        """A new token for a refresh token."""
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self._token_for(form, client_id, client_secret)

    def token_exchange(self, client_id: str, client_secret: str, subject_token: str) -> Token:
        """A token for another access token of the same user (RFC 8693; the vendor names the grant, not its fields)."""
        form = {"grant_type": TOKEN_EXCHANGE, "subject_token": subject_token, "subject_token_type": ACCESS_TOKEN}
        return self._token_for(form, client_id, client_secret)

    def _token_for(self, form: dict[str, str], client_id: str, client_secret: str) -> Token:
        return read(Token, self.send("POST", "/auth/token", form=form, basic=(client_id, client_secret)))
