"""One run split over machines is joined to what one machine would have written, or to nothing."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generated_tables import PACT, write_tables
from outdial.pact_files.shards import MANIFEST, digest, split
from tests.conftest import ROOT, Run
from tests.table_files import edit

ROWS, MACHINES = 14, 3
Folders = list[Path]
Damage = Callable[[Path, Path], Folders | None]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables of a few rows."""
    return write_tables(ROWS, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def played(run: Run, tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What three machines left of these tables, and in `pacts` what one wrote."""
    folder = tmp_path_factory.mktemp("played")
    for number in range(1, MACHINES + 1):
        ended = run("generate", "--tables", tables, "--shard", f"{number}/{MACHINES}", "--out", folder / str(number))
        assert ended.returncode == 0, ended.stdout
    assert run("generate", "--tables", tables, "--pacts", folder / "pacts").returncode == 0
    return folder


@pytest.fixture(scope="module")
def verified(run: Run, played: Path) -> Path:
    """What three machines left of verifying those pacts, under `results`."""
    for number in range(1, MACHINES + 1):
        at = ["--pacts", played / "pacts", "--shard", f"{number}/{MACHINES}", "--results", played / f"results/{number}"]
        ended = run("verify", *at)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return played / "results"


def machines(folder: Path, to: Path) -> Folders:
    """A copy of what each machine left, to be damaged."""
    return [Path(shutil.copytree(folder / str(at), to / str(at))) for at in range(1, MACHINES + 1)]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_joined_pacts_are_those_of_one_machine(run: Run, played: Path, tmp_path: Path) -> None:
    """In whatever order the machines are named, and where one stands twice, byte for byte alike."""
    two, three, one = (played / str(number) for number in (2, 3, 1))
    again = shutil.copytree(two, tmp_path / "again")
    ended = run("join", two, three, one, again, "--pacts", tmp_path / "pacts")
    assert ended.returncode == 0, ended.stderr
    assert contents(tmp_path / "pacts") == contents(played / "pacts")


def test_more_machines_than_rows_are_joined_too(run: Run, tmp_path: Path) -> None:
    """A machine that no row is left for has done its part, and is missed when it is not named."""
    two = write_tables(2, tmp_path)
    for number in (1, 2, 3):
        assert (
            run("generate", "--tables", two, "--shard", f"{number}/3", "--out", tmp_path / str(number)).returncode == 0
        )
    ended = run("join", tmp_path / "1", tmp_path / "2", "--pacts", tmp_path / "pacts")
    assert "3/3 is missing: no rows" in ended.stderr
    ended = run("join", *(tmp_path / str(number) for number in (1, 2, 3)), "--pacts", tmp_path / "pacts")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "pacts" / PACT).read_text().count('"key"') == 2


def without_one(shards: Path, _tables: Path) -> Folders:
    return [shards / "1", shards / "3"]


def twice_and_different(shards: Path, _tables: Path) -> Folders:
    """A row that is other and whose digest is right: it was played so."""
    again = Path(shutil.copytree(shards / "2", shards / "again"))
    row = sorted(again.glob("genesys*"))[0]
    edit(row, '"POST"', '"PUT"')
    manifest = json.loads((again / MANIFEST).read_text())
    manifest["files"][row.name] = digest(row)
    (again / MANIFEST).write_text(json.dumps(manifest))
    return [*(shards / str(at) for at in (1, 2, 3)), again]


def of_other_tables(shards: Path, tables: Path) -> None:
    other = Path(shutil.copytree(tables, shards / "other-tables"))
    edit(other / "genesys-cloud" / "place_call_for_agent.yaml", "label: row 3}", "label: row three}")
    command = [sys.executable, "-m", "outdial", "generate", "--tables", str(other), "--shard", "2/3"]
    subprocess.run([*command, "--out", str(shards / "2")], cwd=ROOT, check=True, capture_output=True)


def of_another_commit(shards: Path, _tables: Path) -> None:
    edit(shards / "2" / MANIFEST, '"code": "', '"code": "0')


def cut_short(shards: Path, _tables: Path) -> None:
    row = sorted((shards / "2").glob("genesys*"))[0]
    row.write_bytes(row.read_bytes()[:-40])


def without_a_row(shards: Path, _tables: Path) -> None:
    sorted((shards / "2").glob("genesys*"))[0].unlink()


def with_a_manifest_cut_short(shards: Path, _tables: Path) -> None:
    (shards / "2" / MANIFEST).write_bytes((shards / "2" / MANIFEST).read_bytes()[:200])


def without_a_manifest(shards: Path, _tables: Path) -> None:
    (shards / "2" / MANIFEST).unlink()


def of_another_number_of_machines(shards: Path, tables: Path) -> None:
    command = [sys.executable, "-m", "outdial", "generate", "--tables", str(tables), "--shard", "2/4"]
    subprocess.run([*command, "--out", str(shards / "2")], cwd=ROOT, check=True, capture_output=True)


def of_a_row_that_failed(shards: Path, _tables: Path) -> None:
    """As a machine leaves it whose run was not green: every row that passed, and no word that it has finished."""
    manifest = json.loads((shards / "2" / MANIFEST).read_text())
    (shards / "2" / MANIFEST).write_text(json.dumps({**manifest, "files": None}))
    without_a_row(shards, _tables)


FIRST_OF_2 = "genesys-cloud/place_call_for_agent/row-00001"
FAULTS: list[tuple[Damage, str]] = [
    (without_one, rf"2/3 is missing: 5 rows, the first {FIRST_OF_2}"),
    (twice_and_different, rf"2/3 stands twice, in \S+/2 and in \S+/again, and differs in {FIRST_OF_2}"),
    (of_other_tables, r"/2: 2/3 is from other tables than the others"),
    (of_another_commit, r"/2: 2/3 is from other code \(another commit, or changed files\) than the others"),
    (cut_short, rf"/2: \S+\.json, of {FIRST_OF_2}, is not what 2/3 wrote: cut short or changed"),
    (without_a_row, rf"/2: 2/3 lacks \S+\.json, of {FIRST_OF_2}"),
    (with_a_manifest_cut_short, r"/2: shard\.json is cut short or damaged"),
    (without_a_manifest, r"/2: there is no shard\.json"),
    (of_another_number_of_machines, r"/2: 2/4 is of 4 machines, others are of 3"),
    (of_a_row_that_failed, rf"/2: 2/3 did not finish: 4 of 5 rows are there, the first that is not: {FIRST_OF_2}"),
]


@pytest.mark.parametrize(("damage", "said"), FAULTS, ids=[damage.__name__ for damage, _ in FAULTS])
def test_a_run_that_is_not_whole_names_machine_and_row_and_writes_nothing(
    run: Run, played: Path, tables: Path, tmp_path: Path, damage: Damage, said: str
) -> None:
    """Whatever a machine did wrong: exit code 4, and the pacts of before are there, byte for byte."""
    folders = machines(played, tmp_path)
    named = damage(tmp_path, tables) or folders
    pacts = tmp_path / "pacts"
    shutil.copytree(played / "pacts", pacts)
    edit(pacts / PACT, "row 3", "row 3 of before")
    before = contents(pacts)
    ended = run("join", *named, "--pacts", pacts, "--timings", tmp_path / "timings.json")
    assert ended.returncode == 4
    assert re.search(said, ended.stderr), ended.stderr
    assert ended.stderr.count("\n") <= 3
    assert contents(pacts) == before
    assert not (tmp_path / "timings.json").exists()


def test_a_machine_killed_half_way_is_named(run: Run, tmp_path: Path) -> None:
    """Even by SIGKILL, with which nobody can tidy up; another run of that machine may use its folder again."""
    out = tmp_path / "1"
    command = [sys.executable, "-m", "outdial", "generate", "--shard", "1/1", "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True) as running:
        deadline = time.monotonic() + 60
        while len(list(out.glob("*__*.json"))) < 3:
            assert time.monotonic() < deadline, "no row was written"
            time.sleep(0.005)
        os.killpg(running.pid, signal.SIGKILL)
    ended = run("join", out, "--pacts", tmp_path / "pacts")
    assert ended.returncode == 4
    assert re.search(r"/1: 1/1 did not finish: \d+ of \d+ rows are there, the first that is not: \S+/", ended.stderr)
    assert not (tmp_path / "pacts").exists()
    rows = write_tables(2, tmp_path)
    assert run("generate", "--tables", rows, "--shard", "1/1", "--out", out).returncode == 0
    assert run("join", out, "--pacts", tmp_path / "pacts").returncode == 0


def test_a_folder_of_others_is_not_emptied(run: Run, tables: Path, tmp_path: Path) -> None:
    """What no machine left there stays."""
    (tmp_path / "notes.json").write_text("{}")
    ended = run("generate", "--tables", tables, "--shard", "1/3", "--out", tmp_path)
    assert ended.returncode == 4
    assert "holds what is no shard" in ended.stderr
    assert contents(tmp_path) == {"notes.json": b"{}"}


def test_joined_results_are_those_of_one_machine(run: Run, verified: Path, played: Path, tmp_path: Path) -> None:
    """One JSON, the same but for nothing, and one JUnit of as many test cases."""

    def into(name: str) -> list[str | Path]:
        return ["--pacts", played / "pacts", "--json", tmp_path / f"{name}.json", "--junit", tmp_path / f"{name}.xml"]

    assert run("verify", *into("one")).returncode == 0
    ended = run("join-results", *(verified / str(at) for at in (3, 1, 2)), *into("all"))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "all.json").read_bytes() == (tmp_path / "one.json").read_bytes()
    one, joined = (
        re.findall(r'testcase [^>]*name="([^"]+)"', (tmp_path / f"{name}.xml").read_text()) for name in ("one", "all")
    )
    assert one == joined
    assert len(one) >= ROWS


def test_a_row_that_does_not_hold_on_one_machine_fails_the_joined_answer(
    run: Run, played: Path, tmp_path: Path
) -> None:
    """The machine says so, and the join says the same in the one JUnit of all."""
    pacts = tmp_path / "pacts"
    shutil.copytree(played / "pacts", pacts)
    edit(pacts / PACT, '"status": 403', '"status": 409')
    ended = [
        run("verify", "--pacts", pacts, "--shard", f"{at}/2", "--results", tmp_path / str(at)).returncode
        for at in (1, 2)
    ]
    assert sorted(ended) == [0, 1]
    answer = run(
        "join-results",
        tmp_path / "1",
        tmp_path / "2",
        "--pacts",
        pacts,
        "--junit",
        tmp_path / "all.xml",
        "--json",
        tmp_path / "all.json",
    )
    assert answer.returncode == 1
    assert "FAIL genesys-cloud/place_call_for_agent/row-00001" in answer.stdout
    assert (tmp_path / "all.xml").read_text().count("<failure") == 1


def results_of_other_pacts(results: Path, _tables: Path) -> None:
    edit(results / "2" / MANIFEST, '"pacts": "', '"pacts": "0')


def results_cut_short(results: Path, _tables: Path) -> None:
    file = results / "2" / "results.json"
    file.write_bytes(file.read_bytes()[:-40])


def results_of_a_killed_machine(results: Path, _tables: Path) -> None:
    manifest = json.loads((results / "2" / MANIFEST).read_text())
    (results / "2" / MANIFEST).write_text(json.dumps({**manifest, "files": None}))
    (results / "2" / "results.json").unlink()


FAULTS_OF_RESULTS: list[tuple[Damage, str]] = [
    (without_one, r"2/3 is missing: \d+ rows, the first \S+\.json/genesys"),
    (results_of_other_pacts, r"/2: 2/3 is from other pacts than the others"),
    (of_another_commit, r"/2: 2/3 is from other code"),
    (results_cut_short, r"/2: results\.json, of \S+\.json/\S+row-\d+, is not what 2/3 wrote"),
    (results_of_a_killed_machine, r"/2: 2/3 did not finish: "),
]


@pytest.mark.parametrize(
    ("damage", "said"), FAULTS_OF_RESULTS, ids=[damage.__name__ for damage, _ in FAULTS_OF_RESULTS]
)
def test_results_that_are_not_whole_are_no_answer(
    run: Run, verified: Path, played: Path, tables: Path, tmp_path: Path, damage: Damage, said: str
) -> None:
    """Every row that was looked at holds, and yet it is not green; no earlier answer is left to be taken for it."""
    folders = machines(verified, tmp_path)
    named = damage(tmp_path, tables) or folders
    (tmp_path / "all.xml").write_text("<testsuites/>")
    ended = run("join-results", *named, "--pacts", played / "pacts", "--junit", tmp_path / "all.xml")
    assert ended.returncode == 4
    assert re.search(said, ended.stderr), ended.stderr
    assert not (tmp_path / "all.xml").exists()


def test_results_are_not_joined_beside_other_pacts(run: Run, verified: Path) -> None:
    """A job of another commit would tell of rows that nobody verified."""
    ended = run("join-results", *(verified / str(at) for at in (1, 2, 3)))
    assert ended.returncode == 4
    assert "the pacts here are not those that the machines saw" in ended.stderr


def test_a_machine_that_stopped_at_a_failure_has_not_finished(run: Run, played: Path, tmp_path: Path) -> None:
    """`-x` leaves rows that nobody looked at, so there is no joined answer."""
    pacts = tmp_path / "pacts"
    shutil.copytree(played / "pacts", pacts)
    (pacts / PACT).write_text((pacts / PACT).read_text().replace('"status": 403', '"status": 409'))
    assert run("verify", "-x", "--pacts", pacts, "--shard", "1/1", "--results", tmp_path / "1").returncode == 1
    ended = run("join-results", tmp_path / "1", "--pacts", pacts)
    assert ended.returncode == 4
    assert "1/1 did not finish" in ended.stderr


NAMES = st.lists(st.text("abc/-", min_size=1, max_size=8), unique=True, max_size=40)


@given(NAMES, st.integers(1, 9), st.dictionaries(st.text("abc/-", min_size=1), st.floats(0, 100)))
def test_every_row_is_of_one_machine_whatever_order_the_timings_stand_in(
    names: list[str], of: int, seconds: dict[str, float]
) -> None:
    """Each row once, in the order of the tables, and the same on every machine."""
    groups = split(names, of, seconds)
    assert sorted(name for group in groups for name in group) == sorted(names)
    assert all(group == [name for name in names if name in group] for group in groups)
    assert split(names, of, dict(reversed(seconds.items()))) == groups


def test_machines_have_as_much_to_do_as_each_other() -> None:
    """By recorded times no machine has more than the longest row beyond another; without them, one row more."""
    seconds = {f"row {at}": 1 + at % 7 for at in range(100)}
    sums = [sum(seconds[name] for name in group) for group in split(seconds, 8, seconds)]
    assert max(sums) - min(sums) <= 7
    assert {len(group) for group in split(seconds, 8, {})} == {12, 13}


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "1/0", "a/b", "1/2/3", "-1/2", "1/9999"])
def test_what_is_no_shard_is_refused_with_what_is(run: Run, text: str) -> None:
    """A machine that counts from 0 would leave one part to nobody."""
    ended = run("generate", f"--shard={text}", "--out", "nowhere")
    assert ended.returncode == 4
    assert "Valid: 1/8 to 8/8" in ended.stderr


def test_timings_of_a_join_balance_the_next_split(run: Run, played: Path, tables: Path, tmp_path: Path) -> None:
    """The join records every row's time, and machines that were given other times are not joined."""
    file = tmp_path / "timings.json"
    assert (
        run("join", *(played / str(at) for at in (1, 2, 3)), "--pacts", tmp_path / "p", "--timings", file).returncode
        == 0
    )
    timings = json.loads(file.read_text())
    assert len(timings) == ROWS
    slowest = max(timings, key=lambda name: (timings[name], name))
    file.write_text(json.dumps({**timings, slowest: 1000.0}))
    given_ = ["--tables", tables, "--timings", file]
    left = [run("generate", *given_, "--shard", f"{at}/2", "--out", tmp_path / str(at)).stdout for at in (1, 2)]
    assert sorted(re.findall(r"(\d+) interactions of", "".join(left))) == ["1", "13"]
    ended = run("join", tmp_path / "1", tmp_path / "2", "--pacts", tmp_path / "p")
    assert ended.returncode == 0, ended.stderr
    assert run("generate", "--tables", tables, "--shard", "2/2", "--out", tmp_path / "2").returncode == 0
    ended = run("join", tmp_path / "1", tmp_path / "2", "--pacts", tmp_path / "p")
    assert "from other timings than the others" in ended.stderr


def test_a_digest_is_of_names_and_content_and_of_nothing_else(tmp_path: Path) -> None:
    """What makes a commit another one: a changed line, a renamed file; not where it lies, nor what Python leaves."""
    one = tmp_path / "one"
    (one / "room").mkdir(parents=True)
    (one / "room" / "a.py").write_text("x = 1\n")
    other = Path(shutil.copytree(one, tmp_path / "other"))
    (other / "room" / "a.pyc").write_bytes(b"compiled")
    assert digest(one, ending=".py") == digest(other, ending=".py")
    (other / "room" / "a.py").rename(other / "room" / "b.py")
    assert digest(one, ending=".py") != digest(other, ending=".py")
    (other / "room" / "b.py").rename(other / "room" / "a.py")
    (other / "room" / "a.py").write_text("x = 2\n")
    assert digest(one, ending=".py") != digest(other, ending=".py")
