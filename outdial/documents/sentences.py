"""Says in a sentence what pydantic found: what is expected at a place, what stands there, what would be valid."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from outdial.documents.strict import suggest

Location = tuple[str | int, ...]
LIST, MAPPING = "a list, such as [first, second]", "a mapping, such as {key: value}"
FORMS = {
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), MAPPING),
    "none_required": "null",
}
"""For each mistake in type, how pydantic calls it and what a person should write."""


def sentences(
    error: ValidationError, placed: Callable[[Location], Location], keys: Callable[[], set[str]]
) -> list[tuple[Location, str]]:
    """Return each problem with its place in the file, `placed` from pydantic's. Of a value that may have several forms,
    the form that it almost has is told, and otherwise all of them. `keys` are those that the model knows."""
    forms: dict[Location, list[str]] = {}
    values: dict[Location, Any] = {}
    others: list[tuple[Location, str]] = []
    for each in error.errors():
        place = placed(each["loc"])
        if each["type"] in FORMS:
            forms.setdefault(place, []).append(FORMS[each["type"]])
            values[place] = each["input"]
        elif each["type"] == "extra_forbidden":
            others.append((place, f"unknown key {each['loc'][-1]!r}{suggest(str(each['loc'][-1]), keys())}"))
        else:
            others += _sentence(each, place)
    wrong = [(place, _expected(forms[place], values[place])) for place in forms if not _below(place, forms, others)]
    return wrong + others


def keys_of(model: Any) -> set[str]:
    """Return every key that a value of a type has, at any depth."""
    schema = TypeAdapter(model).json_schema()
    return {key for each in (schema, *schema.get("$defs", {}).values()) for key in each.get("properties", {})}


def _below(place: Location, forms: dict[Location, list[str]], others: list[tuple[Location, str]]) -> bool:
    """Return whether another error lies inside the value at a place, so that its form is not the mistake."""
    return any(
        len(other) > len(place) and other[: len(place)] == place for other in [*forms, *(each[0] for each in others)]
    )


def _expected(forms: list[str], value: Any) -> str:
    quoted = f'; write "{_shown(value)}"' if forms == ["text"] and isinstance(value, bool | int | float) else ""
    empty = "; write {} for an empty one" if forms == [MAPPING] and value is None else ""
    return f"expects {' or '.join(dict.fromkeys(forms))}, found {_shown(value)}{quoted}{empty}"


def _shown(value: Any) -> str:
    """Return a value in few words, as YAML writes it."""
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return "nothing" if value is None else str(value).lower()
    return repr(value)


def _sentence(error: Any, place: Location) -> Iterator[tuple[Location, str]]:
    context, value, kind = error.get("ctx") or {}, error["input"], error["type"]
    message = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "should be")
    if kind == "literal_error":
        valid = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
        near = suggest(value, valid) if isinstance(value, str) else f". Valid: {', '.join(valid)}"
        yield place, f"{_shown(value)} is not known{near}"
    elif kind == "union_tag_not_found":
        yield place, f"{context['discriminator']} is missing"
    elif kind == "union_tag_invalid":
        valid = re.findall(r"'([^']*)'", context["expected_tags"])
        tag = context["tag"]
        yield (*place, context["discriminator"].strip("'")), f"{tag!r} is not a known kind{suggest(tag, valid)}"
    elif kind == "missing":
        yield place, f"{error['loc'][-1]!r} is missing"
    elif kind == "string_pattern_mismatch":
        yield place, f"{value!r} does not have the form {context['pattern']}"
    else:
        yield place, message if isinstance(value, dict | list) else f"{message}, not {_shown(value)}"
