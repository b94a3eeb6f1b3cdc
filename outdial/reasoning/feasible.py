"""Feasible combinations of facts: dependencies of requests, tokens and records, for any policy.

Each fact brings the constraints that it is part of. They are about HTTP (no form field without a form), about
the world (what does not exist has no attributes), and about what provider states can arrange (a refresh token
is expired or revoked, never forged). A test holds them against the facts of real requests.
"""

from collections.abc import Callable, Iterator

from outdial.provider.facts import SUFFIX
from outdial.provider.records import Attribute, key_of
from outdial.reasoning.naming import split
from outdial.reasoning.records import impossible
from outdial.reasoning.search import Always, Constraint, FactValues
from outdial.reasoning.space import Space

FORM = "application/x-www-form-urlencoded"


def constraints_of(name: str, space: Space) -> Iterator[Constraint]:
    """The constraints that a fact is part of."""
    subject = split(name.removesuffix(SUFFIX))
    if name.endswith(SUFFIX):
        base = name.removesuffix(SUFFIX)
        yield _both_or_none(name, base, "a text and its challenge are there together")
    elif subject:
        yield from _subject(name, *subject, space)
    elif name.startswith("token."):
        yield from _token(name, space)
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


def _token(name: str, space: Space) -> Iterator[Constraint]:
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
    optional = _may_be_none(space.kinds["token"].attributes[attribute])
    yield Always(
        "of an unknown token nothing is known, of any other everything",
        lambda facts: (
            facts[name] is None if facts["token.status"] in (None, "unknown") else optional or facts[name] is not None
        ),
    )
    yield from _possible("token", attribute, "token", lambda facts: facts["token.status"] not in (None, "unknown"))


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
        yield Always("a record is found by its id", lambda facts: facts[name] == key_of(facts[by]))
    else:
        optional = _may_be_none(space.kinds[kind].attributes[attribute])
        yield Always(
            "what does not exist has no attributes, what exists has all",
            lambda facts: (optional or facts[name] is not None) if facts[exists] else facts[name] is None,
        )
        yield from _possible(kind, attribute, subject, lambda facts: bool(facts[exists]))
        if (kind, attribute) == ("agent", "permissions"):
            yield Always(
                "a user's token has the permissions of its user",
                lambda facts: (
                    not facts[exists] or facts[by] != facts["token.user"] or facts[name] == facts["token.permissions"]
                ),
            )
    if attribute != "id":
        yield from _one_record(name, kind, by, attribute, space)


def _may_be_none(attribute: Attribute) -> bool:
    """Return whether an attribute of an existing record may be empty: optional, or a list."""
    return attribute.optional or attribute.default == ()


def _one_record(name: str, kind: str, by: str, attribute: str, space: Space) -> Iterator[Constraint]:
    """Two subjects of one kind and one id are the same record."""
    for other in space.subjects:
        other_kind, _, other_by = other.removesuffix(")").partition("(")
        if other_kind == kind and other_by != by:
            yield Always(
                "one id is one record",
                lambda facts, other=other, by_other=other_by: (
                    facts[by] is None  # type: ignore[misc]
                    or key_of(facts[by]) != key_of(facts[by_other])
                    or facts[name] == facts[f"{other}.{attribute}"]
                ),
            )


def _possible(kind: str, attribute: str, subject: str, there: Callable[[FactValues], bool]) -> Iterator[Constraint]:
    """No provider state arranges some combinations of attributes."""
    for says, cannot, attributes in impossible(kind, attribute):

        def test(
            facts: FactValues, cannot: Callable[..., bool] = cannot, attributes: tuple[str, ...] = attributes
        ) -> bool:
            return not there(facts) or not cannot({name: facts[f"{subject}.{name}"] for name in attributes})

        yield Always(says, test)


def _both_or_none(first: str, second: str, says: str) -> Constraint:
    def together(facts: FactValues) -> bool:
        return (facts[first] is None) == (facts[second] is None)

    return Always(says, together)
