"""YAML that people write: whatever is wrong with a file, the answer is one error with the place and the fix."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outdial.documents import Document, DocumentError, Strict
from outdial.documents.template import fill, names_in, unknown_names

LAUGHS = "\n".join(["a0: &a0 [1]", *(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 10))])


class Door(Strict):
    """A model to read."""

    colour: str
    height: int = 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"colour: {", "2: not valid YAML"),
        (b"colour: \xff", "cannot be read"),
        (b"", "1: expects a mapping, such as {key: value}, found nothing"),
        (b"a: &a [1, *a]", "an alias (*name) stands inside its own anchor"),
        (b"? [1]\n: 2", "1: a key is a name"),
        (b"colour: red\nheight: 1\ncolour: blue", "3: key 'colour' stands twice, first on line 1"),
        (b"colour: red\n\nhieght: 1", "3: hieght: unknown key 'hieght' - did you mean 'height'?"),
        (b"height: 1", "'colour' is missing"),
        (b"colour: red\nheight: tall", "2: height: expects a whole number, found 'tall'"),
        (b"colour: !!python/object/apply:os.system [true]", "not valid YAML"),
        (LAUGHS.encode(), "aliases repeat too many values"),
    ],
)
def test_a_broken_file_is_one_error_at_its_place(tmp_path: Path, text: bytes, said: str) -> None:
    """Place, value, valid values; never another exception, never code that runs, never a billion values."""
    path = tmp_path / "door.yaml"
    path.write_bytes(text)
    with pytest.raises(DocumentError) as refused:
        Document.read(path).parse(Door)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_every_mistake_of_a_file_is_reported_at_once_in_few_lines(tmp_path: Path) -> None:
    """Nobody fixes a file one run at a time, or reads a thousand lines: the first are shown, the rest are counted."""
    path = tmp_path / "doors.yaml"
    path.write_text("- {colour: red, height: tall}\n" + "- {height: 1}\n" * 999)
    with pytest.raises(DocumentError) as refused:
        Document.read(path).parse(list[Door])
    told = str(refused.value).splitlines()
    assert [line.split(":")[1] for line in told[:2]] == ["1", "2"]
    assert len(told) < 20
    assert told[-1].endswith("and 985 more")
    assert len(refused.value.problems) == 1000


@given(text=st.text(alphabet="ab:-{}[]&*!? \n\t'\"#|>%@0", max_size=40))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Any text is read, or refused by `DocumentError`."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text)
    try:
        Document.read(path).parse(Door)
    except DocumentError as refused:
        assert str(path) in str(refused)  # noqa: PT017 - both outcomes are fine


@given(text=st.text(alphabet="0123456789abcdefxoynultrs.:+-_~NOT", min_size=1, max_size=10))
def test_a_plain_value_is_what_stands_there_or_is_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """`no`, `1e3`, `010`, `12:30` and dates never turn into something else without a word."""
    path = tmp_path_factory.getbasetemp() / "value.yaml"
    path.write_text(f"value: {text}\n")
    try:
        value = Document.read(path).data["value"]
    except (DocumentError, TypeError):
        return
    assert value == text or (json.dumps(value) == text if not isinstance(value, float) else float(text) == value)


names = st.text("ab.-_ ", min_size=1, max_size=4)
values = st.none() | st.booleans() | st.integers() | st.text("ab", max_size=3) | st.lists(st.integers(), max_size=2)
filled = st.dictionaries(names, values, min_size=1, max_size=4)


@given(values=filled, text=st.text("ab{}$ ", max_size=5))
def test_a_template_is_filled_at_any_depth(values: dict[str, object], text: str) -> None:
    """A text that is one name becomes the value; names among other text are written into it."""
    plain = text.replace("$", "")
    for name, value in values.items():
        template = {"a": [{"b": f"${{{name}}}"}], "c": f"{plain}|${{{name}}}"}
        assert fill(template, values) == {"a": [{"b": value}], "c": f"{plain}|{value}"}
        assert names_in(template) == {name}
        assert not list(unknown_names(template, values))
        assert [place for place, _ in unknown_names(template, ())] == [("a", 0, "b"), ("c",)]
