"""Play the faults of faults.yaml with the real clients; note exit code, message, and what the broker holds afterwards.

`python -m tests.broker.fault_table` writes the table into docs/broker.md.
"""

import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.broker.provider_double import pact, provider_double
from tests.broker.recorded_broker import JOURNEY, Fault, RecordedBroker, certificate, recorded_broker
from tests.broker.workspace import ROOT, Done, new_workspace

PAGE = ROOT / "docs" / "broker.md"
BEGIN, END = "<!-- fault table: begin -->", "<!-- fault table: end -->"
TOKEN = "hush-9f31c"
"""Made up; the recorded broker accepts nothing else."""
COMPLETE = {
    "publish": "pacts of app, web-shop",
    "verify": "2 results",
    "can-i-deploy": "nothing",
    "record-deployment": "a deployment",
}
"""What the broker has accepted when the command did all of its work."""


@dataclass(frozen=True, slots=True)
class Case:
    command: str
    name: str
    fault: Fault | str
    """Not of HTTP: 'down', 'certificate', 'absent provider', or the label of a recorded answer."""
    variables: dict[str, str]


def cases() -> list[Case]:
    """Return the rows of faults.yaml, made anew for each run: a Fault counts how often it struck."""
    rows = yaml.safe_load((Path(__file__).with_name("faults.yaml")).read_text(encoding="utf-8"))
    return [
        Case(command, name, Fault(**fault) if isinstance(fault, dict) else fault, dict(*variables))
        for command, faults in rows.items()
        for name, fault, *variables in faults
    ]


@dataclass(frozen=True, slots=True)
class Played:
    case: Case
    done: Done
    held: str
    requests: list[str]

    def row(self) -> str:
        said = re.search(r"error: (.*?)\nfix: (.*)", self.done.err.strip(), re.DOTALL)
        cause, fix = (said[1], said[2]) if said else ("succeeds: tried again", "")
        cells = (self.case.command, self.case.name, str(self.done.code), cause, fix.split("\n")[0], self.held)
        return "| " + " | ".join(cell.replace("\n", "<br>").replace("|", "\\|") for cell in cells) + " |"


def play(case: Case) -> Played:
    """Run one command against servers of its own, with one fault switched on."""
    with tempfile.TemporaryDirectory() as folder, provider_double() as provider, recorded_broker() as broker:
        workspace = new_workspace(Path(folder))
        pacts = [pact("app", "orders-api"), pact("web-shop", "orders-api")]
        workspace.commit(*pacts)
        broker.accepts = f"Bearer {TOKEN}"
        if isinstance(case.fault, Fault):
            broker.faults.append(case.fault)
        for content in pacts:
            name = content["consumer"]["name"]
            broker.contents[f"{name} → orders-api"] = content
            broker.serve_pact(name, "orders-api", "v1", "v1", *JOURNEY)
        if case.fault == "raw-contracts-publish-similar-name":
            broker.serve(case.fault, p="orders-api", **{"Web Shop": "web-shop"})
        elif case.fault == "verify-no-pacts-selector":
            broker.serve(case.fault)
            for consumer in ("app", "web-shop"):
                broker.serve("raw-get-pact-version-404", p="orders-api", c=consumer, **{"version/404": "version/v1"})
        elif case.fault == "publish-v1-conflict":
            broker.serve_pact("app", "orders-api", "v1", "v1", case.fault)
        states = "http://127.0.0.1:1/states" if case.fault == "absent provider" else f"{provider.url}/states"
        extra = {
            "verify": ("--provider-url", provider.url, "--state-url", states),
            "record-deployment": ("--to", "production", "--pacticipant", "app"),
            "can-i-deploy": ("--to", "production", "--pacticipant", "app"),
        }.get(case.command, ())
        with address(case, broker) as url:
            done = workspace.run(
                "broker",
                case.command,
                *extra,
                PACT_BROKER_BASE_URL=url,
                PACT_BROKER_TOKEN=TOKEN,
                OUTDIAL_VERSION="v1",
                **case.variables,
            )
        neutral = [text.replace(url, "http://broker.example") for text in (done.out, done.err)]
        return Played(case, Done(done.code, *neutral), broker.held(), [each.what for each in broker.seen])


@contextmanager
def address(case: Case, broker: RecordedBroker) -> Iterator[str]:
    """The recorded broker, a port where nobody listens, or a certificate of an unknown authority."""
    if case.fault == "down":
        with recorded_broker() as stopped:
            url = stopped.url
        yield url
    elif case.fault == "certificate":
        with tempfile.TemporaryDirectory() as folder, recorded_broker(tls=certificate(Path(folder))[1]) as unknown:
            yield unknown.url
    else:
        yield broker.url


def play_all() -> list[Played]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(play, cases()))


def table(played: list[Played]) -> str:
    head = "| command | fault | exit | message | fix | the broker holds afterwards |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(each.row() for each in played) + "\n"


def page_with(rows: str) -> str:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{rows}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page_with(table(play_all())), encoding="utf-8")
