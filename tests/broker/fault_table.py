"""Every fault, played with the real clients: exit code, message, and what the broker holds afterwards.

`python -m tests.broker.fault_table` writes the table into docs/broker.md.
"""

import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.broker.provider_double import pact, provider_double
from tests.broker.recorded_broker import JOURNEY, PUBLISH, Fault, RecordedBroker, certificate, recorded_broker
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

OFFER, RESULTS = "POST /pacts/provider/orders-api/for", "POST /pacts/provider/orders-api/cons"
DEPLOY = "POST /pacticipants"


@dataclass(frozen=True, slots=True)
class Case:
    command: str
    name: str
    fault: Fault | str
    """Something other than an HTTP fault: 'down', 'certificate', 'absent provider', or the label of an answer."""
    variables: dict[str, str]


LOGIN: Any = {"status": 200, "body": b"<html>Log in</html>", "headers": {"content-type": "text/html"}}

SHORT = {"OUTDIAL_BROKER_SECONDS": "2"}


def cases() -> list[Case]:
    """In the order of the table. Made anew for each run: a Fault counts how often it struck."""
    unavailable: Any = {"status": 503, "headers": {"retry-after": "1"}}
    rows: dict[str, list[tuple[str, Fault | str, dict[str, str]]]] = {
        "publish": [
            ("broker down", "down", {}),
            ("wrong certificate", "certificate", {}),
            ("slow to answer at all", Fault("GET /", delay=5), SHORT),
            ("slow to answer the publication", Fault(PUBLISH, delay=5), SHORT),
            ("401", Fault("GET /", status=401), {}),
            ("400, a bearer token where basic authentication is asked for", Fault("GET /", status=400), {}),
            ("401 for writing, a read-only user", Fault(PUBLISH, status=401), {}),
            ("403 for writing", Fault(PUBLISH, status=403), {}),
            ("404, not a broker", Fault("GET /", status=404), {}),
            ("409, content changed", "publish-v1-conflict", {}),
            ("409, similar name", "raw-contracts-publish-similar-name", {}),
            ("500", Fault(PUBLISH, status=500), {}),
            ("502", Fault(PUBLISH, status=502), {}),
            ("503 with Retry-After, for ever", Fault("GET /", **unavailable), {}),
            ("503 with Retry-After, once", Fault("GET /", times=1, **unavailable), {}),
            ("body cut off", Fault(PUBLISH, truncated=True), {}),
            ("not JSON", Fault("GET /", **LOGIN), {}),
            ("a login page instead of the publication", Fault(PUBLISH, **LOGIN), {}),
            ("redirect", Fault("GET /", status=301, headers={"location": "https://new.example/"}), {}),
            ("redirect of the publication", Fault(PUBLISH, status=302, headers={"location": "/"}), {}),
            ("connection reset", Fault(PUBLISH, reset=True), {}),
            ("connection reset once", Fault(PUBLISH, reset=True, times=1), {}),
            ("half of the pacts accepted", Fault(PUBLISH, status=500, skip=1), {}),
        ],
        "verify": [
            ("no pact published", "verify-no-pacts-selector", {}),
            ("provider down", "absent provider", {}),
            ("401 for the pacts", Fault(OFFER, status=401), {}),
            ("503 for the pacts", Fault(OFFER, status=503), {}),
            ("hangs at the pacts", Fault(OFFER, delay=5), SHORT),
            ("hangs longer than a verification may take", Fault(OFFER, delay=5), {"OUTDIAL_VERIFY_SECONDS": "2"}),
            ("body cut off", Fault(OFFER, truncated=True), {}),
            ("connection reset", Fault(OFFER, reset=True), {}),
            ("redirect", Fault(OFFER, status=302, headers={"location": "/elsewhere"}), {}),
            ("401 for the results, a read-only user", Fault(RESULTS, status=401), {}),
            ("403 for the results", Fault(RESULTS, status=403), {}),
            ("500 for the results", Fault(RESULTS, status=500), {}),
            ("connection reset at the second result", Fault(RESULTS, reset=True, skip=1, status=599), {}),
        ],
        "can-i-deploy": [
            ("401", Fault("GET /matrix", status=401), {}),
            ("500", Fault("GET /matrix", status=500), {}),
            ("body cut off", Fault("GET /matrix", truncated=True), {}),
            ("not JSON", Fault("GET /matrix", **LOGIN), {}),
            ("slow", Fault("GET /matrix", delay=5), SHORT),
        ],
        "record-deployment": [
            ("401, a read-only user", Fault(DEPLOY, status=401), {}),
            ("403", Fault(DEPLOY, status=403), {}),
            ("500", Fault(DEPLOY, status=500), {}),
            ("connection reset", Fault(DEPLOY, reset=True, status=599), {}),
            ("answer lost after recording", Fault(DEPLOY, reset=True), {}),
        ],
    }
    return [
        Case(command, name, fault, variables) for command, faults in rows.items() for name, fault, variables in faults
    ]


@dataclass(frozen=True, slots=True)
class Played:
    case: Case
    done: Done
    held: str
    requests: list[str]

    @property
    def succeeded(self) -> bool:
        return self.done.code == 0

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
