"""A team's own client gets pacts of its own, made of the same interactions as ours, and nothing else is touched."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outdial.__main__ import main
from tests.broker.recorded_broker import recorded_broker
from tests.broker.workspace import new_workspace
from tests.client_adapters.playing import CLIENT, command, lines_of
from tests.conftest import ROOT

TABLE = "genesys-cloud/get_call"
FUNCTION = """
import importlib.util, json, os, sys
assert importlib.util.find_spec("consumer") is None, "a room of ours is on the path"
sys.path.append(os.environ["CLIENTS"])
import client
def play(row):
    print("what a client prints is not its answer")
    with open("asked.jsonl", "a") as asked:
        asked.write(json.dumps(row) + "\\n")
    return client.send(row)
"""
"""A client in a module that has the name of one of our rooms."""
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
    """Each interaction of a pact by its key, without what tells whose it is."""
    found = {}
    for each in json.loads(pact.read_text(encoding="utf-8"))["interactions"]:
        key = each.pop("key")
        each["comments"].pop("case")
        found[key] = each
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pact(consumer: str, pacts: Path, *options: str) -> int:
    """`outdial pact` with the tests' client over one table."""
    tables = () if "--tables" in options else ("--tables", TABLE)
    return main(["pact", "--consumer", consumer, "--client", command(), "--pacts", str(pacts), *tables, *options])


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a team, where it runs its commands."""
    folder = tmp_path / "team"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return folder


def test_a_function_gets_each_row_and_its_pact_is_verified(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the one command, from the team's folder, from a module whose name is taken by a room of ours."""
    monkeypatch.setenv("CLIENTS", str(CLIENT.parent))
    (team / "contracts.py").write_text(FUNCTION)
    command = [sys.executable, "-m", "outdial", "pact", "--consumer", "team", "--client", "contracts:play"]
    ended = subprocess.run(
        [*command, "--tables", TABLE], cwd=team, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    ours = {key: each for key, each in interactions(ROOT / "pacts/outdial-genesys-cloud.json").items() if TABLE in key}
    team_rows = interactions(team / "pacts/team-genesys-cloud.json")
    assert team_rows.keys() == {f"team/{key}" for key in ours}
    assert f"{len(ours)} interactions verified: {len(ours)} hold" in ended.stdout
    asked = [json.loads(line) for line in (team / "asked.jsonl").read_text().splitlines()]
    assert {frozenset(each) for each in asked} == {
        frozenset({"seq", "api", "login", "token", "provider", "operation", "arguments"})
    }
    assert not {"no-scope-to-read", "unknown-token"} & set(json.dumps(asked).split('"')), (
        "nothing tells what is expected"
    )


def test_fields_in_the_query_have_the_names_of_the_wire(team: Path) -> None:
    """Not those of our Python client, by which the table states the call."""
    (team / "callbacks.py").write_text(CALLBACK)
    options = ["--tables", "nice-cxone/queue_callback", "-k", "/accepted"]
    assert main(["pact", "--consumer", "team", "--client", "callbacks:play", *options]) == 0


def test_the_tables_are_named(team: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No client calls every vendor's API; whoever names nothing is told what there is."""
    assert main(["pact", "--consumer", "team", "--client", command()]) == 4
    err = capfd.readouterr().err
    assert "--client needs --tables: what your client calls. Valid: " in err
    assert "genesys-cloud, genesys-cloud-login, " in err
    assert not (team / "pacts").exists()


def test_consumers_live_side_by_side_and_files_of_others_stay(team: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run replaces what the same consumer has left, and nothing else, in the team's folder or in ours."""
    before = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    pacts = team / "pacts"
    pacts.mkdir()
    (pacts / "team-payments.json").write_text('{"consumer": {"name": "team"}}')
    (pacts / "notes.txt").write_text("ours")
    assert pact("first", pacts) == 0
    assert pact("second", pacts, "--tables", "genesys-cloud-login/client_credentials", TABLE, "-k", "scope") == 0
    left = contents(pacts)
    assert pact("second", pacts) == 0
    assert contents(pacts) == {**left, "second-genesys-cloud.json": (pacts / "second-genesys-cloud.json").read_bytes()}
    assert set(contents(pacts)) == {
        "team-payments.json", "notes.txt", "first-genesys-cloud.json", "second-genesys-cloud.json",
    }  # fmt: skip
    after = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert after == before
    assert not lines_of(capfd.readouterr().out)


def test_a_pact_that_another_run_has_written_is_not_replaced(team: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither one of our own, nor a file of others: one line, exit code 4, the bytes as before."""
    pacts = team / "pacts"
    pacts.mkdir()
    ours = (ROOT / "pacts" / "outdial-genesys-cloud.json").read_bytes()
    (pacts / "outdial-genesys-cloud.json").write_bytes(ours)
    assert pact("outdial", pacts) == 4
    err = capfd.readouterr().err
    assert "not written by this command, not overwritten; move the file away" in err
    assert contents(pacts) == {"outdial-genesys-cloud.json": ours}


def test_what_the_client_must_say_is_checked_where_a_file_says_it(
    team: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One word for one refusal; another word is told with the row, and a right one passes."""
    said = team / "expects.yaml"
    said.write_text(
        "genesys-cloud:\n  refusals:\n"
        "    app.not.authorized.for.scope: {error: Refused, code: app.not.authorized.for.scope}\n"
    )
    assert pact("team", team / "pacts", "--expects", str(said), "-k", "/no-scope-to-read") == 0
    said.write_text("genesys-cloud: {refusals: {app.not.authorized.for.scope: ScopeMissing}}\n")
    assert pact("team", team / "pacts", "--expects", str(said), "-k", "/no-scope-to-read") == 1
    assert lines_of(capfd.readouterr().out)[0].endswith(
        "said 'Refused' to the refusal app.not.authorized.for.scope, and must say 'ScopeMissing'"
    )


def test_what_the_client_needs_of_an_answer_is_in_its_pact(team: Path) -> None:
    """A field that the row leaves out is asked of the provider, in this consumer's pact only."""
    (team / "expects.yaml").write_text("genesys-cloud: {accepted: {get_call: {selfUri: {like: /api/v2/x}}}}\n")
    assert pact("team", team / "pacts", "--expects", "expects.yaml") == 0
    assert pact("other", team / "pacts") == 0
    key = f"{TABLE}/readonly-scope"
    ours, others = (
        interactions(team / f"pacts/{name}-genesys-cloud.json")[f"{name}/{key}"] for name in ("team", "other")
    )
    assert ours["response"]["body"]["content"] == {**others["response"]["body"]["content"], "selfUri": "/api/v2/x"}


@pytest.mark.parametrize(
    ("refusals", "said"),
    [
        (
            "genesys-cloud:\n  refusals:\n    ip.not.authorised: X\n",
            ":3: no refusal 'ip.not.authorised' - did you mean 'ip.not.authorized'?",
        ),
        (
            "genesys-clod:\n  refusals: {not.authorized: X}\n",
            ":1: no edition 'genesys-clod' - did you mean 'genesys-cloud'?",
        ),
        ("genesys-cloud:\n  refusals: {not.authorized: {eror: X}}\n", "unknown key 'eror' - did you mean 'error'?"),
        ("genesys-cloud:\n  refusals: {bad.credentials: [X]}\n", ":2: genesys-cloud.refusals.bad.credentials: "),
        (
            "genesys-cloud: {refusals: {bad.credentials: X, bad.credentials: Y}}\n",
            ":1: key 'bad.credentials' stands twice",
        ),
        ("genesys-cloud:\n  accepted: {get_cal: {id: x}}\n", ":2: no operation 'get_cal' - did you mean 'get_call'?"),
        (
            "genesys-cloud:\n  accepted: {get_call: {id: {liek: x}}}\n",
            ":2: {liek} states no value - did you mean 'like'?",
        ),
        ("- scope\n", ":1: expects a mapping"),
    ],
    ids=["refusal", "edition", "key", "type", "twice", "operation", "matcher", "form"],
)
def test_a_mistake_in_that_file_is_told_at_its_line(
    refusals: str, said: str, team: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """File, line and the nearest name; no row is played."""
    (team / "expects.yaml").write_text(refusals)
    assert pact("team", team / "pacts", "--expects", "expects.yaml") == 4
    out, err = capfd.readouterr()
    assert err.startswith("error: expects.yaml:")
    assert said in err
    assert out == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--tables", "genesys-cloud/get_cal"], "no table 'genesys-cloud/get_cal' - did you mean 'genesys-cloud/get_call'?"),  # noqa: E501
        (["-n", "2"], "-n is not for --client: the client is one process"),
        (["--seconds", "soon"], "'soon' is no time limit; give seconds, such as 10 or 0.5"),
        (["--consumer", "../team"], "'../team' is no name of a consumer"),
    ],
    ids=["table", "workers", "seconds", "consumer"],
)  # fmt: skip
def test_a_wrong_option_is_told_in_a_line(
    options: list[str], said: str, team: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What was given and what would do; exit code 4."""
    try:
        code: object = pact("team", team / "pacts", *options)
    except SystemExit as leaving:
        code = leaving.code
    assert code == 4
    assert said in capfd.readouterr().err


def test_a_selection_of_no_row_names_the_nearest(team: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A misspelt row plays nothing, which is no success."""
    assert pact("team", team / "pacts", "-k", "no-scop-to-read") == 5
    assert "-k 'no-scop-to-read' selects no row - did you mean 'no-scope-to-read'?" in capfd.readouterr().err


def test_the_consumer_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    """A pact without a consumer's name would be published under ours."""
    assert main(["pact", "--client", command()]) == 4
    assert "--client needs --consumer" in capfd.readouterr().err


def test_the_pacts_are_published_under_the_commit_of_the_team(team: Path) -> None:
    """Version and branch are those of the folder where the command runs, never Outdial's own."""
    assert pact("team", team / "pacts") == 0
    workspace = new_workspace(team)
    commit = workspace.commit()
    with recorded_broker() as broker:
        published = workspace.run("broker", "publish", "--dry-run", PACT_BROKER_BASE_URL=broker.url)
    assert published.code == 0, published.text
    assert f"would publish: team {commit} (main) → genesys-cloud" in published.out
