"""Whatever is wrong, verification ends soon, not green, with one short message, and leaves nothing behind.

Writes the table of all cases to `build/`.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from outdial.provider import POLICIES
from outdial.tables import TABLES
from outdial.tables.journey import JOURNEYS
from outdial.verification.stub_process import RunningStub
from tests.conftest import ROOT
from tests.raw_provider import VALUES, http, sending

PACTS = ROOT / "pacts"
MAIN = "outdial-genesys-cloud.json"
FEW = "get_call/unknown-conversation and not client-credentials"
"""One row: a second one in a row without an answer would end the run."""
SECONDS = 30
LINES = 20
MARK = "OUTDIAL_SABOTAGE"
"""A variable of the environment by which what a run has started is found."""


@dataclass
class Run:
    """One run to come: a folder of its own, with copies of the committed pacts if it wants them."""

    folder: Path
    stub: RunningStub
    stack: ExitStack
    mark: str = field(default_factory=lambda: uuid4().hex)
    environment: dict[str, str] = field(default_factory=dict)
    limit: Callable[[], None] | None = None
    kill: tuple[str, signal.Signals] | None = None
    together: bool = False

    def begin(self) -> None:
        """In the command's process before it begins: SIGINT is heeded, which a shell's background jobs ignore."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self.limit:
            self.limit()

    def pacts(self) -> Path:
        """The committed pacts, to be spoilt."""
        return Path(shutil.copytree(PACTS, self.folder / "pacts"))

    def pact(self, change: Callable[[dict[str, Any]], object] = lambda _: None) -> Path:
        """The folder of pacts with one of them changed."""
        file = self.pacts() / MAIN
        content = json.loads(file.read_text())
        change(content)
        file.write_text(json.dumps(content))
        return file.parent

    def provider(self, answer: bytes | None, values: bytes | None = http(VALUES)) -> tuple[object, ...]:
        """Options for a provider that answers so, and states that do; None hangs."""

        def send(path: str, _: bytes) -> bytes:
            sent = values if path == "/states" else answer
            if sent is None:
                time.sleep(SECONDS + 10)
            return sent or b""

        url = self.stack.enter_context(sending(send))
        return (PACTS / MAIN, "--provider-url", url, "--state-url", f"{url}/states")


Sabotage = Callable[[Run], tuple[object, ...]]
"""Spoils something and gives the options of the run."""


def changed(change: Callable[[dict[str, Any]], object]) -> Sabotage:
    """The committed pacts beside their tables, one of them changed."""
    return lambda run: ("--pacts", run.pact(change), "--tables", TABLES)


def first(content: dict[str, Any]) -> dict[str, Any]:
    """The first refused interaction of a pact."""
    found: dict[str, Any] = next(each for each in content["interactions"] if each["response"].get("matchingRules"))
    return found


def everywhere(change: Callable[[dict[str, Any]], object]) -> Sabotage:
    """The committed pacts beside their tables, each interaction of one of them changed."""
    return changed(lambda content: [change(each) for each in content["interactions"]])


def rules(part: str, change: Callable[[dict[str, Any]], object]) -> Sabotage:
    """Each matching rule of the responses in one part changed."""

    def spoil(interaction: dict[str, Any]) -> None:
        for each in interaction["response"].get("matchingRules", {}).get(part, {}).values():
            change(each)

    return everywhere(spoil)


def other_class(interaction: dict[str, Any]) -> None:
    """Where any 2xx is expected, any status that is no error is."""
    if rule := interaction["response"].get("matchingRules", {}).get("status"):
        rule["$"]["matchers"][0]["status"] = "nonError"


def any_header(interaction: dict[str, Any]) -> None:
    """A header of the response may be anything."""
    if "headers" in interaction["response"]:
        rule = {"Content-Type": {"combine": "AND", "matchers": [{"match": "regex", "regex": ".*"}]}}
        interaction["response"].setdefault("matchingRules", {})["header"] = rule


def generated(interaction: dict[str, Any]) -> None:
    """The response is another each time."""
    if "body" in interaction["response"]:
        interaction["response"]["generators"] = {"body": {"$.code": {"type": "RandomString", "size": 3}}}


def journeys(change: Callable[[Path], object]) -> Sabotage:
    """The committed journeys, changed."""

    def sabotage(run: Run) -> tuple[object, ...]:
        folder = Path(shutil.copytree(JOURNEYS, run.folder / "journeys"))
        change(folder)
        return ("--journeys", folder)

    return sabotage


def renamed_yml(folder: Path) -> None:
    for file in folder.glob("*/*.yaml"):
        file.rename(file.with_suffix(".yml"))


def put_flat(folder: Path) -> None:
    for file in folder.glob("*/*.yaml"):
        file.rename(folder / file.name)


def of_another_consumer(folder: Path) -> None:
    for file in folder.glob("*/*.yaml"):
        file.write_text(file.read_text().replace("consumer: outdial", "consumer: outdail"))


def written(text: str | bytes) -> Sabotage:
    """A file that is named as a pact."""

    def sabotage(run: Run) -> tuple[object, ...]:
        file = run.folder / "spoilt.json"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return (file,)

    return sabotage


def of(interactions: list[dict[str, Any]], **head: Any) -> str:
    """A pact of these interactions."""
    return json.dumps({"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": interactions, **head})


def removed_file(run: Run) -> tuple[object, ...]:
    (pacts := run.pacts()).joinpath(MAIN).unlink()
    return ("--pacts", pacts, "--tables", TABLES)


def broken_pact_among_others(run: Run) -> tuple[object, ...]:
    pacts = run.pacts()
    (pacts / MAIN).write_text((pacts / MAIN).read_text()[:-50])
    return ("--pacts", pacts)


def policies(change: Callable[[Path], object]) -> Sabotage:
    """The committed policies, changed."""

    def sabotage(run: Run) -> tuple[object, ...]:
        folder = Path(shutil.copytree(POLICIES, run.folder / "policies"))
        change(folder)
        return (PACTS / MAIN, "-k", FEW, "--deadline", 5, "--policies", folder)

    return sabotage


def forked(doing: str, options: Sabotage) -> Sabotage:
    """The processes that the command copies itself into do this first."""

    def sabotage(run: Run) -> tuple[object, ...]:
        customising = (
            f"import os, threading, time\nfork = os.fork\ndef copied():\n    pid = fork()\n    if pid == 0: {doing}\n"
        )
        (run.folder / "sitecustomize.py").write_text(f"{customising}    return pid\nos.fork = copied\n")
        run.environment["PYTHONPATH"] = f"{run.folder}:{ROOT}"
        return options(run)

    return sabotage


def full_disk(run: Run) -> tuple[object, ...]:
    """No file can grow, as on a full disk."""
    run.limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (0, 0))
    return (PACTS / MAIN, "-k", FEW)


def signalled(number: signal.Signals, begun: str, options: Sabotage, together: bool = False) -> Sabotage:
    """A signal to the command, alone or with its process group, as soon as it has begun a process."""

    def sabotage(run: Run) -> tuple[object, ...]:
        run.kill, run.together = (begun, number), together
        return options(run)

    return sabotage


def elsewhere(provider: str, states: str) -> Sabotage:
    """Other addresses; STUB is that of the running one."""
    return lambda run: (
        *(PACTS / MAIN, "-k", FEW, "--gate", "all", "--provider-url", provider.replace("STUB", run.stub.url)),
        *("--state-url", states.replace("STUB", run.stub.url)),
    )


def a_file_in_the_way(run: Run) -> tuple[object, ...]:
    (run.folder / "file").write_text("")
    return (PACTS / MAIN, "--json", run.folder / "file" / "results.json")


def an_empty_folder(run: Run) -> tuple[object, ...]:
    (run.folder / "empty").mkdir()
    return (run.folder / "empty",)


def a_folder_in_the_way(run: Run) -> tuple[object, ...]:
    (run.folder / "r.xml.partial").mkdir()
    return (PACTS / MAIN, "-k", FEW)


def a_pipe_as_a_pact(run: Run) -> tuple[object, ...]:
    os.mkfifo(run.folder / "a.json")
    return (run.folder / "a.json", "--deadline", 10)


def a_folder_as_results(run: Run) -> tuple[object, ...]:
    return (PACTS / MAIN, "--json", run.folder)


CLOSED = "http://127.0.0.1:1"
CASES: dict[str, tuple[Sabotage, int, str]] = {
    "a pact file is removed": (removed_file, 4, "outdial -> genesys-cloud: "),
    "interactions are removed": (changed(lambda c: c["interactions"].__delitem__(slice(3, 60))), 4, "are missing"),
    "an interaction of no table": (
        changed(lambda c: first(c).update(key="x/y/z")),
        4,
        "x/y/z: no table has such a row",
    ),
    "response bodies are emptied": (
        changed(lambda c: [each["response"].pop("body", 0) for each in c["interactions"]]),
        4,
        "another response body",
    ),
    "a status is another": (changed(lambda c: first(c)["response"].update(status=418)), 4, "another response status"),
    "a rule is gone": (changed(lambda c: first(c)["response"].pop("matchingRules")), 4, "another matching rule"),
    "a request is another": (changed(lambda c: first(c)["request"].update(path="/")), 4, "another request"),
    "a state is gone": (changed(lambda c: first(c).pop("providerStates")), 4, "another provider state"),
    "a reason is gone": (changed(lambda c: c["interactions"][0]["comments"].pop("because")), 4, "another because"),
    "a consumer is another": (changed(lambda c: c["consumer"].update(name="outdail")), 4, "another consumer than"),
    "a class of status is another": (
        everywhere(other_class),
        4,
        "another matching rule of the response status than",
    ),
    "any header is as good": (everywhere(any_header), 4, "another matching rule of a response header than"),
    "one rule is enough": (rules("body", lambda rule: rule.update(combine="OR")), 4, "another way to combine"),
    "a rule of a part that there is not": (
        everywhere(lambda each: each["response"].update(matchingRules={"trailer": {"$": {"matchers": []}}})),
        4,
        "another part with matching rules",
    ),
    "a basis is another": (everywhere(lambda each: each["comments"].update(basis="observed")), 4, "another basis than"),
    "a source is another": (everywhere(lambda each: each["comments"].update(source="x")), 4, "another source than"),
    "a response is generated": (everywhere(generated), 4, "another generator of the response than"),
    "a request is not generated": (
        everywhere(lambda each: each["request"].pop("generators", None)),
        4,
        "another generator of the request than",
    ),
    "no journeys": (
        lambda run: ("--journeys", run.folder),
        4,
        "no journey here; expected <provider>/<journey>.yaml",
    ),
    "journeys by another ending": (
        journeys(renamed_yml),
        4,
        "application-calls-and-reads.yml: no journey, by its name",
    ),
    "journeys without a provider": (journeys(put_flat), 4, "application-calls-and-reads.yaml: no journey, by its name"),
    "journeys of no provider": (
        journeys(lambda folder: (folder / "nice-cxone").rename(folder / "nice-cxon")),
        4,
        "no provider 'nice-cxon' - did you mean 'nice-cxone'?",
    ),
    "journeys of another consumer": (
        journeys(of_another_consumer),
        4,
        "consumer: genesys-cloud has none 'outdail' - did you mean 'outdial'?",
    ),
    "one pact of many is cut off": (broken_pact_among_others, 4, "not a pact"),
    "no JSON": (written("consumer: c"), 4, "not a pact"),
    "an empty file": (written(""), 4, "not a pact"),
    "bytes": (written(bytes(range(256))), 4, "not a pact"),
    "JSON that nests without end": (written("[" * 100_000), 4, "not a pact"),
    "a pact of nothing": (written(of([])), 4, "without interactions"),
    "a key that stands twice": (
        written(of([{"description": "d", "key": "k", "request": {"method": "GET"}, "response": {}}] * 2)),
        4,
        "key 'k' stands twice",
    ),
    "a message": (written(of([], messages=[{"description": "m"}])), 4, "is a message"),
    "a version to come": (
        written(of([{"description": "d"}], metadata={"pactSpecification": {"version": "5.0"}})),
        4,
        "version 5.0",
    ),
    "an empty folder": (an_empty_folder, 4, "no pacts in"),
    "no such folder": (lambda run: (run.folder / "none",), 4, "none"),
    "a filter for nothing": (lambda _: (PACTS / MAIN, "-k", "no-sation"), 5, "did you mean 'no-station'?"),
    "results where a file is": (a_file_in_the_way, 2, "file"),
    "results where a folder is": (a_folder_as_results, 2, "Is a directory"),
    "a full disk": (full_disk, 2, "No usable temporary directory"),
    "broken policies": (policies(lambda p: next(p.glob("*.yaml")).write_text("a: [")), 4, ".yaml:"),
    "no policies": (policies(shutil.rmtree), 4, "policies"),
    "policies that never end": (policies(lambda p: os.mkfifo(p / "x.yaml")), 4, "x.yaml: no regular file"),
    "a pact that never ends": (a_pipe_as_a_pact, 4, "a.json: no regular file"),
    "a journey that never ends": (
        journeys(lambda p: os.mkfifo(p / "nice-cxone" / "x.yaml")),
        4,
        "x.yaml: no regular file",
    ),
    "a login host that nobody is at": (
        lambda run: (
            *(PACTS / MAIN, "-k", f"{FEW} or journey/user-logs-in", "--gate", "all"),
            *("--provider-url", f"{run.stub.url}/genesys-cloud", "--state-url", run.stub.state_url),
            *("--login-url", CLOSED),
        ),
        2,
        "2 interactions verified: 2 hold",
    ),
    "a folder for a machine that is none": (lambda run: ("--results", run.folder / "d"), 4, "go together"),
    "a folder where results are begun": (a_folder_in_the_way, 2, "r.xml.partial: Is a directory"),
    "a stub that says nothing": (
        forked("time.sleep(99)", lambda _: (PACTS / MAIN, "-k", FEW, "--deadline", 4)),
        2,
        "not finished within 4 seconds",
    ),
    "a stub that dies": (forked("os._exit(7)", lambda _: (PACTS / MAIN,)), 2, "the stub did not start"),
    "a verifier that dies": (
        forked("threading.Timer(3, os._exit, [7]).start()", lambda run: run.provider(None)),
        2,
        "a process of Pact's verifier died",
    ),
    "nobody at the provider": (
        elsewhere(CLOSED, "STUB/provider-states"),
        2,
        "the provider http://127.0.0.1:1 does not",
    ),
    "nobody at the state URL": (
        elsewhere("STUB/genesys-cloud", CLOSED),
        2,
        "the state URL http://127.0.0.1:1 does not",
    ),
    "a host without address": (elsewhere("http://no.invalid", "http://no.invalid"), 2, "no.invalid does not answer"),
    "no scheme": (elsewhere("127.0.0.1:80", "http://x"), 4, "'127.0.0.1:80' is no address"),
    "no such port": (elsewhere("http://127.0.0.1:99999", "http://x"), 4, "99999' is no address"),
    "https where http is spoken": (
        lambda run: elsewhere(run.stub.url.replace("http:", "https:"), "STUB/provider-states")(run),
        2,
        "gives no answer, 2 times in a row: no answer: [SSL",
    ),
    "another path": (elsewhere("STUB/genesys-clod", "STUB/provider-states"), 1, "no provider 'genesys-clod' here"),
    "one address only": (lambda _: (PACTS / MAIN, "--provider-url", CLOSED), 4, "go together"),
    "one address for many": (lambda _: ("--provider-url", CLOSED, "--state-url", CLOSED), 4, "is one provider"),
    "a state URL that is another": (
        elsewhere("STUB/genesys-cloud", "STUB/genesys-cloud"),
        2,
        "answers 501 to 'an access token'",
    ),
    "a state URL with a fault": (lambda run: run.provider(http("{}"), http("", "500 Oops")), 2, "answers 500 to 'an"),
    "a state URL that hangs": (lambda run: run.provider(http("{}"), None), 2, "no answer within 5 s"),
    "a state URL that hangs up": (lambda run: run.provider(http("{}"), b""), 2, "closed without an answer"),
    "a state that returns nothing": (
        lambda run: (*run.provider(http("{}", "401 No"), http("{}")), "-x", "--gate", "all"),
        1,
        "no state returned accessToken",
    ),
    "a state that returns no JSON": (
        lambda run: (*run.provider(http("{}"), http("ok", media_type="text/plain")), "-x", "--gate", "all"),
        1,
        "no state returned accessToken",
    ),
    "a provider that hangs": (lambda run: run.provider(None), 2, "gives no answer, 2 times in a row: no answer within"),
    "a provider that hangs up": (lambda run: run.provider(b""), 2, "the connection was closed without an answer"),
    "a deadline that comes": (
        lambda run: (*run.provider(None), "--deadline", 3),
        2,
        "not finished within 3 seconds: 0 rows",
    ),
    "SIGTERM": (signalled(signal.SIGTERM, "outdial worker", lambda run: run.provider(None)), 2, ""),
    "SIGINT": (signalled(signal.SIGINT, "outdial worker", lambda run: run.provider(None)), 2, ""),
    "SIGINT at a terminal": (
        signalled(signal.SIGINT, "outdial worker", lambda run: run.provider(None), together=True),
        2,
        "",
    ),
    "SIGKILL": (signalled(signal.SIGKILL, "outdial worker", lambda run: run.provider(None)), -9, ""),
    "SIGTERM with a stub": (signalled(signal.SIGTERM, "outdial stub", lambda _: ()), 2, ""),
    "SIGKILL with a stub": (signalled(signal.SIGKILL, "outdial stub", lambda _: ()), -9, ""),
    "SIGKILL while rows are played": (signalled(signal.SIGKILL, "outdial worker", lambda _: ()), -9, ""),
}
"""What is spoilt, the exit code, and what the message says."""


@dataclass
class Ended:
    """How a run ended; `left` are the processes and files that it left."""

    code: int
    output: str
    seconds: float
    left: list[str]


def running(mark: str) -> list[str]:
    """The processes with this mark in their environment, by their names and command lines."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes():
                found.append(f"{(process / 'comm').read_text().strip()}: {(process / 'cmdline').read_text()}")
        except OSError:
            continue
    return found


def sabotaged(case: str, folder: Path, stub: RunningStub) -> Ended:
    """Run one case."""
    temporary = folder / "temporary files"
    temporary.mkdir(parents=True)
    with ExitStack() as stack:
        run = Run(folder, stub, stack)
        options = [str(each) for each in CASES[case][0](run)]
        named = Path(options[options.index("--json") + 1]) if "--json" in options else folder / "r.json"
        results = [folder / "r.xml", *([] if "--json" in options else [named])]
        for file in results:
            file.write_text("of an earlier run")
        command = [
            sys.executable,
            "-m",
            "outdial",
            "verify",
            "--junit",
            str(results[0]),
            "--json",
            str(named),
            *options,
        ]
        environment = {**os.environ, MARK: run.mark, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
        started = time.monotonic()
        with subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, **run.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=run.begin,
            start_new_session=True,
        ) as process:
            if run.kill:
                while not any(run.kill[0] in each for each in running(run.mark)):
                    assert time.monotonic() - started < SECONDS
                    time.sleep(0.02)
                (os.killpg if run.together else os.kill)(process.pid, run.kill[1])
            output = process.communicate(timeout=2 * SECONDS)[0]
        seconds = time.monotonic() - started
    until = time.monotonic() + 8
    while (left := running(run.mark)) and time.monotonic() < until:
        time.sleep(0.05)
    left += [path.name for path in temporary.iterdir()]
    left += [path.name for path in results if path.exists() and path.read_text() == "of an earlier run"]
    left += [path.name for path in results if path.exists() and process.returncode != 1]
    return Ended(process.returncode, output, seconds, left)


@pytest.fixture(scope="module")
def ended(
    request: pytest.FixtureRequest, stub: RunningStub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Ended]]]:
    """The runs of the cases that were selected, a few at a time since most of them wait."""
    wanted = [item.callspec.params.get("case") for item in request.session.items if hasattr(item, "callspec")]
    with ThreadPoolExecutor(4) as pool:
        runs = {
            case: pool.submit(sabotaged, case, tmp_path_factory.mktemp("sabotage") / "a folder", stub)
            for case in CASES
            if case in wanted
        }
        yield runs
    rows = [
        f"| {case} | {(end := run.result()).code} | {end.output.count(chr(10))} | {end.seconds:.1f} |"
        for case, run in runs.items()
    ]
    table = ["| what is wrong | exit code | lines | seconds |", "|---|---|---|---|", *rows]
    (ROOT / "build").mkdir(exist_ok=True)
    name = f"sabotage{os.environ.get('PYTEST_XDIST_WORKER', '')}.md"
    (ROOT / "build" / name).write_text("\n".join(table) + "\n")


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found by /proc")
@pytest.mark.parametrize("case", CASES)
def test_a_sabotaged_verification_ends_soon_says_why_and_leaves_nothing(
    ended: dict[str, Future[Ended]], case: str
) -> None:
    """Not green, the cause named in a few lines, no traceback, no process and no file of a run left."""
    _, code, said = CASES[case]
    end = ended[case].result()
    assert end.code == code, end.output
    assert said in end.output
    assert "Traceback" not in end.output
    assert end.seconds < SECONDS * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))  # a busy machine takes longer
    assert end.left == []
    failing = end.output.count("FAIL ")
    assert end.output.count("\n") <= LINES + 8 * failing
