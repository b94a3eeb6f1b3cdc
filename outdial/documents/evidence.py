"""The evidence of a row or a rule: the vendor's definition, a recorded answer, a report, or an open question."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from outdial.documents.strict import Strict

Basis = Literal["published", "observed", "reported", "assumed"]
Question = Annotated[str, StringConstraints(pattern=r"\?$")]
POINTERS = ("operation", "code", "status", "grant", "field")
FORMS: dict[Basis, tuple[str, ...]] = {
    "published": POINTERS,
    "reported": ("report", "by", "says"),
    "observed": ("observed",),
    "assumed": ("asks", "question"),
}


class Source(Strict):
    """Source of a row or rule, in the form that its basis takes.

    `published` points into the vendor's definition: an `operation`, and of it a `code`, the `status` of a refusal, a
    `grant`, a request `field`. `reported` gives what a `report` `says`, word for word, and `by` whom. `assumed` gives
    the question that it `asks`, which only the vendor can answer. `observed` names a recorded answer of
    contracts/observed/.
    """

    operation: str | None = None
    code: str | None = None
    status: int | None = None
    grant: str | None = None
    field: str | None = None
    report: Annotated[str, StringConstraints(pattern=r"^\d{3}$")] | None = None
    by: str | None = None
    says: Annotated[tuple[str, ...], Field(min_length=1)] | str | None = None
    observed: str | None = None
    asks: Question | None = None
    question: str | None = None

    @model_validator(mode="after")
    def _has_one_form(self) -> "Source":
        if len(self._forms()) != 1:
            raise ValueError("a source points into the definition, or quotes a report (report, by, says), or asks")
        if (self.report is None) != (self.says is None):
            raise ValueError("a quote has the number of its report and what it says")
        return self

    def _forms(self) -> list[Basis]:
        stated = {key for key in type(self).model_fields if getattr(self, key) is not None}
        return [basis for basis, keys in FORMS.items() if stated.intersection(keys)]

    @property
    def basis(self) -> Basis:
        """The basis whose form the source has."""
        return self._forms()[0]

    @property
    def quotes(self) -> tuple[str, ...]:
        return (self.says,) if isinstance(self.says, str) else self.says or ()

    @property
    def pointers(self) -> dict[str, str]:
        """The references into the definition."""
        return {key: str(getattr(self, key)) for key in POINTERS if getattr(self, key) is not None}

    def __str__(self) -> str:
        if self.asks:
            return self.asks
        if self.observed:
            return f"recorded answer {self.observed}"
        if self.report:
            said = ", ".join(f'"{quote}"' for quote in self.quotes)
            return f"report {self.report}{f', {self.by}' if self.by else ''}: {said}"
        return ", ".join(name if key == "operation" else f"{key} {name}" for key, name in self.pointers.items())
