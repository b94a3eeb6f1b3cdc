"""Publishing, offering and verifying pacts: what each of these resources answers."""

import base64
import json

from tests.broker.double.answer import NOT_FOUND, WHEN, Answer, Broker
from tests.broker.double.holdings import Json, RefusedError
from tests.broker.double.selection import Selected, select


def index(broker: Broker, _words: Json, _asked: Json) -> Answer:
    templates = {
        "pb:publish-contracts": "/contracts/publish",
        "pb:pacticipant": "/pacticipants/{pacticipant}",
        "pb:pacticipant-version": "/pacticipants/{pacticipant}/versions/{version}",
        "pb:provider-pacts-for-verification": "/pacts/provider/{provider}/for-verification",
        "pb:environments": "/environments",
    }
    links = {name: {"href": broker.base + path, "templated": "{" in path} for name, path in templates.items()}
    links["pb:environments"]["templated"] = False
    return Answer(200, {"_links": {"self": {"href": broker.base}} | links})


def publish(broker: Broker, _words: Json, asked: Json) -> Answer:
    consumer, number = asked["pacticipantName"], asked["pacticipantVersionNumber"]
    known = number in getattr(broker.held.pacticipants.get(consumer), "versions", {})
    notices = []
    for contract in asked["contracts"]:
        provider = contract["providerName"]
        content = json.loads(base64.b64decode(contract["content"]))
        fresh = broker.held.publish(consumer, number, provider, content)
        done = f"for {consumer} version {number} and provider {provider}"
        notices.append(
            f"Pact successfully published {done}."
            if fresh
            else f"Pact successfully republished {done} with no content changes."
        )
    version = broker.held.version_of(consumer, number, asked.get("branch"))
    version.tags += [tag for tag in asked.get("tags", []) if tag not in version.tags]
    tags = " and tags " + ", ".join(asked["tags"]) if asked.get("tags") else ""
    branch = f" with branch {asked['branch']}" if asked.get("branch") else ""
    did = f"{'Updated' if known else 'Created'} {consumer} version {number}{branch}{tags}"
    return Answer(
        200,
        {
            "notices": [{"type": "debug", "text": did}] + [{"type": "success", "text": text} for text in notices],
            "_embedded": {
                "pacticipant": {
                    "name": consumer,
                    "_links": {"self": {"href": broker.link("pacticipants", consumer)}},
                },
                "version": {
                    "number": number,
                    "_links": {"self": {"href": broker.link("pacticipants", consumer, "versions", number)}},
                },
            },
            "_links": {
                "pb:pacticipant": {"href": broker.link("pacticipants", consumer)},
                "pb:pacticipant-version": {"href": broker.link("pacticipants", consumer, "versions", number)},
                "pb:contracts": [
                    {
                        "href": broker.link(
                            "pacts",
                            "provider",
                            c["providerName"],
                            "consumer",
                            consumer,
                            "version",
                            number,
                        )
                    }
                    for c in asked["contracts"]
                ],
            },
        },
    )


def for_verification_before_selectors(broker: Broker, words: Json, _asked: Json) -> Answer:
    """The first version of this resource; the Verifier asks it and then uses the other one."""
    return for_verification(broker, words, {"includePendingStatus": True})


def for_verification(broker: Broker, words: Json, asked: Json) -> Answer:
    provider = words["provider"]
    if provider not in broker.held.pacticipants:
        raise RefusedError(404, {"error": f"No provider with name '{provider}' found"})
    chosen = [
        offered(broker, each, bool(asked.get("includePendingStatus"))) for each in select(broker.held, provider, asked)
    ]
    here = broker.link("pacts", "provider", provider, "for-verification")
    return Answer(200, {"_embedded": {"pacts": chosen}, "_links": {"self": {"href": here}}})


def offered(broker: Broker, chosen: Selected, with_pending: bool) -> Json:
    pact = chosen.pact
    properties: Json = {"notices": []}
    if with_pending:
        properties["pending"] = chosen.pending
    if chosen.wip:
        properties["wip"] = True
    token = base64.urlsafe_b64encode(pact.version.encode()).decode().rstrip("=")
    href = broker.link(
        "pacts",
        "provider",
        pact.provider,
        "consumer",
        pact.consumer,
        "pact-version",
        pact.sha,
        "metadata",
        token,
    )
    name = f"Pact between {pact.consumer} ({pact.version}) and {pact.provider}"
    return {
        "shortDescription": ", ".join(chosen.why),
        "verificationProperties": properties,
        "_links": {"self": {"href": href, "name": name}},
    }


def pact(broker: Broker, words: Json, _asked: Json) -> Answer:
    content = broker.held.contents.get(words["sha"])
    if content is None:
        raise NOT_FOUND
    results = broker.link(
        "pacts",
        "provider",
        words["provider"],
        "consumer",
        words["consumer"],
        "pact-version",
        words["sha"],
        "metadata",
        words["token"],
        "verification-results",
    )
    consumer = broker.link("pacticipants", words["consumer"])
    links = {
        "pb:consumer": {"name": words["consumer"], "href": consumer},
        "pb:provider": {"name": words["provider"], "href": broker.link("pacticipants", words["provider"])},
        "pb:publish-verification-results": {"href": results},
    }
    return Answer(200, content | {"createdAt": WHEN, "_links": links})


def record_result(broker: Broker, words: Json, asked: Json) -> Answer:
    result = broker.held.record_result(words["provider"], words["sha"], asked)
    here = broker.link(
        "pacts",
        "provider",
        words["provider"],
        "consumer",
        words["consumer"],
        "pact-version",
        words["sha"],
        "verification-results",
        str(result.number),
    )
    body = {
        "providerName": result.provider,
        "providerApplicationVersion": result.provider_version,
        "success": result.success,
        "testResults": asked["testResults"],
        "_links": {"self": {"href": here}},
    }
    if result.build_url:
        body["buildUrl"] = result.build_url
    return Answer(201, body, location=here)
