"""The changed request: its path and fields, and a cURL command to copy. Credentials in the command are placeholders."""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from outdial.explain.case import Case, Solution
from outdial.explain.changes import OBJECT
from outdial.explain.request import FORM, is_placeholder

LONG = 100
"""Characters of a field that is cut where the body is too long."""
NUMBER = re.compile(r'"<number:(\w+)>"')
"""A placeholder for a number stands without quotes."""
AUTHORIZATION = {"bearer": "Bearer <ACCESS_TOKEN>", "basic": "Basic <CLIENT_ID:SECRET as base64>"}


class Changed:
    """The request of a case, with the values that a search found."""

    def __init__(self, case: Case, solution: Solution) -> None:
        self.ground = case.ground
        self._changes = case.changes
        self._values = {**case.changes, **solution}

    def __getitem__(self, fact: str) -> Any:
        """Return a fact: as found, else as known, else the first that it can have."""
        if fact in self._values:
            return self._values[fact]
        possible = self.ground.possible(fact)
        return (self.ground.domain(fact) if possible is None else possible)[0]

    @property
    def path(self) -> str:
        """The path, its steps filled."""
        return re.sub(r"\{(\w+)\}", lambda name: str(self[f"path.{name[1]}"]), self.ground.operation.path)

    def fields(self, part: str) -> dict[str, Any]:
        """Return the fields of a body or form as they are changed."""
        sent = self.ground.knowledge.request.fields(part)
        found: dict[str, Any] = {}
        for name in [*sent, *sorted(self.ground.fields[part] - set(sent))]:
            if (value := self[f"{part}.{name}"]) is not None:
                found[name] = {} if value == OBJECT else value
        if "request.bytes" in self._changes:
            found = {name: "<shorter>" if len(json.dumps(each)) > LONG else each for name, each in found.items()}
        for fact in sorted(each for each in self._values if each.startswith(f"{part}.")):
            steps, value = fact.split(".")[1:], self._values[fact]
            if len(steps) > 1 and steps[0] in found:
                _put(found, steps, {} if value == OBJECT else value)
        return found

    def shown(self, part: str) -> dict[str, Any]:
        """Return the fields with the placeholders that were sent and are not changed."""
        changed = {".".join(fact.split(".")[:2]) for fact in self._changes}
        found = self.fields(part)
        for name, value in found.items():
            fact = f"{part}.{name}"
            sent = self.ground.knowledge.request.value(fact)
            found[name] = self.ground.shown(fact, value) if fact in changed else sent if is_placeholder(sent) else value
        return found

    def curl(self, host: str, lists: frozenset[str]) -> str:
        """Return the cURL command; `lists` are the fields that take a list."""
        scheme, media_type, content = (self[f"request.{each}"] for each in ("scheme", "media_type", "body"))
        headers = {"Authorization": AUTHORIZATION[scheme]} if scheme in AUTHORIZATION else {}
        headers |= {"Content-Type": media_type} if media_type and content != "none" else {}
        for name in sorted(self.ground.fields["header"]):
            if name.startswith("x-") and (value := self[f"header.{name}"]) is not None:
                headers[name] = value if str(value).startswith("<") else f"<{name}>"
        lines = [f"curl -X {self.ground.operation.method} {_quoted(f'https://{host}{self.path}')}"]
        lines += [f"-H {_quoted(f'{name}: {value}')}" for name, value in headers.items()]
        if content == "object":
            fields = self.shown("body")
            fields |= {name: [fields[name]] for name in lists & set(fields) if isinstance(fields[name], str)}
            body = NUMBER.sub(r"<\1>", json.dumps(fields, ensure_ascii=False))
            lines.append(f"-d {_quoted(body)}")
        elif (media_type, content) == (FORM, "broken"):
            form = {name: "<code>" if name == "code" else value for name, value in self.shown("form").items()}
            lines += [f"--data-urlencode {_quoted(f'{name}={value}')}" for name, value in form.items()]
        return " \\\n  ".join(lines)


def _put(target: dict[str, Any], steps: list[str], value: Any) -> None:
    for step in steps[:-1]:
        inner = target.get(step)
        target[step] = target = dict(inner) if isinstance(inner, Mapping) else {}
    if value is None:
        target.pop(steps[-1], None)
    else:
        target[steps[-1]] = value


def _quoted(text: str) -> str:
    """A text in quotes of a shell."""
    return f"'{text}'" if "'" not in text else shlex.quote(text)
