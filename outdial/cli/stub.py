"""`outdial stub`: the provider stub, with `--states` also the provider states for any verifier."""

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from signal import SIGTERM
from socket import socket
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import urlsplit

from outdial.documents import Document, suggest
from outdial.explain.page import PAGE_PATH
from outdial.provider import POLICIES, Answer, Application, Call, Policy, World
from outdial.provider.browsers import OWN_PAGE
from outdial.provider.clock import CLOCK_PATH, Clock, standing
from outdial.provider.decisions import WHY_PATH, Decisions
from outdial.provider.faults import FAULTS_PATH
from outdial.provider.log import Log
from outdial.provider.mount import Mount, login_of
from outdial.provider.received import REQUESTS_PATH, Received
from outdial.provider.server import Answering, listen, serve
from provider_states import STATES_PATH, WORLD_PATH, ProviderStates, answer_world, load_policies, make_world

RESET_PATH = "/reset"
LOOPBACK = ("127.0.0.1", "::1")


class WrongOption(Exception):
    """Raised for an option that does not fit the policies or the other options."""

    exit_code: ClassVar[int] = 4


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.usage = "outdial stub [options]"
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument("--port", type=_port, default=8650, help="0 takes a free one (default: 8650)")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    states = "serve provider states, the world, faults on demand, requests got"
    parser.add_argument("--states", action="store_true", help=states)
    parser.add_argument("--world", type=Path, metavar="FILE", help="YAML of what exists at start, with ids of your own")
    parser.add_argument(
        "--clock", choices=("running", "standing"), default="running", help="standing: time passes by POST /clock only"
    )
    one = parser.add_argument_group("one edition without its name in the path")
    one.add_argument("--base-path", type=_base_path, metavar="PATH", help="serve one edition there, such as /")
    one.add_argument("--edition", help="which (default: genesys-cloud)")
    one.add_argument("--login-port", type=_port, metavar="PORT", help="its login host (default: on --port as well)")
    saying = parser.add_argument_group("what it says")
    saying.add_argument("--log", choices=("text", "json"), default="text", help="form of the lines on standard error")
    saying.add_argument("--quiet", action="store_true", help="no line for each request")
    saying.add_argument("--ready-file", metavar="FILE", help="the addresses as JSON; - is standard output")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input ends")
    parser.epilog = "example: outdial stub --states --port 0 --ready-file -"


def run(options: Namespace) -> int:
    """Serve until a signal. Raises `DocumentError`, `PortInUse`, `WrongOption`."""
    if options.login_port is not None and options.base_path is None:
        raise WrongOption("--login-port needs --base-path: otherwise the login host is served below its name")
    if options.edition is not None and options.base_path is None:
        raise WrongOption("--edition needs --base-path, such as /: otherwise every edition is served below its name")
    clock = Clock(standing) if options.clock == "standing" else Clock()
    application = Application(load_policies(options.policies), World(clock=clock))
    states = ProviderStates(application.world)
    received, decisions = Received(), Decisions()

    def begin() -> None:
        application.world.clear()
        application.faults.waiting.clear()
        received.clear()
        if options.world:
            make_world(Document.read(options.world), states)

    def reset(call: Call) -> Answer:
        if call.method != "POST":
            return Answer(405, {"Allow": "POST"}, b"")
        begin()
        return Answer(204, {}, b"")

    begin()
    page, control = _page(application.policies), dict[str, Answering]()
    if options.states:
        control = {
            STATES_PATH: states.answer,
            WORLD_PATH: partial(answer_world, states, application.world),
            CLOCK_PATH: clock.answer,
            RESET_PATH: reset,
            FAULTS_PATH: application.faults.answer,
            REQUESTS_PATH: received.answer,
        }

    def at(mount: Mount | None) -> Answering:
        def answer(call: Call) -> Answer:
            if call.path in control:
                answered = _from_elsewhere(call, options.host) or control[call.path](call)
                return replace(answered, headers=dict([*answered.headers.items(), OWN_PAGE]))
            if call.path == PAGE_PATH:
                return page(call)
            if call.path.startswith(WHY_PATH):
                return decisions.answer(call)
            return (mount or application).answer(call)

        return answer

    def hear(call: Call, answered: Answer) -> None:
        if call.path not in (PAGE_PATH, *control) and not call.path.startswith(WHY_PATH):
            received.hear(call, answered)

    if options.until_eof:
        Thread(target=_stop_at_eof, daemon=True).start()
    with ExitStack() as stack:

        def listening(port: int) -> tuple[socket, str]:
            listener = stack.enter_context(listen(options.host, port))
            host = f"[{options.host}]" if ":" in options.host else options.host
            return listener, f"http://{host}:{listener.getsockname()[1]}"

        listener, url = listening(options.port)
        served, editions = {listener: at(None)}, {name: f"{url}/{name}" for name in application.policies}
        if options.base_path is not None:
            edition = options.edition or "genesys-cloud"
            if edition not in application.policies:
                raise WrongOption(f"invalid --edition {edition!r}{suggest(edition, application.policies)}")
            login = login_of(edition, application.policies)
            here = [edition, *([login] if login and options.login_port is None else [])]
            served = {listener: at(Mount(application, options.base_path, tuple(here)))}
            editions = dict.fromkeys(here, url + options.base_path)
            if login and options.login_port is not None:
                other, login_url = listening(options.login_port)
                served[other] = at(Mount(application, options.base_path, (login,)))
                editions[login] = login_url + options.base_path
        addresses = {
            "url": url,
            "editions": editions,
            "states": url + STATES_PATH if options.states else None,
            "why": url + WHY_PATH,
            "page": url + PAGE_PATH,
            "pid": os.getpid(),
        }
        hearing = [
            decisions.keep,
            *([hear] if options.states else []),
            *([] if options.quiet else [Log(sys.stderr.fileno(), options.log).write]),
        ]
        told = {name: policy.source for name, policy in application.policies.items() if "." in name}
        serve(served, lambda: _announce(addresses, told, options.ready_file), *hearing)
    return 0


def _from_elsewhere(call: Call, host: str) -> Answer | None:
    """Refuse a control request of a web page: by its origin, and by a host name that only seems to be this machine."""
    named = urlsplit(call.origin).hostname or ""
    foreign = host in LOOPBACK and named not in (*LOOPBACK, "localhost")
    if foreign or call.headers.get("origin", call.origin) != call.origin:
        return Answer(403, {"Content-Type": "text/plain"}, b"web pages may not control the stub")
    return None


def _stop_at_eof() -> None:
    """End with the parent process, even when that is killed."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), SIGTERM)


def _page(policies: Mapping[str, Policy]) -> Answering:
    """Serve the page of explain. Its modules take half a second to load, so they are loaded on the first request."""

    @cache
    def opened() -> Answering:
        from outdial.explain.page.application import PageApplication

        return PageApplication(policies).answer

    return lambda call: opened()(call)


def _announce(addresses: dict[str, Any], told: Mapping[str, str], ready_file: str | None) -> None:
    line = json.dumps(addresses) + "\n"
    if ready_file == "-":
        sys.stdout.write(line)
        sys.stdout.flush()
        return
    print(f"listening on {addresses['url']}")
    for provider, url in addresses["editions"].items():
        account = f"; {told[provider]}" if provider in told else ""
        print(f"  {provider}: {url} (described at {url}/openapi.json{account})")
    print(f"  provider states: {addresses['states'] or 'off (--states turns them on)'}")
    print(f"  why a request was refused: {addresses['why']}<correlation id>")
    print(f"  what would be accepted instead: {addresses['page']} (in a browser)", flush=True)
    if ready_file:  # whole or not at all, for those who wait until it is there
        unready = Path(f"{ready_file}.{os.getpid()}")
        unready.write_text(line)
        unready.replace(ready_file)


def _base_path(text: str) -> str:
    if not text.startswith("/"):
        raise ArgumentTypeError(f"invalid path {text!r}: expected one that starts with /")
    return text.rstrip("/")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"invalid port {text!r}: expected 0 (a free one) to 65535")
    return int(text)
