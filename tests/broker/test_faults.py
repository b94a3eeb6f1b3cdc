"""Every fault of faults.yaml ends with one message, the right exit code, and nothing recorded by half in silence.

`python -m tests.broker.test_faults` writes the table into docs/broker.md.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.broker.doubles import JOURNEY, Broker, Fault, certificate, pact, provider_double, recorded_broker
from tests.broker.workspace import ROOT, Workspace
from tests.command import Done

pytestmark = pytest.mark.slow  # each fault is played with the real client, some until its time limit
PAGE = ROOT / "docs" / "broker.md"
BEGIN, END = "<!-- fault table: begin -->", "<!-- fault table: end -->"
TOKEN = "hush-9f31c"
COMPLETE = {
    "publish": "pacts of app, web-shop",
    "verify": "2 results",
    "can-i-deploy": "nothing",
    "record-deployment": "a deployment",
}
"""What the broker has accepted when the command did all of its work."""


@dataclass(frozen=True, slots=True)
class Played:
    """One command with one fault."""

    command: str
    name: str
    done: Done
    held: str
    posts: int

    def row(self) -> str:
        """Return the line of the page."""
        said = re.search(r"error: (.*?)\nfix: (.*)", self.done.err.strip(), re.DOTALL)
        cause, fix = (said[1], said[2]) if said else ("succeeds: tried again", "")
        cells = (self.command, self.name, str(self.done.code), cause, fix.split("\n")[0], self.held)
        return "| " + " | ".join(cell.replace("\n", "<br>").replace("|", "\\|") for cell in cells) + " |"


def play(command: str, name: str, fault: Fault | str, **variables: str) -> Played:
    """Run one command against servers of its own. A word for a fault is a recorded answer, or not of HTTP."""
    with tempfile.TemporaryDirectory() as folder, provider_double() as provider, recorded_broker() as broker:
        workspace = Workspace(Path(folder))
        pacts = [pact("app"), pact("web-shop")]
        workspace.commit(*pacts)
        broker.accepts = f"Bearer {TOKEN}"
        broker.faults += [fault] if isinstance(fault, Fault) else []
        for content in pacts:
            consumer = content["consumer"]["name"]
            broker.contents[f"{consumer} → orders-api"] = content
            broker.serve_pact(consumer, "orders-api", "v1", "v1", *JOURNEY)
        if fault == "raw-contracts-publish-similar-name":
            broker.serve(fault, p="orders-api", **{"Web Shop": "web-shop"})
        elif fault == "verify-no-pacts-selector":
            broker.serve(fault)
            for consumer in ("app", "web-shop"):
                broker.serve("raw-get-pact-version-404", p="orders-api", c=consumer, **{"version/404": "version/v1"})
        elif fault == "publish-v1-conflict":
            broker.serve_pact("app", "orders-api", "v1", "v1", fault)
        states = "http://127.0.0.1:1/states" if fault == "absent provider" else f"{provider.url}/states"
        to = ("--to", "production", "--pacticipant", "app")
        extra = {"verify": ("--provider-url", provider.url, "--state-url", states), "publish": ()}.get(command, to)
        given = {"PACT_BROKER_TOKEN": TOKEN, "OUTDIAL_VERSION": "v1", **variables}
        with address(fault, broker) as url:
            done = workspace.run("broker", command, *extra, PACT_BROKER_BASE_URL=url, **given)
        neutral = [text.replace(url, "http://broker.example") for text in (done.out, done.err)]
        posts = sum(each.what.startswith("POST") for each in broker.seen)
        return Played(command, name, Done(done.code, *neutral), broker.held(), posts)


@contextmanager
def address(fault: Fault | str, broker: Broker) -> Iterator[str]:
    """The recorded broker, a port where nobody listens, or a certificate of an unknown authority."""
    if fault == "down":
        with recorded_broker() as stopped:
            url = stopped.url
        yield url
    elif fault == "certificate":
        with tempfile.TemporaryDirectory() as folder, recorded_broker(tls=certificate(Path(folder))[1]) as unknown:
            yield unknown.url
    else:
        yield broker.url


def play_all() -> list[Played]:
    """Play the rows of faults.yaml."""
    rows = yaml.safe_load((Path(__file__).with_name("faults.yaml")).read_text(encoding="utf-8"))
    return [
        play(command, name, Fault(**fault) if isinstance(fault, dict) else fault, **dict(*variables))
        for command, faults in rows.items()
        for name, fault, *variables in faults
    ]


def page_with(played: list[Played]) -> str:
    """Return the page with this table."""
    head = "| command | fault | exit | message | fix | the broker holds afterwards |\n|---|---|---|---|---|---|\n"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    rows = "\n".join(each.row() for each in played)
    return f"{before}{BEGIN}\n{head}{rows}\n{END}{rest.partition(END)[2]}"


def test_every_fault_is_told_as_the_page_says() -> None:
    """One `error:` and one `fix:`, no traceback, no credential; a success is complete, a deployment asked for once."""
    played = play_all()
    for each in played:
        said = each.done.text
        assert TOKEN not in said
        assert "Traceback" not in said
        if each.done.code == 0:
            assert each.held == COMPLETE[each.command], each
        else:
            assert each.done.code in (1, 2, 5), each
            assert [said.count(word) for word in ("error: ", "\nfix: ")] == [1, 1], said
        assert each.command != "record-deployment" or each.posts == 1
    assert PAGE.read_text(encoding="utf-8") == page_with(played)


if __name__ == "__main__":
    PAGE.write_text(page_with(play_all()), encoding="utf-8")
