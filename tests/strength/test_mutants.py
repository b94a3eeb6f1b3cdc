"""Mutants are made from the kinds of rules: each has a name of its own, and a new kind brings its own."""

from typing import Any, Literal

import pytest

from outdial.provider.denial import Denial
from outdial.provider.facts import Facts
from outdial.provider.kinds import Permission, Scope
from outdial.provider.rule import RuleBase
from outdial.strength.mutants import OPERATORS, edition_names, mutants_of
from outdial.strength.variants import Vocabulary, variants
from provider_states import record_kinds
from tests.strength.editions import POLICIES, mutants

DENY = Denial(status=403, code="forbidden", message="no")


class Hours(RuleBase):
    """A kind that the stub does not have."""

    kind: Literal["hours"] = "hours"
    days: tuple[str, ...]
    any_of: tuple[str, ...] | None = None
    all_of: tuple[str, ...] | None = None
    strict: bool = True
    at_most: int = 8
    division_of: str | None = None

    def holds(self, facts: Facts) -> bool:
        return bool(facts["request.bytes"])

    def candidates(self) -> dict[str, tuple[Any, ...]]:
        return {"agent.division": ("home", "other")}


@pytest.mark.parametrize("provider", POLICIES)
def test_every_mutant_has_a_name_of_its_own_and_another_policy(provider: str) -> None:
    """Names are stable and unique, and no mutant is the policy itself."""
    policy = POLICIES[provider]
    mutants = list(mutants_of(policy))
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    assert [mutant.name for mutant in mutants_of(policy)] == [mutant.name for mutant in mutants]
    assert all(mutant.policy != policy for mutant in mutants)
    assert {mutant.operator for mutant in mutants} <= set(OPERATORS)


def test_every_rule_of_every_edition_is_dropped_and_negated() -> None:
    """No rule is left out, whatever its kind."""
    for provider, policy in POLICIES.items():
        names = {mutant.name for mutant in mutants_of(policy)}
        for name, operation in policy.operations.items():
            for rule in operation.rules:
                assert {f"{provider}/{name}/drop:{rule.id}", f"{provider}/{name}/negate:{rule.id}"} <= names


def test_a_new_kind_of_rule_brings_its_mutants() -> None:
    """Sets, truth values, numbers and subjects of a kind that nobody has heard of are changed by their types."""
    rule = Hours(
        id="hours",
        days=("monday", "friday"),
        any_of=("nine", "five"),
        deny=DENY,
        basis="assumed",
        source={"asks": "Is it so?"},
    )
    vocabulary = Vocabulary({"hours": ("sunday",)}, {"agent": ("agent", "path.userId")}, record_kinds())
    made = {f"{operator}:{detail}" for operator, detail, _ in variants(rule, vocabulary)}
    assert made == {
        "negate:",
        "without:monday",
        "without:friday",
        "with:sunday",
        "swap:monday-for-sunday",
        "swap:friday-for-sunday",
        "without:nine",
        "without:five",
        "swap:nine-for-sunday",
        "swap:five-for-sunday",
        "mode:any_of-to-all_of",
        "invert:strict",
        "number:at_most-halved",
        "number:at_most-doubled",
        "subject:division_of-agent",
    }


def test_names_are_widened_by_names_of_the_same_vocabulary_only() -> None:
    """A scope is never taken for a permission; every name comes from the edition's own rules."""
    names = edition_names(POLICIES["genesys-cloud"])
    assert names["scope"] == ("conversations", "conversations:readonly")
    shared: dict[str, Any] = {"deny": DENY, "basis": "assumed", "source": {"asks": "Is it so?"}}
    scope = Scope(kind="scope", any_of=("conversations",), **shared)
    permission = Permission(kind="permission", any_of=("conversation:call:add",), **shared)
    for rule, others in ((scope, names["scope"]), (permission, names["permission"])):
        added = {
            detail
            for operator, detail, _ in variants(rule, Vocabulary(names, {}, record_kinds()))
            if operator == "with"
        }
        assert added == set(others) - set(rule.names)


def test_a_rule_is_skipped_for_one_sort_of_callers_or_requests() -> None:
    """For one kind of destination, one field, one grant by which the edition's login host issues tokens."""
    rule = "genesys-cloud/place-call-for-agent/only-if:station:"
    asked = {name.removeprefix(rule) for name in mutants("genesys-cloud") if name.startswith(rule)}
    grants = {"authorization_code", "client_credentials", "saml2_bearer"}
    assert {each for each in asked if each.startswith("token.grant")} == {
        f"token.grant-{wanted}{grant}" for grant in grants for wanted in ("", "not-")
    }
    assert {
        f"body.{name}-{how}" for name in ("callQueueId", "externalContactId") for how in ("absent", "present")
    } <= asked
    assert not any(each.startswith(("agent.division-not", "token.user-not")) for each in asked)  # of two, the other one


def test_where_nobody_issues_tokens_a_rule_may_be_asked_of_any_grant_and_is_not_skipped_for_one() -> None:
    """An edition by itself says nothing about its callers, so a row for every grant would say more than is known."""
    rule = "genesys-cloud/get-call/only-if:known-conversation:token.grant-"
    alone = {mutant.name.removeprefix(rule) for mutant in mutants_of(POLICIES["genesys-cloud"]) if rule in mutant.name}
    grants = record_kinds()["token"].attributes["grant"].values
    assert alone == {grant for grant in grants or () if grant}


def test_fields_that_exclude_each_other_are_taken_in_pairs() -> None:
    """A call to a number and a queue at once: only the two that are named, and no third."""
    every = mutants("genesys-cloud")
    pairs = [name for name in every if name.startswith("genesys-cloud/place-call/together:single-destination:")]
    assert len(pairs) == 10
    (mutant,) = (every[name] for name in pairs if name.endswith(":body.phoneNumber-and-body.callQueueId"))
    (rule,) = (each for each in mutant.policy.operations["place-call"].rules if each.id == mutant.rule)
    nothing: dict[str, Any] = dict.fromkeys(rule.candidates())
    both = nothing | {"body.phoneNumber": "x", "body.callQueueId": "x"}
    assert rule.holds(Sent(both))
    assert rule.holds(Sent(nothing | {"body.callUserId": "x"}))
    assert not rule.holds(Sent(both | {"body.callUserId": "x"}))
    assert not rule.holds(Sent(nothing | {"body.phoneNumber": "x", "body.callUserId": "x"}))


class Sent(dict[str, Any]):
    """Facts by their names."""

    def names(self, part: str) -> frozenset[str]:
        return frozenset(name for name in self if name.startswith(part))


def test_what_is_compared_may_be_compared_only_where_it_is_there() -> None:
    """The redirect URI that is not sent, the caller who is no user: each side of the rule."""
    login, calls = mutants("genesys-cloud-login"), mutants("nice-cxone")
    assert "genesys-cloud-login/authorization-code/compare:same-redirect:form.redirect_uri-if-present" in login
    assert "nice-cxone/set-state/compare:own-session:token.user-if-present" in calls


def test_a_rule_is_asked_first() -> None:
    """Before all others of its operation; of the second rule that is the swap with the first."""
    every = mutants("genesys-cloud")
    rules = POLICIES["genesys-cloud"].operations["get-call"].rules
    first = {
        name.split(":")[1]: mutant
        for name, mutant in every.items()
        if name.startswith("genesys-cloud/get-call/order:") and name.endswith(":first")
    }
    assert list(first) == [rule.id for rule in rules[2:]]
    for name, mutant in first.items():
        asked = [rule.id for rule in mutant.policy.operations["get-call"].rules]
        assert asked == [name, *(rule.id for rule in rules if rule.id != name)]
