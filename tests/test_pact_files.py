"""A pact of any tool and version is read as one model, cut, joined and verified; nobody's file is destroyed."""

import json
import shutil
from pathlib import Path
from typing import Any, Literal

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from pact import Pact, match

from outdial.pact_files import BadPact, Interaction, read_interactions
from outdial.pact_files.cutting import piece_of, pieces
from outdial.pact_files.hiding import about, hidden
from outdial.pact_files.join import BY_TESTS, Incomplete, NotOurs, join, shard_path, write_shard
from tests.conftest import ROOT, Run
from tests.raw_provider import http, sending

PACT_JS = Path(__file__).parent / "pacts_of_others"
"""Written by @pact-foundation/pact 16.5.0, as its `PactV2`, `PactV3` and `PactV4` leave them."""
RESULTS = ("json", "junit", "observed")
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


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pact_of_pact_python_verifies(run: Run, tmp_path: Path, version: Version) -> None:
    """Without keys, in each version of the specification: a row is named by its description with its states."""
    ended = run("verify", "-v", written_by_pact_python(version, tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ok   a call without a token given a conversation | expected 401 authentication.required" in ended.stdout
    assert "2 interactions verified: 2 hold" in ended.stdout


@pytest.mark.parametrize("pact", sorted(PACT_JS.iterdir()), ids=lambda path: path.stem)
def test_a_pact_of_pact_js_verifies_and_its_expectations_count(run: Run, tmp_path: Path, pact: Path) -> None:
    """Its generators and matching rules are used as they stand; another expected status fails the row."""
    ended = run("verify", pact)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    content = json.loads(pact.read_text())
    content["interactions"][0]["response"]["status"] = 418
    (changed := tmp_path / "changed.json").write_text(json.dumps(content))
    ended = run("verify", changed)
    assert ended.returncode == 1
    assert "expected 418" in ended.stdout


def test_every_version_is_read_as_the_same_model(tmp_path: Path) -> None:
    """What a consumer expects does not depend on the version that its tool writes."""
    read = []
    for version in VERSIONS:
        (tmp_path / version).mkdir()
        read.append(read_interactions([written_by_pact_python(version, tmp_path / version)]))
    v2, v3, v4 = ([(each.case_id, each.states, each.request, each.response) for each in rows] for rows in read)
    plain = [[(case, states, request, response.rules["body"].keys()) for case, states, request, response in v2]]
    plain.append([(case, states, request, response.rules["body"].keys()) for case, states, request, response in v4])
    assert plain[0] == plain[1]
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
        (pact_of(interaction("x", key="x\ud800y")), "not a pact: 'utf-8' codec can't encode character '\\ud800'"),
        (f'{{"consumer": {"[" * 900}{"]" * 900}}}', "not a pact: nested 901 deep; 200 at most can be verified"),
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


def test_what_is_not_verified_is_noted(run: Run, tmp_path: Path) -> None:
    """A message is skipped, a pending row does not decide, a body without content is told; a BOM is no fault."""
    rows = [
        interaction("a call", type="Synchronous/HTTP", response={"status": 418}, pending=True),
        interaction("an event", type="Asynchronous/Messages"),
        interaction(
            "nothing compared",
            type="Synchronous/HTTP",
            response={"status": 404, "body": {"contentType": "application/json"}},
        ),
    ]
    file = tmp_path / "pact.json"
    file.write_text("\ufeff" + pact_of(*rows, metadata={"pactSpecification": {"version": "4.0"}}))
    with sending(lambda *_: http("{}", "404 Not Found")) as url:
        ended = run("verify", file, "--provider-url", url, *(f"--{name}={tmp_path / name}" for name in RESULTS))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "pact.json: 1 messages skipped; only HTTP is verified here" in ended.stdout
    assert "pact.json: 1 pending interactions, which are reported and do not decide" in ended.stdout
    assert "pact.json: nothing compared: the response body has no `content`" in ended.stdout
    assert "1 hold, 0 do not (1 unknown); 1 observed" in ended.stdout


def test_a_piece_keeps_the_version_and_the_interactions_of_its_pact() -> None:
    """Pact's verifier gets what the tool wrote, but for the description, which carries the case id."""
    for pact in sorted(PACT_JS.iterdir()):
        content = json.loads(pact.read_text())
        (piece,) = map(piece_of, pieces(read_interactions([pact])))
        assert piece["metadata"] == content["metadata"]
        sent = [{**each, "description": None} for each in piece["interactions"]]
        assert sent == [{**each, "description": None} for each in content["interactions"]]


def shard(folder: Path, case_id: str) -> list[str]:
    """One passed case, and the list of it."""
    folder.mkdir(exist_ok=True)
    write_shard(folder, case_id, pact_of(interaction("x", key=case_id), metadata={}))
    return [case_id]


def test_a_shard_of_another_case_is_not_joined(tmp_path: Path) -> None:
    """Whatever lies under a case's name counts only when it is that case; the pacts stay as they were."""
    shards = tmp_path / "shards"
    joined = [*shard(shards, "b/op/one"), *shard(shards, "b/op/two")]
    shutil.copy(shard_path(shards, "b/op/one"), shard_path(shards, "b/op/two"))
    with pytest.raises(Incomplete, match="expected the pact of b/op/two alone"):
        join(shards, joined, tmp_path / "pacts")
    assert not (tmp_path / "pacts").exists()


def shard_of(folder: Path, case_id: str, **head: Any) -> str:
    """One passed case, written under a head of its own."""
    folder.mkdir(exist_ok=True)
    write_shard(folder, case_id, pact_of(interaction("x", key=case_id), **{"metadata": {}, **head}))
    return case_id


def test_pacts_that_cannot_all_be_written_stay_as_they_were(tmp_path: Path) -> None:
    """Where the second cannot be written, the first stays as it was, and no half of one is left."""
    shards, pacts = tmp_path / "shards", tmp_path / "pacts"
    cases = [shard_of(shards, "b/op/one"), shard_of(shards, "c/op/one", provider={"name": "c"})]
    join(shards, cases, pacts)
    before = {path.name: path.read_bytes() for path in pacts.iterdir()}
    (pacts / "a-c.json.partial").mkdir()
    cases = [*cases, shard_of(shards, "b/op/two"), shard_of(shards, "c/op/two", provider={"name": "c"})]
    with pytest.raises(OSError, match="a-c"):
        join(shards, cases, pacts)
    (pacts / "a-c.json.partial").rmdir()
    assert {path.name: path.read_bytes() for path in pacts.iterdir()} == before


def test_joining_removes_only_what_an_earlier_run_wrote(tmp_path: Path) -> None:
    """A pact of no scenario goes when it is ours; every other file stays; a missing folder is made."""
    pacts = tmp_path / "new" / "pacts"
    join(tmp_path / "shards", shard(tmp_path / "shards", "b/op/one"), pacts)
    (pacts / "old.json").write_text(pact_of(metadata={"outdial": BY_TESTS}))
    others = {"theirs.json": pact_of(), "notes.json": "not a pact", "package.json": '{"name": "x"}'}
    for name, text in others.items():
        (pacts / name).write_text(text)
    join(tmp_path / "shards", ["b/op/one"], pacts)
    assert {path.name for path in pacts.iterdir()} == {"a-b.json", *others}
    assert {name: (pacts / name).read_text() for name in others} == others


def test_joining_does_not_overwrite_what_another_wrote(tmp_path: Path) -> None:
    """A file of another under the name of ours is an error that names it, and stays."""
    (tmp_path / "a-b.json").write_text(pact_of(interaction("theirs")))
    before = (tmp_path / "a-b.json").read_bytes()
    with pytest.raises(NotOurs, match=r"a-b\.json: not written by this command"):
        join(tmp_path / "shards", shard(tmp_path / "shards", "b/op/one"), tmp_path)
    assert (tmp_path / "a-b.json").read_bytes() == before


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


def test_the_committed_pacts_are_marked_as_ours() -> None:
    """Or a later run would leave stale ones, and refuse to replace them."""
    pacts = [json.loads(path.read_text()) for path in sorted((ROOT / "pacts").glob("*.json"))]
    assert pacts
    assert all(pact["metadata"]["outdial"] == BY_TESTS for pact in pacts)


def test_a_thousand_rows_are_read_and_cut_without_copies(tmp_path: Path) -> None:
    """Each piece refers to what was read, and every interaction is in exactly one."""
    file = tmp_path / "pact.json"
    file.write_text(pact_of(*(interaction(f"row {number}") for number in range(1000))))
    rows: list[Interaction] = read_interactions([file])
    cut = list(pieces(rows))
    assert [id(row) for piece in cut for row in piece] == [id(row) for row in rows]
    assert max(map(len, cut)) <= 20
