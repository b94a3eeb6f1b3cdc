"""The digest of a row, which its interaction carries: pacts are compared with tables by it."""

import json
from hashlib import sha256

from outdial.tables.scenario import Scenario


def digest(scenario: Scenario) -> str:
    """Return the SHA-256 of everything that a row states."""
    request, expected = scenario.request, scenario.expected
    stated = [
        *(scenario.case_id, scenario.description, scenario.consumer, scenario.provider, scenario.given),
        *(request.method, request.path, request.headers, request.body, request.query),
        *(expected.status, expected.headers, expected.body, expected.refusal),
        *(scenario.because, scenario.basis, str(scenario.source), scenario.never),
    ]
    return sha256(json.dumps(stated, sort_keys=True, default=dict).encode()).hexdigest()
