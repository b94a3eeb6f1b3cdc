"""An edition of a provider: as its file has it, and as the stub serves it, with every name resolved."""

from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, SkipValidation, StringConstraints, model_validator

from outdial.documents import Strict
from outdial.provider.kinds import Rule
from outdial.provider.records import Kinds
from outdial.provider.rule import Denial, FactTest, Lapse

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Request = Annotated[str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE) /\S*$")]


class Creates(Strict):
    """A record that an accepted request makes; texts may carry `${fact}`. What is not said is the kind's default."""

    kind: str
    fields: dict[str, Any] = {}
    lapses: Lapse | None = None


class Appends(Strict):
    """An item for a queue, `when` a test of the request passes; it is there `after` so many seconds (or a fact's)."""

    item: Any
    when: FactTest | None = None
    after: float | str = 0.0


class Wait(Strict):
    """Time to hold an answer back until another one applies: `seconds` names a fact, a whole number."""

    seconds: str
    at_most: Annotated[int, Field(ge=1, le=300)]


class Accept(Strict):
    """Answer and effects of an accepted request; `${fact}`, `${created.id}` and `${taken}` are filled in.

    In this order: `takes` removes the first item of a found record's queue and gives it a name (null when the queue
    is empty), `creates` makes records, `changes` gives fields of found records new values (a code becomes used), and
    `appends` puts items at the end of a queue. An answer that may `wait` does none of these: it is asked for again.
    """

    status: Annotated[int, Field(ge=200, le=399)]
    takes: dict[str, str] = {}
    creates: dict[str, Creates] = {}
    changes: dict[str, dict[str, Any]] = {}
    appends: dict[str, dict[str, tuple[Appends, ...]]] = {}
    wait: Wait | None = None
    headers: dict[str, str] = {}
    body: Any = None

    @model_validator(mode="after")
    def _waits_and_does_nothing(self) -> Self:
        if self.wait and (self.takes or self.creates or self.changes or self.appends):
            raise ValueError("an answer that may wait is asked for again, so it takes, creates and changes nothing")
        return self


class Find(Strict):
    """Subject of an operation: a kind of record, found by the fact that holds its key."""

    kind: str
    by: str


class WrittenOperation(Strict):
    """One operation: the request it answers, the records it is about, its rules in order.

    In a file a rule may be named, and the kind of a subject may be the subject's name.
    """

    request: Request
    summary: str
    when: FactTest | None = None
    finds: dict[str, str | Find] = {}
    rules: tuple[str | Rule, ...]
    accept: Accept

    @property
    def method(self) -> str:
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.request.partition(" ")[2]

    @cached_property
    def subjects(self) -> dict[str, tuple[str, str]]:
        """Each subject's kind of record, and the fact that holds its key."""
        return {
            name: (find.kind, find.by) if isinstance(find, Find) else (name, find) for name, find in self.finds.items()
        }


class Operation(WrittenOperation):
    """One operation with its rules resolved. `secrets` are the facts whose values are never shown."""

    name: str
    rules: tuple[Rule, ...]
    secrets: frozenset[str]
    kinds: Annotated[Kinds, SkipValidation, Field(repr=False)]

    @property
    def contracted(self) -> bool:
        """Return whether rows may play it; reads for `explain --ask` are outside the contract."""
        return not self.name.startswith("read-")


class Shape(Strict):
    """Form of every answer of an edition."""

    headers: dict[str, str] = {}
    refusal: Any


class WrittenPolicy(Strict):
    """One edition of a provider; with `extends` it says only what differs from another.

    `absent` are requests that its source is known not to have; `unknown_path` is what they are answered. Of all others
    that are no operation here nothing is known. `authorize` is the path of a login host's page, where a browser gets a
    code.
    """

    provider: Name
    extends: Name | None = None
    source: str
    shape: Shape
    unknown_path: Denial
    absent: tuple[Request, ...] = ()
    authorize: Annotated[str, StringConstraints(pattern=r"^/\S+$")] | None = None
    rules: dict[Name, Rule] = {}
    operations: Annotated[dict[Name, WrittenOperation], Field(min_length=1)]


class Policy(WrittenPolicy):
    """One edition with every name resolved. `bases` are the editions that it extends, the nearest first."""

    bases: tuple[Name, ...] = ()
    operations: dict[Name, Operation]  # type: ignore[assignment]  # each is a WrittenOperation
