"""Which pacts a provider is asked to verify: consumer version selectors, pending and work in progress."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.broker.double.holdings import Holdings, Json, Published


@dataclass(slots=True)
class Selected:
    pact: Published
    why: list[str]
    pending: bool
    wip: bool = False


def select(held: Holdings, provider: str, asked: Json) -> list[Selected]:
    """The pacts that match any selector, newest first, then those in progress when they are asked for."""
    selectors = asked.get("consumerVersionSelectors") or [{"mainBranch": True}]
    branch = asked.get("providerVersionBranch")
    chosen: dict[str, Selected] = {}
    for selector in selectors:
        for pact, why in matching(held, provider, selector, branch):
            entry = chosen.setdefault(pact.sha, Selected(pact, [], held.pending(pact)))
            if why not in entry.why:
                entry.why.append(why)
    if asked.get("includeWipPactsSince"):
        for pact, why in heads(held, provider):
            if pact.sha not in chosen and held.pending(pact):
                chosen[pact.sha] = Selected(pact, [why], pending=True, wip=True)
    for entry in chosen.values():
        entry.why.sort(key=lambda why: (not why.startswith("latest from branch"), why))
    return list(chosen.values())


def matching(
    held: Holdings, provider: str, selector: Json, provider_branch: str | None
) -> Iterator[tuple[Published, str]]:
    if selector.get("deployedOrReleased"):
        for pact in held.pacts_with(provider):
            for (name, environment), version in held.deployed.items():
                if (name, version) == (pact.consumer, pact.version):
                    yield pact, f"deployed to {environment}"
        return
    for consumer in dict.fromkeys(pact.consumer for pact in held.pacts_with(provider)):
        if selector.get("mainBranch"):
            branch, why = held.pacticipants[consumer].main_branch, "latest from main branch"
        else:
            branch = provider_branch if selector.get("matchingBranch") else selector.get("branch")
            why = f"latest from branch {branch}"
        latest = newest(held, provider, consumer, branch) if branch else None
        if latest is not None:
            yield latest, why


def newest(held: Holdings, provider: str, consumer: str, branch: str) -> Published | None:
    versions = held.pacticipants[consumer].versions
    found = (
        pact
        for pact in reversed(list(held.pacts_with(provider)))
        if pact.consumer == consumer and branch in versions[pact.version].branches
    )
    return next(found, None)


def heads(held: Holdings, provider: str) -> Iterator[tuple[Published, str]]:
    """The newest pact of every tag and branch of every consumer."""
    for attribute, words in (("tags", "latest with tag"), ("branches", "latest from branch")):
        latest: dict[tuple[str, str], Published] = {}
        for pact in held.pacts_with(provider):
            for name in getattr(held.pacticipants[pact.consumer].versions[pact.version], attribute):
                latest[pact.consumer, name] = pact
        for (_, name), pact in latest.items():
            yield pact, f"{words} {name}"
