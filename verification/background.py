"""Verification that runs beside whoever waits for its results."""

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Thread
from types import TracebackType
from typing import Self

from pact_files import Interaction
from verification.result import CaseResult
from verification.target import Target
from verification.verify import verify

Key = tuple[str, str]


class BackgroundVerification:
    """Verifies interactions in a thread; `result` waits for one of them."""

    def __init__(self, interactions: Sequence[Interaction], target: Target) -> None:
        self._futures: dict[Key, Future[CaseResult | None]] = {key_of(each): Future() for each in interactions}
        self._stopped_by: BaseException | None = None
        self._thread = Thread(target=self._run, args=(list(interactions), target), daemon=True)

    def result(self, interaction: Interaction) -> CaseResult:
        """The result of one interaction. Raises what stopped the verification, if anything did."""
        found = self._futures[key_of(interaction)].result()
        if found is None:
            assert self._stopped_by
            raise self._stopped_by.with_traceback(None)  # raised for each row that waits, or it would grow with each
        return found

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._thread.join()

    def _run(self, interactions: list[Interaction], target: Target) -> None:
        try:
            for interaction, result in verify(interactions, target):
                self._futures[key_of(interaction)].set_result(result)
        except BaseException as error:
            self._stopped_by = error
        for future in self._futures.values():
            if not future.done():
                future.set_result(None)


def key_of(interaction: Interaction) -> Key:
    """What tells an interaction from every other of one run."""
    return str(interaction.pact), interaction.case_id
