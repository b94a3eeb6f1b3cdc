"""Denials: the answer to a refused request."""

from typing import Annotated, Any

from pydantic import Field

from outdial.documents import Strict
from outdial.documents.template import Values, fill


class Denial(Strict):
    """One denial. `${name}` in the message and headers is a parameter; a list is shown as `[a, b]`.

    In a parameter it is a fact of the request. A code that is a number stays one in the answer.
    """

    status: Annotated[int, Field(ge=400, le=599)]
    code: str | int
    message: str
    params: dict[str, str | tuple[str, ...]] = {}
    headers: dict[str, str] = {}

    def texts(self, facts: Values | None = None) -> dict[str, str]:
        """The parameters as they are shown; a `${fact}` in them stays as it is where there are no facts."""
        return {
            name: show(fill(list(value) if isinstance(value, tuple) else value, facts) if facts is not None else value)
            for name, value in self.params.items()
        }


def show(value: Any) -> str:
    """A parameter in a message; what the request has nothing of is left out of a list."""
    return (
        f"[{', '.join(str(each) for each in value if each is not None)}]"
        if isinstance(value, list | tuple)
        else str(value)
    )
