"""Editions that say what differs from another: what they inherit, what they change, and every mistake in that."""

import shutil
from pathlib import Path

import pytest

from outdial.documents import DocumentError
from outdial.generation.clients import CLIENTS
from outdial.provider import POLICIES
from outdial.tables import TABLES, load_suite
from provider_states import load_policies
from tests.extensions import apply, sections
from tests.table_files import edit

ACME = "genesys-cloud.acme"
POLICY = f"policies/{ACME}.yaml"
TABLE = f"tables/{ACME}.yaml"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The edition of docs/extend.md in folders of its own, beside which nothing stands."""
    for block in sections()["An edition"][1]:
        kind = "policies" if "policies" in block.file else "tables"
        apply(block._replace(file=f"{kind}/{block.file.partition(f'/{kind}/')[2]}"), tmp_path)
    return tmp_path


def load(folder: Path) -> None:
    load_policies(folder / "policies")
    load_suite(folder / "tables", CLIENTS)


def test_what_is_not_said_is_inherited_with_its_evidence(own: Path) -> None:
    """The rules and rows of the other edition are those of this one, each with the basis and source that it has."""
    ours, theirs = load_policies(own / "policies")[ACME], load_policies()["genesys-cloud"]
    assert ours.extends == ("genesys-cloud",)
    assert ours.operations["place-call-for-agent"] == theirs.operations["place-call-for-agent"]
    differing = {"user-context", "agent-free"}
    rules, others = ([*each.operations["place-call"].rules] for each in (ours, theirs))
    assert [rule for rule in rules if rule.id not in differing] == [rule for rule in others if rule.id not in differing]
    known = {each.case_id.partition("/")[2]: each for each in load_suite() if each.provider == "genesys-cloud"}
    rows = {each.case_id.partition("/")[2]: each for each in load_suite(own / "tables", CLIENTS)}
    assert {each.provider for each in rows.values()} == {ACME}
    for name in rows.keys() & known.keys() - {"place_call/client-credentials", "place_call/reported-header"}:
        assert (rows[name].basis, rows[name].source) == (known[name].basis, known[name].source)
        assert rows[name].request == known[name].request


def test_what_is_said_differs_and_has_evidence_of_its_own(own: Path) -> None:
    """A changed rule or row keeps what is not said of it, never its basis; what is dropped is gone, with its pairs."""
    policy = load_policies(own / "policies")[ACME]
    rules = {rule.id: rule for rule in policy.operations["place-call"].rules}
    assert (rules["user-context"].deny.status, rules["user-context"].basis) == (403, "assumed")
    assert rules["user-context"].candidates().keys() == {"token.user"}
    names = [*rules]
    assert names.index("agent-free") == names.index("station") - 1
    rows = {each.case_id.partition("/")[2]: each for each in load_suite(own / "tables", CLIENTS)}
    changed = rows["place_call/client-credentials"]
    assert (changed.expected.status, changed.basis, changed.because) == (403, "assumed", "user-context")
    assert "place_call/reported-states-of-the-agent" not in rows
    assert changed.place.startswith(str(own))
    assert rows["place_call/accepted"].place.startswith(str(TABLES))


def test_a_dropped_row_is_dropped_from_every_operation(own: Path) -> None:
    """A row stands in one place, whichever operations it is for."""
    path = own / TABLE
    path.write_text(path.read_text().replace("refused:\n", "refused:\n  no-station: null\n"))
    assert not [each.case_id for each in load_suite(own / "tables", CLIENTS) if each.case_id.endswith("/no-station")]


def test_a_dropped_rule_is_dropped_from_every_operation(own: Path) -> None:
    """A shared rule stands in one place."""
    path = own / POLICY
    path.write_text(path.read_text().replace("operations:\n", "rules: {security-policy: null}\noperations:\n"))
    operations = load_policies(own / "policies")[ACME].operations.values()
    assert not [rule for each in operations for rule in each.rules if rule.id == "security-policy"]


def test_an_edition_may_extend_one_that_extends_another(own: Path) -> None:
    """What neither says comes from the last."""
    further = own / "policies" / "genesys-cloud.acme-west.yaml"
    further.write_text(
        "provider: genesys-cloud.acme-west\nextends: genesys-cloud.acme\nsource: their west\n"
        "operations: {place-call-for-agent: null, hang-up: null}\n"
    )
    policy = load_policies(own / "policies")["genesys-cloud.acme-west"]
    assert policy.extends == (ACME, "genesys-cloud")
    dropped = load_policies(own / "policies")[ACME].operations.keys() - policy.operations.keys()
    assert dropped == {"place-call-for-agent", "hang-up"}
    assert "agent-free" in {rule.id for rule in policy.operations["place-call"].rules}


def test_the_committed_editions_need_no_other_folder(tmp_path: Path) -> None:
    """A copy of policies and tables reads as ours do."""
    shutil.copytree(POLICIES, tmp_path / "policies")
    shutil.copytree(TABLES, tmp_path / "tables")
    load(tmp_path)


MISTAKES = [
    (POLICY, "extends: genesys-cloud", "extends: genesys-clod", "2: nothing is called 'genesys-clod' - did you mean"),
    (POLICY, "extends: genesys-cloud", f"extends: {ACME}", f"2: a circle: {ACME} extends {ACME}"),
    (POLICY, "id: user-context", "id: user-contxt", "8: operations.place-call.rules.29: 'kind' is missing"),
    (
        POLICY,
        "id: user-context",
        "id: user-contxt\n        drop: true",
        "8: no rule 'user-contxt' is inherited - did you",
    ),
    (POLICY, "id: user-context", "id: station", "8: rule 'station' is shared; change it below `rules:`"),
    (POLICY, "before: station", "before: statoin", "12: no rule 'statoin' is inherited - did you mean 'station'?"),
    (POLICY, "  place-call:", "  get-cal: null\n  place-call:", "6: nothing inherited is called 'get-cal' - did you"),
    (POLICY, "place-call:", "place-cal:", "6: operations.place-cal: 'request' is missing"),
    (POLICY, "operations:\n", "rules: {statoin: null}\noperations:\n", "5: nothing inherited is called 'statoin'"),
    (POLICY, "        basis: assumed\n", "", "8: operations.place-call.rules.11: 'basis' is missing"),
    (POLICY, "source: what the", "# what the", "1: 'source' is missing"),
    (POLICY, "basis: assumed", "basis: published", "11: basis published with the source of a assumed one"),
    (TABLE, "extends: genesys-cloud", "extends: genesys-clout", "2: nothing is called 'genesys-clout' - did you mean"),
    (TABLE, "extends: genesys-cloud", f"extends: {ACME}", f"2: a circle: {ACME} extends {ACME}"),
    (TABLE, "  client-credentials: ", "  client-credential: ", "10: refused.client-credential: 'rule' is missing"),
    (TABLE, "question: agent-state}", "question: agent-sate}", "10: invalid question 'agent-sate' - did you mean"),
    (
        TABLE,
        "given: {an access token",
        "given: {an acces token",
        "11: invalid provider state 'an acces token' - did you",
    ),
    (TABLE, "for: [place_call]", "for: [place_cal]", "11: invalid operation 'place_cal' - did you mean 'place_call'"),
    (TABLE, "answer: login.required", "answer: login.requird", "10: invalid answer 'login.requird' - did you mean"),
    (TABLE, "agent-free, question: agent-state", "agent-free", "11: code 'agent.on.a.call' is not published"),
]


@pytest.mark.parametrize(("file", "right", "wrong", "told"), MISTAKES)
def test_a_mistake_is_refused_where_it_stands(own: Path, file: str, right: str, wrong: str, told: str) -> None:
    """File, line, what is wrong and what would be valid; the file of what is extended is not blamed."""
    path = own / file
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DocumentError) as refused:
        load(own)
    assert any(problem.startswith(f"{path}:") and told in problem for problem in refused.value.problems), refused.value


def test_a_refusal_asks_only_for_what_every_denial_gives(tmp_path: Path) -> None:
    """An answer's template may have fields of its own; a denial that does not fill them is not served."""
    (policy,) = [block for block in sections()["A vendor"][1] if "policies" in block.file]
    for folder, text in (("whole", policy.text), ("part", policy.text.replace(", params: {field: from}", ""))):
        apply(policy._replace(file=f"{folder}/zenith-voice.yaml", text=text), tmp_path)
    assert load_policies(tmp_path / "whole")["zenith-voice"].operations["dial"].rules[1].deny.code == 21210
    with pytest.raises(DocumentError, match=r"zenith-voice\.yaml:6: nothing fills \$\{field\}"):
        load_policies(tmp_path / "part")


def test_a_circle_of_two_is_refused(own: Path) -> None:
    """However long it is, a circle is named as it goes."""
    other = own / "policies" / "genesys-cloud.other.yaml"
    other.write_text(f"provider: genesys-cloud.other\nextends: {ACME}\nsource: nobody\n")
    path = own / POLICY
    path.write_text(path.read_text().replace("extends: genesys-cloud\n", "extends: genesys-cloud.other\n"))
    circle = "genesys-cloud.acme extends genesys-cloud.other extends genesys-cloud.acme"
    with pytest.raises(DocumentError, match=circle):
        load_policies(own / "policies")


def test_a_row_that_says_it_is_published_is_held_to_the_definition_here_too(own: Path) -> None:
    """An edition of one's own may answer what nobody publishes, and may not call it published."""
    edit(own / TABLE, "agent-free, question: agent-state", "agent-free")
    with pytest.raises(DocumentError, match=r"agent\.on\.a\.call' is not published"):
        load(own)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            'scopes: ["conversations:readonly"]',
            'scopes: ["conversation:readonly"]',
            "publishes no scope 'conversation:readonly'",
        ),
        (
            "permissions: [conversation:agentlessCall:add]",
            "permissions: [conversation:agentlesCall:add]",
            "publishes no permission 'conversation:agentlesCall:add'",
        ),
    ],
)
def test_a_made_up_name_is_refused_in_a_refused_row_too(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    """A misspelt scope is no scope, so its row would be refused for a reason that nobody meant."""
    tables = Path(shutil.copytree(TABLES, tmp_path / "tables"))
    path = tables / "genesys-cloud.yaml"
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DocumentError, match=told):
        load_suite(tables, CLIENTS)
