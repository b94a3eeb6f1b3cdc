"""Which facts can be true together: how requests, tokens and records hang together, whatever the policy.

Each fact brings the constraints that it is part of. They are about HTTP (no form field without a form), about
the world (what does not exist has no attributes), and about what provider states can arrange (a refresh token
is expired or revoked, never forged). A test holds them against the facts of real requests.
"""

from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_type_hints

from contracts import STATES
from provider_stub.facts import known_values
from provider_stub.world import RECORDS
from reasoning.naming import SUFFIX, split
from reasoning.records import ARRANGED_BY, EXCHANGED
from reasoning.search import Always, Constraint, Values
from reasoning.space import Space

FORM = "application/x-www-form-urlencoded"
OPTIONAL = {"client", "user", "challenge", "redirect_uri", "organisation"}


def constraints_of(name: str, space: Space) -> Iterator[Constraint]:
    """The constraints that a fact is part of."""
    subject = split(name.removesuffix(SUFFIX))
    if name.endswith(SUFFIX):
        base = name.removesuffix(SUFFIX)
        yield _both_or_none(name, base, "a text and its challenge are there together")
    elif subject:
        yield from _subject(name, *subject, space)
    elif name.startswith("token."):
        yield from _token(name)
    else:
        yield from _request(name)


def _request(name: str) -> Iterator[Constraint]:
    part, _, rest = name.partition(".")
    if part == "body":
        yield Always(
            "only a JSON object has fields",
            lambda facts: (
                facts[name] is None
                or (facts["request.media_type"] == "application/json" and facts["request.body"] == "object")
            ),
        )
        if "." in rest:
            outer = name.rpartition(".")[0]
            yield Always("a field stands in a field", lambda facts: facts[name] is None or facts[outer] is not None)
    elif part == "form":
        yield Always(
            "only a form has form fields, and is not JSON",
            lambda facts: (
                facts[name] is None or (facts["request.media_type"] == FORM and facts["request.body"] == "broken")
            ),
        )
    elif part == "basic":
        yield Always(
            "client id and secret come with the Basic scheme",
            lambda facts: facts[name] is None or facts["request.scheme"] == "basic",
        )
        yield _both_or_none("basic.id", "basic.secret", "client id and secret come together")
    elif name == "request.bytes":
        yield Always("a body has bytes", lambda facts: facts["request.body"] == "none" or facts[name] > 0)


def _token(name: str) -> Iterator[Constraint]:
    attribute = name.partition(".")[2]
    yield Always(
        "without a bearer token there is nothing of a token",
        lambda facts: facts[name] is None or facts["request.scheme"] == "bearer",
    )
    if attribute == "status":
        yield Always(
            "a bearer token has a status", lambda facts: facts["request.scheme"] != "bearer" or facts[name] is not None
        )
        return
    optional = _optional("token", attribute)
    yield Always(
        "of an unknown token nothing is known, of any other everything",
        lambda facts: (
            facts[name] is None if facts["token.status"] in (None, "unknown") else optional or facts[name] is not None
        ),
    )
    yield from _arranged("token", attribute, name)
    if attribute in {"grant", "user"}:
        yield Always(
            "a token has no user exactly when its grant is client_credentials",
            lambda facts: (
                facts["token.status"] in (None, "unknown")
                or (facts["token.grant"] == "client_credentials") == (facts["token.user"] is None)
            ),
        )
    if attribute == "acts_on_behalf":
        yield Always(
            "only an application acts on behalf of agents",
            lambda facts: facts[name] is not True or facts["token.grant"] == "client_credentials",
        )


def _subject(name: str, kind: str, by: str, attribute: str, space: Space) -> Iterator[Constraint]:
    subject = f"{kind}({by})"
    exists = f"{subject}.exists"
    if attribute == "exists":
        yield Always("only an id finds a record", lambda facts: not facts[exists] or facts[by] is not None)
        if kind == "agent":
            yield Always(
                "a token's user exists",
                lambda facts: facts[exists] or facts[by] is None or facts[by] != facts["token.user"],
            )
    elif attribute == "id":
        yield Always("a record is found by its id", lambda facts: facts[name] == facts[by])
    else:
        optional = _optional(kind, attribute)
        yield Always(
            "what does not exist has no attributes, what exists has all",
            lambda facts: (optional or facts[name] is not None) if facts[exists] else facts[name] is None,
        )
        if kind == "code":
            yield from _exchanged(name, by, attribute, exists)
        else:
            yield from _arranged(kind, attribute, name)
        if (kind, attribute) == ("agent", "permissions"):
            yield Always(
                "a user's token has the permissions of its user",
                lambda facts: (
                    not facts[exists] or facts[by] != facts["token.user"] or facts[name] == facts["token.permissions"]
                ),
            )
    if attribute != "id":
        yield from _one_record(name, kind, by, attribute, space)


def _one_record(name: str, kind: str, by: str, attribute: str, space: Space) -> Iterator[Constraint]:
    """Two subjects of one kind and one id are the same record. Nobody sends a code as a refresh token."""
    for other in space.subjects:
        other_kind, _, other_by = other.removesuffix(")").partition("(")
        if other_kind == kind and other_by != by and not {by, other_by} <= set(EXCHANGED):
            yield Always(
                "one id is one record",
                lambda facts, other=other, by_other=other_by: (
                    facts[by] is None  # type: ignore[misc]
                    or facts[by] != facts[by_other]
                    or facts[name] == facts[f"{other}.{attribute}"]
                ),
            )


def _exchanged(name: str, by: str, attribute: str, exists: str) -> Iterator[Constraint]:
    if by not in EXCHANGED:
        return
    state, attributes = EXCHANGED[by]
    if attribute == "status":
        possible = (*_values_of_state(state, "status"), None)
        yield Always(f"the status of {state} is one that it can have", lambda facts: facts[name] in possible)
    elif attribute in OPTIONAL:
        there = attribute in attributes
        yield Always(
            f"{state} has {', '.join(sorted(attributes))}",
            lambda facts: not facts[exists] or (facts[name] is not None) == there,
        )


def _arranged(kind: str, attribute: str, name: str) -> Iterator[Constraint]:
    """No provider state arranges some of the values that a record could have."""
    known = known_values(f"it.{attribute}", {"it": (kind, "")})
    possible = _values_of_state(ARRANGED_BY[kind], attribute) if kind in ARRANGED_BY else ()
    if known and possible and set(known) - set(possible):
        yield Always(
            f"{ARRANGED_BY[kind]} has one of {', '.join(map(str, possible))} as {attribute}",
            lambda facts: facts[name] is None or facts[name] in possible,
        )


def _values_of_state(state: str, parameter: str) -> tuple[Any, ...]:
    field = STATES[state].model_fields.get(parameter)
    return get_args(field.annotation) if field else ()


def _optional(kind: str, attribute: str) -> bool:
    return NoneType in get_args(get_type_hints(RECORDS[kind])[attribute])


def _both_or_none(first: str, second: str, says: str) -> Constraint:
    def together(facts: Values) -> bool:
        return (facts[first] is None) == (facts[second] is None)

    return Always(says, together)
