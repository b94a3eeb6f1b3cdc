"""Published operations: find the one that a request calls, and build its rules.

Genesys Cloud publishes 3,180 operations (`contracts/definitions/genesys-cloud.operations.jsonl.gz`). A few of them have
a policy; for every other one the rules are built here: the platform's own layer, scope, permission, user, fields.
"""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from outdial.definitions import DEFINITIONS, load_definitions
from outdial.documents import Document, Strict, suggest
from outdial.documents.evidence import Source
from outdial.explain.request import NotUnderstood, PastedRequest, is_placeholder
from outdial.provider import Policy
from outdial.provider.denial import Denial
from outdial.provider.kinds import Condition, Fields, KnownFields, Permission, Rule, Scope
from outdial.provider.policy import Accept, Operation
from outdial.provider.rule import FactTest

APIS = Path(__file__).parent / "apis.yaml"
USER = FactTest(fact="token.user", present=True)
JSON_BODY = "application/json"


class Instead(Strict):
    """A published operation that does the job of an unpublished path."""

    path: str
    operation: str
    says: str


class Route(Strict):
    """How sure it is that an operation works, and the operation that does its job for another caller."""

    proof: str
    other: str | None = None


class Apis(Strict):
    """Hosts of the APIs, and what is meant by names that they do not publish."""

    hosts: dict[str, tuple[str, ...]]
    base: dict[str, str]
    vendor: dict[str, str]
    instead: dict[str, tuple[Instead, ...]]
    routes: dict[str, Route]
    meant: dict[str, dict[str, dict[str, str]]]
    fields: dict[str, dict[str, dict[str, str | None]]]
    says: dict[str, dict[str, str]]
    kinds: dict[str, tuple[str, ...]]
    standard_headers: frozenset[str]
    notes: dict[str, str]

    def of_host(self, host: str) -> str | None:
        """Return the API of a host, or None."""
        return next(
            (api for api, patterns in self.hosts.items() if any(fnmatchcase(host, pattern) for pattern in patterns)),
            None,
        )

    def instead_of(self, api: str, path: str) -> Instead | None:
        """Return the published operation that does the job of a path."""
        known = self.instead.get(api, ())
        return next((each for each in known if re.fullmatch(each.path, path.rstrip("/"))), None)


@cache
def apis() -> Apis:
    """Load `apis.yaml`."""
    return Document.read(APIS).parse(Apis)


@dataclass(frozen=True)
class Published:
    """One published operation: what it asks for and can answer. `codes` are its refusals by status."""

    method: str
    path: str
    name: str
    summary: str = ""
    any_of: tuple[str, ...] = ()
    all_of: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    codes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    success: tuple[int, ...] = ()
    body: str | None = None
    query: tuple[str, ...] = ()

    @property
    def request(self) -> str:
        """Method and path template."""
        return f"{self.method} {self.path}"

    @property
    def permissions(self) -> tuple[str, ...]:
        """Every permission that the operation names."""
        return self.any_of or self.all_of

    def statuses_of(self, code: str) -> list[int]:
        """Return the statuses with which a code is published."""
        return [status for status, codes in self.codes.items() if code in codes]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All published operations of one API, the text of each code, and the fields of each body.

    `texts` are (status, code, text); `%s` in a text is any text. A field's type is `string`, `[Shape]`, …
    """

    api: str
    source: str
    operations: tuple[Published, ...]
    texts: tuple[tuple[int, str, str], ...] = ()
    platform: frozenset[str] = frozenset()
    shapes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """The permissions and scopes that any operation asks for."""
        return {
            "permission": frozenset(name for each in self.operations for name in each.permissions),
            "scope": frozenset(name for each in self.operations for name in each.scopes),
        }

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every published code."""
        return frozenset(code for _, code, _ in self.texts)

    def text(self, code: str, status: int | None = None) -> str:
        """Return the text that is published of a code."""
        found = [text for known, name, text in self.texts if name == code and status in (None, known)]
        return found[0] if found else ""

    def at(self, path: str) -> list[Published]:
        """Return the operations of a path, all methods; a literal segment goes before a parameter."""
        steps = path.split("/")
        found = [each for each in self._by_length.get(len(steps), ()) if steps_of(each.path, path) is not None]
        found = [each for each in found if not self._is_literal(each.path, steps)]
        found.sort(key=lambda each: [step.startswith("{") for step in each.path.split("/")])
        return [each for each in found if each.path == found[0].path]

    @cached_property
    def _by_length(self) -> Mapping[int, list[Published]]:
        found: dict[int, list[Published]] = {}
        for each in self.operations:
            found.setdefault(each.path.count("/") + 1, []).append(each)
        return found

    def _is_literal(self, template: str, steps: Sequence[str]) -> bool:
        """Whether a segment in the place of an id is a word of longer paths there, or nearly: `edges/numberplans`."""
        for at, (own, step) in enumerate(zip(template.split("/"), steps, strict=True)):
            if own.startswith("{") and step.isalpha():
                words = self._words("/".join(steps[:at]))
                if step in words or get_close_matches(step, words, n=1, cutoff=0.8):
                    return True
        return False

    @cache  # noqa: B019  # catalogues are kept for the whole run
    def _words(self, prefix: str) -> frozenset[str]:
        below = f"{prefix}/"
        found = {step for each in self.operations if each.path.startswith(below) for step in each.path.split("/")}
        return frozenset(step for step in found if not step.startswith("{") and len(step) > 2)

    def nearest(self, method: str, path: str) -> list[str]:
        """Return up to three operations whose path is like this one, those of the method first."""
        steps = path.split("/")

        def likeness(each: Published) -> float:
            return SequenceMatcher(None, steps, each.path.split("/")).ratio() + 0.5 * (
                SequenceMatcher(None, path, each.path).ratio()
            )

        near = [each for each in self.operations if each.path.split("/")[:4] == steps[:4]] or self.operations
        ranked = sorted(near, key=lambda each: (-likeness(each) - 0.2 * (each.method == method), each.request))
        return [each.request for each in ranked[:3] if likeness(each) > 0.9]


@cache
def catalogue(api: str) -> Catalogue | None:
    """Load every published operation of an API; None where its vendor publishes none."""
    path = DEFINITIONS / f"{api}.operations.jsonl.gz"
    if path.exists():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            head, *lines, tail = map(json.loads, file)
        platform: dict[int, tuple[str, ...]] = {}
        for status, code, _ in head["platform_codes"]:
            platform[int(status)] = (*platform.get(int(status), ()), code)
        texts = tuple((int(key[:3]), key[4:], text) for key, text in head["texts"].items())
        operations = tuple(_published(each, platform) for each in lines)
        names = frozenset(code for codes in platform.values() for code in codes)
        return Catalogue(api, head["source"], operations, texts, names, tail["shapes"])
    definition = load_definitions().get(api)
    if definition is None or not definition.operations:
        return None
    shapes = {
        name: {key: _type(each) for key, each in schema.get("properties", {}).items()}
        | ({"*required": schema["required"]} if "required" in schema else {})
        for name, schema in definition.schemas.items()
    }
    found = tuple(
        Published(
            each.request.partition(" ")[0],
            each.path,
            name,
            any_of=each.permissions.any_of or (),
            all_of=each.permissions.all_of or (),
            scopes=each.scopes,
            codes={**dict.fromkeys(each.statuses, ()), **each.codes},
            body=each.body,
        )
        for name, each in definition.operations.items()
    )
    return Catalogue(api, f"{definition.source} ({definition.date})", found, shapes=shapes)


def _published(line: Mapping[str, Any], platform: Mapping[int, tuple[str, ...]]) -> Published:
    own = {int(status): tuple(codes) for status, codes in line["codes"].items()}
    codes = {status: (*platform.get(status, ()), *own.get(status, ())) for status in sorted({*platform, *own})}
    permissions = line.get("permissions", {})
    return Published(
        line["method"],
        line["path"],
        line["id"],
        line["summary"],
        tuple(permissions.get("ANY", ())),
        tuple(permissions.get("ALL", ())),
        tuple(line.get("scopes", ())),
        codes,
        tuple(int(each) for each in line["success"] if each.isdecimal()),
        line.get("body"),
        tuple(line.get("query", ())),
    )


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", schema.get("$ref", "object").rpartition("/")[2])
    return f"[{_type(schema.get('items', {}))}]" if kind == "array" else str(kind)


@dataclass(frozen=True)
class Target:
    """What a request calls: API, edition (its policy, None where there is none), and the operations of its path.

    `methods` are those that the path has; `slash` says that the path ends with a slash that is not published.
    """

    api: str
    provider: str
    policy: Policy | None
    method: str
    path: str
    published: Published | None = None
    methods: tuple[str, ...] = ()
    endpoint: Sequence[Operation] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    slash: bool = False

    @property
    def vendor(self) -> str:
        """The vendor's name."""
        return apis().vendor.get(self.api, self.api)

    @property
    def is_published(self) -> bool:
        """Whether the edition is the vendor's own account."""
        return self.provider == self.api


def target_of(request: PastedRequest, policies: Mapping[str, Policy], edition: str | None = None) -> Target:
    """Find what a request calls: in the edition named, else in the published one. Raises `NotUnderstood`."""
    path = request.path
    first = path.lstrip("/").partition("/")[0]
    if first in policies:  # the stub serves each edition below its name
        edition, path = edition or first, path.lstrip("/")[len(first) :] or "/"
    provider = _provider(edition, policies) if edition is not None else _api(request, path, policies)
    api = provider.partition(".")[0]
    policy = policies.get(provider)
    slash = len(path) > 1 and path.endswith("/")
    path = path.removeprefix(base_of(api, path)).rstrip("/") or "/"
    operations = policy.operations.values() if policy else ()
    matching = [each for each in operations if each.method == request.method and steps_of(each.path, path) is not None]
    matching.sort(key=lambda each: each.path.count("{"))
    endpoint = [each for each in matching if each.path == matching[0].path]
    known = catalogue(api) if provider == api else None
    here = known.at(path) if known else []
    published = next((each for each in here if each.method == request.method), None)
    if policy and known and published and not endpoint:
        endpoint = [built(published, known, policy)]
        policy = policy.model_copy(update={"operations": {**policy.operations, published.name: endpoint[0]}})
    methods = tuple(each.method for each in here)
    steps = (steps_of(endpoint[0].path, path) or {}) if endpoint else {}
    return Target(api, provider, policy, request.method, path, published, methods, endpoint, steps, slash)


def _provider(edition: str, policies: Mapping[str, Policy]) -> str:
    known = {*policies, *(name.partition(".")[0] for name in policies)}
    short = [name for name in policies if name.partition(".")[2] == edition]
    if edition in known or len(short) == 1:
        return edition if edition in known else short[0]
    raise NotUnderstood(f"invalid --edition {edition!r}: expected a name{suggest(edition, list(policies))}")


def _api(request: PastedRequest, path: str, policies: Mapping[str, Policy]) -> str:
    """The API by the host, else by its base path, else the first whose policies or lists have the path."""
    if api := apis().of_host(request.host):
        return api
    if api := next((api for api in apis().base if base_of(api, path)), None):
        return api
    for provider in sorted(policies, key=lambda name: ("." in name, name)):
        if any(steps_of(each.path, path) is not None for each in policies[provider].operations.values()):
            return provider.partition(".")[0]
    if re.fullmatch("/api/v2/(outbound/calls|omnichannel/.*)", path) and not request.host:
        return "nice-cxone"
    if is_placeholder(request.host) or path.startswith("/api/v2/"):
        return "genesys-cloud"
    raise NotUnderstood(
        f"unknown host {request.host[:80] or '(none)'!r}: expected a host of Genesys Cloud or NICE CXone, such as "
        "api.mypurecloud.com; for a proxy of your own name the API with --edition genesys-cloud or nice-cxone"
    )


def base_of(api: str, path: str) -> str:
    """Return the API's base path at the start of a path."""
    found = re.match(apis().base[api], path) if api in apis().base else None
    return found[0] if found else ""


def steps_of(template: str, path: str) -> Mapping[str, str] | None:
    """Return the parameters of a path by their names; None where the path is not of the template."""
    own, steps = template.split("/"), path.split("/")
    if len(own) != len(steps):
        return None
    found = {}
    for name, step in zip(own, steps, strict=True):
        if name.startswith("{") and step:
            found[name[1:-1]] = step
        elif name != step:
            return None
    return found


def built(published: Published, known: Catalogue, policy: Policy) -> Operation:
    """Build the rules of an operation that has no policy of its own."""
    kinds = next(iter(policy.operations.values())).kinds
    rules = (*_platform(known, policy), *_own_rules(published, known))
    accept = Accept(status=(published.success or (200,))[0], body="")
    return Operation(
        name=re.sub(r"[^a-z0-9.-]", "-", published.name.lower()),
        method=published.method,
        path=published.path,
        summary=published.summary or published.name,
        rules=rules,
        accept=accept,
        secrets=frozenset(),
        kinds=kinds,
    )


def _platform(known: Catalogue, policy: Policy) -> Iterator[Rule]:
    """The conditions that every operation has: those of the policy that look only at the token, by published codes."""
    found: dict[str, Rule] = {}
    for operation in policy.operations.values():
        for rule in operation.rules:
            facts = set(rule.candidates())
            is_token = all(fact == "request.scheme" or fact.startswith("token.") for fact in facts)
            if rule.kind == "condition" and is_token and facts != {"token.user"} and rule.deny.code in known.platform:
                found.setdefault(rule.id, rule)
    yield from found.values()


def _own_rules(published: Published, known: Catalogue) -> Iterator[Rule]:
    def deny(status: int, code: str, **params: tuple[str, ...]) -> Denial:
        shown = f"${{{next(iter(params))}}}" if params else "…"
        return Denial(status=status, code=code, message=known.text(code, status).replace("%s", shown), params=params)

    def by(code: str) -> dict[str, Any]:
        return {"basis": "published", "source": Source(operation=published.name, code=code)}

    if published.scopes:
        code = "app.not.authorized.for.scope"
        denied = deny(403, code, scopes=published.scopes)
        yield Scope(id="scope", kind="scope", when=USER, any_of=published.scopes, deny=denied, **by(code))
    if published.permissions:
        code = "missing.any.permissions" if published.any_of else "missing.permissions"
        asked = {"any_of": published.any_of} if published.any_of else {"all_of": published.all_of}
        denied = deny(403, code, permissions=published.permissions)
        yield Permission(id="permission", kind="permission", deny=denied, **asked, **by(code))
    for code, present in (("not.a.user", True), ("not.a.client", False)):
        for status in published.statuses_of(code):
            yield Condition(
                id=code, kind="condition", fact="token.user", present=present, deny=deny(status, code), **by(code)
            )
    if published.body and not published.body.startswith("[") and published.body in known.shapes:
        yield from _of_body(published, known, deny, by)


def _of_body(published: Published, known: Catalogue, deny: Any, by: Any) -> Iterator[Rule]:
    shape = known.shapes[str(published.body)]
    code = "unsupported.media.type"
    yield Condition(
        id="json-media-type",
        kind="condition",
        fact="request.media_type",
        any_of=(JSON_BODY,),
        deny=deny(415, code),
        **by(code),
    )
    code = "bad.request"
    denied = deny(400, code)
    yield Condition(
        id="json-object", kind="condition", fact="request.body", any_of=("object",), deny=denied, **by(code)
    )
    if required := tuple(f"body.{name}" for name in shape.get("*required", ())):
        asks = Source(asks="Which code does a missing required field get?")
        yield Fields(id="required-fields", kind="fields", all_of=required, deny=denied, basis="assumed", source=asks)
    asks = Source(asks="Is an unknown field refused with invalid.property, or ignored?")
    names = tuple(name for name in shape if not name.startswith("*"))
    denied = deny(400, "invalid.property")
    yield KnownFields(
        id="published-fields", kind="known_fields", fields=names, deny=denied, basis="assumed", source=asks
    )
