"""Verify pacts against the stub, or with --provider-url against any provider.

It is pytest with one item for each interaction. Against the stub, `because` is proved too.
"""

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from pact_files import PACTS, Interaction, read_pacts
from provider_states import load_policies
from provider_stub import POLICIES
from verification.background import BackgroundVerification, Key
from verification.because import other_reasons
from verification.gate import Gate
from verification.plugin import PactPlugin
from verification.result import CaseResult
from verification.stub_process import running_stub
from verification.target import Target, target_at
from verification.verify import NothingToVerify
from yaml_documents import suggest

PYTEST = (
    "-q",
    "--no-header",
    "--tb=short",
    "-rN",
    "-p",
    "no:cacheprovider",
    "--disable-plugin-autoload",
    "--noconftest",
)
"""No plugin, configuration or option of the surroundings: what is verified depends on the command alone."""


def add_options(parser: ArgumentParser) -> None:
    """The options of the command."""
    build = Path("build")
    parser.add_argument("named", nargs="*", type=Path, metavar="PACT", help="pact files, or folders of them")
    parser.add_argument("--pacts", type=Path, nargs="+", default=[PACTS], metavar="PATH", help="likewise")
    parser.add_argument("--policies", type=Path, default=POLICIES, help="folder of policy files for the stub")
    parser.add_argument("--provider-url", metavar="URL", help="base URL of your own provider (default: the stub)")
    parser.add_argument("--state-url", metavar="URL", help="URL that changes that provider's states")
    parser.add_argument("--json", type=Path, default=build / "verification.json", help="results as JSON")
    parser.add_argument("--junit", "--junitxml", type=Path, default=build / "verification.xml", help="results as JUnit")
    parser.add_argument(
        "--gate",
        metavar="BASES",
        help="rows of these bases decide: published, reported, assumed, or all (default: all against the stub, "
        "published against another provider); the others are observed",
    )
    parser.add_argument("--observed", type=Path, default=build / "observed.json", help="what was observed, as JSON")
    parser.add_argument("-k", dest="expression", default="", help="only rows whose names match, like pytest's -k")
    parser.add_argument("-x", "--exitfirst", action="store_true", help="stop at the first row that does not hold")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="more of pytest's output")
    parser.epilog = "example: outdial verify pacts/outdial-genesys-cloud.json -k no-station"


def run(options: Namespace) -> int:
    """0 when every selected interaction holds, 1 when some do not; results as JSON and JUnit.

    Raises `BadPact`, `BadAddress`, `DocumentError`, `StubFailed`, `Unreachable`, `VerifierDied`, `NothingToVerify`,
    `BadGate`.
    """
    gate = Gate.read(options.gate or ("published" if options.provider_url else "all"))
    for earlier in (options.json, options.junit, options.observed):
        earlier.unlink(missing_ok=True)
    pacts = read_pacts(options.named or options.pacts)
    target = target_at(options.provider_url, options.state_url, [pact.provider for pact in pacts])
    if target:
        target.require()
    policies = {} if target else load_policies(options.policies)

    @contextmanager
    def verifying(selected: Sequence[Interaction]) -> Iterator[tuple[BackgroundVerification, Mapping[Key, str]]]:
        with ExitStack() as stack:
            if target:
                target.try_state(selected)
                yield stack.enter_context(BackgroundVerification(selected, target)), {}
                return
            stub = stack.enter_context(running_stub(options.policies))
            background = stack.enter_context(BackgroundVerification(selected, Target(stub.url, stub.state_url)))
            yield background, other_reasons(selected, policies)

    plugin = PactPlugin(pacts, verifying, gate)
    os.environ.pop("PYTEST_ADDOPTS", None)
    chosen = ["-k", options.expression, *(["-x"] if options.exitfirst else []), *["-v"] * options.verbose]
    paths = [str(pact.path.resolve()) for pact in pacts]
    fixed = [*PYTEST, f"--config-file={os.devnull}", f"--rootdir={Path.cwd()}", f"--junitxml={options.junit}"]
    code = int(pytest.main([*fixed, *chosen, *paths], plugins=[plugin]))
    if plugin.stopped_by or code in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.NO_TESTS_COLLECTED):
        options.junit.unlink(missing_ok=True)  # results of some rows would look like those of all
    if plugin.stopped_by:
        raise plugin.stopped_by
    if code == pytest.ExitCode.INTERRUPTED:
        return code
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        rows = [interaction.case_id for pact in pacts for interaction in pact.interactions]
        names = sorted({row.rpartition("/")[2] for row in rows})
        nearest = suggest(options.expression, names).partition(" Valid:")[0]
        raise NothingToVerify(f"-k {options.expression!r} selects none of {len(rows)} interactions{nearest}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    results = json.dumps([_as_json(*each) for each in plugin.results], indent=2)
    options.json.write_text(results + "\n", encoding="utf-8")
    observed = [_as_json(*each) for each in plugin.results if not gate.holds(each[0])]
    if observed:
        options.observed.parent.mkdir(parents=True, exist_ok=True)
        options.observed.write_text(json.dumps(observed, indent=2) + "\n", encoding="utf-8")
    if len(observed) == len(plugin.results):
        bases = ", ".join(gate.bases)
        raise NothingToVerify(
            f"--gate {bases}: none of {len(observed)} rows is {bases}; they were observed, none decides"
        )
    return code


def _as_json(about: Interaction, result: CaseResult) -> dict[str, Any]:
    return {
        "case": about.case_id,
        "consumer": about.consumer,
        "provider": about.provider,
        "given": about.given,
        "basis": about.basis,
        "source": about.evidence,
        "expected": about.expected,
        "got": result.got,
        "passed": result.passed,
        "problems": list(result.problems),
    }
