"""How a broker command ends: three exit codes, and the one error that carries a cause and a fix."""

from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    NO = 1
    """The broker was asked and the answer is no: not deployable, verification failed, pact refused."""
    CANNOT_ASK = 2
    """There is no answer: configuration, broker or network is at fault."""


class BrokerError(Exception):
    """A command cannot succeed. `cause` says what is wrong and where, `fix` what to do about it.

    `transient` marks faults that may pass by themselves, so an operation that changes nothing when it is
    repeated may be tried again.
    """

    def __init__(self, cause: str, fix: str, *, code: ExitCode = ExitCode.CANNOT_ASK, transient: bool = False) -> None:
        super().__init__(f"{cause}\nfix: {fix}")
        self.cause = cause
        self.fix = fix
        self.exit_code = code
        self.transient = transient
