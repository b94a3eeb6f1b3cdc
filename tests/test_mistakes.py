"""Mistakes in the files that people write (mistakes.yaml): refused when read, at their line, with the fix."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from outdial.definitions import DEFINITIONS, load_definitions
from outdial.documents import DocumentError
from outdial.generation.clients import CLIENTS
from outdial.provider import POLICIES
from outdial.reports.claim import CLAIMS, load_claims
from outdial.reports.published import NOT_ASSERTED, coverage
from outdial.reports.reasons import check_reasons
from outdial.tables import TABLES, load_suite
from outdial.tables.report import REPORTS, load_reports
from outdial.tables.vocabulary import FOLDER, States
from provider_states import load_policies, record_kinds
from tests.command import outdial
from tests.committed import policies, suite
from tests.extensions import apply, sections
from tests.table_files import copy_policies, copy_tables, edit


def cases() -> list[str]:
    """Every row of the committed tables."""
    return [row.case_id for row in suite()]


def read_tables(folder: Path) -> None:
    """Tables with all that they name: states, the consumer's code, rules, and what the vendor publishes."""
    check_reasons(policies(), load_suite(folder, CLIENTS))


def read_edition(folder: Path) -> None:
    load_policies(folder / "policies")
    load_suite(folder / "tables", CLIENTS)


def read_reasons(folder: Path) -> None:
    rows = [row for row in suite() if row.provider == "genesys-cloud"]
    coverage(load_definitions()["genesys-cloud"], rows, folder / NOT_ASSERTED.name)


def read_states(folder: Path) -> None:
    record_kinds(States(folder))


SORTS: dict[str, tuple[Path | None, Callable[[Path], Any]]] = {
    "tables": (TABLES, read_tables),
    "policies": (POLICIES, load_policies),
    "edition": (None, read_edition),
    "states": (FOLDER, read_states),
    "reports": (REPORTS, lambda folder: load_reports(folder, cases())),
    "definitions": (DEFINITIONS, load_definitions),
    "reasons": (NOT_ASSERTED.parent, read_reasons),
    "claims": (CLAIMS.parent, lambda folder: load_claims(load_definitions(), cases(), folder / CLAIMS.name)),
}
"""The committed files of each sort, and their reader; the edition is that of docs/extend.md."""
MISTAKES = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8"))


def copied(sort: str, file: str, folder: Path) -> Path:
    """A copy of a committed file, with those without which it cannot be read."""
    committed = SORTS[sort][0]
    if committed is None:
        for block in sections()["An edition"][1]:
            kind = "policies" if "policies" in block.file else "tables"
            apply(block._replace(file=f"{kind}/{block.file.partition(f'/{kind}/')[2]}"), folder)
    elif sort == "states":
        shutil.copytree(committed, folder, dirs_exist_ok=True)
    else:
        shutil.copy(committed / file, folder)
    return folder / file


@pytest.mark.parametrize(
    ("sort", "file", "mistake"),
    [
        pytest.param(sort, file, mistake, id=f"{sort}-{mistake[2]}")
        for sort, files in MISTAKES.items()
        for file, mistakes in files.items()
        for mistake in mistakes
    ],
)
def test_a_mistake_is_refused_at_its_line_with_the_fix(
    tmp_path: Path, sort: str, file: str, mistake: list[str]
) -> None:
    """A name that does not exist never passes for one that does, and never waits for a row to be played."""
    old, new, said, *at = mistake
    path = copied(sort, file, tmp_path)
    before = path.read_text().splitlines()
    edit(path, old, new)
    after = path.read_text().splitlines()
    if at:
        places = [f"{path}:{number}:" for number, text in enumerate(after, 1) if at[0] in text]
    else:
        changed = next(at for at, pair in enumerate(zip(before, after, strict=False), 1) if len(set(pair)) > 1)
        places = [f"{path}:{changed}:"]
    if re.match(r"\d+: ", said):
        places = [f"{path}:{said}"]
    with pytest.raises(DocumentError) as refused:
        SORTS[sort][1](tmp_path)
    told = [problem for problem in refused.value.problems if problem.startswith(tuple(places))]
    assert any(said in problem for problem in told), refused.value


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    """Nobody fixes files one run at a time, or reads a traceback: a line each, and the code of unusable files."""
    tables, folder = copy_tables(tmp_path), copy_policies(tmp_path)
    edit(tables / "genesys-cloud.yaml", "client: GenesysCloud", "client: GenesysClod")
    edit(tables / "genesys-cloud.scopes.yaml", "error: Refused", "error: Refusd")
    edit(folder / "genesys-cloud.yaml", "kind: body_size", "kind: bodysize")
    for command in (["check", "--policies", folder], ["generate", "--pacts", tmp_path / "pacts"]):
        ended = outdial(*command, "--tables", tables)
        assert ended.code == 4, ended.err
        assert ended.out == ""
        expected = [1, 1, 1] if "check" in command else [1, 1]
        assert [line.count("did you mean") for line in ended.err.splitlines()] == expected, ended.err
