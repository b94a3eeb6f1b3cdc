"""What the stub tells of its answers is what a relay before it hears."""

import json
from dataclasses import replace
from pathlib import Path

from pact_files import Interaction, read_interactions
from pact_files.cutting import pieces
from provider_stub import Answer, Call
from tests.conftest import ROOT
from verification.heard import Heard, Hearing, Said, key, short
from verification.result import CaseResult, Got
from verification.stub_process import RunningStub
from verification.verifier import Piece, result_of, verify_piece
from yaml_documents.template import names_in


def told(result: CaseResult) -> CaseResult:
    """All but the time."""
    return replace(result, seconds=0.0)


def both(piece: tuple[Interaction, ...], stub: RunningStub, folder: Path) -> tuple[Piece, Piece]:
    """What comes of a piece without a relay, and with one."""
    return verify_piece(piece, stub.target, folder), verify_piece(piece, replace(stub.target, heard=None), folder)


def test_the_stub_tells_what_a_relay_hears(stub: RunningStub, tmp_path: Path) -> None:
    """Of rows that hold and of rows that do not: status, code, message, and what is wrong."""
    for name in ("outdial-genesys-cloud.json", "outdial-nice-cxone.json"):
        content = json.loads((ROOT / "pacts" / name).read_text())
        for each in content["interactions"][:8:2]:
            each["response"]["status"] = 418
        (tmp_path / name).write_text(json.dumps(content))
        piece = next(iter(pieces(read_interactions([tmp_path / name]))))
        by_stub, by_relay = both(piece, stub, tmp_path)
        assert [told(each) for each in by_stub.results] == [told(each) for each in by_relay.results]
        assert [each.passed for each in by_stub.results].count(False) >= 4
        assert all(each.got.status for each in by_stub.results)
        assert all(each.seconds > 0 for each in by_stub.results)


def test_a_state_that_is_refused_is_told_alike(stub: RunningStub, tmp_path: Path) -> None:
    """A name that no state has, and a value that none returns: the row has not passed, and the state is named."""
    content = json.loads((ROOT / "pacts" / "outdial-genesys-cloud.json").read_text())
    content["interactions"] = content["interactions"][:3]
    unknown, lacking, _ = content["interactions"]
    unknown["providerStates"][0]["name"] = "an acces token"
    lacking["request"]["generators"] = {
        "header": {"Authorization": {"type": "ProviderState", "expression": "${nobody}"}}
    }
    (tmp_path / "pact.json").write_text(json.dumps(content))
    by_stub, by_relay = both(tuple(read_interactions([tmp_path / "pact.json"])), stub, tmp_path)
    assert [told(each) for each in by_stub.results] == [told(each) for each in by_relay.results]
    assert "an acces token" in by_stub.results[0].problems[0]
    assert by_stub.results[1].problems[0] == "no state returned nobody, which the request carries"
    assert by_stub.results[2].passed


def test_a_redirect_that_the_verifier_followed_is_no_answer_of_the_row() -> None:
    """The verifier compares what it was led to, so a row that expects no redirect has not passed by one."""
    row = next(each for each in read_interactions([ROOT / "pacts"]) if each.response.status == 200)
    names = names_in(dict(row.request.generators))
    heard = Heard(returned={key(state.name, state.params): names for state in row.states})
    said = Said(302, short(302, "text/plain", b"", "https://elsewhere.example/"), 0.1)
    assert result_of(row, {"result": "OK"}, [], heard, Said(200, Got(200), 0.1)).passed
    assert result_of(row, {"result": "OK"}, [], heard, said).problems == (
        "302: redirects to https://elsewhere.example/",
    )


def test_what_was_told_is_forgotten() -> None:
    """So that the stub of a long verification does not grow."""
    hearing = Hearing("/states")
    hearing.hear(Call("GET", "/x", {"outdial-piece": "1", "outdial-case": "7"}), Answer(204, {}, b""))
    hearing.hear(Call("GET", "/x", {}), Answer(204, {}, b""))
    first, second = (json.loads(hearing.answer(Call("GET", "/heard/1")).body)["said"] for _ in range(2))
    assert (list(first), second) == (["7"], {})


def test_a_stub_that_tells_nothing_is_no_green_run(stub: RunningStub, tmp_path: Path) -> None:
    """What it said is not known then, and no row has passed."""
    piece = next(iter(pieces(read_interactions([ROOT / "pacts" / "outdial-genesys-cloud.json"]), 2)))
    gone = verify_piece(piece, replace(stub.target, heard="http://127.0.0.1:9/heard/"), tmp_path)
    assert str(gone.broken).startswith(f"the provider {stub.url}/genesys-cloud gives no answer")
    assert not any(each.passed for each in gone.results)
