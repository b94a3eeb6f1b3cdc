"""`python -m verification.stub`: the provider stub, with `--states` also the provider states for any verifier."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from provider_states import STATES_PATH, ProviderStates, StatesApplication, StubProvider
from provider_stub import POLICIES, Answer, Application, Call, World, load_policies
from provider_stub.server import PortInUse, serve
from yaml_documents import DocumentError


def main() -> int:
    """Exit code 0 after a stop by signal, 2 when it cannot start."""
    options = ArgumentParser(prog="verification.stub", description=__doc__)
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    options.add_argument("--port", type=int, default=8650, help="0 takes a free one (default: 8650)")
    options.add_argument("--policies", type=Path, default=POLICIES, help="folder of policy files")
    options.add_argument("--states", action="store_true", help=f"answer POST {STATES_PATH}, which mints tokens")
    chosen = options.parse_args()
    try:
        application = Application(load_policies(chosen.policies), World())
        states = StatesApplication(ProviderStates(StubProvider(application.world))) if chosen.states else None
    except DocumentError as problem:
        print(problem, file=sys.stderr)
        return 2

    def answer(call: Call) -> Answer:
        if states and call.path == STATES_PATH:
            return states.answer(call)
        return application.answer(call)

    def announce(host: str, port: int) -> None:
        url = f"http://{host}:{port}"
        print(f"listening on {url}", flush=True)
        for provider in application.policies:
            print(f"  {provider}: {url}/{provider} (described at {url}/{provider}/openapi.json)")
        print(
            f"  provider states: {url + STATES_PATH if states else 'off (--states turns them on)'}",
            flush=True,
        )

    try:
        serve(answer, chosen.host, chosen.port, announce)
    except PortInUse as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
