"""The facts of a request that can be switched: those that its rules ask of token and records, each known or not."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from outdial.explain.knowledge import AGENT, APPLICATION, SETS, TOKEN_OF
from outdial.explain.levers import WORDS
from outdial.explain.sent import HIDDEN
from outdial.explain.situation import Ground
from outdial.explain.terminal import name_of, word_of
from outdial.explain.verdict import Case
from outdial.provider import Policy
from outdial.provider.facts import PARTS
from outdial.provider.records import Attribute, Kind, Kinds
from outdial.provider.rule import FactTest, RuleBase

OF_REQUEST = {*PARTS, "request"}

OF_USER = ("user", "permissions", "acts_on_behalf")
"""What a token has by its user, or by having none. The agent may be its user."""


def records(policies: Iterable[Policy], kinds: Kinds) -> Kinds:
    """Every kind of record, and what rules call one: with all that a record of that name can have in some operation."""
    found = dict(kinds)
    for subjects in (operation.subjects for policy in policies for operation in policy.operations.values()):
        for subject, (kind, _) in subjects.items():
            own = kinds[kind].attributes
            known = found.get(subject, kinds[kind])
            both = {name: _both(known.attributes.get(name, each), each) for name, each in own.items()}
            found[subject] = Kind(known.key, {**known.attributes, **both})
    return found


def _both(one: Attribute, other: Attribute) -> Attribute:
    values = None if one.values is None or other.values is None else (*one.values, *other.values)
    return replace(one, values=values and tuple(dict.fromkeys(values)), secret=one.secret or other.secret)


def switches(case: Case) -> list[dict[str, Any]]:
    """Each fact with the values that it can have, the one that is known (`known` is empty where none is), and whether
    it decides: it is not known, and a rule depends on it.
    """
    ground, undecided = case.ground, set(case.open_facts)
    return [
        {
            "fact": fact,
            "of": fact.partition(".")[0],
            "text": name_of(fact),
            "values": [{"value": value, "text": _text(fact, value)} for value in _values(fact, ground)],
            "known": _known(fact, ground),
            "decides": fact in undecided,
        }
        for fact in dict.fromkeys(_facts(ground))
    ]


def _values(fact: str, ground: Ground) -> list[Any]:
    return list(dict.fromkeys(ground.domain(fact)))


def _known(fact: str, ground: Ground) -> list[Any]:
    possible = ground.possible(fact)
    return list(possible) if possible is not None and len(possible) == 1 else []


def _text(fact: str, value: Any) -> str:
    if ".permissions:" in fact:
        return "no" if value is None else f"in {WORDS[value]}"
    return word_of(value)


def _facts(ground: Ground) -> Iterator[str]:
    if ground.knowledge.sent.value("request.scheme") is HIDDEN:
        yield "request.scheme"
    for rule in ground.operation.rules:
        for test in (rule.when, rule):
            for fact in test.candidates() if test else ():
                yield from _told_by_people(fact, test, ground)


def _told_by_people(fact: str, test: FactTest | RuleBase | None, ground: Ground) -> Iterator[str]:
    """The facts, as people know them, that one of the provider's facts follows from."""
    holder, _, attribute = fact.partition(".")
    if holder in OF_REQUEST:
        return
    if holder in ("token", ground.agent):
        yield "token.status"  # an unknown token has nothing else
    if holder == ground.agent or (holder == "token" and attribute in OF_USER):
        yield "token.grant"
        if ground.agent is not None and ground.subjects[ground.agent][1] != TOKEN_OF:
            yield TOKEN_OF
    if attribute in SETS:
        holders = _holders(holder, attribute, ground)
        yield from (f"{each}.{attribute}:{name}" for name in getattr(test, "names", ()) for each in holders)
    elif holder == "token":
        if fact != TOKEN_OF:
            yield fact
    elif attribute != "id":
        if ground.subjects[holder][1] != TOKEN_OF:
            yield f"{holder}.exists"
        if fact in ground.valued or fact in ground.compared:
            yield fact


def _holders(holder: str, attribute: str, ground: Ground) -> list[str]:
    """A user's token has the permissions of its user, an application's those of its client."""
    if (holder, attribute) != ("token", "permissions"):
        return [holder]
    grant = _known("token.grant", ground)
    if grant == [APPLICATION]:
        return [holder]
    by_token = ground.agent is None or ground.subjects[ground.agent][1] == TOKEN_OF
    return [AGENT] if grant and (by_token or _known(TOKEN_OF, ground) == [AGENT]) else [holder, AGENT]
