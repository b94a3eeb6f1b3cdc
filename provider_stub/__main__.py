"""`python -m provider_stub`: the stub alone, without provider states, so nothing can mint a token."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from provider_stub.application import Application
from provider_stub.policy import POLICIES, load_policies
from provider_stub.server import PortInUse, serve
from provider_stub.world import World
from yaml_documents import DocumentError


def main() -> int:
    """Exit code 0 after a stop by signal, 2 when it cannot start."""
    options = ArgumentParser(prog="provider_stub", description=__doc__)
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    options.add_argument("--port", type=int, default=8650, help="0 takes a free one")
    options.add_argument("--policies", type=Path, default=POLICIES, help="folder of policy files")
    chosen = options.parse_args()
    try:
        application = Application(load_policies(chosen.policies), World())
        serve(
            application.answer,
            chosen.host,
            chosen.port,
            lambda host, port: print(f"http://{host}:{port}", flush=True),
        )
    except (DocumentError, PortInUse) as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
