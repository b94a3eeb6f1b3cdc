"""Declares one scenario to Pact: its states, the request it expects, the answer it gives."""

import json
from typing import Any

import pact_ffi
from pact import Pact
from pact.interaction import HttpInteraction

from outdial.tables import Scenario
from outdial.tables.matching import to_pact


def declare(scenario: Scenario) -> Pact:
    """Return a pact of this one interaction. One for each scenario: a mock server compares a request with every
    interaction it knows, so sharing one costs more with each row."""
    pact = Pact(scenario.consumer, scenario.provider).with_specification("V4")
    interaction = pact.upon_receiving(scenario.description).set_key(scenario.case_id)
    for state, parameters in scenario.given.items():
        interaction.given(state, dict(parameters))
    comments = {"case": scenario.case_id, "basis": scenario.basis, "source": str(scenario.source)}
    comments["digest"] = scenario.digest
    if scenario.never:
        comments["arrange"] = "never"
    if scenario.because:
        comments["because"] = scenario.because
    for name, value in comments.items():
        interaction.set_comment(name, value)
    _expect_request(interaction, scenario)
    _give_answer(interaction, scenario)
    return pact


def _expect_request(interaction: HttpInteraction, scenario: Scenario) -> None:
    request = scenario.request
    interaction.with_request(request.method, _text(request.path))
    for name, value in request.query.items():
        interaction.with_query_parameter(name, _text(value))
    for name, value in request.headers.items():
        interaction.with_header(name, _text(value), part="Request")
    if request.body is not None:
        media_type = request.headers.get("Content-Type")
        interaction.with_body(json.dumps(to_pact(request.body)), media_type, part="Request")


def _give_answer(interaction: HttpInteraction, scenario: Scenario) -> None:
    expected = scenario.expected
    if expected.status == "success":
        # The public API takes a number only; any 2xx is a matcher of the status.
        interaction.will_respond_with(202)
        matcher = {"pact:matcher:type": "statusCode", "status": "success", "value": 202}
        pact_ffi.response_status_v2(interaction._handle, json.dumps(matcher))
    else:
        interaction.will_respond_with(expected.status)
    for name, value in expected.headers.items():
        interaction.with_header(name, _text(value), part="Response")
    if isinstance(expected.body, str):
        interaction.with_body(expected.body, expected.headers.get("Content-Type", "text/plain"), part="Response")
    elif expected.body is not None:
        interaction.with_body(json.dumps(to_pact(expected.body)), "application/json", part="Response")


def _text(value: Any) -> Any:
    """Return a path or header: plain, or integration JSON where it has a matcher."""
    stated = to_pact(value)
    return stated if isinstance(stated, str) else json.dumps(stated)
