"""The client's own names of fields stand for the vendor's: camelCase on the wire, snake_case in Python."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from outdial import clients

FROM = {"from_": "from"}
"""Names that are words of Python."""


def messages() -> Iterator[type[BaseModel]]:
    """Every model of a request or an answer that a client offers."""
    found = [each for each in vars(clients).values() if isinstance(each, type) and issubclass(each, BaseModel)]
    return (each for each in found if any(field.alias for field in each.model_fields.values()))


@pytest.mark.parametrize("model", messages())
def test_no_two_names_are_exchanged(model: type[BaseModel]) -> None:
    """A field written under another field's name would be read back under the same wrong name."""
    for name, field in model.model_fields.items():
        if field.alias and field.alias[0].islower():
            assert field.alias == FROM.get(name, to_camel(name))
