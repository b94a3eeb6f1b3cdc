"""The broker's resources as HAL documents: what each path answers, whatever carries it."""

import base64
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from tests.broker.double import matrix as deployability
from tests.broker.double.holdings import Holdings, Json, RefusedError, Result
from tests.broker.double.selection import Selected, select

NOT_FOUND = RefusedError(404, {"error": "The requested document was not found on this server."}, "application/json")
WHEN = "2026-01-02T03:04:05+00:00"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json
    location: str | None = None
    media: str = "application/hal+json"

    def headers(self) -> dict[str, str]:
        location = {"location": self.location} if self.location else {}
        return {"content-type": f"{self.media};charset=utf-8"} | location


@dataclass(slots=True)
class Broker:
    """Answers requests from what it holds. `base` is the address it is reached at, as its links say it."""

    base: str
    held: Holdings

    def answer(self, method: str, target: str, body: Json | None) -> Answer:
        path = urlsplit(target).path.rstrip("/")
        for verb, pattern, handle in ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                words = {name: unquote(value) for name, value in found.groupdict().items()}
                try:
                    return handle(self, words, body if body is not None else query(target))
                except RefusedError as refused:
                    return Answer(refused.status, refused.body, media=refused.media)
        return Answer(NOT_FOUND.status, NOT_FOUND.body, media=NOT_FOUND.media)

    def link(self, *parts: str) -> str:
        return "/".join((self.base, *(quote(part, safe="") for part in parts)))

    def index(self, _words: Json, _asked: Json) -> Answer:
        templates = {
            "pb:publish-contracts": "/contracts/publish",
            "pb:pacticipant": "/pacticipants/{pacticipant}",
            "pb:pacticipant-version": "/pacticipants/{pacticipant}/versions/{version}",
            "pb:provider-pacts-for-verification": "/pacts/provider/{provider}/for-verification",
            "pb:environments": "/environments",
        }
        links = {name: {"href": self.base + path, "templated": "{" in path} for name, path in templates.items()}
        links["pb:environments"]["templated"] = False
        return Answer(200, {"_links": {"self": {"href": self.base}} | links})

    def publish(self, _words: Json, asked: Json) -> Answer:
        consumer, number = asked["pacticipantName"], asked["pacticipantVersionNumber"]
        known = number in getattr(self.held.pacticipants.get(consumer), "versions", {})
        notices = []
        for contract in asked["contracts"]:
            provider = contract["providerName"]
            content = json.loads(base64.b64decode(contract["content"]))
            fresh = self.held.publish(consumer, number, provider, content)
            done = f"for {consumer} version {number} and provider {provider}"
            notices.append(
                f"Pact successfully published {done}."
                if fresh
                else f"Pact successfully republished {done} with no content changes."
            )
        version = self.held.version_of(consumer, number, asked.get("branch"))
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
                        "_links": {"self": {"href": self.link("pacticipants", consumer)}},
                    },
                    "version": {
                        "number": number,
                        "_links": {"self": {"href": self.link("pacticipants", consumer, "versions", number)}},
                    },
                },
                "_links": {
                    "pb:pacticipant": {"href": self.link("pacticipants", consumer)},
                    "pb:pacticipant-version": {"href": self.link("pacticipants", consumer, "versions", number)},
                    "pb:contracts": [
                        {
                            "href": self.link(
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

    def for_verification_before_selectors(self, words: Json, _asked: Json) -> Answer:
        """The first version of this resource; the Verifier asks it and then uses the other one."""
        return self.for_verification(words, {"includePendingStatus": True})

    def for_verification(self, words: Json, asked: Json) -> Answer:
        provider = words["provider"]
        if provider not in self.held.pacticipants:
            raise RefusedError(404, {"error": f"No provider with name '{provider}' found"})
        chosen = [
            self.offered(each, bool(asked.get("includePendingStatus"))) for each in select(self.held, provider, asked)
        ]
        here = self.link("pacts", "provider", provider, "for-verification")
        return Answer(200, {"_embedded": {"pacts": chosen}, "_links": {"self": {"href": here}}})

    def offered(self, chosen: Selected, with_pending: bool) -> Json:
        pact = chosen.pact
        properties: Json = {"notices": []}
        if with_pending:
            properties["pending"] = chosen.pending
        if chosen.wip:
            properties["wip"] = True
        token = base64.urlsafe_b64encode(pact.version.encode()).decode().rstrip("=")
        href = self.link(
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

    def pact(self, words: Json, _asked: Json) -> Answer:
        content = self.held.contents.get(words["sha"])
        if content is None:
            raise NOT_FOUND
        results = self.link(
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
        consumer = self.link("pacticipants", words["consumer"])
        links = {
            "pb:consumer": {"name": words["consumer"], "href": consumer},
            "pb:provider": {"name": words["provider"], "href": self.link("pacticipants", words["provider"])},
            "pb:publish-verification-results": {"href": results},
        }
        return Answer(200, content | {"createdAt": WHEN, "_links": links})

    def record_result(self, words: Json, asked: Json) -> Answer:
        result = self.held.record_result(words["provider"], words["sha"], asked)
        here = self.link(
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

    def pacticipant(self, words: Json, _asked: Json) -> Answer:
        name = words["name"]
        if name not in self.held.pacticipants:
            raise NOT_FOUND
        here = self.link("pacticipants", name)
        templates = {
            "pb:version": "/versions/{version}",
            "pb:version-tag": "/versions/{version}/tags/{tag}",
            "pb:branch-version": "/branches/{branch}/versions/{version}",
        }
        links = {rel: {"href": here + path, "templated": True} for rel, path in templates.items()}
        return Answer(200, {"name": name, "_links": {"self": {"href": here}} | links})

    def add_branch(self, words: Json, _asked: Json) -> Answer:
        versions = getattr(self.held.pacticipants.get(words["name"]), "versions", {})
        known = words["branch"] in getattr(versions.get(words["number"]), "branches", [])
        self.held.version_of(words["name"], words["number"], words["branch"])
        here = self.link("pacticipants", words["name"], "branches", words["branch"], "versions", words["number"])
        body = {"_links": {"self": {"href": here}}}
        return Answer(200, body) if known else Answer(201, body, location=here)

    def add_tag(self, words: Json, _asked: Json) -> Answer:
        self.held.version_of(words["name"], words["number"]).tags.append(words["tag"])
        here = self.link("pacticipants", words["name"], "versions", words["number"], "tags", words["tag"])
        return Answer(201, {"name": words["tag"], "_links": {"self": {"href": here}}}, location=here)

    def version(self, words: Json, _asked: Json) -> Answer:
        name, number = words["name"], words["number"]
        if number not in getattr(self.held.pacticipants.get(name), "versions", {}):
            raise NOT_FOUND
        here = self.link("pacticipants", name, "versions", number)
        deploy = [
            {"name": each["name"], "href": f"{here}/deployed-versions/environment/{each['uuid']}"}
            for each in sorted(self.held.environments.values(), key=lambda each: str(each["name"]))
        ]
        return Answer(200, {"number": number, "_links": {"self": {"href": here}, "pb:record-deployment": deploy}})

    def record_deployment(self, words: Json, _asked: Json) -> Answer:
        environment = next(e for e in self.held.environments.values() if e["uuid"] == words["uuid"])
        self.held.deployed[words["name"], environment["name"]] = words["number"]
        deployed = str(uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(words)))
        here = self.link("deployed-versions", deployed)
        return Answer(201, {"uuid": deployed, "currentlyDeployed": True, "_links": {"self": {"href": here}}}, here)

    def add_environment(self, _words: Json, asked: Json) -> Answer:
        new = str(uuid.uuid5(uuid.NAMESPACE_URL, asked["name"]))
        here = self.link("environments", new)
        body = {"uuid": new, **asked, "_links": {"self": {"href": here}}}
        self.held.environments[asked["name"]] = body
        return Answer(201, body, location=here)

    def environments(self, _words: Json, _asked: Json) -> Answer:
        here = self.link("environments")
        found = sorted(self.held.environments.values(), key=lambda each: str(each["name"]))
        return Answer(200, {"_embedded": {"environments": found}, "_links": {"self": {"href": here}}})

    def matrix(self, _words: Json, asked: Json) -> Answer:
        names, versions = asked.get("q[][pacticipant]", []), asked.get("q[][version]", [])
        environment = asked.get("environment", [None])[0]
        body, rows = deployability.matrix(self.held, list(zip(names, versions, strict=True)), environment)
        return Answer(200, body | {"matrix": [self.row(each) for each in rows]})

    def row(self, row: deployability.Row) -> Json:
        pact = row.pact
        where = self.link("pacts", "provider", pact.provider, "consumer", pact.consumer, "version", pact.version)
        return {
            "consumer": {"name": pact.consumer, "version": {"number": pact.version}},
            "provider": {
                "name": pact.provider,
                "version": {"number": row.provider_version} if row.provider_version else None,
            },
            "pact": {"createdAt": WHEN, "_links": {"self": {"href": where}}},
            "verificationResult": self.verified(row.pact.sha, row.pact.consumer, row.result),
        }

    def verified(self, sha: str, consumer: str, result: Result | None) -> Json | None:
        if result is None:
            return None
        here = self.link(
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


def query(target: str) -> Json:
    values: Json = {}
    for name, value in parse_qsl(urlsplit(target).query):
        values.setdefault(name, []).append(value)
    return values


Handler = Callable[[Broker, Json, Json], Answer]
CONTENT = (
    "/pacts/provider/(?P<provider>[^/]+)/consumer/(?P<consumer>[^/]+)"
    "/pact-version/(?P<sha>[0-9a-f]{40})/metadata/(?P<token>[^/]+)"
)
VERSION = "/pacticipants/(?P<name>[^/]+)/versions/(?P<number>[^/]+)"
ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "", Broker.index),
    ("POST", "/contracts/publish", Broker.publish),
    ("GET", "/pacts/provider/(?P<provider>[^/]+)/for-verification", Broker.for_verification_before_selectors),
    ("POST", "/pacts/provider/(?P<provider>[^/]+)/for-verification", Broker.for_verification),
    ("GET", CONTENT, Broker.pact),
    ("POST", CONTENT + "/verification-results", Broker.record_result),
    ("GET", "/pacticipants/(?P<name>[^/]+)", Broker.pacticipant),
    (
        "PUT",
        "/pacticipants/(?P<name>[^/]+)/branches/(?P<branch>[^/]+)/versions/(?P<number>[^/]+)",
        Broker.add_branch,
    ),
    ("PUT", VERSION + "/tags/(?P<tag>[^/]+)", Broker.add_tag),
    ("GET", VERSION, Broker.version),
    ("POST", VERSION + "/deployed-versions/environment/(?P<uuid>[^/]+)", Broker.record_deployment),
    ("GET", "/environments", Broker.environments),
    ("POST", "/environments", Broker.add_environment),
    ("GET", "/matrix", Broker.matrix),
]
