"""How a broker command ends, and the one error that carries a cause and a fix."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The codes of the house that these commands end with."""

    OK = 0
    NO = 1
    """The broker was asked and the answer is no: not deployable, verification failed, pact refused."""
    COULD_NOT = 2
    """There is no answer: broker, provider or network is at fault."""
    UNUSABLE = 4
    NOTHING = 5
    """Nothing was selected, so nothing was verified."""


class BrokerError(Exception):
    """A command cannot succeed. `cause` says what is wrong and where, `fix` what to do about it.

    `transient` marks faults that may pass by themselves, so an operation that changes nothing when it is
    repeated may be tried again.
    """

    def __init__(
        self, cause: str, fix: str, *, exit_code: ExitCode = ExitCode.COULD_NOT, transient: bool = False
    ) -> None:
        super().__init__(f"{cause}\nfix: {fix}")
        self.cause = cause
        self.fix = fix
        self.exit_code = exit_code
        self.transient = transient

    def after(self, state: str) -> "BrokerError":
        """The same error, with what was reached before it."""
        return BrokerError(f"{self.cause}\n{state}", self.fix, exit_code=self.exit_code)


class Unusable(BrokerError):
    """What was given cannot be used: variables, options, pacts, an environment that does not exist."""

    def __init__(self, cause: str, fix: str) -> None:
        super().__init__(cause, fix, exit_code=ExitCode.UNUSABLE)
