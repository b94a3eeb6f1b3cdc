"""The client's own names of fields stand for the vendor's: camelCase on the wire, snake_case in Python."""

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from outdial import clients


def test_no_two_names_are_exchanged() -> None:
    """A field written under another field's name would be read back under the same wrong name."""
    models = [each for each in vars(clients).values() if isinstance(each, type) and issubclass(each, BaseModel)]
    aliases = [(name, field.alias) for model in models for name, field in model.model_fields.items() if field.alias]
    assert len(aliases) > 20
    for name, alias in aliases:
        assert alias == to_camel(name.rstrip("_")) or not alias[0].islower(), (name, alias)
