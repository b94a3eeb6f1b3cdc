"""A third vendor is a folder of YAML and a client module: the smallest made-up one, from its table to the verifier."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.test_vocabulary import KIOSK_POLICY, KIOSK_STATES, QUESTION, write

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
TABLE = r"""
provider: kiosk
consumer: bell-ringer
client: Kiosk
source: made up
shape: {body: {error: "${code}"}}
operations:
  log_in:
    summary: a session
    source: &made-up {asks: "Is it so?"}
    given: {a kiosk key: {}}
    request: POST /login
    headers: {Content-Type: application/json}
    body: {key: "${keyId}", secret: "${keySecret}"}
    call: {key: "${keyId}", secret: "${keySecret}"}
    accepted: {status: 201, body: {id: {like: a-session, matches: '[\s\S]+'}}, returns: {id: a-session}}
  ring:
    summary: a ring
    source: *made-up
    given: {a kiosk session: {}}
    request: POST /sessions/${sessionId}/ring
    headers: {Content-Type: application/json}
    body: {bell: front}
    call: {session_id: "${sessionId}", bell: front}
    accepted: {status: 202}
accepted:
  right: {}
answers:
  denied: {status: 401, error: Refused}
  ended: {status: 409, error: Refused}
refused:
  wrong-secret: {for: [log_in], given: {a kiosk key: {secret: wrong}}, answer: denied, rule: right-secret}
  ended-session: {for: [ring], given: {a kiosk session: {status: ended}}, answer: ended, rule: live-session}
"""
JSON_SHAPE = "shape: {headers: {Content-Type: application/json}, "


def test_a_third_vendor_needs_no_other_line(tmp_path: Path) -> None:
    """Its rows are played by its client and verified against its policy."""
    kinds = ("*.py", "*.yaml", "*.ini", "*.toml", "*.tsv", "*.gz")
    command = ["git", "ls-files", "-z", *kinds]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if not name.startswith(("tests/", "contracts/tables/")) and (ROOT / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    example = "example: 00000000-0000-4000-8000-0000000000fe"  # `sessionId` has one example, another vendor's
    states = {name: text.replace(example, "example: EXAMPLE-SESSION") for name, text in KIOSK_STATES.items()}
    write(tmp_path / "contracts" / "states" / "kiosk", states)
    write(tmp_path / "outdial" / "provider" / "policies", {"kiosk": KIOSK_POLICY.replace("shape: {", JSON_SHAPE)})
    write(tmp_path / "contracts" / "tables", {"kiosk": TABLE})
    questions = tmp_path / "contracts" / "questions.yaml"
    questions.write_text(f"{questions.read_text()}\n{QUESTION}")
    (tmp_path / "outdial" / "clients" / "kiosk.py").write_text(CLIENT.lstrip())
    with (tmp_path / "outdial" / "clients" / "__init__.py").open("a") as door:
        door.write("from outdial.clients.kiosk import Kiosk\n\n__all__ += [Kiosk.__name__]\n")

    def outdial(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "outdial", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "4 interactions written to 1 pacts" in outdial("generate", "--tables", "contracts/tables", "--pacts", "made")
    assert "4 hold" in outdial("verify", "made", "-k", "kiosk")
