"""A pact of any tool and version is read as one model, cut, joined and verified; nobody's file is destroyed."""

import json
from pathlib import Path
from typing import Any, Literal

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pact import Pact, match

from outdial.pact_files import BadPact, read_interactions
from outdial.pact_files.hiding import about, hidden
from outdial.pact_files.join import BY_TESTS, Incomplete, NotOurs, joined, write_pacts
from outdial.verification.stub_process import RunningStub
from outdial.verification.verifier import verify_piece

PACT_JS = Path(__file__).parent / "pacts_of_others"
"""Written by @pact-foundation/pact 16.5.0, as its `PactV2`, `PactV3` and `PactV4` leave them."""
Version = Literal["V2", "V3", "V4"]
VERSIONS: tuple[Version, ...] = ("V2", "V3", "V4")


def written_by_pact_python(version: Version, folder: Path) -> Path:
    """A pact of two refused calls without a key, written by the library's own consumer test."""
    pact = Pact("somebody", "genesys-cloud").with_specification(version)
    for name in ("a call without a token", "another call without a token"):
        interaction = pact.upon_receiving(name).given("a conversation")
        interaction.with_request("POST", "/api/v2/conversations/calls")
        interaction.with_header("X-Name", name).with_body({"phoneNumber": "+13175550142"}, "application/json")
        interaction.will_respond_with(401)
        interaction.with_body({"code": "authentication.required", "message": match.like("text")}, "application/json")
    with pact.serve() as server:
        for name in ("a call without a token", "another call without a token"):
            url = f"{str(server.url).rstrip('/')}/api/v2/conversations/calls"
            requests.post(url, json={"phoneNumber": "+13175550142"}, headers={"X-Name": name}, timeout=5)
    pact.write_file(folder)
    return folder / "somebody-genesys-cloud.json"


@pytest.mark.parametrize("pact", sorted(PACT_JS.iterdir()), ids=lambda path: path.stem)
def test_a_pact_of_pact_js_verifies_and_its_expectations_count(stub: RunningStub, tmp_path: Path, pact: Path) -> None:
    """Its generators and matching rules are used as they stand; another expected status fails the row."""
    content = json.loads(pact.read_text())
    assert all(each.passed for each in verify_piece(read_interactions([pact]), stub.target, tmp_path).results)
    content["interactions"][0]["response"]["status"] = 418
    (changed := tmp_path / "changed.json").write_text(json.dumps(content))
    first, *_ = verify_piece(read_interactions([changed]), stub.target, tmp_path).results
    assert "expected 418" in str(first.problems)


def test_every_version_is_read_as_the_same_model_and_verifies(stub: RunningStub, tmp_path: Path) -> None:
    """Without keys, a row is named by its description with its states, in each version of the specification."""
    read = []
    for version in VERSIONS:
        (tmp_path / version).mkdir()
        read.append(read_interactions([written_by_pact_python(version, tmp_path / version)]))
        assert all(each.passed for each in verify_piece(read[-1], stub.target, tmp_path).results)
    v2, v3, v4 = ([(each.case_id, each.states, each.request, each.response) for each in rows] for rows in read)
    assert [each[:3] for each in v2] == [each[:3] for each in v4]
    assert v2[0][0] == "a call without a token given a conversation"
    assert v3 == v4


def pact_of(*interactions: dict[str, Any], **more: Any) -> str:
    """A pact file's text."""
    head = {"consumer": {"name": "a"}, "provider": {"name": "b"}}
    return json.dumps({**head, "interactions": list(interactions), **more})


def interaction(description: str, **more: Any) -> dict[str, Any]:
    """The smallest interaction."""
    return {"description": description, "request": {"method": "get", "path": "/"}, "response": {"status": 200}, **more}


@given(st.lists(st.sampled_from(["one", "two", "one (2)"]), min_size=1, max_size=12))
def test_rows_without_keys_are_told_apart(tmp_path_factory: pytest.TempPathFactory, descriptions: list[str]) -> None:
    """However often a description stands, each row has an id of its own, the same at every reading."""
    file = tmp_path_factory.mktemp("pact") / "pact.json"
    file.write_text(pact_of(*map(interaction, descriptions)))
    first, second = ([each.case_id for each in read_interactions([file])] for _ in range(2))
    assert len(set(first)) == len(descriptions)
    assert first == second
    assert all(case.startswith(name) for case, name in zip(first, descriptions, strict=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            pact_of(interaction("an event", type="Asynchronous/Messages")),
            "'an event' is a message; only HTTP",
        ),
        (pact_of(messages=[{"description": "an event"}]), "'an event' is a message; only HTTP"),
        (pact_of(interaction("x", key="k"), interaction("y", key="k")), "interaction 1, 'y': key 'k' stands twice"),
        (pact_of(interaction("x", key="1"), interaction("y", key=1)), "interaction 1, 'y': key '1' stands twice"),
        (
            pact_of(interaction("x", comments=["x"])),
            "interaction 0, 'x': comments are an object, such as {}, not ['x']",
        ),
        (pact_of(interaction("x", request={})), "interaction 0, 'x', is none of Pact's: KeyError: 'method'"),
        (pact_of(interaction("x"), metadata={"pactSpecification": {"version": "5.0"}}), "version 5.0"),
        (pact_of(), "a pact without interactions verifies nothing"),
        ("[]", "expected an object with consumer, provider and interactions"),
        ("{", "not a pact: Expecting property name"),
        ("<<<<<<< HEAD\n{}", "(char 0); cut short, or in a merge conflict? Generate it anew"),
    ],
)
def test_what_cannot_be_verified_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    """One line with the file, the interaction and the reason."""
    file = tmp_path / "pact.json"
    file.write_text(text)
    with pytest.raises(BadPact) as refused:
        read_interactions([file])
    assert str(refused.value).startswith(f"{file}: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def played(*case_ids: str, provider: str = "b") -> dict[str, str]:
    """Return the pacts of passed rows."""
    head = {"metadata": {}, "provider": {"name": provider}}
    return {each: pact_of(interaction("x", key=each), **head) for each in case_ids}


def test_a_row_without_its_own_pact_is_not_joined() -> None:
    """A missing row, and the pact of another row under its name."""
    one = played("b/op/one")
    with pytest.raises(Incomplete, match="the first: b/op/two"):
        joined(one, ["b/op/one", "b/op/two"])
    with pytest.raises(Incomplete, match="b/op/two: its pact does not hold this row alone"):
        joined({**one, "b/op/two": one["b/op/one"]}, ["b/op/one", "b/op/two"])


def test_pacts_that_cannot_all_be_written_stay_as_they_were(tmp_path: Path) -> None:
    """Where the second cannot be written, the first stays as it was, and no half of one is left."""
    rows = played("b/op/one") | played("c/op/one", provider="c")
    write_pacts(joined(rows, rows), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "a-c.json.partial").mkdir()
    rows |= played("b/op/two") | played("c/op/two", provider="c")
    with pytest.raises(OSError, match="a-c"):
        write_pacts(joined(rows, rows), tmp_path)
    (tmp_path / "a-c.json.partial").rmdir()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_writing_removes_and_replaces_only_what_an_earlier_run_wrote(tmp_path: Path) -> None:
    """A stale pact goes when it is ours; every other file stays; a file in the way is an error that names it."""
    pacts, rows = tmp_path / "new" / "pacts", played("b/op/one")
    write_pacts(joined(rows, rows), pacts)
    (pacts / "old.json").write_text(pact_of(metadata={"outdial": BY_TESTS}))
    others = {"theirs.json": pact_of(), "notes.json": "not a pact", "package.json": '{"name": "x"}'}
    for name, text in others.items():
        (pacts / name).write_text(text)
    write_pacts(joined(rows, rows), pacts)
    assert {path.name for path in pacts.iterdir()} == {"a-b.json", *others}
    assert {name: (pacts / name).read_text() for name in others} == others
    (pacts / "a-b.json").write_text(pact_of(interaction("theirs")))
    with pytest.raises(NotOurs, match=r"a-b\.json: not written by this command"):
        write_pacts(joined(rows, rows), pacts)


SECRET_TEXT = st.text("abcdefXYZ0123456789-._~", min_size=12, max_size=40)


@given(
    SECRET_TEXT,
    st.sampled_from(["access_token", "accessToken", "refresh_token", "client_secret", "assertion", "Set-Cookie"]),
)
def test_no_message_shows_a_secret(secret: str, name: str) -> None:
    """Under its own name, inside a body that is printed whole, in a form, or behind its scheme."""
    body = {"outer": [{name: secret}], "code": "shown"}
    for text in (json.dumps(body), repr(body), json.dumps(json.dumps(body)), f"a=1&{name}={secret}&code=shown"):
        assert secret not in hidden(f"expected nothing, got {text}")
        assert "shown" in hidden(f"expected nothing, got {text}")
    assert secret not in about(f"$.outer[0]['{name}']", f"expected 5, got {secret!r}")
    assert secret not in hidden(f"Authorization is 'Bearer {secret}', Basic {secret}")


def test_what_is_no_secret_is_shown() -> None:
    """A refusal that speaks of tokens says what it says."""
    said = "No authentication bearer token specified in authorization header."
    assert about("$.message", f"expected {said!r}") == f"$.message: expected {said!r}"
