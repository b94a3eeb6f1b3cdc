"""What Pact's verifier says of an interaction that does not hold, without the secrets that it compared."""

import re
from typing import Any

SECRET = re.compile("token$|secret|assertion|authorization|cookie", re.IGNORECASE)


def mismatches_of(interaction_result: dict[str, Any]) -> list[dict[str, Any]]:
    """The mismatches of one interaction, or the one reason why none could be compared."""
    mismatch = interaction_result.get("mismatch") or {}
    return mismatch.get("mismatches") or [{"mismatch": mismatch.get("message", "failed without a reason")}]


def problem(mismatch: dict[str, Any]) -> str:
    """One mismatch in words, with its place."""
    where = mismatch.get("path") or mismatch.get("key")
    if where and SECRET.search(where):
        return f"{where}: not as expected (the value is a secret and not shown)"
    return f"{where}: {mismatch.get('mismatch')}" if where else str(mismatch.get("mismatch"))
