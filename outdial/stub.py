"""`outdial stub`: the provider stub, with `--states` also the provider states for any verifier."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from provider_states import STATES_PATH, ProviderStates, StatesApplication, StubProvider, load_policies
from provider_stub import POLICIES, Answer, Application, Call, World
from provider_stub.server import serve


def add_options(parser: ArgumentParser) -> None:
    """Where to listen, and what to serve."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument("--port", type=_port, default=8650, help="0 takes a free one (default: 8650)")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    parser.add_argument("--states", action="store_true", help=f"answer POST {STATES_PATH}, which mints tokens")
    parser.epilog = "example: outdial stub --states --port 0"


def run(options: Namespace) -> int:
    """Serve until a signal stops it. Raises `DocumentError`, `PortInUse`."""
    application = Application(load_policies(options.policies), World())
    states = StatesApplication(ProviderStates(StubProvider(application.world))) if options.states else None

    def answer(call: Call) -> Answer:
        if states and call.path == STATES_PATH:
            return states.answer(call)
        return application.answer(call)

    def announce(host: str, port: int) -> None:
        url = f"http://{host}:{port}"
        print(f"listening on {url}", flush=True)
        for provider in application.policies:
            print(f"  {provider}: {url}/{provider} (described at {url}/{provider}/openapi.json)")
        print(f"  provider states: {url + STATES_PATH if states else 'off (--states turns them on)'}", flush=True)

    serve(answer, options.host, options.port, announce)
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is no port. Valid: 0 (a free one) to 65535")
    return int(text)
