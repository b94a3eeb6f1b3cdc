"""Pacticipants, their versions, where they are deployed and whether they may be."""

import json
import uuid

from tests.broker.double import matrix as deployability
from tests.broker.double.answer import NOT_FOUND, WHEN, Answer, Broker
from tests.broker.double.holdings import Json, Result


def pacticipant(broker: Broker, words: Json, _asked: Json) -> Answer:
    name = words["name"]
    if name not in broker.held.pacticipants:
        raise NOT_FOUND
    here = broker.link("pacticipants", name)
    templates = {
        "pb:version": "/versions/{version}",
        "pb:version-tag": "/versions/{version}/tags/{tag}",
        "pb:branch-version": "/branches/{branch}/versions/{version}",
    }
    links = {rel: {"href": here + path, "templated": True} for rel, path in templates.items()}
    return Answer(200, {"name": name, "_links": {"self": {"href": here}} | links})


def add_branch(broker: Broker, words: Json, _asked: Json) -> Answer:
    versions = getattr(broker.held.pacticipants.get(words["name"]), "versions", {})
    known = words["branch"] in getattr(versions.get(words["number"]), "branches", [])
    broker.held.version_of(words["name"], words["number"], words["branch"])
    here = broker.link("pacticipants", words["name"], "branches", words["branch"], "versions", words["number"])
    body = {"_links": {"self": {"href": here}}}
    return Answer(200, body) if known else Answer(201, body, location=here)


def add_tag(broker: Broker, words: Json, _asked: Json) -> Answer:
    broker.held.version_of(words["name"], words["number"]).tags.append(words["tag"])
    here = broker.link("pacticipants", words["name"], "versions", words["number"], "tags", words["tag"])
    return Answer(201, {"name": words["tag"], "_links": {"self": {"href": here}}}, location=here)


def version(broker: Broker, words: Json, _asked: Json) -> Answer:
    name, number = words["name"], words["number"]
    if number not in getattr(broker.held.pacticipants.get(name), "versions", {}):
        raise NOT_FOUND
    here = broker.link("pacticipants", name, "versions", number)
    deploy = [
        {"name": each["name"], "href": f"{here}/deployed-versions/environment/{each['uuid']}"}
        for each in sorted(broker.held.environments.values(), key=lambda each: str(each["name"]))
    ]
    return Answer(200, {"number": number, "_links": {"self": {"href": here}, "pb:record-deployment": deploy}})


def record_deployment(broker: Broker, words: Json, _asked: Json) -> Answer:
    environment = next(e for e in broker.held.environments.values() if e["uuid"] == words["uuid"])
    broker.held.deployed[words["name"], environment["name"]] = words["number"]
    deployed = str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(words)))
    here = broker.link("deployed-versions", deployed)
    return Answer(201, {"uuid": deployed, "currentlyDeployed": True, "_links": {"self": {"href": here}}}, here)


def add_environment(broker: Broker, _words: Json, asked: Json) -> Answer:
    new = str(uuid.uuid5(uuid.NAMESPACE_URL, asked["name"]))
    here = broker.link("environments", new)
    body = {"uuid": new, **asked, "_links": {"self": {"href": here}}}
    broker.held.environments[asked["name"]] = body
    return Answer(201, body, location=here)


def environments(broker: Broker, _words: Json, _asked: Json) -> Answer:
    here = broker.link("environments")
    found = sorted(broker.held.environments.values(), key=lambda each: str(each["name"]))
    return Answer(200, {"_embedded": {"environments": found}, "_links": {"self": {"href": here}}})


def matrix(broker: Broker, _words: Json, asked: Json) -> Answer:
    names, versions = asked.get("q[][pacticipant]", []), asked.get("q[][version]", [])
    environment = asked.get("environment", [None])[0]
    body, rows = deployability.matrix(broker.held, list(zip(names, versions, strict=True)), environment)
    return Answer(200, body | {"matrix": [row(broker, each) for each in rows]})


def row(broker: Broker, row: deployability.Row) -> Json:
    pact = row.pact
    where = broker.link("pacts", "provider", pact.provider, "consumer", pact.consumer, "version", pact.version)
    return {
        "consumer": {"name": pact.consumer, "version": {"number": pact.version}},
        "provider": {
            "name": pact.provider,
            "version": {"number": row.provider_version} if row.provider_version else None,
        },
        "pact": {"createdAt": WHEN, "_links": {"self": {"href": where}}},
        "verificationResult": verified(broker, row.pact.sha, row.pact.consumer, row.result),
    }


def verified(broker: Broker, sha: str, consumer: str, result: Result | None) -> Json | None:
    if result is None:
        return None
    here = broker.link(
        "pacts",
        "provider",
        result.provider,
        "consumer",
        consumer,
        "pact-version",
        sha,
        "metadata",
        "Y3Zu",
        "verification-results",
        str(result.number),
    )
    return {"success": result.success, "verifiedAt": WHEN, "_links": {"self": {"href": here}}}
