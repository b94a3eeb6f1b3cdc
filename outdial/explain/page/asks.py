"""What a rule asks for, in words, and which part of a request it is about."""

from collections.abc import Iterable, Iterator
from typing import Any

from outdial.explain.terminal import name_of, word_of
from outdial.provider.facts import PARTS
from outdial.provider.kinds import Alternatives, AskedScopes, BodySize, Fields, KnownFields, Pattern, Permission, Same
from outdial.provider.rule import FactTest, RuleBase

TOPICS = ("user context", "scopes", "permissions", "credentials", "request")
"""What most rules are about, in the order in which they are shown; then the records, by their names."""
OF_TOKEN = {"user": "user context", "grant": "user context", "acts_on_behalf": "user context"}


def asks(rule: RuleBase) -> str:
    """What has to be so for a rule to hold."""
    condition = f", where {_test(rule.when)}" if rule.when else ""
    return _asks(rule) + condition


def _asks(rule: RuleBase) -> str:
    match rule:
        case Alternatives():
            kind, holder = type(rule).__name__.lower(), getattr(rule, "held_by", "token")
            asked = (" or " if rule.any_of is not None else " and ").join(rule.names)
            subject = rule.division_of if isinstance(rule, Permission) else None
            where = f", in the division of the {subject}" if subject else ""
            return f"{kind} {asked} of the {holder}{where}"
        case AskedScopes():
            return f"each scope in the {name_of(rule.field)} is one of the {rule.held_by}"
        case Same():
            return f"{name_of(rule.fact)} is the {name_of(rule.as_)}"
        case Fields():
            how = "all of" if rule.all_of is not None else "one of" if rule.any_of is not None else "at most one of"
            names = _listed(map(name_of, rule.names))
            return f"{how} {names}" if len(rule.names) > 1 else f"{names} is there"
        case KnownFields():
            return f"no field but {_listed(rule.fields)}"
        case Pattern():
            return f"{name_of(rule.field)} has the form of {rule.example}"
        case BodySize():
            return f"the body has at most {rule.at_most} bytes"
        case FactTest():
            return _test(rule)
    raise NotImplementedError(type(rule).__name__)


def _test(test: FactTest) -> str:
    name = name_of(test.fact)
    if test.present is not None:
        return f"{name} is {'there' if test.present else 'not there'}"
    if test.any_of == (True,) or test.none_of == (False,):
        return name
    if test.any_of is not None:
        return f"{name} is {_listed(map(word_of, test.any_of), 'or')}"
    return f"{name} is not {_listed(map(word_of, test.none_of or ()), 'or')}"


def _listed(names: Iterable[str], word: str = "and") -> str:
    *others, last = names
    return f"{', '.join(others)} {word} {last}" if others else last


def topic(rule: RuleBase) -> str:
    """What a rule is about."""
    return next(_topics(rule))


def _topics(rule: RuleBase) -> Iterator[str]:
    facts: dict[str, Any] = rule.candidates()
    holders = [fact.partition(".")[::2] for fact in facts]
    yield from (attribute for _, attribute in holders if attribute in ("permissions", "scopes"))
    for holder, attribute in holders:
        if holder == "token":
            yield OF_TOKEN.get(attribute, "credentials")
        elif holder == "basic" or (holder, attribute) == ("request", "scheme"):
            yield "credentials"
        else:
            yield "request" if holder in (*PARTS, "request") else holder
