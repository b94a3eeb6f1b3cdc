"""Read the facts from the API itself: GET only, at most eight requests, with the caller's own token.

The token comes from `OUTDIAL_TOKEN` and is never printed. Requests go to a published host of the vendor over TLS, or to
loopback; redirects are not followed. Each answer becomes facts; each refusal leaves its facts unknown, with a reason.
"""

import fnmatch
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from outdial.definitions import catalogue
from outdial.explain.facts import APPLICATION
from outdial.explain.operations import APIS, is_loopback
from outdial.explain.request import NotUnderstood, objects_in
from outdial.explain.words import ANSWERS

TOKEN = "OUTDIAL_TOKEN"
MOST = 8
SECONDS = 10
LONGEST = 1_000_000
TOKENS_ME, ME, GRANTS = "/api/v2/tokens/me", "/api/v2/users/me", "/api/v2/authorization/subjects/me"
USER, QUEUE = "/api/v2/users/{}", "/api/v2/routing/queues/{}"
ROLE, STATION = "/api/v2/authorization/roles/{}", "/api/v2/stations/{}"
EXPAND = "?expand=authorization,station,presence,routingStatus"
Get = Callable[[str], tuple[int, Any]]
"""Reads a path: status and JSON body; 0 and the reason where there is no answer."""


class CannotAsk(NotUnderstood):
    """Raised before anything is sent: a host or a token that cannot be used."""


def send(method: str, url: str, headers: Mapping[str, str], body: str = "") -> tuple[int, Mapping[str, str], bytes]:
    """Send one request; return status, headers and body, or 0 and the reason where there is no answer."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy, and no credentials of a .netrc
        try:
            answer = session.request(
                method, url, headers=headers, data=body, timeout=SECONDS, allow_redirects=False, stream=True
            )
            return answer.status_code, answer.headers, next(answer.iter_content(LONGEST), b"")
        except requests.Timeout:
            return 0, {}, b"no answer in time"
        except requests.RequestException:
            return 0, {}, b"no connection"


def reader(base: str) -> Get:
    """Return a function that reads paths of a base URL, at most eight. Raises `CannotAsk`."""
    base, token = checked(base), os.environ.get(TOKEN, "")
    if not token.isascii() or not token.isprintable() or not token.strip():
        raise CannotAsk(f"invalid {TOKEN}: expected the caller's access token in the environment; no option takes it")
    asked: list[str] = []

    def get(path: str) -> tuple[int, Any]:
        if len(asked) == MOST:
            return 0, f"the limit of {MOST} requests is reached"
        asked.append(path)
        status, _, content = send("GET", base + path, {"Authorization": f"Bearer {token}"})
        return status, json_of(content) if status else content.decode()

    return get


def json_of(content: bytes) -> Any:
    """Return a body as JSON; None where it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def checked(base: str, api: str = "genesys-cloud") -> str:
    """Return a base URL that may be asked. Raises `CannotAsk` for a host that is neither the vendor's nor loopback."""
    parts = urlsplit(base if "://" in base else f"https://{base}")
    host = parts.hostname or ""
    if parts.username or parts.query or parts.fragment:
        raise CannotAsk("invalid host: expected a host such as api.mypurecloud.com")
    if is_loopback(host):
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    if APIS.of_host(host) != api or parts.scheme != "https" or parts.port not in (None, 443):
        expected = f"expected https and a published host of Genesys Cloud, such as {APIS.hosts[api][0]}"
        raise CannotAsk(f"invalid host {host[:80]!r}: {expected}")
    return f"https://{host}"


def planned(agent: str | None, queue: str | None = None) -> list[str]:
    """Return the paths that may be asked, in their order."""
    paths = [TOKENS_ME, ME + EXPAND, GRANTS, ROLE.format("{roleId}")]
    paths += [_path(USER, agent) + EXPAND, _path(USER, agent) + "/station"] if agent else []
    paths += [STATION.format("{stationId}"), *([_path(QUEUE, queue)] if queue else [])]
    return paths[:MOST]


def _path(template: str, name: Any) -> str:
    return template.format(quote(str(name), safe=""))


class Asked:
    """Answers of the API: facts by kind of record, and a line for each request. `source` is where they are read."""

    def __init__(self, get: Get | None = None, source: str = "") -> None:
        self.facts: dict[str, dict[str, Any]] = {}
        self.lines: list[str] = []
        self.user: str | None = None
        self._get = get
        self._source = source or f"read from the API at {datetime.now():%H:%M}"

    def _learn(self, kind: str, **facts: Any) -> None:
        self.facts.setdefault(kind, {}).update(facts)

    def read(self, path: str, what: str) -> tuple[Mapping[str, Any] | None, str]:
        """Read a path; return its body or None, and the code of a refusal. A line tells the result."""
        status, body = self._get(path) if self._get else (0, "not asked")
        plain = path.partition("?")[0]
        if status == 200 and isinstance(body, Mapping):
            self._learn("token", **ANSWERS.passed)
            self.lines.append(f"GET {plain}: {what} {self._source}")
            return body, ""
        code = str(body.get("code") or "") if isinstance(body, Mapping) else ""
        why = f"{status} {code}".strip() if status else str(body)
        known = f"the token has no user ({why}), {self._source}" if code == "not.a.user" else ""
        self.lines.append(f"GET {plain}: {known or f'{what} not known: {why}{_needed(plain, code)}'}")
        return None, code

    def token(self) -> None:
        """Read scopes and grant of the token."""
        body, refused = self.read(TOKENS_ME, "scopes and grant")
        if refused == "bad.credentials":
            self._learn("token", status="unknown")
        client, scopes = (body or {}).get("OAuthClient"), (body or {}).get("authorizedScope")
        grant = str(client.get("authorizedGrantType", "")) if isinstance(client, Mapping) else ""
        if grant.lower().replace("-", "_") == APPLICATION:
            self._learn("token", grant=APPLICATION)
        elif isinstance(scopes, list):
            self._learn("token", scopes=[str(each) for each in scopes] or ["none"])

    def me(self, agent: str | None) -> Mapping[str, Any] | None:
        """Read the token's user; return it where it is the agent."""
        body, refused = self.read(ME + EXPAND, "the token's user")
        if refused == "not.a.user":
            self._learn("token", grant=APPLICATION)
        if body is None:
            return None
        self.user = str(body.get("id", ""))
        own = agent in (None, self.user)
        self._learn("token", grant="authorization_code", user="agent" if own else "another user")
        return self._agent(body) if own else None

    def agent(self, agent: str) -> Mapping[str, Any] | None:
        """Read the agent for whom the call is: existence, division, station."""
        body, refused = self.read(_path(USER, agent) + EXPAND, "the agent")
        if body is not None:
            return self._agent(body)
        if refused in ("not.found", "general.resource.not.found"):
            self._learn("agent", exists=False)
        elif (stations := self.read(_path(USER, agent) + "/station", "the agent's station")[0]) is not None:
            self._agent({"station": stations})
        return None

    def _agent(self, user: Mapping[str, Any]) -> Mapping[str, Any]:
        self._learn("agent", exists=True)
        stations = user.get("station")
        station = (stations.get("effectiveStation") or stations.get("associatedStation") or {}) if stations else {}
        if station.get("id"):
            status, _ = self.read(_path(STATION, station["id"]), "the station")
            if status is None or status.get("status") in (None, "AVAILABLE", "ASSOCIATED"):
                self._learn("agent", station="associated")
        elif isinstance(stations, Mapping):
            self._learn("agent", station="none")
        return user

    def permissions(self, agent: Mapping[str, Any] | None) -> None:
        """Read the permissions of the caller's roles by division; those of the agent's division count as its own."""
        body, _ = self.read(GRANTS, "roles and permissions")
        if body is None:
            return
        held: dict[str, set[str]] = {}
        for grant in objects_in(body.get("grants")):
            role, division = grant.get("role") or {}, grant.get("division") or {}
            policies = role.get("policies")
            if policies is None:
                policies = (self.read(_path(ROLE, role.get("id")), "a role")[0] or {}).get("permissionPolicies")
            if policies is None:
                self.lines.append("permissions not known: the policies of a role could not be read")
                return
            held.setdefault(str(division.get("id", "*")), set()).update(_names(policies))
        home = ((agent or {}).get("division") or {}).get("id")
        everywhere = set[str]().union(*held.values())
        here = held.get(home, set()) | held.get("*", set()) if home else everywhere
        self._learn("token", permissions=sorted(here or everywhere) or ["none"], division="home" if here else "other")
        if home:
            self._learn("agent", division="home")


def ask(get: Get, agent: str | None = None, queue: str | None = None, source: str = "") -> Asked:
    """Read token, user, permissions, agent, station and queue. `agent` is a user's id; None for the token's user."""
    found = Asked(get, source)
    found.token()
    home = found.me(agent)
    if agent and agent != found.user:
        home = found.agent(agent) or home
    found.permissions(home)
    if queue:
        found.read(_path(QUEUE, queue), "the queue")
    return found


def _names(policies: Any) -> Iterator[str]:
    """Yield the permissions of policies: `domain:entity:action`; `*` stands for every published one that matches."""
    known = catalogue("genesys-cloud")
    for policy in objects_in(policies):
        for action in policy.get("actions") or policy.get("actionSet") or []:
            name = f"{policy.get('domain')}:{policy.get('entityName')}:{action}"
            yield from fnmatch.filter(known.names["permission"], name) if known and "*" in name else [name]


def _needed(path: str, code: str) -> str:
    """Return the scope or permission that a refused read needs."""
    known, kind = catalogue("genesys-cloud"), "scope" if "scope" in code else "permission"
    found = next((each for each in (known.at(path) if known else ()) if each.method == "GET"), None)
    needs = () if found is None or kind not in code else found.scopes if kind == "scope" else found.permissions.names
    return f"; it needs the {kind} {' or '.join(needs)}" if needs else ""


def facts_of_file(document: Any, name: str) -> Asked:
    """Return the facts in answers that were saved by hand: `{path: body}`. Raises `CannotAsk`."""
    if not isinstance(document, Mapping) or not all(isinstance(each, Mapping) for each in document.values()):
        raise CannotAsk('invalid --facts: expected JSON like {"/api/v2/tokens/me": {…}, "/api/v2/users/me": {…}}')
    saved = {str(path).partition("?")[0]: body for path, body in document.items()}

    def get(path: str) -> tuple[int, Any]:
        body = saved.get(path.partition("?")[0])
        if body is None:
            return 0, "not in the file"
        return int(body.get("status", 200)) if "code" in body else 200, body

    agents = (path.split("/")[4] for path in saved if re.fullmatch(r"/api/v2/users/(?!me$)[^/]+", path))
    return ask(get, next(agents, None), source=f"read from {name}")
