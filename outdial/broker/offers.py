"""Which pacts to verify: what the broker offers by selectors, or one consumer version, or one pact by its URL."""

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from outdial.broker.outcome import Unusable
from outdial.broker.resources import AT_ONCE, Json, Resources

Selector = dict[str, str | bool]


@dataclass(frozen=True, slots=True)
class Offer:
    """A pact at the broker, and why it is to be verified. A pending one may fail."""

    url: str
    why: str
    pending: bool = False


@dataclass(frozen=True, slots=True)
class PublishedPact:
    """The content of a pact, with everything that it was offered for."""

    consumer: str
    consumer_version: str
    provider: str
    why: str
    pending: bool
    content: Json

    @property
    def results(self) -> str:
        """Where its verification results are recorded."""
        return str(self.content["_links"]["pb:publish-verification-results"]["href"])


@dataclass(frozen=True, slots=True)
class Selection:
    """What a provider stays compatible with: each consumer's main branch, what runs anywhere, and this branch."""

    branch: str | None
    consumer_branches: Sequence[str] = ()
    pending: bool = False
    wip_since: date | None = None

    @property
    def selectors(self) -> list[Selector]:
        """In the broker's own words; it refuses `matchingBranch` where there is no branch to match."""
        matching: list[Selector] = [{"matchingBranch": True}] if self.branch else []
        named: list[Selector] = [{"branch": name} for name in self.consumer_branches]
        return [{"mainBranch": True}, {"deployedOrReleased": True}, *matching, *named]

    def __str__(self) -> str:
        return ", ".join(
            name if value is True else f"{name} {value}" for each in self.selectors for name, value in each.items()
        )


def offered(broker: Resources, provider: str, selection: Selection) -> list[Offer]:
    """What the broker offers a provider. Raises: BrokerError."""
    asked: Json = {"consumerVersionSelectors": selection.selectors, "includePendingStatus": selection.pending}
    if selection.branch:
        asked["providerVersionBranch"] = selection.branch
    if selection.wip_since:
        asked |= {"includePendingStatus": True, "includeWipPactsSince": selection.wip_since.isoformat()}
    url = broker.link("pb:provider-pacts-for-verification", provider=provider)
    answer = broker.send("POST", url, asked, f"verifying {provider}: reading its pacts")
    return [_offer(each) for each in answer.get("_embedded", {}).get("pacts", [])]


def _offer(offer: Json) -> Offer:
    properties = offer.get("verificationProperties", {})
    why = offer.get("shortDescription", "selected") + (", work in progress" if properties.get("wip") else "")
    return Offer(offer["_links"]["self"]["href"], why, bool(properties.get("pending")))


def pact_of_version(broker: Resources, consumer: str, version: str, provider: str) -> Offer:
    """The pact that one version of a consumer published, whether or not a selector finds it."""
    names = {"consumer": consumer, "consumerApplicationVersion": version, "provider": provider}
    return Offer(broker.link("pb:publish-pact", **names), f"version {version}")


def fetched(broker: Resources, offers: Iterable[Offer]) -> list[PublishedPact]:
    """The pacts behind the offers, each content once. An offer that the broker does not hold is left out.

    Raises: BrokerError.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda offer: (offer, broker.find(offer.url, f"fetching {offer.url}")), offers)
        contents: dict[str, list[tuple[Offer, Json]]] = {}
        for offer, content in found:
            if content is not None:
                contents.setdefault(_identity(offer, content), []).append((offer, content))
    return list(_pacts(contents.values()))


def _identity(offer: Offer, content: Json) -> str:
    """Results belong to a pact's content, which many versions may share."""
    try:
        return str(content["_links"]["pb:pact-version"]["href"])
    except (KeyError, TypeError):
        raise Unusable(f"{offer.url} is no pact", "give the URL of a pact, as webhooks name it") from None


def _pacts(contents: Iterable[Sequence[tuple[Offer, Json]]]) -> Iterator[PublishedPact]:
    for same in contents:
        content = same[0][1]
        links = content["_links"]
        version = links.get("pb:consumer-version", {}).get("name") or _version_in(links["self"].get("name", ""))
        yield PublishedPact(
            content["consumer"]["name"],
            version,
            content["provider"]["name"],
            ", ".join(dict.fromkeys(offer.why for offer, _ in same)),
            all(offer.pending for offer, _ in same),
            content,
        )


def _version_in(title: str) -> str:
    """`1.0.1` of `Pact between web-shop (1.0.1) and orders-api`."""
    found = re.search(r"\((.*?)\) and ", title)
    return found[1] if found else "?"
