"""`outdial COMMAND`: the table of commands, and how each of them ends.

A command is a module with `add_options(parser)` and `run(options) -> int`; it is imported when it is chosen.
"""

import gc
import io
import os
import signal
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NoReturn

from outdial import __version__
from outdial.exit_codes import COULD_NOT, EXIT_CODES, UNUSABLE

COMMANDS = {
    "pact": ("outdial.cli.pact", "play every scenario, write the pacts, verify them"),
    "generate": ("outdial.generation.command", "play every scenario through its client and write the pacts"),
    "join": ("outdial.generation.join", "the pacts of what several machines have played"),
    "verify": ("outdial.cli.verify", "verify pacts, and play journeys, against the stub, or against any provider"),
    "join-results": ("outdial.cli.join_results", "one answer from what several machines have verified"),
    "check": (
        "outdial.cli.check",
        "look up every name in tables, policies, definitions, reports, claims; play nothing",
    ),
    "dial": ("outdial.cli.dial", "whole dials of NICE CXone's client against a running stub"),
    "stub": ("outdial.cli.stub", "serve the provider stub"),
    "settle": ("outdial.reports.settle.command", "every pact against every edition of its API"),
    "claims": ("outdial.reports.claims.command", "what the reports' answers claim, with computed verdicts"),
    "explain": ("outdial.explain.command", "why a request is refused, and the smallest change that is accepted"),
    "strength": ("outdial.strength.command", "which faults of a provider the pacts would notice"),
    "conformance": ("outdial.conformance.command", "compare a pact with the provider's OpenAPI or Swagger file"),
    "definition": (
        "outdial.conformance.definition",
        "what a newer definition changes, and which rows and rules rest on it",
    ),
    "published": (
        "outdial.reports.published.command",
        "every published code and field: which rows assert it, or why none",
    ),
    "broker": ("outdial.broker.commands.broker", "publish, verify, gate and record at a Pact Broker"),
}


THIS_MACHINE = "localhost,127.0.0.1,::1"
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Parser(ArgumentParser):
    """Options are written in full, and a wrong one ends with the code that the table has for it."""

    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, formatter_class=RawDescriptionHelpFormatter, **options)  # type: ignore[arg-type]

    def refuse(self, what: str, word: str, valid: Iterable[str]) -> NoReturn:
        """End with the nearest valid word, and all of them."""
        from outdial.documents import suggest  # takes longer to import than everything else here

        self.error(f"there is no {what} {word!r}{suggest(word, list(valid))}")

    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"error: {message}\nsee {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an exception that carries no exit code is a defect, and keeps its traceback."""
    _fill_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # in a log, what was done comes before what failed
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look for some in every installed package
    gc.set_threshold(50_000, 20, 50)  # what is read stays: to look through it ever again took a third of a large suite
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # or what was started and half written would stay
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _raise_again
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
        parsers[chosen].refuse("option", unknown[0], parsers[chosen]._option_string_actions)
    return int(command.run(options))


def keep_proxies_out() -> None:
    """Mock servers and the stub are on this machine, where no proxy of the environment can reach them."""
    given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if given.strip() == "*":  # no proxy at all, which Pact's library does not understand for an address
        for name in [name for name in os.environ if name.lower() in PROXIES]:
            del os.environ[name]
    elif THIS_MACHINE not in given:
        kept = ",".join(filter(None, [given, THIS_MACHINE]))
        os.environ.update(no_proxy=kept, NO_PROXY=kept)


def _raise_again(dropped: "sys.UnraisableHookArgs") -> None:
    """Python drops what a signal raises while an object is released; the signal comes again when that is over."""
    if dropped.exc_type is KeyboardInterrupt:
        from threading import Timer  # hardly ever, and not at every start

        Timer(0.01, os.kill, (os.getpid(), signal.SIGTERM)).start()  # SIGINT may be ignored, as a shell's jobs do
    elif hasattr(dropped.exc_type, "exit_code"):  # of a deadline
        signal.setitimer(signal.ITIMER_REAL, 0.01)
    else:
        sys.__unraisablehook__(dropped)


def _fill_closed() -> None:
    """Where whoever started this has closed a standard stream: or the next file that is opened would be it."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
            setattr(sys, name, open(descriptor, "w" if descriptor else "r", closefd=False))  # noqa: SIM115 - for good


def _unread() -> int:
    """Whoever read the output has gone; nothing more is written, not even by Python's own last flush."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return COULD_NOT


if __name__ == "__main__":
    sys.exit(main())
