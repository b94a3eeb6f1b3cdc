"""What an accepted request makes or changes otherwise: a journey fails, or it is said here why none does."""

from collections.abc import Iterator
from fnmatch import fnmatch

import pytest

from outdial.generation.clients import CLIENTS
from outdial.generation.journeys import Places, play
from outdial.strength.mutants import mutants_of
from outdial.tables.journey import load_journeys
from outdial.verification.target import Target
from tests.served import served
from tests.strength.editions import POLICIES

JOURNEYS = load_journeys(CLIENTS)
EVERY = {name: [each for each in mutants_of(policy) if each.operator == "effect"] for name, policy in POLICIES.items()}
EFFECTS = {provider: mutants for provider, mutants in EVERY.items() if mutants}
UNSEEN = {
    # nothing that is covered reads it
    "*/effect:token-without-grant": "no rule asks by which grant a token came",
    "genesys-cloud.*/effect:conversation-without-agent": "no operation of this account reads a call",
    "nice-cxone.*/effect:conversation-without-agent": "no operation of this account reads a call",
    "nice-cxone/*/effect:contact-without-agent": "no operation reads a contact",
    "genesys-cloud.*/effect:token-without-permissions": "no rule of this account asks for permissions",
    "nice-cxone-login/*/effect:token-without-permissions": "no rule of NICE CXone asks a token for permissions",
    "nice-cxone/start-session/effect:session-without-status": "a session is live by default",
    # what takes time
    "*/effect:token-lasting": "no journey waits until a token expires",
    "nice-cxone/dial-phone/effect:events-?-at-once": "when an event is too early depends on how fast a network is",
}
"""Why no journey fails, by the names of mutants."""


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    """Every edition, and every mutant below its number."""
    faulty = {f"{provider}-{at}": each.policy for provider, every in EFFECTS.items() for at, each in enumerate(every)}
    with served({**POLICIES, **faulty}) as stub:
        yield stub


def seen(provider: str, prefix: str, target: Target) -> bool:
    """Whether a journey fails where an edition is the one below a prefix."""
    for journey in JOURNEYS:
        if provider in journey.providers:
            urls = {each: target.url_of(prefix if each == provider else each) for each in journey.providers}
            if not play(journey, Places(urls, target.state_url)).passed:
                return True
    return False


@pytest.mark.parametrize("provider", EFFECTS)
def test_a_journey_sees_every_effect_that_is_not_as_it_should_be(provider: str, target: Target) -> None:
    """Or there is a reason why none does; and no reason for what one sees. The edition itself is seen by none."""
    assert not seen(provider, provider, target)
    told = {
        mutant.name: [reason for name, reason in UNSEEN.items() if fnmatch(mutant.name, name)]
        for mutant in EFFECTS[provider]
    }
    wrong = [
        mutant.name
        for at, mutant in enumerate(EFFECTS[provider])
        if seen(provider, f"{provider}-{at}", target) == bool(told[mutant.name])
    ]
    assert wrong == []


def test_every_reason_is_of_an_effect_that_there_is() -> None:
    """And every effect has at most one."""
    names = [mutant.name for every in EFFECTS.values() for mutant in every]
    assert [name for name in UNSEEN if not any(fnmatch(each, name) for each in names)] == []
    assert [each for each in names if sum(fnmatch(each, name) for name in UNSEEN) > 1] == []


def test_a_queue_is_filled_and_emptied_otherwise() -> None:
    """An item is left out, told to others, told too early or without a field; what is taken stays, or more goes."""
    names = {mutant.name.partition("/effect:")[2] for mutant in EFFECTS["nice-cxone"]}
    assert {"events-1-left-out", "events-2-always", "events-2-at-once", "events-3-without-DisconnectCode"} <= names
    assert {"event-left", "event-with-all-others"} <= names
    assert "events-1-always" not in names  # it is told to everybody
