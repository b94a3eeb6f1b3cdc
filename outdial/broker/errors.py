"""The error of every broker command, and the table that turns a client's output into cause and fix."""

import re
from pathlib import Path

import yaml

from outdial.exit_codes import COULD_NOT, UNUSABLE

NO, NOTHING = 1, 5  # outdial/exit_codes.py has the whole table
ANSI = re.compile(r"\x1b\[[0-9;]*m")
AGAIN = "run the same command again: what the broker already holds is not changed by that"
FAULTS = yaml.safe_load(Path(__file__).with_name("faults.yaml").read_text(encoding="utf-8"))


class BrokerError(Exception):
    """Raised when a command cannot succeed: `cause` names the place and the problem, `fix` the remedy."""

    def __init__(self, cause: str, fix: str, exit_code: int = COULD_NOT) -> None:
        super().__init__(f"{cause}\nfix: {fix}")
        self.cause, self.fix, self.exit_code = cause, fix, exit_code

    def after(self, state: str) -> "BrokerError":
        """Return the same error with the work that was done before."""
        return BrokerError(f"{self.cause}\n{state}", self.fix, self.exit_code)


def unusable(cause: str, fix: str) -> BrokerError:
    """Return the error for invalid input: variables, options, pacts, an unknown environment."""
    return BrokerError(cause, fix, UNUSABLE)


def fault_in(output: str, doing: str, again: str = AGAIN) -> BrokerError:
    """Return the error for a client's `output`, secrets masked. `doing` names the step: 'publishing web-shop'.

    `again` is the advice on repeating the command, added to faults that may pass.
    """
    plain = ANSI.sub("", output)
    for fault in FAULTS:
        if found := re.search(fault["output"], plain):
            fix = f"{fault['fix']}, then {again}" if fault.get("may_pass") else fault["fix"]
            return BrokerError(f"{doing}: {fault['cause'].format(*found.groups())}", fix, fault.get("exit", COULD_NOT))
    last = (plain.strip() or "no output").splitlines()[-1].strip()
    return BrokerError(f"{doing}: the client failed: {last}", "check PACT_BROKER_BASE_URL and the broker's log")
