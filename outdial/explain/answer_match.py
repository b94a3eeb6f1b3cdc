"""Whether a response can come from an edition at all, by its rules and by what its vendor publishes; and which of its
rules could have given it.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outdial.definitions import PublishedOperation
from outdial.documents.template import whole_name
from outdial.explain.response import PastedResponse
from outdial.provider import Policy
from outdial.provider.application import refuse
from outdial.provider.denial import Denial
from outdial.provider.policy import Operation


@dataclass(frozen=True, slots=True)
class Match:
    """`possible` is None where the edition does not say enough; `why` says what does not fit, or, where no rule could
    have given the response, why it is possible all the same.
    """

    possible: bool | None
    rules: tuple[str, ...]
    why: str


def match_response(
    response: PastedResponse,
    policy: Policy | None,
    endpoint: Sequence[Operation],
    published: PublishedOperation | None = None,
) -> Match:
    """What a response says about the rules of an endpoint, of which `published` is what the vendor says."""
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
    told = {str(code) for code in _codes_in(policy.shape.refusal, _body(response))}
    for compared in (("code", "message"), ("code",)) if told else (("code", "message"),):
        fitting = tuple(name for name, denial in rules.items() if _fits(policy, denial, response, compared))
        if fitting:  # a code is enough where no message is alike: messages have parameters
            return Match(True, fitting, "")
    if published and _is_published(response, told, published):
        return Match(True, (), f"it is published for {published.request}, and no rule here gives it")
    of_vendor = {**dict.fromkeys(published.statuses, ()), **published.codes} if published else {}
    statuses = sorted({*(denial.status for denial in denials), *of_vendor})
    who = "neither a rule here nor the definition" if published else "no rule here"
    if response.status is not None and response.status not in statuses:
        return Match(False, (), f"{who} answers {response.status}; they answer {_listed(statuses)}")
    codes = {str(denial.code) for denial in denials if response.status in (None, denial.status)}
    codes |= {code for status, listed in of_vendor.items() if response.status in (None, status) for code in listed}
    return Match(False, (), f"{who} has that code; with this status: {_listed(sorted(codes))}")


def _is_published(response: PastedResponse, told: Collection[str], published: PublishedOperation) -> bool:
    """Whether the vendor publishes the status of a refusal, and its code where its body has one."""
    if response.status is not None and response.status in published.statuses:
        return True
    if not told:
        return not response.text and response.status in published.codes
    return any({*told} <= {*codes} for status, codes in published.codes.items() if response.status in (None, status))


def _codes_in(template: Any, found: Any) -> Iterator[Any]:
    """The codes that stand in a body where the template has them."""
    if isinstance(template, Mapping) and isinstance(found, Mapping):
        for name in template.keys() & found.keys():
            yield from _codes_in(template[name], found[name])
    elif isinstance(template, list) and template and isinstance(found, list):
        for each in found:
            yield from _codes_in(template[0], each)
    elif whole_name(template) == "code":
        yield found


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


def _shape_fits(policy: Policy, denial: Denial, response: PastedResponse) -> bool:
    return not response.text or _alike(policy.shape.refusal, _rendered(policy, denial), _body(response), ())


def _fits(policy: Policy, denial: Denial, response: PastedResponse, compared: Collection[str]) -> bool:
    if response.status not in (None, denial.status):
        return False
    return not response.text or _alike(policy.shape.refusal, _rendered(policy, denial), _body(response), compared)


def _body(response: PastedResponse) -> Any:
    return response.text if response.json is None else response.json


def _alike(template: Any, rendered: Any, found: Any, compared: Collection[str]) -> bool:
    """Whether a body has the template's fields and, of those `compared`, the code and message that were rendered.

    Fields may be missing; texts are not compared, since they have parameters, unless the text is all there is.
    """
    if isinstance(template, Mapping):
        telling = {name for name, value in template.items() if whole_name(value) in ("code", "message")}
        if not isinstance(found, Mapping) or not set(found) <= set(template) or (telling and not telling & set(found)):
            return False
        return all(_alike(template[name], rendered[name], found[name], compared) for name in found)
    if isinstance(template, list):
        if not isinstance(found, list):
            return False
        return not template or all(_alike(template[0], rendered[0], each, compared) for each in found)
    if whole_name(template) == "code":
        return "code" not in compared or bool(found == rendered)
    if isinstance(rendered, str) and whole_name(template) == "message":
        return isinstance(found, str) and ("message" not in compared or _like(rendered, found))
    return True


def _like(rendered: str, found: str) -> bool:
    """Texts alike but for what stands in brackets, case and the words around."""
    one, other = (re.sub(r"\[[^\]]*\]|[^\w]+", " ", text).lower().strip() for text in (rendered, found))
    return one in other or other in one
