"""Find the pacts to verify: those that the broker selects, those of one consumer version, or one by its URL."""

import re
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from outdial.broker.errors import unusable
from outdial.broker.resources import AT_ONCE, Json, Resources


@dataclass(frozen=True, slots=True)
class Offer:
    """The address of a pact, and why it is verified. A pending pact may fail."""

    url: str
    why: str
    pending: bool = False


@dataclass(frozen=True, slots=True)
class PublishedPact:
    """Pact with all its offers."""

    content: Json
    offers: tuple[Offer, ...]

    @property
    def consumer(self) -> str:
        return str(self.content["consumer"]["name"])

    @property
    def provider(self) -> str:
        return str(self.content["provider"]["name"])

    @property
    def pending(self) -> bool:
        return all(offer.pending for offer in self.offers)

    @property
    def why(self) -> str:
        return ", ".join(dict.fromkeys(offer.why for offer in self.offers))

    @property
    def consumer_version(self) -> str:
        """The version by its link, otherwise of the title `Pact between web-shop (1.0.1) and orders-api`."""
        links = self.content["_links"]
        title = re.search(r"\((.*?)\) and ", links["self"].get("name", ""))
        return str(links.get("pb:consumer-version", {}).get("name") or (title[1] if title else "?"))

    @property
    def results(self) -> str:
        """The address at which verification results are recorded."""
        return str(self.content["_links"]["pb:publish-verification-results"]["href"])


def selectors(branch: str | None, consumer_branches: Sequence[str]) -> list[Json]:
    """Return the broker's selectors; it refuses `matchingBranch` without a branch."""
    named = ["mainBranch", "deployedOrReleased", *(["matchingBranch"] if branch else [])]
    return [*({name: True} for name in named), *({"branch": name} for name in consumer_branches)]


def offered(
    broker: Resources,
    provider: str,
    branch: str | None,
    consumer_branches: Sequence[str],
    pending: bool,
    wip_since: date | None,
) -> list[Offer]:
    """Return what the broker selects for a provider. Raises: BrokerError."""
    asked: Json = {"consumerVersionSelectors": selectors(branch, consumer_branches), "includePendingStatus": pending}
    if branch:
        asked["providerVersionBranch"] = branch
    if wip_since:
        asked |= {"includePendingStatus": True, "includeWipPactsSince": wip_since.isoformat()}
    url = broker.link("pb:provider-pacts-for-verification", provider=provider)
    answer = broker.request("POST", url, f"verifying {provider}: reading its pacts", asked)
    offers = []
    for pact in answer.get("_embedded", {}).get("pacts", []):
        properties = pact.get("verificationProperties", {})
        why = pact.get("shortDescription", "selected") + (", work in progress" if properties.get("wip") else "")
        offers.append(Offer(pact["_links"]["self"]["href"], why, bool(properties.get("pending"))))
    return offers


def pact_of_version(broker: Resources, consumer: str, version: str, provider: str) -> Offer:
    """Return the offer of a version's pact, whether or not a selector finds it."""
    names = {"consumer": consumer, "consumerApplicationVersion": version, "provider": provider}
    return Offer(broker.link("pb:publish-pact", **names), f"version {version}")


def fetched(broker: Resources, offers: Iterable[Offer]) -> list[PublishedPact]:
    """Return the pacts of the offers, each content once, without those that the broker does not hold.

    Raises: BrokerError.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(lambda offer: (offer, broker.find(offer.url, f"fetching {offer.url}")), offers))
    pacts: dict[str, PublishedPact] = {}
    for offer, content in found:
        if content is not None:
            try:
                content_id = str(content["_links"]["pb:pact-version"]["href"])
            except (KeyError, TypeError):
                raise unusable(f"{offer.url} is no pact", "give the URL of a pact, as webhooks name it") from None
            same = pacts.get(content_id, PublishedPact(content, ()))
            pacts[content_id] = PublishedPact(same.content, (*same.offers, offer))
    return list(pacts.values())
