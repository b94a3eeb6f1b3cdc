"""Which path is which resource, as the broker's own links say it."""

import re
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.broker.double import pact_answers, version_answers
from tests.broker.double.answer import NOT_FOUND, Answer, Broker
from tests.broker.double.holdings import Json, RefusedError

Handler = Callable[[Broker, Json, Json], Answer]
CONTENT = (
    "/pacts/provider/(?P<provider>[^/]+)/consumer/(?P<consumer>[^/]+)"
    "/pact-version/(?P<sha>[0-9a-f]{40})/metadata/(?P<token>[^/]+)"
)
VERSION = "/pacticipants/(?P<name>[^/]+)/versions/(?P<number>[^/]+)"
ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "", pact_answers.index),
    ("POST", "/contracts/publish", pact_answers.publish),
    ("GET", "/pacts/provider/(?P<provider>[^/]+)/for-verification", pact_answers.for_verification_before_selectors),
    ("POST", "/pacts/provider/(?P<provider>[^/]+)/for-verification", pact_answers.for_verification),
    ("GET", CONTENT, pact_answers.pact),
    ("POST", CONTENT + "/verification-results", pact_answers.record_result),
    ("GET", "/pacticipants/(?P<name>[^/]+)", version_answers.pacticipant),
    (
        "PUT",
        "/pacticipants/(?P<name>[^/]+)/branches/(?P<branch>[^/]+)/versions/(?P<number>[^/]+)",
        version_answers.add_branch,
    ),
    ("PUT", VERSION + "/tags/(?P<tag>[^/]+)", version_answers.add_tag),
    ("GET", VERSION, version_answers.version),
    ("POST", VERSION + "/deployed-versions/environment/(?P<uuid>[^/]+)", version_answers.record_deployment),
    ("GET", "/environments", version_answers.environments),
    ("POST", "/environments", version_answers.add_environment),
    ("GET", "/matrix", version_answers.matrix),
]


def answer(broker: Broker, method: str, target: str, body: Json | None) -> Answer:
    path = urlsplit(target).path.rstrip("/")
    for verb, pattern, handle in ROUTES:
        found = re.fullmatch(pattern, path)
        if verb == method and found:
            words = {name: unquote(value) for name, value in found.groupdict().items()}
            try:
                return handle(broker, words, body if body is not None else query(target))
            except RefusedError as refused:
                return Answer(refused.status, refused.body, media=refused.media)
    return Answer(NOT_FOUND.status, NOT_FOUND.body, media=NOT_FOUND.media)


def query(target: str) -> Json:
    values: Json = {}
    for name, value in parse_qsl(urlsplit(target).query):
        values.setdefault(name, []).append(value)
    return values
