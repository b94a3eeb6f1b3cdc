"""`outdial COMMAND`: the table of commands, and their exit codes.

A command is a module with `add_options(parser)` and `run(options) -> int`, imported when it is chosen.
"""

import io
import os
import re
import signal
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NoReturn

from outdial import __version__
from outdial.exit_codes import COULD_NOT, EXIT_CODES, UNUSABLE

COMMANDS = {
    "pact": ("outdial.cli.pact", "play every row, write the pacts, verify them"),
    "generate": ("outdial.generation.command", "play every row through its client and write the pacts"),
    "join": ("outdial.generation.join", "merge the partial pacts of several machines"),
    "verify": ("outdial.cli.verify", "verify pacts, and play journeys, against the stub or any provider"),
    "check": (
        "outdial.cli.check",
        "check tables, policies, definitions, reports and claims; play nothing",
    ),
    "stub": ("outdial.cli.stub", "serve the provider stub"),
    "settle": ("outdial.reports.settle", "every pact against every edition of its API"),
    "claims": ("outdial.reports.verdicts", "what the reports' answers claim, with computed verdicts"),
    "explain": ("outdial.explain.command", "explain why a request is refused, and the smallest change"),
    "can-call": ("outdial.explain.can_call", "read from the API whether a call may be placed for a user"),
    "observe": ("outdial.explain.observe", "record a vendor's answers to requests that need no account"),
    "mcp": ("outdial.cli.mcp", "explain refusals to language models (Model Context Protocol, stdio)"),
    "strength": ("outdial.strength.command", "report which plain faults of a provider the pacts notice"),
    "schemas": ("outdial.cli.schemas", "write JSON Schemas of the YAML files, for editors"),
    "definition": (
        "outdial.definitions.command",
        "show what a new API definition changes, or add an operation",
    ),
    "published": (
        "outdial.reports.published",
        "every published code and field: which rows assert it, or why none",
    ),
    "broker": ("outdial.broker.command", "publish, verify, gate and record at a Pact Broker"),
}


THIS_MACHINE = "localhost,127.0.0.1,::1"
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Parser(ArgumentParser):
    """Parser of options without abbreviations; a wrong one ends with exit code 4."""

    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, formatter_class=RawDescriptionHelpFormatter, **options)  # type: ignore[arg-type]

    def refuse(self, what: str, word: str, valid: Iterable[str]) -> NoReturn:
        """End with the closest valid word, and a list of all."""
        from outdial.documents import suggest  # takes longer to import than everything else here

        self.error(f"there is no {what} {word!r}{suggest(word, list(valid))}")

    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"error: {message}\nsee {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. An exception without an exit code is a defect and keeps its traceback."""
    _fill_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # in a log, what was done comes before what failed
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look for some in every installed package
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that every `finally` runs
    keep_proxies_out()
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        return COULD_NOT
    except BrokenPipeError:
        return _unread()
    except SystemExit as leaving:
        if isinstance(leaving.__context__, BrokenPipeError):  # rich leaves by itself, with the code of a "no"
            return _unread()
        raise
    except Exception as problem:
        code = getattr(problem, "exit_code", None)
        if code is None and isinstance(problem, OSError) and problem.strerror:
            where = f"{problem.filename}: " if problem.filename else ""
            problem, code = OSError(f"{where}{problem.strerror}"), COULD_NOT
        if code is None:
            raise
        print(f"error: {problem}", file=sys.stderr)
        return int(code)


def _run(arguments: list[str]) -> int:
    chosen = next((word for word in arguments if not word.startswith("-")), "")
    codes = "\n".join(f"  {code}  {meaning}" for code, meaning in EXIT_CODES.items())
    top = Parser(
        prog="outdial",
        description="May this caller place this call for this agent, and if not, which condition refuses?",
        epilog=f"outdial COMMAND --help tells the options of a command.\n\nexit codes:\n{codes}",
    )
    top.add_argument("--version", action="version", version=f"outdial {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    parsers = {
        name: commands.add_parser(name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.")
        for name, (_, meaning) in COMMANDS.items()
    }
    if not chosen:
        top.parse_args(arguments)  # leaves with help, version or an error, since a command is required
    if chosen not in COMMANDS:
        top.refuse("command", chosen, COMMANDS)
    command = import_module(COMMANDS[chosen][0])
    command.add_options(parsers[chosen])
    options, unknown = top.parse_known_args(arguments)
    if unknown:
        known = re.findall(r"(?<![\w-])--?[a-z][\w-]*", parsers[chosen].format_help())
        parsers[chosen].refuse("option", unknown[0], dict.fromkeys(known))
    return int(command.run(options))


def keep_proxies_out() -> None:
    """Exclude this machine from the proxies of the environment: mock servers and the stub listen on loopback."""
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if given.strip() == "*":  # no proxy at all, which Pact's library does not understand for an address
        for name in [name for name in os.environ if name.lower() in PROXIES]:
            del os.environ[name]
    elif THIS_MACHINE not in given:
        kept = ",".join(filter(None, [given, THIS_MACHINE]))
        os.environ.update(no_proxy=kept, NO_PROXY=kept)


def _fill_closed() -> None:
    """Open a standard stream that the caller has closed; the next file would get its number."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            os.set_inheritable(descriptor, True)  # dup2 leaves a number that is its own as it was
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115 - for good


def _unread() -> int:
    """Write nothing more after the reader of the output has gone, not even at Python's last flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return COULD_NOT


if __name__ == "__main__":
    sys.exit(main())
