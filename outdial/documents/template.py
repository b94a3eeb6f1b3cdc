"""Templates: values in which `${name}` stands for another value, at any depth. Keys are not filled."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from outdial.documents.strict import suggest

NAME = re.compile(r"\$\{([^{}]*)\}")


class Values(Protocol):
    """Values of the names in a template. Raises KeyError for an unknown name."""

    def __getitem__(self, name: str, /) -> Any: ...


def fill(template: Any, values: Values) -> Any:
    """Return the template with its names filled. A text that is one name becomes the value itself, of whatever type."""
    if isinstance(template, dict):
        return {key: fill(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [fill(value, values) for value in template]
    if not isinstance(template, str) or "${" not in template:
        return template
    whole = NAME.fullmatch(template)
    return values[whole[1]] if whole else NAME.sub(lambda found: str(values[found[1]]), template)


def whole_name(template: Any) -> str | None:
    """Return the name that a text consists of; None where it is more, less or no text."""
    found = NAME.fullmatch(template) if isinstance(template, str) else None
    return found[1] if found else None


def names_in(template: Any) -> set[str]:
    """Return every name in a template."""
    return {name for _, text in leaves(template) if isinstance(text, str) for name in NAME.findall(text)}


def unknown_names(
    template: Any, known: Collection[str], at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the place (below `at`) and the problem of each name that is not known."""
    for place, text in leaves(template, at):
        for name in NAME.findall(text) if isinstance(text, str) else ():
            if name not in known:
                yield place, f"nothing fills ${{{name}}}{suggest(name, list(known))}"


def leaves(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield each value that is no list or mapping, with its place below `at`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(each, (*at, key))
    elif isinstance(value, list | tuple):
        for position, each in enumerate(value):
            yield from leaves(each, (*at, position))
    else:
        yield at, value


def steps_of(template: str, path: str) -> dict[str, str] | None:
    """Return the parameters of a path by their names in its template, `/calls/{id}`; None for another path."""
    own, steps = template.split("/"), path.split("/")
    if len(own) != len(steps):
        return None
    found = {}
    for name, step in zip(own, steps, strict=True):
        if name[:1] == "{" and step:
            found[name[1:-1]] = step
        elif name != step:
            return None
    return found
