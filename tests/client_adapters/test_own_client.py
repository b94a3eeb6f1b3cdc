"""A team's own client gets pacts of its own, made of the same interactions as ours, and nothing else is touched."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outdial.documents import DocumentError
from outdial.generation.own_client import generate
from outdial.pact_files.join import NotOurs
from tests.client_adapters.playing import CLIENT, command
from tests.command import outdial
from tests.conftest import ROOT
from tests.table_files import copy_tables

TABLE = "genesys-cloud/get_call"
FUNCTION = """
import json, os, sys
sys.path.append(os.environ["CLIENTS"])
import client
def play(row):
    print("what a client prints is not its answer")
    with open("asked.jsonl", "a") as asked:
        asked.write(json.dumps(row) + "\\n")
    return client.send(row)
"""
CALLBACK = """
from urllib.parse import urlencode
from urllib.request import Request, urlopen
def play(row):
    url = f"{row['api']}/queuecallback?{urlencode(row['arguments']['callback'])}"
    with urlopen(Request(url, method="POST", headers={"Authorization": f"Bearer {row['token']}"})) as answer:
        return {"status": answer.status}
"""
"""A client of an operation whose fields are all in the query."""


def interactions(pact: Path) -> dict[str, Any]:
    """Return each interaction of a pact by its key, without what tells whose it is."""
    found = {}
    for each in json.loads(pact.read_text(encoding="utf-8"))["interactions"]:
        key = each.pop("key")
        each["comments"].pop("case")
        found[key] = each
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a team, where it runs its commands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def test_a_function_gets_each_row_and_its_pact_is_verified(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the one command, from the team's folder, from a module that has the name of one of ours."""
    monkeypatch.setenv("CLIENTS", str(CLIENT.parent))
    (team / "contracts.py").write_text(FUNCTION)
    words = ["pact", "--consumer", "team", "--client", "contracts:play", "--tables", TABLE]
    ended = subprocess.run([sys.executable, "-m", "outdial", *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ours = {key: each for key, each in interactions(ROOT / "pacts/outdial-genesys-cloud.json").items() if TABLE in key}
    assert interactions(team / "pacts/team-genesys-cloud.json").keys() == {f"team/{key}" for key in ours}
    assert f"{len(ours)} interactions verified: {len(ours)} hold" in ended.stdout
    asked = [json.loads(line) for line in (team / "asked.jsonl").read_text().splitlines()]
    fields = {"seq", "api", "login", "token", "provider", "operation", "arguments"}
    assert all(set(each) == fields for each in asked)
    assert not {"no-scope-to-read", "unknown-token"} & set(json.dumps(asked).split('"')), "an expectation is told"


def test_fields_in_the_query_have_the_names_of_the_wire(team: Path) -> None:
    """Not those of our Python client, by which the table states the call."""
    (team / "callbacks.py").write_text(CALLBACK)
    assert generate("callbacks:play", "team", ["nice-cxone/queue_callback"], team / "pacts", rows="/accepted") == []


def test_consumers_live_side_by_side_and_files_of_others_stay(team: Path) -> None:
    """A run replaces the pacts that the same consumer has left, and nothing else; a part of the rows writes nothing."""
    pacts = team / "pacts"
    pacts.mkdir()
    (pacts / "team-payments.json").write_text('{"consumer": {"name": "team"}}')
    tables = copy_tables(team)
    assert generate(command(), "first", [str(tables), TABLE], pacts)
    both = ["genesys-cloud-login/client_credentials", TABLE]
    assert generate(command(), "second", both, pacts, rows="scope and get_call") == []
    left = contents(pacts)
    (written,) = generate(command(), "second", [TABLE], pacts) or []
    assert contents(pacts) == {**left, "second-genesys-cloud.json": written.read_bytes()}
    assert set(contents(pacts)) == {
        "team-payments.json", "first-genesys-cloud.json", "second-genesys-cloud.json",
    }  # fmt: skip
    (pacts / "first-genesys-cloud.json").write_bytes((ROOT / "pacts" / "outdial-genesys-cloud.json").read_bytes())
    with pytest.raises(NotOurs, match="not written by this command, not overwritten; move the file away"):
        generate(command(), "first", [TABLE], pacts)


def test_what_the_client_must_say_is_checked_where_a_file_says_it(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One word for one refusal; another word is told with the row, and a right one passes."""
    said, scope = team / "expects.yaml", "app.not.authorized.for.scope"
    for word, written in (("Refused", []), ("ScopeMissing", None)):
        said.write_text(f"genesys-cloud: {{refusals: {{{scope}: {word}}}}}\n")
        rows = "/no-scope-to-read"
        assert generate(command(), "team", [TABLE], team / "pacts", rows=rows, expects=said) == written
    assert f"said 'Refused' to the refusal {scope}, and must say 'ScopeMissing'" in capsys.readouterr().out


def test_what_the_client_needs_of_an_answer_is_in_its_pact(team: Path) -> None:
    """A field that the row leaves out is asked of the provider, in this consumer's pact only."""
    (team / "expects.yaml").write_text("genesys-cloud: {accepted: {get_call: {selfUri: {like: /api/v2/x}}}}\n")
    generate(command(), "team", [TABLE], team / "pacts", expects=team / "expects.yaml")
    key = f"{TABLE}/readonly-scope"
    ours = interactions(ROOT / "pacts/outdial-genesys-cloud.json")[key]["response"]["body"]["content"]
    found = interactions(team / "pacts/team-genesys-cloud.json")[f"team/{key}"]["response"]["body"]["content"]
    assert found == {**ours, "selfUri": "/api/v2/x"}


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        (
            "genesys-cloud:\n  refusals:\n    bad.credential: X\n",
            ":3: no refusal 'bad.credential' - did you mean 'bad.",
        ),
        ("genesys-clod:\n  refusals: {}\n", ":1: no edition 'genesys-clod' - did you mean 'genesys-cloud'?"),
        ("genesys-cloud:\n  accepted: {get_cal: {id: x}}\n", ":2: no operation 'get_cal' - did you mean 'get_call'?"),
        ("genesys-cloud:\n  accepted: {get_call: {id: {matches: x}}}\n", "{matches} states no value; write "),
    ],
    ids=["refusal", "edition", "operation", "matcher"],
)
def test_a_mistake_in_that_file_is_told_at_its_line(stated: str, said: str, team: Path) -> None:
    """File, line and the nearest name; no row is played."""
    (team / "expects.yaml").write_text(stated)
    with pytest.raises(DocumentError) as refused:
        generate("no-such-client", "team", [TABLE], team / "pacts", expects=Path("expects.yaml"))
    assert str(refused.value).startswith("expects.yaml:")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), 4, "--client needs --consumer"),
        (("--consumer", "team"), 4, "--client needs --tables: what your client calls. Valid: "),
        (("--consumer", "team", "--tables", "genesys-cloud/get_cal"), 4, "did you mean 'genesys-cloud/get_call'?"),
        (("--consumer", "team", "--seconds", "soon"), 4, "invalid seconds 'soon': expected a number above 0"),
        (("--consumer", "../team"), 4, "invalid name '../team': expected letters"),
        (
            ("--consumer", "team", "--tables", TABLE, "-k", "no-scop-to-read"),
            5,
            "selects no row - did you mean 'no-scope-to-read'?",
        ),
    ],
)
def test_a_wrong_option_is_told_in_a_line(options: tuple[str, ...], code: int, said: str, team: Path) -> None:
    """With what would do; nothing is written."""
    done = outdial("pact", "--client", command(), *options)
    assert (done.code, said in done.err, (team / "pacts").exists()) == (code, True, False), done.err
