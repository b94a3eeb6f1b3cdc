"""An explanation as text: short, and in the order in which it is needed."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import fill as wrapped
from typing import Any

from outdial.documents.template import fill
from outdial.explain.explanation import Explanation, Proposal
from outdial.explain.levers import ChangeStep
from outdial.explain.published import Published

WIDTH = 110
FACTS = 6
"""Facts that are named of one condition."""
HELD = {True: "passes", False: "missing", None: "not known"}
SHOWN = 3
"""Ways that are shown of each kind; --json has all."""


def lines_of(found: Explanation) -> Iterator[str]:
    """The lines of one explanation."""
    yield from _head(found)
    yield from _blockers(found)
    yield from _names(found)
    yield from _changes(found)
    yield from _unknown(found)
    yield from _assumptions(found)
    yield from _response(found)


def table_of(found: Sequence[Explanation]) -> Iterator[str]:
    """One line for each edition."""
    width = max(len(each.target.provider) for each in found)
    for each in found:
        yield f"{each.target.provider:{width}}  {verdict(each)}"
        if each.changes:
            first = each.changes[0]
            yield f"{'':{width}}    then: {'; '.join(text for _, text in joined(first.steps))}"


def verdict(found: Explanation) -> str:
    """The verdict in one line."""
    if found.operation is None:
        if found.published:
            return _published_verdict(found.published)
        if found.accepted is None:
            return "not known: nobody looked this operation up, and no account of it is kept here"
        return f"refused: {found.target.provider} has no operation {found.target.path}"
    if found.accepted is True:
        return "accepted"
    if found.accepted is None:
        return "it depends on what is not known"
    answer = found.answer
    rule = f" ({found.blockers[0].rule.id})" if found.blockers else ""
    return f"refused: {answer.status} {answer.code}{rule}" if answer else "refused"


def _published_verdict(found: Published) -> str:
    missing = [kind for kind, held in (("permission", found.permission), ("scope", found.scope)) if held is False]
    if missing:
        return f"refused: the {' and the '.join(missing)} that the definition asks for is not there"
    if found.permission and found.scope:
        return "not known: permission and scope are there; its other conditions are not kept here"
    return "not known: it is published, and its other conditions are not kept here"


def listed(found: Published) -> Iterator[str]:
    """What the vendor lists of an operation."""
    operation = found.operation
    yield f"  published as {operation.method} {operation.path} ({operation.name})"
    one = "any of " if operation.mode == "ANY" and len(operation.permissions) > 1 else ""
    permissions = ", ".join(operation.permissions) or "none"
    yield from _paragraph(f"permission: {one}{permissions} - {HELD[found.permission]}", "  ")
    yield from _paragraph(
        f"scope, for a token with a user: {' or '.join(operation.scopes) or 'none'} - {HELD[found.scope]}", "  "
    )
    yield from _paragraph(f"source: {found.source}", "  ")


def _head(found: Explanation) -> Iterator[str]:
    policy = found.target.policy
    yield f"{found.operation.request if found.operation else found.target.path}  at  {found.target.provider}"
    if policy:
        yield f"  by {policy.source}"
    yield ""
    yield verdict(found)
    if found.answer and found.accepted is False and found.blockers:
        yield from _paragraph(f'"{fill(found.answer.message, found.answer.texts())}"', "  ")
    if found.published:
        yield from listed(found.published)
    for provider in found.told_by:
        yield f"  a report says that there is: --edition {provider}"
    if found.instead:
        yield f"  instead: {found.instead.operation}"
        yield from _paragraph(found.instead.says, "           ")


def _blockers(found: Explanation) -> Iterator[str]:
    if not found.blockers:
        return
    yield ""
    yield "in the way" if len(found.blockers) == 1 else f"in the way, {len(found.blockers)} conditions, in this order"
    for blocker in found.blockers:
        rule = blocker.rule
        facts = ", ".join(map(name_of, blocker.facts[:FACTS]))
        more = f", … {len(blocker.facts) - FACTS} more" if len(blocker.facts) > FACTS else ""
        yield from _paragraph(f"{rule.deny.status} {rule.deny.code}, {rule.id}: {facts}{more}", "  ")
        yield from _paragraph(f"{rule.basis}: {rule.source}", "      ")


def _names(found: Explanation) -> Iterator[str]:
    if found.names.absent:
        yield ""
        yield "no such name"
    for each in found.names.absent:
        yield f"  {each.kind} {each.name}" + (f"  ->  {each.nearest}" if each.nearest else "")
    for each in found.names.not_looked_up:
        near = f" (known: {each.nearest})" if each.nearest else ""
        yield f"  {each.kind} {each.name}: not looked up{near}"


def _changes(found: Explanation) -> Iterator[str]:
    if found.no_change and found.accepted is not True:
        yield ""
        yield from _paragraph(f"no change: {found.no_change}", "")
    groups = groupby(found.changes, key=lambda each: (each.cost, each.operation.request))
    for number, ((cost, request), group) in enumerate(groups):
        ways = list(group)
        yield ""
        title = "smallest change" if number == 0 else f"or, with {request}"
        yield f"{title}, cost {cost}" + (f", {len(ways)} ways" if len(ways) > 1 else "")
        yield from _way(ways)
        yield from _provided(ways[0])
        yield ""
        yield from (f"  {line}" for line in ways[0].curl.split("\n"))


def _way(ways: Sequence[Proposal]) -> Iterator[str]:
    """The steps of the first way, each with what other ways do in place of it."""
    instead: dict[str, list[str]] = {}
    for other in ways[1:]:
        left, come = _difference(ways[0], other)
        if len(left) == len(come) == 1:
            instead.setdefault(left[0], []).append(come[0])
    last = ""
    for who, text in joined(ways[0].steps):
        yield f"  {who if who != last else '':13}  {text}"
        last = who
        others = instead.get(text, [])
        yield from (f"  {'or':>13}  {each}" for each in others[:SHOWN])
        if len(others) > SHOWN:
            yield f"  {'or':>13}  … {len(others) - SHOWN} more (--json)"


def _difference(one: Proposal, other: Proposal) -> tuple[list[str], list[str]]:
    """What one way does that the other does not, and the other way round."""
    texts, others = ([step.text for step in each.steps] for each in (one, other))
    return [text for text in texts if text not in others], [text for text in others if text not in texts]


def joined(steps: Sequence[ChangeStep]) -> Iterator[tuple[str, str]]:
    """Steps of one lever and person that differ in their last word only, as one."""
    for (who, _, start), group in groupby(steps, key=lambda step: (step.who, step.lever, step.text.rpartition(" ")[0])):
        texts = [step.text for step in group]
        yield who, f"{start}s {', '.join(text.rpartition(' ')[2] for text in texts)}" if len(texts) > 1 else texts[0]


def _provided(proposal: Proposal) -> Iterator[str]:
    groups = [" or ".join(said(fact, value) for fact, value in group) for group in proposal.change.provided]
    known = "accepted by the engine"
    yield from _paragraph(f"{known}, provided that: {'; '.join(groups)}" if groups else known, "  ")


def _unknown(found: Explanation) -> Iterator[str]:
    if found.unknown and not found.changes:
        yield ""
        yield from _paragraph(f"not known, and decides: {'; '.join(map(name_of, found.unknown))}", "")


def _assumptions(found: Explanation) -> Iterator[str]:
    assumed = [each.rule for each in found.blockers if each.rule.basis == "assumed"]
    if assumed:
        yield ""
        yield "rests on assumptions; ask the vendor"
    for rule in assumed:
        yield from _paragraph(f"{rule.id}: {rule.source}", "  ")


def _response(found: Explanation) -> Iterator[str]:
    match = found.match
    if match is None:
        return
    yield ""
    if match.possible is None:
        yield from _paragraph(f"the response: {match.why}", "")
    elif not match.possible:
        yield from _paragraph(f"the response cannot come from {found.target.provider}: {match.why}", "")
    elif match.rules:
        yield from _paragraph(f"the response can come from: {', '.join(match.rules)}", "")
    else:
        yield from _paragraph(f"the response can come from {found.target.provider}{match.why and f': {match.why}'}", "")


def _paragraph(text: str, indent: str) -> Iterator[str]:
    yield from wrapped(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False
    ).split("\n")


def name_of(fact: str) -> str:
    """A fact in words."""
    holder, _, rest = fact.partition(".")
    attribute, colon, name = rest.partition(":")
    if colon:
        return f"{attribute.removesuffix('s')} {name} of the {_holder(holder, attribute)}"
    if holder in ("body", "form"):
        return f"field {rest}"
    return f"{holder} {rest.replace('_', ' ')}"


def said(fact: str, value: Any) -> str:
    """A fact and its value in words."""
    holder, _, rest = fact.partition(".")
    attribute, colon, name = rest.partition(":")
    if colon:
        where = f" in the {value} division" if attribute == "permissions" else ""
        return f"the {_holder(holder, attribute)} has the {attribute.removesuffix('s')} {name}{where}"
    return f"{name_of(fact)}: {word_of(value)}"


def word_of(value: Any) -> str:
    """A value in words."""
    return {True: "yes", False: "no", None: "none"}[value] if isinstance(value, bool | None) else str(value)


def _holder(holder: str, attribute: str) -> str:
    """A token has permissions by the role of its OAuth client."""
    return "OAuth client" if holder == "token" and attribute == "permissions" else holder
