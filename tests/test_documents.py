"""YAML that people write: whatever is wrong with a file, the answer is one error with the place and the fix."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaml_documents import Document, DocumentError, Strict


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
    ],
)
def test_a_broken_file_is_one_error_at_its_place(tmp_path: Path, text: bytes, said: str) -> None:
    """Place, value, valid values; never another exception, and never code that runs."""
    path = tmp_path / "door.yaml"
    path.write_bytes(text)
    with pytest.raises(DocumentError) as refused:
        Document.read(path).parse(Door)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)


def test_every_mistake_of_a_file_is_reported_at_once(tmp_path: Path) -> None:
    """Nobody fixes a file one run at a time."""
    path = tmp_path / "doors.yaml"
    path.write_text("- {colour: red, height: tall}\n- {height: 1}\n")
    with pytest.raises(DocumentError) as refused:
        Document.read(path).parse(list[Door])
    assert [line.split(":")[1] for line in str(refused.value).splitlines()] == ["1", "2"]


@given(text=st.text(alphabet="ab:-{}[]&*!? \n\t'\"#|>%@0", max_size=40))
def test_no_text_breaks_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Any text is read, or refused by `DocumentError`."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text)
    try:
        Document.read(path).parse(Door)
    except DocumentError as refused:
        assert str(path) in str(refused)  # noqa: PT017 - both outcomes are fine
