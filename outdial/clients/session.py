"""HTTP with time limits, without retries and without secrets in what it shows."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import requests
from pydantic import SecretStr

from outdial.clients.errors import Refused, Unreachable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0


class Session:
    """One provider under one base URL.

    It sends each request once. The call operations have no idempotency key, so a repeated POST could
    place a second call. `seconds` are the time limits to connect and to wait for the answer.
    """

    @staticmethod
    def refusal(answer: requests.Response) -> Refused:
        """The error for a 4xx or 5xx answer; a client gives its own, which reads its provider's body."""
        return Refused(status=answer.status_code)

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        seconds: tuple[float, float] = (CONNECT_SECONDS, ANSWER_SECONDS),
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

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The provider's answer to one request. Raises a `Refused` error for 4xx and 5xx, `Unreachable` without one."""
        return self._answer(
            method, path, params=query, json=json, data=form, auth=basic or self._authorize, headers=headers
        )

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return request

    def _answer(self, method: str, path: str, **parts: Any) -> requests.Response:
        try:
            answer = self._http.request(
                method, self.base_url + path, timeout=self._seconds, allow_redirects=False, **parts
            )
        except requests.RequestException as error:
            # The cause is named, not chained: requests keeps the headers, so the token, in its exceptions.
            problem = f"{method} {self.base_url}{path}: no answer ({type(error).__name__})"
            raise Unreachable(problem) from None
        if answer.status_code >= 400:
            raise self.refusal(answer)
        return answer
