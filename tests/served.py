"""Policies that stand in no file, served over HTTP within the test's own process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread

import uvicorn

from outdial.provider import Answer, Application, Call, Policy, World
from outdial.provider.server import asgi, listen
from outdial.verification.target import Target
from provider_states import STATES_PATH, ProviderStates


@contextmanager
def served(policies: Mapping[str, Policy]) -> Iterator[Target]:
    """A stub of these policies, each below its key as prefix, with provider states."""
    application = Application(policies, World())
    states = ProviderStates(application.world)

    def answer(call: Call) -> Answer:
        return states.answer(call) if call.path == STATES_PATH else application.answer(call)

    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(
        uvicorn.Config(asgi(answer), http="httptools", ws="none", lifespan="off", log_level="critical")
    )
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield Target(url, url + STATES_PATH)
    finally:
        server.should_exit = True
        thread.join(5)
