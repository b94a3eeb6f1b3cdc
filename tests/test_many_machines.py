"""One run over several machines: rows are dealt, partial pacts are merged, an incomplete or foreign set is refused."""

import json
import shutil
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from outdial.generation.join import run as run_join
from outdial.pact_files.join import NotOurs
from outdial.pact_files.shards import BadShards, Shard
from outdial.tables import TABLES, load_suite
from tests.conftest import ROOT, Run


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """The folders of three machines."""
    folder = tmp_path_factory.mktemp("shards")
    for number in (1, 2, 3):
        ended = run("generate", "--shard", f"{number}/3", "--out", folder / str(number))
        assert ended.returncode == 0, ended.stdout
        assert f"of shard {number}/3 written" in ended.stdout
    return folder


def join(folders: list[Path], pacts: Path) -> int:
    """Run `outdial join`."""
    return run_join(SimpleNamespace(shards=folders, pacts=pacts))  # type: ignore[arg-type]


def test_joined_pacts_are_those_of_one_machine(machines: Path, tmp_path: Path) -> None:
    """Byte for byte."""
    assert join([machines / "3", machines / "1", machines / "2"], tmp_path / "pacts") == 0
    for file in (ROOT / "pacts").glob("*.json"):
        assert (tmp_path / "pacts" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_machine_that_stands_twice_counts_once(machines: Path, tmp_path: Path) -> None:
    """A CI's retry leaves the same rows again."""
    assert join([*sorted(machines.iterdir()), machines / "1"], tmp_path / "pacts") == 0


def drop(folder: Path) -> None:
    shutil.rmtree(folder / "2")


def lose_a_file(folder: Path) -> None:
    next((folder / "2").glob("*.json")).unlink()


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


def whole_pact(folder: Path) -> None:
    shutil.copy(ROOT / "pacts" / "outdial-genesys-cloud.json", folder / "2")


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a machine is missing": (drop, "rows are here; no file of shard 2/3"),
    "a file is missing": (lose_a_file, "rows are here"),
    "a row differs": (change_a_row, "differs between"),
    "another run": (other_run, "of another run than"),
    "cut short": (cut_short, "expected partial pacts"),
    "a whole pact": (whole_pact, "expected partial pacts"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_not_the_whole_of_one_run_is_refused(machines: Path, tmp_path: Path, fault: str) -> None:
    """The message names the fault, and nothing is written."""
    folder = Path(shutil.copytree(machines, tmp_path / "shards"))
    spoil, said = FAULTS[fault]
    spoil(folder)
    with pytest.raises(BadShards, match=said):
        join(sorted(folder.iterdir()), tmp_path / "pacts")
    assert not (tmp_path / "pacts").exists()


def test_a_partial_pact_overwrites_no_whole_one(tmp_path: Path) -> None:
    """`--out pacts` by mistake leaves the pacts alone."""
    pacts = Path(shutil.copytree(ROOT / "pacts", tmp_path / "pacts"))
    from outdial.pact_files.join import write_pacts
    from outdial.pact_files.shards import mark_of

    content = {"outdial-genesys-cloud.json": json.loads((pacts / "outdial-genesys-cloud.json").read_text())}
    with pytest.raises(NotOurs):
        write_pacts(content, pacts, mark_of(Shard(1, 2), {"a": "b"}))


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


def test_every_row_is_on_one_machine() -> None:
    """However many machines there are."""
    rows = [each.case_id for each in load_suite(TABLES)]
    for of in (1, 2, 7, 300):
        parts = [Shard(number, of).part(rows) for number in range(1, of + 1)]
        assert sorted(row for part in parts for row in part) == sorted(rows)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_shard_of_verification_takes_its_rows(run: Run, tmp_path: Path) -> None:
    """Journeys are played by the first machine; JUnit files are merged by the CI."""
    pact = ROOT / "pacts" / "outdial-nice-cxone-login.json"
    counts = []
    for number in (1, 2):
        files = (f"--json={tmp_path / 'r.json'}", f"--junit={tmp_path / 'r.xml'}")
        ended = run("verify", pact, "--shard", f"{number}/2", *files)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        counts.append(len(json.loads((tmp_path / "r.json").read_text())))
    assert sum(counts) == len(json.loads(pact.read_text())["interactions"])
