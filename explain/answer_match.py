"""Whether a response can come from an edition at all, and which of its rules could have given it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explain.response import Response
from provider_stub import Policy
from provider_stub.application import refuse
from provider_stub.denial import Denial
from provider_stub.policy import Operation
from yaml_documents.template import whole_name


@dataclass(frozen=True, slots=True)
class Match:
    """`possible` is None where the edition does not say enough; `why` says what does not fit."""

    possible: bool | None
    rules: tuple[str, ...]
    why: str


def match_response(response: Response, policy: Policy | None, endpoint: Sequence[Operation]) -> Match:
    """What a response says about the rules of an endpoint."""
    if policy is None:
        return Match(None, (), "no published account of this API is kept here, so nothing to compare with")
    if not endpoint:
        return Match(None, (), "no operation here has this method and path, so nothing to compare with")
    if response.status is not None and response.status < 400:
        accepts = any(each.accept.status // 100 == response.status // 100 for each in endpoint)
        return Match(accepts, (), "" if accepts else f"status {response.status} is no answer of this operation")
    rules = {rule.id: rule.deny for each in endpoint for rule in each.rules}
    denials = list(rules.values())
    if not any(_shape_fits(policy, denial, response) for denial in denials):
        return Match(False, (), f"its body does not have the shape of a refusal here: {_shape(policy)}")
    fitting = tuple(name for name, denial in rules.items() if _fits(policy, denial, response))
    if fitting:
        return Match(True, fitting, "")
    statuses = sorted({denial.status for denial in denials})
    if response.status is not None and response.status not in statuses:
        return Match(False, (), f"no rule here answers {response.status}; they answer {_listed(statuses)}")
    codes = sorted({str(denial.code) for denial in denials if response.status in (None, denial.status)})
    return Match(False, (), f"no rule here has that code; with this status: {_listed(codes)}")


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def _shape(policy: Policy) -> str:
    refusal = policy.shape.refusal
    return f"an object with {', '.join(refusal)}" if isinstance(refusal, Mapping) else "a text"


def _rendered(policy: Policy, denial: Denial) -> Any:
    body = refuse(policy, denial, correlation_id="any").body.decode()
    try:
        return json.loads(body)
    except ValueError:
        return body


def _shape_fits(policy: Policy, denial: Denial, response: Response) -> bool:
    return not response.text or _alike(policy.shape.refusal, _rendered(policy, denial), _body(response), code=False)


def _fits(policy: Policy, denial: Denial, response: Response) -> bool:
    if response.status not in (None, denial.status):
        return False
    return not response.text or _alike(policy.shape.refusal, _rendered(policy, denial), _body(response), code=True)


def _body(response: Response) -> Any:
    return response.text if response.json is None else response.json


def _alike(template: Any, rendered: Any, found: Any, code: bool) -> bool:
    """Whether a body has the template's fields and, with `code`, the code of the denial that was rendered.

    Fields may be missing; texts are not compared, since they have parameters, unless the text is all there is.
    """
    if isinstance(template, Mapping):
        telling = {name for name, value in template.items() if whole_name(value) in ("code", "message")}
        if not isinstance(found, Mapping) or not set(found) <= set(template) or (telling and not telling & set(found)):
            return False
        return all(_alike(template[name], rendered[name], found[name], code) for name in found)
    if isinstance(template, list):
        if not isinstance(found, list):
            return False
        return not template or all(_alike(template[0], rendered[0], each, code) for each in found)
    if whole_name(template) == "code":
        return not code or bool(found == rendered)
    if isinstance(rendered, str) and whole_name(template) == "message":
        return isinstance(found, str) and (not code or _like(rendered, found))
    return True


def _like(rendered: str, found: str) -> bool:
    """Texts alike but for what stands in brackets, case and the words around."""
    one, other = (re.sub(r"\[[^\]]*\]|[^\w]+", " ", text).lower().strip() for text in (rendered, found))
    return one in other or other in one
