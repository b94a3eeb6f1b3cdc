"""HTTP with time limits, without retries and without secrets in what it shows."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

import requests
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic.alias_generators import to_camel

from outdial.clients import errors
from outdial.clients.errors import Refused, UnexpectedAnswer, Unreachable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
PUBLISHED_KINDS: Mapping[int, type[Refused]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationFailed,
    403: errors.PermissionMissing,
    404: errors.NotFound,
    429: errors.RateLimited,
}
"""The error for each status that both vendors publish with one meaning."""
Answer = TypeVar("Answer", bound=BaseModel)


class Message(BaseModel):
    """A message in the vendor's spelling (`phoneNumber`), with fields in Python's (`phone_number`)."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Sent(Message):
    """A request, or a part of one: no field but those of the vendor."""

    model_config = ConfigDict(extra="forbid")

    def sent(self) -> dict[str, Any]:
        """Return the fields that were given."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Session:
    """One provider under one base URL.

    It sends each request once. The call operations have no idempotency key, so a repeated POST could
    place a second call. `seconds` are the time limits to connect and to wait for the answer.
    """

    kinds: ClassVar[Mapping[int, type[Refused]]] = {400: errors.BadRequest, 401: errors.AuthenticationFailed}
    """The error for each status; another status is a plain `Refused`."""
    texts: ClassVar[tuple[str, str]] = ("code", "message")
    """Fields of a refusal's body that hold its code and its message."""

    def __init__(
        self, base_url: str, token: str | None = None, seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS)
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._token = SecretStr(token) if token else None
        self._seconds = seconds
        self._http = requests.Session()
        self._http.headers["Accept"] = "application/json"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def refusal(self, answer: requests.Response) -> Refused:
        """Return the error for a 4xx or 5xx answer."""
        body = body_of(answer)
        code, message = (text(body, name) for name in self.texts)
        return self.kinds.get(answer.status_code, Refused)(answer.status_code, code, message)

    def send(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, json: Any = None,
        form: Mapping[str, str] | None = None, basic: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:  # fmt: skip
        """Return the answer to one request. Raises a `Refused` error for 4xx and 5xx, `Unreachable` without one."""
        try:
            answer = self._http.request(
                method, self.base_url + path, params=query, json=json, data=form, auth=basic or self._authorize,
                headers=headers, timeout=self._seconds, allow_redirects=False,
            )  # fmt: skip
        except requests.RequestException as error:
            # The cause is named, not chained: requests keeps the headers, so the token, in its exceptions.
            problem = f"{method} {self.base_url}{path}: no answer ({type(error).__name__})"
            raise Unreachable(problem) from None
        if answer.status_code >= 400:
            raise self.refusal(answer)
        return answer

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request


def read(model: type[Answer], answer: requests.Response) -> Answer:
    """Return the body as `model`. Raises `UnexpectedAnswer`, which does not repeat the body: it may hold a token."""
    try:
        return model.model_validate_json(answer.content)
    except ValidationError:
        raise UnexpectedAnswer(f"{answer.status_code} is not the {model.__name__} that the contract knows") from None


def body_of(answer: requests.Response) -> Mapping[str, Any]:
    """Return the JSON object of an answer; an empty one where the body is something else."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def text(body: Mapping[str, Any], name: str) -> str:
    """Return a field of a body; empty where it is missing or no text."""
    value = body.get(name)
    return value if isinstance(value, str) else ""
