"""One run over several machines: rows are dealt, partial pacts are merged, an incomplete or foreign set is refused."""

import json
import shutil
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

import pytest

from outdial.generation.command import part
from outdial.pact_files.join import NotOurs, write_pacts
from outdial.pact_files.shards import Shard, mark_of
from outdial.tables import TABLES, load_suite
from tests.command import outdial
from tests.conftest import ROOT, Run

PACTS = {path.name: json.loads(path.read_text()) for path in (ROOT / "pacts").glob("*.json")}


def leave(folder: Path, shard: Shard) -> Path:
    """Write the partial pacts that a machine leaves, from the committed ones."""
    mine = part(TABLES, shard)
    pacts = {}
    for name, pact in PACTS.items():
        if rows := [each for each in pact["interactions"] if each["key"] in mine.case_ids]:
            metadata = {key: value for key, value in pact["metadata"].items() if key != "outdial"}
            pacts[name] = {**pact, "interactions": rows, "metadata": metadata}
    write_pacts(pacts, folder, mark_of(shard, mine.digests))
    return folder


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of three machines."""
    folder = tmp_path_factory.mktemp("shards")
    for number in (1, 2, 3):
        leave(folder / str(number), Shard(number, 3))
    return folder


def test_a_machine_leaves_its_part(run: Run, tmp_path: Path) -> None:
    """As the machines of these tests do, byte for byte."""
    ended = run("generate", "--shard", "2/30", "--out", tmp_path / "played")
    assert ended.returncode == 0, ended.stdout
    assert "of shard 2/30 written" in ended.stdout
    left = leave(tmp_path / "left", Shard(2, 30))
    assert {path.name: path.read_bytes() for path in (tmp_path / "played").iterdir()} == {
        path.name: path.read_bytes() for path in left.iterdir()
    }


def test_joined_pacts_are_those_of_one_machine(machines: Path, tmp_path: Path) -> None:
    """Byte for byte; a machine that stands twice, as a CI's retry leaves it, counts once."""
    folders = [machines / name for name in ("3", "1", "2", "1")]
    assert outdial("join", *folders, "--pacts", tmp_path / "pacts").code == 0
    for name in PACTS:
        assert (tmp_path / "pacts" / name).read_bytes() == (ROOT / "pacts" / name).read_bytes(), name


def drop(folder: Path) -> None:
    shutil.rmtree(folder / "2")


def change_a_row(folder: Path) -> None:
    """The same row, played twice with two results."""
    file = next((folder / "2").glob("outdial-genesys-cloud.json"))
    pact = json.loads(file.read_text())
    (folder / "again").mkdir()
    pact["interactions"][0]["response"]["status"] = 418
    (folder / "again" / file.name).write_text(json.dumps(pact))


def other_run(folder: Path) -> None:
    for file in (folder / "2").glob("*.json"):
        pact = json.loads(file.read_text())
        pact["metadata"]["outdial"]["digest"] = "0"
        file.write_text(json.dumps(pact))


def cut_short(folder: Path) -> None:
    file = next((folder / "2").glob("*.json"))
    file.write_text(file.read_text()[:-200])


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a machine is missing": (drop, "rows are here; no file of shard 2/3"),
    "a row differs": (change_a_row, "differs between"),
    "another run": (other_run, "of another run than"),
    "cut short": (cut_short, "expected partial pacts"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_the_whole_of_one_run_is_refused(machines: Path, tmp_path: Path, fault: str) -> None:
    """The message names the fault, and nothing is written."""
    folder = Path(shutil.copytree(machines, tmp_path / "shards"))
    spoil, said = FAULTS[fault]
    spoil(folder)
    done = outdial("join", *sorted(folder.iterdir()), "--pacts", tmp_path / "pacts")
    assert (done.code, said in done.err) == (4, True), done.text
    assert not (tmp_path / "pacts").exists()


def test_a_partial_pact_overwrites_no_whole_one(tmp_path: Path) -> None:
    """`--out pacts` by mistake leaves the pacts alone."""
    pacts = Path(shutil.copytree(ROOT / "pacts", tmp_path / "pacts"))
    with pytest.raises(NotOurs):
        leave(pacts, Shard(1, 2))


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        ({"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "8"}, Shard(2, 8)),
        ({"CIRCLE_NODE_INDEX": "0", "CIRCLE_NODE_TOTAL": "4"}, Shard(1, 4)),
        ({"BUILDKITE_PARALLEL_JOB": "3", "BUILDKITE_PARALLEL_JOB_COUNT": "4"}, Shard(4, 4)),
    ],
)
def test_auto_reads_the_variables_of_the_ci(environment: dict[str, str], shard: Shard) -> None:
    """GitLab counts from 1, CircleCI and Buildkite from 0."""
    assert Shard.read("auto", environment) == shard


@pytest.mark.parametrize("text", ["", "2", "0/8", "9/8", "a/b", "auto", "1/0"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """The message shows a valid one."""
    with pytest.raises(ArgumentTypeError, match="invalid --shard"):
        Shard.read(text, {})


@pytest.mark.parametrize("of", [1, 2, 7, 300])
def test_every_row_is_on_one_machine(of: int) -> None:
    """However many machines there are, of generation and of verification."""
    rows = [each.case_id for each in load_suite(TABLES)]
    parts = [Shard(number, of).part(rows) for number in range(1, of + 1)]
    assert sorted(row for part in parts for row in part) == sorted(rows)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
