"""Runs Pact's verifier against a broker for one provider, as a process of its own.

In a process it can be stopped (the verifier repeats 5xx answers for two minutes per request, and has no
setting for that), its prints are not the user's output, and several providers are verified at once.
Reads a Request as JSON from stdin, writes a Verified as JSON to stdout.
"""

import dataclasses
import json
import os
import sys
from datetime import date

from broker.verification_request import Request
from verification.verifier import BrokerSource, Publication, Verified, run_verifier


def verify(request: Request) -> Verified:
    since = request.include_wip_since
    source = BrokerSource(
        request.selectors, request.branch, request.include_pending, date.fromisoformat(since) if since else None
    )
    publish = Publication(request.version, request.branch, request.build_url) if request.publish_results else None
    return run_verifier(request.provider, request.provider_url, request.state_url, source, publish)


if __name__ == "__main__":
    # the verifier prints from native code: what it prints goes to stderr, stdout carries the answer only
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    verified = verify(Request(**json.load(sys.stdin)))
    json.dump(dataclasses.asdict(verified), answer)
    answer.close()
