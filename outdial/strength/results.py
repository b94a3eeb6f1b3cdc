"""What a run of the measure found, in the forms that the terminal, the page and the JSON share."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from outdial.strength.measure import Judged, Strength
from outdial.strength.mutants import OPERATORS


@dataclass(frozen=True, slots=True)
class Score:
    """Mutants of one edition or operator, how many can be noticed, and how many are: at all, and by status."""

    mutants: int
    killable: int
    killed: int
    killed_by_status: int

    @classmethod
    def of(cls, judged: Iterable[Judged]) -> "Score":
        """The score of some mutants."""
        each = list(judged)
        return cls(
            len(each),
            sum(one.fate != "equivalent" for one in each),
            sum(one.fate == "killed" for one in each),
            sum(bool(one.by_status) for one in each),
        )

    def percent(self, count: int) -> str:
        """A count as a share of the killable mutants; never rounded up to 100."""
        if not self.killable:
            return "-"
        return f"{int(1000 * count / self.killable) / 10:.1f} %"


def sizes(strength: Strength) -> tuple[int, int, int, int]:
    """How many rules, rows, rows that are needed and rows that are enough."""
    return strength.rules, len(strength.rows), len(strength.necessary), len(strength.enough)


def operator_scores(strengths: Sequence[Strength]) -> Iterator[tuple[str, Score]]:
    """The score of each operator that made a mutant, over all editions."""
    for operator in OPERATORS:
        judged = [each for strength in strengths for each in strength.judged if each.mutant.operator == operator]
        if judged:
            yield operator, Score.of(judged)


def missing_rows(strength: Strength) -> dict[tuple[str, str], list[str]]:
    """Each missing row once, under its table, with the mutants that it would notice."""
    named: dict[tuple[str, str], str] = {}
    found: dict[tuple[str, str], list[str]] = {}
    for each in strength.judged:
        if each.row:
            row = named.setdefault((each.table, each.row.partition("\n")[2]), each.row)
            found.setdefault((each.table, row), []).append(each.mutant.name)
    return found


def equivalents(strength: Strength) -> dict[str, list[str]]:
    """The names of equivalent mutants by the reason why no request can tell them apart."""
    found: dict[str, list[str]] = {}
    for each in strength.judged:
        if each.fate == "equivalent":
            found.setdefault(each.reason, []).append(each.mutant.fault)
    return found


def by_table(rows: Iterable[str]) -> dict[str, list[str]]:
    """Rows by the operation of their table, without the edition's name."""
    found: dict[str, list[str]] = {}
    for row in rows:
        table, _, name = row.partition("/")[2].rpartition("/")
        found.setdefault(table, []).append(name)
    return found


def as_json(strengths: Sequence[Strength], seconds: float) -> dict[str, Any]:
    """Everything, as plain data."""
    return {
        "seconds": round(seconds, 2),
        "total": asdict(Score.of(each for strength in strengths for each in strength.judged)),
        "operators": {operator: asdict(score) for operator, score in operator_scores(strengths)},
        "editions": [
            {
                "provider": strength.provider,
                "rules": strength.rules,
                "rows": len(strength.rows),
                "seconds": round(strength.seconds, 3),
                **asdict(Score.of(strength.judged)),
                "mutants_by_name": {
                    each.mutant.name: {
                        "operator": each.mutant.operator,
                        "fate": each.fate,
                        "noticed_by": list(each.by),
                        **({"reason": each.reason} if each.reason else {}),
                        **({"missing_row": each.row, "table": each.table} if each.row else {}),
                    }
                    for each in strength.judged
                },
                "necessary_rows": {row: list(names) for row, names in strength.necessary.items()},
                "enough_rows": sorted(strength.enough),
                "idle_rows": list(strength.idle),
                "grants_shown": [asdict(each) for each in strength.grants],
                "rules_that_answer_alike": [asdict(each) for each in strength.alike],
            }
            for strength in strengths
        ],
    }
