"""Every fault, played with the real clients: exit code, message, and what the broker holds afterwards.

`python -m tests.broker.fault_table` writes the table into docs/broker.md.
"""

import logging
import os
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.broker.double.server import BrokerDouble, Fault, broker_double
from tests.broker.provider_double import pact, provider_double
from tests.broker.workspace import ROOT, Done, new_workspace

PAGE = ROOT / "docs" / "broker.md"
BEGIN, END = "<!-- fault table: begin -->", "<!-- fault table: end -->"
TOKEN = "hush-9f31c"
"""Made up; the double accepts nothing else."""
ENVIRONMENT = {"uuid": "6c4d898d-6c4d-4141-8bf2-b28a5f00d061", "name": "production"}
COMPLETE = {
    "publish": "pacts of app, web-shop",
    "verify-broker": "pacts of app, web-shop, 2 results",
    "can-i-deploy": "pacts of app, web-shop",
    "record-deployment": "pacts of app, web-shop, a deployment",
}
"""What the broker holds when the command did all of its work."""

PUBLISH, OFFER, RESULTS = (
    "POST /contracts",
    "POST /pacts/provider/orders-api/for",
    "POST /pacts/provider/orders-api/cons",
)
DEPLOY = "POST /pacticipants"


@dataclass(frozen=True, slots=True)
class Case:
    command: str
    name: str
    fault: Fault | None = None
    variables: dict[str, str] = field(default_factory=dict)
    setting: str = ""
    """Something other than an HTTP fault: 'down', 'certificate', 'changed', 'similar', 'unpublished'."""


LOGIN = {"status": 200, "body": b"<html>Log in</html>", "headers": {"content-type": "text/html"}}
SHORT = {"OUTDIAL_BROKER_SECONDS": "2"}
SHORT_VERIFY = {"OUTDIAL_VERIFY_SECONDS": "2"}


def cases() -> list[Case]:
    """In the order of the table. Made anew for each run: a Fault counts how often it struck."""
    unavailable = {"status": 503, "headers": {"retry-after": "1"}}
    return [
        Case("publish", "broker down", setting="down"),
        Case("publish", "wrong certificate", setting="certificate"),
        Case("publish", "slow to answer at all", Fault("GET /", delay=5), SHORT),
        Case("publish", "slow to answer the publication", Fault(PUBLISH, delay=5), SHORT),
        Case("publish", "401", Fault("GET /", status=401)),
        Case("publish", "403 for writing", Fault(PUBLISH, status=403)),
        Case("publish", "404, not a broker", Fault("GET /", status=404)),
        Case("publish", "409, content changed", setting="changed"),
        Case("publish", "409, similar name", setting="similar"),
        Case("publish", "500", Fault(PUBLISH, status=500)),
        Case("publish", "502", Fault(PUBLISH, status=502)),
        Case("publish", "503 with Retry-After, for ever", Fault("GET /", **unavailable)),  # type: ignore[arg-type]
        Case("publish", "503 with Retry-After, once", Fault("GET /", times=1, **unavailable)),  # type: ignore[arg-type]
        Case("publish", "body cut off", Fault(PUBLISH, truncated=True)),
        Case("publish", "not JSON", Fault("GET /", **LOGIN)),  # type: ignore[arg-type]
        Case("publish", "a login page instead of the publication", Fault(PUBLISH, **LOGIN)),  # type: ignore[arg-type]
        Case("publish", "redirect", Fault("GET /", status=301, headers={"location": "https://new.example/"})),
        Case("publish", "redirect of the publication", Fault(PUBLISH, status=302, headers={"location": "/"})),
        Case("publish", "connection reset", Fault(PUBLISH, reset=True)),
        Case("publish", "connection reset once", Fault(PUBLISH, reset=True, times=1)),
        Case("publish", "half of the pacts accepted", Fault(PUBLISH, status=500, skip=1)),
        Case("verify-broker", "no pact published", setting="unpublished"),
        Case("verify-broker", "401 for the pacts", Fault(OFFER, status=401)),
        Case("verify-broker", "503 for the pacts", Fault(OFFER, status=503), SHORT_VERIFY),
        Case("verify-broker", "body cut off", Fault(OFFER, truncated=True)),
        Case("verify-broker", "connection reset", Fault(OFFER, reset=True)),
        Case("verify-broker", "redirect", Fault(OFFER, status=302, headers={"location": "/elsewhere"})),
        Case("verify-broker", "403 for the results", Fault(RESULTS, status=403)),
        Case("verify-broker", "500 for the results", Fault(RESULTS, status=500), SHORT_VERIFY),
        Case("verify-broker", "connection reset at one result", Fault(RESULTS, reset=True, skip=1, status=599)),
        Case("can-i-deploy", "401", Fault("GET /matrix", status=401)),
        Case("can-i-deploy", "500", Fault("GET /matrix", status=500)),
        Case("can-i-deploy", "body cut off", Fault("GET /matrix", truncated=True)),
        Case("can-i-deploy", "not JSON", Fault("GET /matrix", **LOGIN)),  # type: ignore[arg-type]
        Case("can-i-deploy", "slow", Fault("GET /matrix", delay=5), SHORT),
        Case("record-deployment", "403", Fault(DEPLOY, status=403)),
        Case("record-deployment", "500", Fault(DEPLOY, status=500)),
        Case("record-deployment", "connection reset", Fault(DEPLOY, reset=True, status=599)),
        Case("record-deployment", "answer lost after recording", Fault(DEPLOY, reset=True)),
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
    """Run one command against doubles of its own, with one fault switched on."""
    with tempfile.TemporaryDirectory() as folder, provider_double() as provider, broker_double() as broker:
        workspace = new_workspace(Path(folder))
        pacts = [pact("app", "orders-api"), pact("web-shop", "orders-api")]
        workspace.commit(*pacts)
        arrange(case, broker, pacts)
        if case.fault:
            broker.faults.append(case.fault)
        extra = {
            "verify-broker": ("--provider-url", provider.url, "--state-url", provider.state_url),
            "record-deployment": ("--to", "production", "--pacticipant", "app"),
        }.get(case.command, ())
        with address(case, broker) as url:
            done = workspace.run(
                case.command,
                *extra,
                PACT_BROKER_BASE_URL=url,
                PACT_BROKER_TOKEN=TOKEN,
                OUTDIAL_VERSION="v1",
                **case.variables,
            )
        neutral = [text.replace(url, "http://broker.example") for text in (done.out, done.err)]
        return Played(case, Done(done.code, *neutral), broker.held.summary(), broker.paths())


def arrange(case: Case, broker: BrokerDouble, pacts: list[dict[str, object]]) -> None:
    """What the broker holds before."""
    broker.accepts = f"Bearer {TOKEN}"
    broker.held.environments["production"] = dict(ENVIRONMENT)
    held = broker.held
    if case.setting == "changed":
        held.publish("app", "v1", "orders-api", pact("app", "orders-api", "something else"))
        held.version_of("app", "v1", "main")
    elif case.setting == "similar":
        held.version_of("Web Shop", "v0", "main")
    elif case.setting == "unpublished":
        held.version_of("orders-api", "v0", "main")
    elif case.command != "publish":
        for consumer, content in zip(("app", "web-shop"), pacts, strict=True):
            held.publish(consumer, "v1", "orders-api", content)
            held.version_of(consumer, "v1", "main")
        held.version_of("orders-api", "v1", "main")


@contextmanager
def address(case: Case, broker: BrokerDouble) -> Iterator[str]:
    """Where the command is sent: the double, a port where nobody listens, or a certificate nobody trusts."""
    if case.setting == "down":
        with broker_double() as stopped:
            url = stopped.url
        yield url
    elif case.setting == "certificate":
        os.environ["PACT_DO_NOT_TRACK"] = "true"
        logging.getLogger("pact.ffi").setLevel(logging.WARNING)
        from pact import Pact

        # Pact's own mock server makes a certificate of its own: no key has to lie in the repository
        mock = Pact("anyone", "someone")
        mock.upon_receiving("nothing").with_request("GET", "/").will_respond_with(200)
        with mock.serve(transport="https", raises=False, verbose=False) as server:
            yield str(server.url).rstrip("/")
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
