"""Start-up and requests per second of the stub, beside `pact stub` and Prism, in one run.

All get the same request, a call placed for an agent, over one keep-alive connection. Prism serves the stub's own
OpenAPI description, `pact stub` interactions of the committed pact. Rounds take turns, so that a busy machine
slows all of them alike; medians are shown.
"""

import json
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import requests

from benchmarks.connection import Connection, free_port, prepared, seconds_to_first_answer
from benchmarks.report import machine, table
from provider_states import STATES_PATH

ROOT = Path(__file__).parent.parent
PROVIDER = "genesys-cloud"
PACT = ROOT / "pacts" / f"outdial-{PROVIDER}.json"
ACCEPTED = f"{PROVIDER}/place_call_for_agent/accepted"
PRISM = Path("build/npm/node_modules/.bin/prism")
INSTALL_PRISM = "npm install --prefix build/npm @stoplight/prism-cli@5.14.2"
ROUNDS, SECONDS = 7, 0.7


@dataclass(frozen=True, slots=True)
class Peer:
    """A server to start on a port, and the request that it gets."""

    name: str
    command: Callable[[int], list[str]]
    request: Callable[[int], bytes]


@contextmanager
def started(peer: Peer) -> Iterator[tuple[int, float]]:
    """A running peer's port, and the seconds from starting its process to its first answer."""
    port = free_port()
    probe = prepared("GET", "/", {})
    begun = time.perf_counter()
    process = subprocess.Popen(
        peer.command(port), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield port, seconds_to_first_answer(port, probe, begun)
    finally:
        process.terminate()
        process.wait()


def placed_call(path: str, token: str) -> bytes:
    """The request that every peer gets."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}
    return prepared("POST", path, headers, b'{"phoneNumber": "+13175550142"}')


def call_for(agent: str) -> str:
    """The path of a call placed for an agent."""
    return f"/api/v2/conversations/calls/user/{agent}"


def outdial(scenarios: int) -> Peer:
    """Our stub, after the provider states of so many scenarios have been made in it."""

    def request(port: int) -> bytes:
        def make(state: str, **params: object) -> dict[str, str]:
            change = {"state": state, "params": params, "action": "setup"}
            answer = session.post(f"http://127.0.0.1:{port}{STATES_PATH}", json=change, timeout=10)
            answer.raise_for_status()
            values: dict[str, str] = answer.json()
            return values

        with requests.Session() as session:
            for _ in range(scenarios):
                token = make("an access token", role={"permissions": ["conversation:agentlessCall:add"]})["accessToken"]
                agent = make("an agent")["agentId"]
        return placed_call(f"/{PROVIDER}{call_for(agent)}", token)

    name = f"outdial stub, {scenarios} scenario{'s' if scenarios > 1 else ''} made in it"
    return Peer(name, lambda port: [sys.executable, "-m", "outdial", "stub", "--states", "--port", str(port)], request)


def pact_stub(interactions: int, folder: Path) -> Peer:
    """Pact's own stub server over the first interactions of the committed pact, the measured one among them."""
    pact = json.loads(PACT.read_text())
    by_key = {each["key"]: each for each in pact["interactions"]}
    accepted = by_key.pop(ACCEPTED)
    same_operation = [each for key, each in by_key.items() if "/place_call_for_agent/" in key]
    pact["interactions"] = [*same_operation[: interactions - 1], accepted]
    file = folder / f"{interactions}.json"
    file.write_text(json.dumps(pact))
    request = placed_call(accepted["request"]["path"], "EXAMPLE-NOT-A-TOKEN")
    binary = str(Path(sys.executable).parent / "pact")
    name = f"pact stub, {interactions} interaction{'s' if interactions > 1 else ''}"
    return Peer(
        name, lambda port: [binary, "stub", "--file", str(file), "--port", str(port), "-l", "none"], lambda _: request
    )


def prism(folder: Path) -> Peer:
    """Prism over the stub's own description."""
    file = folder / "openapi.json"
    with started(outdial(1)) as (port, _):
        description = requests.get(f"http://127.0.0.1:{port}/{PROVIDER}/openapi.json", timeout=10).json()
    file.write_text(json.dumps({**description, "servers": [{"url": "/"}]}))
    request = placed_call(call_for("00000000-0000-4000-8000-000000000002"), "EXAMPLE-NOT-A-TOKEN")
    arguments = [str(PRISM), "mock", str(file), "--host", "127.0.0.1", "--verboseLevel", "silent", "--port"]
    return Peer("Prism 5.14.2", lambda port: [*arguments, str(port)], lambda _: request)


def measure(peers: list[Peer], rounds: int, seconds: float) -> dict[str, tuple[float, float]]:
    """For each peer the median seconds to start and the median requests per second."""
    starts: dict[str, list[float]] = {peer.name: [] for peer in peers}
    rates: dict[str, list[float]] = {peer.name: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            with started(peer) as (port, first):
                request = peer.request(port)
                with Connection(port) as connection:
                    status = connection.status(request)
                    if not 200 <= status <= 299:
                        raise RuntimeError(f"{peer.name} answers {status}, so it does other work than the others")
                    connection.rate(request, seconds / 4)
                    rates[peer.name].append(connection.rate(request, seconds))
                starts[peer.name].append(first)
    return {peer.name: (median(starts[peer.name]), median(rates[peer.name])) for peer in peers}


def main() -> None:
    """Print one table."""
    options = ArgumentParser(prog="benchmarks.stub_speed", description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--seconds", type=float, default=SECONDS, help="time of each measurement")
    chosen = options.parse_args()
    with TemporaryDirectory(prefix="outdial-bench-") as name:
        folder = Path(name)
        peers = [outdial(1), outdial(1000), pact_stub(1, folder), pact_stub(20, folder)]
        if PRISM.exists():
            peers.append(prism(folder))
        else:
            print(f"without Prism; to compare with it: {INSTALL_PRISM}", file=sys.stderr)
        measured = measure(peers, chosen.rounds, chosen.seconds)
    ours = measured[peers[0].name][1]
    rows = [
        [name, f"{start * 1000:.0f} ms", f"{rate:,.0f}", f"{ours / rate:.2f}"]
        for name, (start, rate) in measured.items()
    ]
    print(table(["server", "start to first answer", "requests/s", "outdial with 1 scenario is … times as fast"], rows))
    print(f"\nmedians of {chosen.rounds} rounds, one connection; {machine()}")


if __name__ == "__main__":
    main()
