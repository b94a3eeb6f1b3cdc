"""A third vendor is a folder of YAML and a client module: the smallest made-up one, from its table to the verifier."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.test_vocabulary import KIOSK_POLICY, KIOSK_STATES, write

CLIENT = '''
"""The client of a kiosk: made up."""

from pydantic import BaseModel

from outdial.clients.genesys_cloud import read
from outdial.clients.session import Session


class KioskSession(BaseModel):
    """A session that was opened."""

    id: str


class Kiosk(Session):
    """Rings bells."""

    def log_in(self, key: str, secret: str) -> KioskSession:
        """Open a session."""
        return read(KioskSession, self.send("POST", "/login", json={"key": key, "secret": secret}))

    def ring(self, session_id: str, bell: str) -> None:
        """Ring."""
        self.send("POST", f"/sessions/{session_id}/ring", json={"bell": bell})
'''
EDITION = """
provider: kiosk
source: made up
shape: {body: {error: "${error}"}}
refusals:
  denied: {status: 401, error: Refused, fills: {error: denied}}
  ended: {status: 409, error: Refused, fills: {error: ended}}
"""
LOG_IN = r"""
consumer: bell-ringer
client: Kiosk
operation: log_in
summary: a session
basis: assumed
source: &made-up {asks: "Is it so?"}
given: {a kiosk key: {}}
request:
  method: POST
  path: /login
  headers: {Content-Type: application/json}
  body: {key: "${keyId}", secret: "${keySecret}"}
call: {key: "${keyId}", secret: "${keySecret}"}
accepted: {status: 201, body: {id: {like: a-session, matches: '[\s\S]+'}}, returns: {id: a-session}}
scenarios:
  - id: right-secret
  - {id: wrong-secret, given: {a kiosk key: {secret: wrong}}, expect: denied, because: right-secret}
  - id: longer-secret
    request: {body: {secret: "${keySecret}-and-more"}}
    by_hand: true
    expect: denied
    because: right-secret
  - {id: no-secret, request: {body: {secret: null}}, by_hand: true, expect: denied, because: right-secret}
  - {id: unknown-key, request: {body: {key: nobody}}, by_hand: true, expect: denied, because: right-secret}
"""
RING = """
consumer: bell-ringer
client: Kiosk
operation: ring
summary: a ring
basis: assumed
source: {asks: "Is it so?"}
given: {a kiosk session: {}}
request:
  method: POST
  path: /sessions/${sessionId}/ring
  headers: {Content-Type: application/json}
  body: {bell: front}
call: {session_id: "${sessionId}", bell: front}
accepted: {status: 202}
scenarios:
  - id: live-session
  - {id: ended-session, given: {a kiosk session: {status: ended}}, expect: ended, because: live-session}
"""
JOURNEY = """
consumer: bell-ringer
clients: {kiosk: Kiosk}
summary: who logs in may ring
basis: assumed
source: {asks: "Is it so?"}
steps:
  - {name: key, state: a kiosk key}
  - {name: session, operation: log_in, with: {key: "${key.keyId}", secret: "${key.keySecret}"}}
  - {name: rung, operation: ring, with: {session_id: "${session.id}", bell: front}}
"""
JSON_SHAPE = "shape: {headers: {Content-Type: application/json}, "


def test_a_third_vendor_needs_no_other_line(tmp_path: Path) -> None:
    """Its rows are played by its client, verified against its policy, and every fault of that is noticed."""
    kinds = ("*.py", "*.yaml", "*.ini", "*.toml", "*.tsv")
    command = ["git", "ls-files", "-z", *kinds]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if not name.startswith(("tests/", "contracts/tables/", "contracts/journeys/")) and (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    example = "example: 00000000-0000-4000-8000-0000000000fe"  # `sessionId` has one example, another vendor's
    states = {name: text.replace(example, "example: EXAMPLE-SESSION") for name, text in KIOSK_STATES.items()}
    write(tmp_path / "contracts" / "states" / "kiosk", states)
    write(tmp_path / "outdial" / "provider" / "policies", {"kiosk": KIOSK_POLICY.replace("shape: {", JSON_SHAPE)})
    write(tmp_path / "contracts" / "tables" / "kiosk", {"edition": EDITION, "log_in": LOG_IN, "ring": RING})
    write(tmp_path / "contracts" / "journeys" / "kiosk", {"who-logs-in-rings": JOURNEY})
    (tmp_path / "outdial" / "clients" / "kiosk.py").write_text(CLIENT.lstrip())
    with (tmp_path / "outdial" / "clients" / "__init__.py").open("a") as door:
        door.write("from outdial.clients.kiosk import Kiosk\n\n__all__ += [Kiosk.__name__]\n")

    def outdial(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "outdial", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "7 interactions written to 1 pacts" in outdial("generate", "--tables", "contracts/tables", "--pacts", "made")
    verified = outdial("verify", "--pacts", "made")
    assert "7 hold" in verified
    assert "1 journeys played: 1 hold" in verified
    assert "100.0 %" in outdial("strength", "--pacts", "made", "--edition", "kiosk", "--operation", "log-in")
