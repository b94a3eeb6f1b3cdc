"""Published operations: find the one that a request calls, and build its rules.

Genesys Cloud publishes 3,180 operations (`contracts/definitions/genesys-cloud.operations.jsonl.gz`). A few of them have
a policy; for every other one the rules are built here: the platform's own layer, scope, permission, user, fields.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from outdial.definitions import Catalogue, PublishedOperation, catalogue
from outdial.documents import Document, Strict, suggest
from outdial.documents.template import steps_of
from outdial.explain.request import JSON, NotUnderstood, Request, is_placeholder
from outdial.provider import POLICIES, Policy
from outdial.provider.kinds import Rule
from outdial.provider.policy import Accept, Operation
from provider_states import EditionsOnDemand

USER = {"fact": "token.user", "present": True}
RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


class Apis(Strict):
    """Hosts of the APIs, and published names for unpublished ones.

    `instead` has the published operation for an unpublished path; `routes` has evidence that an operation works
    (`proof`), and the operation for another kind of caller (`other`).
    """

    hosts: dict[str, tuple[str, ...]]
    base: dict[str, str]
    vendor: dict[str, str]
    instead: dict[str, tuple[dict[Literal["path", "operation", "says"], str], ...]]
    routes: dict[str, dict[Literal["proof", "other"], str]]
    meant: dict[str, dict[str, dict[str, str]]]
    fields: dict[str, dict[str, dict[str, str | None]]]
    says: dict[str, dict[str, str]]
    kinds: dict[str, tuple[str, ...]]
    placeholders: dict[str, str]
    notes: dict[str, str]

    def of_host(self, host: str) -> str | None:
        """Return the API of a host, or None."""
        return next((api for api, known in self.hosts.items() if any(fnmatchcase(host, each) for each in known)), None)


APIS = Document.read(Path(__file__).parent / "apis.yaml").parse(Apis)


@cache
def editions(folder: Path = POLICIES) -> EditionsOnDemand:
    """Return the policies of a folder; each is read once in a process."""
    return EditionsOnDemand(folder)


@dataclass(frozen=True)
class Target:
    """Target of a request: API, edition (policy or None), and the operations of its path.

    `methods` are those that the path has; `slash` says that the path ends with a slash that is not published. `listed`
    are all published operations; None for the edition of a report.
    """

    api: str
    provider: str
    policy: Policy | None
    method: str
    path: str
    published: PublishedOperation | None = None
    methods: tuple[str, ...] = ()
    endpoint: Sequence[Operation] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    slash: bool = False
    vendor: str = ""
    listed: Catalogue | None = None

    def needs(self, kind: str) -> str:
        """Return the scopes or permissions that the operation asks for, joined by "or" or "and"."""
        if self.published is None:
            return ""
        names = self.published.scopes if kind == "scope" else self.published.permissions.names
        return (" or " if kind == "scope" or self.published.permissions.any_of else " and ").join(names)

    @property
    def lists(self) -> frozenset[str]:
        """Return the fields of the body that take a list."""
        shape = self.listed.shapes.get(str(self.published.body), {}) if self.listed and self.published else {}
        return frozenset(name for name, kind in shape.items() if str(kind).startswith("["))

    def server(self, request: Request) -> str:
        """Return the host and base path for a request: its own, else the first published host."""
        host = request.parts.netloc
        if not host or is_placeholder(host):
            host = next((each for each in APIS.hosts.get(self.api, ()) if "*" not in each), "<host>")
        return host + base_of(self.api, request.parts.path)

    @property
    def is_published(self) -> bool:
        """Return whether the edition is the vendor's own account."""
        return self.provider == self.api


def target_of(request: Request, policies: Mapping[str, Policy], edition: str | None = None) -> Target:
    """Find what a request calls: in the edition named, else in the published one. Raises `NotUnderstood`."""
    path = request.path
    first, _, below = path.lstrip("/").partition("/")
    if first in policies:  # the stub serves each edition below its name
        edition, path = edition or first, f"/{below}"
    provider = _edition(edition, policies) if edition is not None else _api(request, path, policies)
    api, policy = provider.partition(".")[0], policies.get(provider)
    slash = len(path) > 1 and path.endswith("/")
    path = path.removeprefix(base_of(api, path)).rstrip("/") or "/"
    # Reads that the stub serves for --ask are not explained by the stub's rules, but by the published ones.
    own = [each for each in (policy.operations.values() if policy else ()) if each.contracted]
    matching = [each for each in own if each.method == request.method and steps_of(each.path, path) is not None]
    matching.sort(key=lambda each: each.path.count("{"))
    endpoint = [each for each in matching if each.path == matching[0].path]
    known = catalogue(api) if provider == api else None
    here = known.at(path) if known else []
    published = next((each for each in here if each.method == request.method), None)
    if policy and known and published and not endpoint:
        endpoint = [built(published, known, policy)]
    steps = (steps_of(endpoint[0].path, path) or {}) if endpoint else {}
    methods = tuple(each.method for each in here)
    vendor, method = APIS.vendor.get(api, api), request.method
    return Target(api, provider, policy, method, path, published, methods, endpoint, steps, slash, vendor, known)


def _edition(name: str, policies: Mapping[str, Policy]) -> str:
    """Return the edition of a name, whole or without its API. Raises `NotUnderstood`."""
    known = {each.partition(".")[2]: each for each in policies}
    known |= {each: each for full in policies for each in (full, full.partition(".")[0])}
    if name not in known:
        raise NotUnderstood(f"invalid --edition {name!r}: expected a name{suggest(name, list(policies))}")
    return known[name]


def _api(request: Request, path: str, policies: Mapping[str, Policy]) -> str:
    """Return the API by the host, else by its base path, else the first whose policies or lists have the path."""
    by_base = (api for api in APIS.base if base_of(api, path))
    if api := APIS.of_host(request.host) or next(by_base, None):
        return api
    for provider in sorted(policies, key=lambda name: ("." in name, name)):
        if any(steps_of(each.path, path) is not None for each in policies[provider].operations.values()):
            return provider.partition(".")[0]
    if is_placeholder(request.host) or path.startswith("/api/v2/"):
        return "genesys-cloud"
    raise NotUnderstood(
        f"unknown host {request.host[:80] or '(none)'!r}: expected a host of Genesys Cloud or NICE CXone, such as "
        "api.mypurecloud.com; for a proxy of your own name the API with --edition genesys-cloud or nice-cxone"
    )


def right_host(target: Target, request: Request) -> str:
    """Return the vendor's host that has the path of a request to another of its hosts; empty where none has it."""
    for api, vendor in APIS.vendor.items():
        known, path = catalogue(api), request.path.rstrip("/")
        if known and api != target.api and vendor == target.vendor and known.at(path.removeprefix(base_of(api, path))):
            swapped = re.sub(r"^login\.", "api.", request.host)
            return swapped if APIS.of_host(swapped) == api else APIS.hosts[api][0].replace("*", "<your cluster>")
    return ""


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


def base_of(api: str, path: str) -> str:
    """Return the API's base path at the start of a path."""
    found = re.match(APIS.base[api], path) if api in APIS.base else None
    return found[0] if found else ""


def built(published: PublishedOperation, known: Catalogue, policy: Policy) -> Operation:
    """Build the rules of an operation that has no policy of its own: the platform's, then its published ones."""
    return Operation(
        name=re.sub(r"[^a-z0-9.-]", "-", published.name.lower()),
        request=published.request,
        summary=published.summary or published.name,
        rules=(*_platform(known, policy).values(), *_own_rules(published, known)),
        accept=Accept(status=next((each for each in published.responses if each != "success"), 200), body=""),
        secrets=frozenset(),
        kinds=next(iter(policy.operations.values())).kinds,
    )


def _platform(known: Catalogue, policy: Policy) -> dict[str, Rule]:
    """Return the conditions of every operation: those of the policy about the token, by published codes."""
    found: dict[str, Rule] = {}
    for rule in (rule for operation in policy.operations.values() for rule in operation.rules):
        facts = set(rule.candidates())
        is_token = all(fact == "request.scheme" or fact.startswith("token.") for fact in facts)
        if rule.kind == "condition" and is_token and facts != {"token.user"} and rule.deny.code in known.platform:
            found.setdefault(rule.id, rule)
    return found


def _own_rules(published: PublishedOperation, known: Catalogue) -> Iterator[Rule]:
    def rule(name: str, code: str, status: int, asks: str = "", **fields: Any) -> Rule:
        names = fields.get("all_of") or fields.get("any_of") or ()
        message = known.text(code, status).replace("%s", "${names}" if names else "…")
        deny = {"status": status, "code": code, "message": message, "params": {"names": tuple(names)}}
        source = {"asks": asks} if asks else {"operation": published.name, "code": code}
        basis = "assumed" if asks else "published"
        return RULE.validate_python({"id": name, "deny": deny, "basis": basis, "source": source, **fields})

    if published.scopes:
        yield rule("scope", "app.not.authorized.for.scope", 403, kind="scope", any_of=published.scopes, when=USER)
    if published.permissions.names:
        code = "missing.any.permissions" if published.permissions.any_of else "missing.permissions"
        asked: dict[str, Any] = published.permissions.model_dump(exclude_none=True)
        yield rule("permission", code, 403, kind="permission", **asked)
    for code, present in (("not.a.user", True), ("not.a.client", False)):
        for status in published.statuses_of(code):
            yield rule(code, code, status, kind="condition", fact="token.user", present=present)
    shape = known.shapes.get(published.body or "")
    if shape is None:
        return
    media_type: dict[str, Any] = {"kind": "condition", "fact": "request.media_type", "any_of": (JSON,)}
    yield rule("json-media-type", "unsupported.media.type", 415, **media_type)
    yield rule("json-object", "bad.request", 400, kind="condition", fact="request.body", any_of=("object",))
    if required := tuple(f"body.{name}" for name in shape.get("*required", ())):
        asks = "Which code does a missing required field get?"
        yield rule("required-fields", "bad.request", 400, asks, kind="fields", all_of=required)
    fields = tuple(name for name in shape if not name.startswith("*"))
    asks = "Is an unknown field refused with invalid.property, or ignored?"
    yield rule("published-fields", "invalid.property", 400, asks, kind="known_fields", fields=fields)
