"""One error for each kind of refusal, carrying what a caller needs to act on it, and never a token."""

from dataclasses import dataclass


@dataclass(eq=False)
class Refused(Exception):
    """The provider answered, and refused.

    `status` is the HTTP status, `code` the provider's own name for the cause (empty when it gives none),
    `missing` the permissions or scopes that it names, any one of which or all of which it wants,
    `correlation_id` what its support asks for, `retry_after` the seconds to wait before asking again.
    """

    status: int
    code: str = ""
    message: str = ""
    missing: tuple[str, ...] = ()
    correlation_id: str | None = None
    retry_after: int | None = None

    def __str__(self) -> str:
        details = [f"{self.status} {self.code}".strip(), self.message]
        if self.retry_after is not None:
            details.append(f"retry after {self.retry_after} s")
        if self.correlation_id:
            details.append(f"correlation id {self.correlation_id}")
        return " - ".join(part for part in details if part)


class AuthenticationFailed(Refused):
    """No token, or one that the provider does not accept."""


class ScopeMissing(Refused):
    """The token's application may not use the scope that the operation asks for."""


class PermissionMissing(Refused):
    """The token's user or application lacks a permission, or has it in another division."""


class UserContextRequired(Refused):
    """The operation acts for the token's user, and the token has none."""


class BadRequest(Refused):
    """The request itself is at fault: its fields, its form or its size."""


class NotFound(Refused):
    """The named resource does not exist, or this caller may not see it."""


class AgentNotReady(Refused):
    """The agent cannot place a call now: no station, or a phone that is not served."""


class NumberRefused(Refused):
    """The number to call from is not the organisation's, or may not be used for this call."""


class CallRefused(Refused):
    """Everything was permitted, and the call could not be placed."""


class SessionEnded(Refused):
    """The agent session that the request names is over."""


class RateLimited(Refused):
    """Too many requests; `retry_after` says for how long."""


class ProviderFailed(Refused):
    """The provider itself is at fault (5xx). After a POST the call may have been placed: look before trying again."""


class UnexpectedAnswer(Exception):
    """The provider answered with something its contract does not know; the call may have been placed."""


class Unreachable(Exception):
    """No answer within the time limits. After a POST the call may still have been placed: look before trying again."""


class SessionLeftOpen(Exception):
    """An agent session was started and could not be ended; the message says why."""
