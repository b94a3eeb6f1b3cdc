"""A tenant of NICE CXone: an agent who is logged in, numbers with a fate, a session, a line that can be cut."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

import requests

from outdial.clients import Dial, NiceCxone, NiceCxoneLogin, Station
from outdial.verification.stub_process import RunningStub
from tests.conftest import made

STATION = Station(station_id="3001")


@dataclass(frozen=True)
class Tenant:
    """A stub with the token of an agent who logged in with an access key."""

    stub: RunningStub
    token: str

    @classmethod
    def of(cls, stub: RunningStub) -> "Tenant":
        """Log an agent in."""
        client, key = made(stub, "an OAuth client"), made(stub, "an access key")
        secrets = (client["clientId"], client["clientSecret"], key["accessKeyId"], key["accessKeySecret"])
        with NiceCxoneLogin(f"{stub.url}/nice-cxone-login") as login:
            return cls(stub, login.password(*secrets).access_token.get_secret_value())

    def dial(self, outcome: str = "Active", seconds: int = 0, strategy: str = "Manual") -> Dial:
        """A dial whose fate is arranged."""
        number = made(self.stub, "a number to dial", outcome=outcome, seconds=seconds)["phoneNumber"]
        skill = made(self.stub, "an ACD skill", strategy=strategy)["acdSkillId"]
        return Dial(phone_number=number, skill_id=int(skill))

    def client(self, url: str | None = None) -> NiceCxone:
        """The client, of this tenant or of what stands before it."""
        return NiceCxone(f"{url or self.stub.url}/nice-cxone", token=self.token, seconds=(5.0, 30.0))

    def status(self, session_id: str) -> int:
        """The answer to the session's next poll: 409 when it has ended."""
        path = f"{self.stub.url}/nice-cxone/agent-sessions/{session_id}/get-next-event?timeout=0"
        return requests.get(path, headers={"Authorization": f"Bearer {self.token}"}, timeout=30).status_code


@contextmanager
def line(url: str, cut_at: bytes, dead: bool = False) -> Iterator[str]:
    """A line to a stub, cut once at a request that contains some bytes, with `dead` for good; yield its URL."""
    parts = urlsplit(url)
    cut = False

    class Relay(BaseRequestHandler):
        def handle(self) -> None:
            nonlocal cut
            if cut and dead:
                return
            with socket.create_connection((str(parts.hostname), parts.port or 80)) as target:
                Thread(target=_copy, args=(target, self.request), daemon=True).start()
                while part := self.request.recv(65536):
                    if lost := cut_at in part and not cut:  # before the request is passed on: no answer comes through
                        cut = True
                        self.request.shutdown(socket.SHUT_RDWR)
                    target.sendall(part)
                    if lost:
                        return

    with ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        server.daemon_threads, server.block_on_close = True, False
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
