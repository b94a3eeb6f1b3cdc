"""What a request is for: the edition that is asked, and its operation, if it has one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from outdial.documents.strict import suggest
from outdial.explain.apis import apis
from outdial.explain.request import NotUnderstood, PastedRequest, is_placeholder
from outdial.provider import Policy
from outdial.provider.policy import Operation

STEP = re.compile(r"\\\{\w+\\\}")


@dataclass(frozen=True)
class ApiPath:
    """The edition of an API (its policy, None where there is none), the path there, and the operations that have it.

    `steps` are the values in the path, by operation. `by` says how the API was found.
    """

    api: str
    provider: str
    policy: Policy | None
    path: str
    endpoint: Sequence[Operation] = ()
    steps: Mapping[str, str] = field(default_factory=dict)


def target_of(request: PastedRequest, policies: Mapping[str, Policy], edition: str | None = None) -> ApiPath:
    """The target of a request: of the edition named, else of the published one. Raises `NotUnderstood`."""
    path = request.path
    first = path.lstrip("/").partition("/")[0]
    if edition is None and first in policies:  # the stub serves each edition below its name
        edition = first
    if first in policies:
        path = path.lstrip("/")[len(first) :] or "/"
    if edition is not None:
        provider = _provider(edition, policies)
        return _found(provider.partition(".")[0], provider, path, request.method, policies)
    api = _api(request, path, policies)
    return _found(api, api, path, request.method, policies)


def _provider(edition: str, policies: Mapping[str, Policy]) -> str:
    known = {*policies, *(name.partition(".")[0] for name in policies)}
    short = [name for name in policies if name.partition(".")[2] == edition]
    if edition in known or len(short) == 1:
        return edition if edition in known else short[0]
    raise NotUnderstood(f"there is no edition {edition!r}{suggest(edition, list(policies))}")


def _api(request: PastedRequest, path: str, policies: Mapping[str, Policy]) -> str:
    """By the host; where that says nothing, by the first edition that has the path."""
    if api := apis().of_host(request.host):
        return api
    for provider in sorted(policies, key=lambda name: ("." in name, name)):
        if any(_steps(each, path) is not None for each in policies[provider].operations.values()):
            return provider.partition(".")[0]
    for api, instead in apis().instead.items():
        if any(_matches(template, path) is not None for template in instead):
            return api
    if is_placeholder(request.host) or path.startswith("/api/v2/"):
        return next(iter(apis().hosts))
    raise NotUnderstood(
        "neither the host nor the path is of an API that is known here; name one with --edition"
        + suggest("", sorted(policies)).removeprefix(".")
    )


def _found(api: str, provider: str, path: str, method: str, policies: Mapping[str, Policy]) -> ApiPath:
    policy = policies.get(provider)
    path = path.removeprefix(base_of(api, path))
    operations = policy.operations.values() if policy else ()
    matching = [each for each in operations if each.method == method and _steps(each, path) is not None]
    # A step that is written out is meant before one that is any value.
    matching.sort(key=lambda each: each.path.count("{"))
    endpoint = [each for each in matching if each.path == matching[0].path]
    return ApiPath(api, provider, policy, path, endpoint, (_steps(endpoint[0], path) or {}) if endpoint else {})


def _steps(operation: Operation, path: str) -> Mapping[str, str] | None:
    """The values in a path by their names; None where the path is not the operation's."""
    return _matches(operation.path, path)


def _matches(template: str, path: str) -> Mapping[str, str] | None:
    names = re.findall(r"\{(\w+)\}", template)
    found = re.fullmatch(STEP.sub("([^/]+)", re.escape(template)), path.rstrip("/") or "/")
    return dict(zip(names, found.groups(), strict=True)) if found else None


def matches(template: str, path: str) -> bool:
    """Whether a path is one of a template."""
    return _matches(template, path) is not None


def base_of(api: str, path: str) -> str:
    """What stands before the paths of an API in this one."""
    found = re.match(apis().base[api], path) if api in apis().base else None
    return found[0] if found else ""
