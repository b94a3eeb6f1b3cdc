"""The rule that each refused row names is one that its edition's policy has."""

from collections.abc import Iterable, Mapping

from outdial.documents import Together, suggest
from outdial.provider import Policy
from outdial.tables import Scenario


def check_reasons(policies: Mapping[str, Policy], scenarios: Iterable[Scenario]) -> None:
    """Check that each refused row names a rule of its edition's policy. Raises `DocumentError` at each line."""
    found = Together()
    rules = {
        provider: {rule.id for operation in policy.operations.values() for rule in operation.rules}
        for provider, policy in policies.items()
    }
    for scenario in scenarios:
        known = rules.get(scenario.provider)
        if known and scenario.because and scenario.because not in known and scenario.location[0] != "order":
            with found:
                problem = f"{scenario.provider} has no rule {scenario.because!r}{suggest(scenario.because, known)}"
                raise scenario.error(problem, "because")
    found.raise_found()
