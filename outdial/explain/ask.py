"""Ask the API itself for the facts: GET only, at most eight requests, with the caller's own token.

The token comes from `OUTDIAL_TOKEN` and is never printed. Requests go to a published host of the vendor over TLS, or to
loopback; a redirect is refused. Each answer becomes facts; each refusal leaves its facts unknown, and says why.
"""

import fnmatch
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from outdial.definitions.catalogue import catalogue
from outdial.explain.explanation import is_loopback
from outdial.explain.knowledge import APPLICATION
from outdial.explain.operations import apis
from outdial.explain.request import NotUnderstood
from outdial.explain.response import objects_in

TOKEN = "OUTDIAL_TOKEN"
MOST = 8
PASSED = {
    "status": "valid",
    "network": "allowed",
    "rate_limit": "free",
    "service": "available",
    "authorized": True,
    "security_policy": "allows",
}
"""What an accepted read tells of its token."""
SECONDS = 10
LONGEST = 1_000_000
TOKENS_ME, ME, GRANTS = "/api/v2/tokens/me", "/api/v2/users/me", "/api/v2/authorization/subjects/me"
EXPAND = "?expand=authorization,station,presence,routingStatus"


class CannotAsk(NotUnderstood):
    """Asking is refused before anything is sent; the message says why."""


@dataclass
class Asked:
    """Answers of the API: facts by kind of record, and a line for each request."""

    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    user: str | None = None

    def learn(self, kind: str, **facts: Any) -> None:
        """Add facts of a kind of record."""
        self.facts.setdefault(kind, {}).update({name: value for name, value in facts.items() if value is not None})


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Reader:
    """Sends the reads to one base URL: the API's host, or a stub's edition. Raises `CannotAsk`."""

    def __init__(self, base: str) -> None:
        self.base = checked(base)
        self._token = os.environ.get(TOKEN, "")
        if not self._token.isascii() or not self._token.isprintable() or not self._token.strip():
            raise CannotAsk(f"invalid {TOKEN}: set it to the caller's access token; no option takes it")
        self._opener: OpenerDirector = build_opener(_NoRedirects, ProxyHandler({}))
        self._count = 0

    def get(self, path: str) -> tuple[int, Any]:
        """Return status and JSON body; 0 and the reason where there is no answer."""
        if self._count == MOST:
            return 0, f"the limit of {MOST} requests is reached"
        self._count += 1
        request = Request(self.base + path, headers={"Authorization": f"Bearer {self._token}"}, method="GET")  # noqa: S310
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                return int(answer.status), _json(answer.read(LONGEST))
        except HTTPError as refused:
            with refused:
                return refused.code, _json(refused.read(LONGEST))
        except (URLError, OSError, ValueError) as problem:
            reason = getattr(problem, "reason", problem)
            return 0, "no answer in time" if "timed out" in str(reason) else "no connection"


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def checked(base: str) -> str:
    """Return a base URL that may be asked. Raises `CannotAsk` for a host that is neither the vendor's nor loopback."""
    parts = urlsplit(base if "://" in base else f"https://{base}")
    host = parts.hostname or ""
    if parts.username or parts.query or parts.fragment:
        raise CannotAsk("invalid host: expected a host such as api.mypurecloud.com")
    if is_loopback(host):
        return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    if apis().of_host(host) != "genesys-cloud" or parts.scheme != "https" or parts.port not in (None, 443):
        raise CannotAsk(f"{host[:80] or 'no host'} is not asked: expected https and a published host of Genesys Cloud")
    return f"https://{host}"


def planned(agent: str | None, queue: str | None = None) -> list[str]:
    """Return the paths that may be asked, in their order."""
    paths = [TOKENS_ME, f"{ME}{EXPAND}", GRANTS, "/api/v2/authorization/roles/{roleId}"]
    if agent:
        user = f"/api/v2/users/{quote(agent, safe='')}"
        paths += [f"{user}{EXPAND}", f"{user}/station", "/api/v2/stations/{stationId}"]
    paths += [f"/api/v2/routing/queues/{quote(queue, safe='')}"] if queue else []
    return paths[:MOST]


def ask(reader: Reader, agent: str | None = None, queue: str | None = None) -> Asked:
    """Read token, user, permissions, agent, station and queue. `agent` is a user's id; None for the token's user."""
    found = Asked()
    asking = _Asking(reader, found)
    asking.token()
    home = asking.me(agent)
    if agent and agent != found.user:
        home = asking.agent(agent) or home
    asking.permissions(home)
    if queue:
        asking.read(f"/api/v2/routing/queues/{quote(queue, safe='')}", "the queue")
    return found


class _Asking:
    def __init__(self, reader: Reader, found: Asked) -> None:
        self._reader, self._found = reader, found
        self.refused: dict[str, str] = {}

    def read(self, path: str, what: str) -> Mapping[str, Any] | None:
        """One read: its body, or None and a line that says why the facts stay unknown."""
        status, body = self._reader.get(path)
        clock = datetime.now().strftime("%H:%M")
        shown = f"GET {path.partition('?')[0]}"
        if status == 200 and isinstance(body, Mapping):
            self._found.learn("token", **PASSED)
            self._found.lines.append(f"{shown}: {what} read from the API at {clock}")
            return body
        code = str(body.get("code") or "") if isinstance(body, Mapping) else ""
        self.refused[path.partition("?")[0]] = code
        if code == "not.a.user":
            self._found.lines.append(f"{shown}: the token has no user ({status} {code}), read from the API at {clock}")
            return None
        why = f"{status} {code}".strip() if status else str(body)
        self._found.lines.append(f"{shown}: {what} not known: {why}{_needed(path, code)}")
        return None

    def token(self) -> None:
        """Scopes, grant and organization of the token."""
        body = self.read(TOKENS_ME, "scopes and grant")
        if self.refused.get(TOKENS_ME) == "bad.credentials":
            self._found.learn("token", status="unknown")
        if body is None:
            return
        scopes = body.get("authorizedScope")
        client = body.get("OAuthClient")
        grant = str(client.get("authorizedGrantType", "")) if isinstance(client, Mapping) else ""
        if grant.lower().replace("-", "_") == APPLICATION:
            self._found.learn("token", grant=APPLICATION)
        elif isinstance(scopes, list):
            self._found.learn("token", scopes=[str(each) for each in scopes] or ["none"])

    def me(self, agent: str | None) -> Mapping[str, Any] | None:
        """The token's user, or that it has none."""
        body = self.read(f"{ME}{EXPAND}", "the token's user")
        if self.refused.get(ME) == "not.a.user":
            self._found.learn("token", grant=APPLICATION)
        if body is None:
            return None
        self._found.user = str(body.get("id", ""))
        self._found.learn("token", grant="authorization_code")
        if agent in (None, self._found.user):
            self._found.learn("token", user="agent")
            self._agent_facts(body)
            return body
        self._found.learn("token", user="another user")
        return None

    def agent(self, agent: str) -> Mapping[str, Any] | None:
        """The agent for whom the call is: existence, division, station."""
        path = f"/api/v2/users/{quote(agent, safe='')}"
        body = self.read(f"{path}{EXPAND}", "the agent")
        if body is None:
            if self.refused.get(path) in ("not.found", "general.resource.not.found"):
                self._found.learn("agent", exists=False)
            elif (stations := self.read(f"{path}/station", "the agent's station")) is not None:
                self._agent_facts({"station": stations})
            return None
        self._agent_facts(body)
        return body

    def _agent_facts(self, body: Mapping[str, Any]) -> None:
        self._found.learn("agent", exists=True)
        stations = body.get("station")
        if not isinstance(stations, Mapping):
            return
        station = stations.get("effectiveStation") or stations.get("associatedStation")
        if not isinstance(station, Mapping) or not station.get("id"):
            self._found.learn("agent", station="none")
            return
        status = self.read(f"/api/v2/stations/{quote(str(station['id']), safe='')}", "the station")
        if status is None or status.get("status") in (None, "AVAILABLE", "ASSOCIATED"):
            self._found.learn("agent", station="associated")

    def permissions(self, agent: Mapping[str, Any] | None) -> None:
        """The permissions of the caller's roles, by division; those of the agent's division count as its own."""
        body = self.read(GRANTS, "roles and permissions")
        if body is None:
            return
        held: dict[str, set[str]] = {}
        complete = True
        for grant in objects_in(body.get("grants")):
            role, division = grant.get("role"), grant.get("division")
            policies = role.get("policies") if isinstance(role, Mapping) else None
            if policies is None and isinstance(role, Mapping) and role.get("id"):
                whole = self.read(f"/api/v2/authorization/roles/{quote(str(role['id']), safe='')}", "a role")
                policies = whole.get("permissionPolicies") if whole else None
            complete = complete and policies is not None
            where = str(division.get("id")) if isinstance(division, Mapping) else "*"
            held.setdefault(where, set()).update(_names(policies))
        own = agent.get("division") if agent else None
        home = str(own.get("id")) if isinstance(own, Mapping) else None
        everywhere = set().union(*held.values()) if held else set()
        here = held.get(home or "", set()) | held.get("*", set()) if home else everywhere
        if not complete:
            self._found.lines.append("permissions not known: the policies of a role could not be read")
            return
        names = here or everywhere
        self._found.learn("token", permissions=sorted(names) or ["none"], division="home" if here else "other")
        if home:
            self._found.learn("agent", division="home")


def _names(policies: Any) -> Iterator[str]:
    """The permissions of policies: `domain:entity:action`; with `*`, every published one that it stands for."""
    known = catalogue("genesys-cloud")
    for policy in objects_in(policies):
        for action in policy.get("actions") or policy.get("actionSet") or []:
            name = f"{policy.get('domain')}:{policy.get('entityName')}:{action}"
            yield from fnmatch.filter(known.names["permission"], name) if known and "*" in name else [name]


def _needed(path: str, code: str) -> str:
    """Return the advice for a refused read."""
    known = catalogue("genesys-cloud")
    template = re.sub(r"\?.*", "", path)
    found = next((each for each in (known.at(template) if known else ()) if each.method == "GET"), None)
    if found is None:
        return ""
    if "scope" in code:
        return f"; it needs the scope {' or '.join(found.scopes)}"
    needs = found.permissions if "permission" in code else ()
    return f"; it needs the permission {' or '.join(needs)}" if needs else ""


def facts_of_file(document: Any) -> Asked:
    """Return the facts in answers that were saved by hand: `{path: body}`. Raises `CannotAsk`."""
    if not isinstance(document, Mapping) or not all(isinstance(each, Mapping) for each in document.values()):
        raise CannotAsk('invalid --facts: expected JSON like {"/api/v2/tokens/me": {…}, "/api/v2/users/me": {…}}')
    saved = {str(path).partition("?")[0]: body for path, body in document.items()}

    class Saved(Reader):
        def __init__(self) -> None:
            self._count = 0

        def get(self, path: str) -> tuple[int, Any]:
            body = saved.get(path.partition("?")[0])
            if body is None:
                return 0, "not in the file"
            return int(body.get("status", 200)) if "code" in body else 200, body

    agent = next((path.split("/")[4] for path in saved if re.fullmatch(r"/api/v2/users/(?!me$)[^/]+", path)), None)
    return ask(Saved(), agent)
