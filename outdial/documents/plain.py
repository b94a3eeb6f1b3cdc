"""Plain values that YAML 1.1 reads as something else than what stands there: `no`, `1e3`, `010`, `12:30`, dates."""

import re

import yaml

PREFIX = "tag:yaml.org,2002:"
AS_WRITTEN = {
    "null": re.compile(r"null|"),
    "bool": re.compile(r"true|false"),
    "int": re.compile(r"-?(0|[1-9]\d*)"),
    "float": re.compile(r"-?(0|[1-9]\d*)\.\d+"),
    "merge": re.compile("<<"),
}
"""For each type that a plain value may be read as, the texts in which a person sees it too."""
LOOKS_LIKE_A_NUMBER = re.compile(r"[-+]?(\d[\d_]*\.?\d*[eE][-+]?\d+|0[oO][0-7]+)")
MOST_DIGITS = 40
READ_AS = {"null": "nothing", "bool": "true or false", "timestamp": "a date", "int": "a number", "float": "a number"}


def misread(node: yaml.ScalarNode, *, key: bool = False) -> str | None:
    """Return the problem of a value or key with the form to write; None if it is plain."""
    if node.style:
        return None
    kind = str(node.tag).removeprefix(PREFIX)
    text = str(node.value)
    if kind == "str":
        if LOOKS_LIKE_A_NUMBER.fullmatch(text):
            return f'{text} looks like a number and is read as text; write "{text}" for the text'
        return None
    if key and kind != "merge":
        return f'the key {text} is read as {READ_AS.get(kind, kind)}; write "{text}"'
    if kind in {"int", "float"} and len(text) > MOST_DIGITS:
        return f"a number of {len(text)} digits; a text stands in quotes"
    if kind in AS_WRITTEN and AS_WRITTEN[kind].fullmatch(text):
        return None
    if kind not in READ_AS:
        return f"not valid YAML: nothing here is of the type {node.tag}"
    return f'{text} is read as {READ_AS[kind]}; write "{text}" for the text{_plainly(kind, text)}'


def _plainly(kind: str, text: str) -> str:
    """The unambiguous form of the value that YAML reads."""
    if kind == "timestamp":
        return ""
    value = yaml.safe_load(text)
    shown = {None: "null", True: "true", False: "false"}.get(value, value) if kind in {"null", "bool"} else value
    return f", or {shown} for the {'number' if kind in {'int', 'float'} else 'value'}"
