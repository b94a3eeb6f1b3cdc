"""Names in a request that its API does not have, each with the one that is meant, or the nearest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from outdial.definitions import Definition, NameKind, NotLookedUp
from outdial.explain.apis import apis
from outdial.explain.knowledge import Knowledge
from outdial.explain.published import is_template, listed
from outdial.explain.request import is_placeholder
from outdial.explain.target import ApiPath

Kind = NameKind | Literal["host"]


@dataclass(frozen=True, slots=True)
class Name:
    """A name, of what it is one, and the nearest published one (None where nothing is near)."""

    kind: Kind
    name: str
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """Names that are not published, and those that nobody looked up."""

    absent: tuple[Name, ...]
    not_looked_up: tuple[Name, ...]


def check_names(known: Knowledge, target: ApiPath, published: Mapping[str, Definition]) -> Names:
    """Every name of a request to a published edition; a reported edition may use any."""
    absent: list[Name] = []
    unclear: list[Name] = []
    names = published.get(target.api)
    if names is None or target.provider != target.api:
        return Names((), ())
    for kind, name in _named(known, target, names):
        if kind == "host":
            nearest = get_close_matches(name, apis().hosts[target.api], n=1)
            unclear.append(Name(kind, name, nearest[0] if nearest else apis().hosts[target.api][0]))
            continue
        try:
            exists = (
                _path_exists(name, known.sent.request.method, names) if kind == "path" else names.exists(kind, name)
            )
        except NotLookedUp:
            unclear.append(Name(kind, name))
            continue
        if exists is False:
            absent.append(Name(kind, name, nearest_name(kind, name, names)))
    return Names(tuple(absent), tuple(unclear))


def _path_exists(path: str, method: str, names: Definition) -> bool:
    """Whether an operation is published at a path; of a list of paths alone, whether the path is."""
    paths = names.listed("path")
    if names.listing is not None:
        return any(each.method == method for each in listed(path, names))
    if paths is not None and is_template(paths.names, path):
        return True
    if paths is not None and (paths.complete or is_template(paths.absent, path)):
        return False
    raise NotLookedUp(path)


def nearest_name(kind: NameKind, name: str, names: Definition) -> str | None:
    """The name that is meant; else one of nearly the same spelling, or one with the same first word."""
    if meant := apis().meant.get(names.api, {}).get(kind, {}).get(name):
        return meant
    published = names.listed(kind)
    known = published.names if published else ()
    if near := get_close_matches(name, known, n=1, cutoff=0.7):
        return near[0]
    other: dict[NameKind, NameKind] = {"scope": "permission", "permission": "scope"}
    elsewhere = names.listed(other[kind]) if kind in other else None
    if elsewhere and name in elsewhere.names:
        return f"{name} is a {other[kind]}, not a {kind}"
    first = name.partition(":")[0].rstrip("s")
    return next((each for each in known if each.partition(":")[0].rstrip("s") == first), None)


def _named(known: Knowledge, target: ApiPath, names: Definition) -> Iterator[tuple[Kind, str]]:
    host = known.sent.request.host
    if host and apis().of_host(host) != target.api and not is_placeholder(host) and not _is_loopback(host):
        yield "host", host
    if not target.endpoint:
        yield "path", target.path
    for fact, values in known.said.items():
        holder, colon, name = fact.partition(":")
        if not values:
            continue
        if colon and holder.startswith("token.") and any(values):
            yield ("scope" if holder.endswith("scopes") else "permission"), name
        elif fact == "token.grant":
            yield "grant", _grant(str(values[0]), names)
    for name in known.sent.fields("body") if target.endpoint else ():
        yield "field", name
    for name, _ in known.sent.request.headers:
        if name.lower() not in apis().standard_headers and not name.lower().startswith("sec-"):
            yield "header", name


def _grant(name: str, names: Definition) -> str:
    """The grant by its published name: `saml2_bearer` is `urn:…:saml2-bearer`."""
    published = names.listed("grant")
    tail = name.replace("_", "-")
    return next((each for each in (published.names if published else ()) if each.endswith(f":{tail}")), name)


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
