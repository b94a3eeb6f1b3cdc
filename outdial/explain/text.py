"""An explanation as text, in the order in which a person needs it, and as JSON."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

from outdial.definitions.catalogue import Published, catalogue
from outdial.explain.evidence import Evidence
from outdial.explain.explanation import Explanation, Way
from outdial.explain.words import said
from outdial.provider.rule import RuleBase

WIDTH = 118
SHOWN = 3
PROBES = (
    "curl -H \"Authorization: Bearer $OUTDIAL_TOKEN\" 'https://{host}/api/v2/tokens/me'",
    "curl -H \"Authorization: Bearer $OUTDIAL_TOKEN\" 'https://{host}/api/v2/users/me?expand=authorization,station'",
    "curl -H \"Authorization: Bearer $OUTDIAL_TOKEN\" 'https://{host}/api/v2/authorization/subjects/me'",
)
FLAGS = {"grant": "--grant", "scopes": "--scope", "permissions": "--permission", "agent station": "--agent station=…"}


def lines_of(found: Explanation, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of one explanation."""
    yield from _paragraph(found.headline)
    for at, why in enumerate(found.why):
        yield from _paragraph(why if at else f"Why: {why}", "     " if at else "", "     ")
    yield from _listed("Also wrong" if found.accepted is False else "Wrong", _grouped(found), 6)
    yield from _listed("May stand in the way next", found.next, SHOWN)
    yield from _ways(found)
    for note in found.notes:
        yield from _paragraph(note)
    if found.silent:
        yield "If the call never connects, it is one of these:"
        for at, each in enumerate(found.silent, 1):
            yield from _paragraph(f"{at}. {each.says} ({each.source})", "  ", "     ")
    yield from _untold(found)
    if verbose:
        yield from _verbose(found)


def _grouped(found: Explanation) -> list[str]:
    """Wrong names; the fields that have nothing else to say on one line."""
    plain = [each.name for each in found.wrong if each.kind == "field" and each.instead == "is no field here"]
    others = [str(each) for each in found.wrong if each.name not in plain]
    return [*others, *([f"no fields here: {', '.join(plain)}"] if plain else [])]


def _ways(found: Explanation) -> Iterator[str]:
    ways = [each for each in found.ways if each.steps]
    free = next((each for each in found.ways if not each.steps), None)
    if free and not ways and (found.wrong or found.accepted is not None):
        if found.wrong:
            yield "With the names above corrected:"
        yield from _provided(free)
    elif len(ways) == 1:
        yield "What to do:"
        for at, (who, text) in enumerate(ways[0].steps, 1):
            yield from _paragraph(f"{at}. {who}: {text}", "  ", "     ")
        yield from _provided(ways[0])
    elif ways:
        yield "Do one of these:"
        for at, way in enumerate(ways, 1):
            note = f" [{way.note}]" if way.note else ""
            people = groupby(way.steps, key=lambda step: step[0])
            steps = "; ".join(f"{who}: {'; '.join(text for _, text in own)}" for who, own in people)
            yield from _paragraph(f"{at}. {steps}{note}", "  ", "     ")
            yield from _provided(way)
    curl = next((each.curl for each in found.ways if each.curl), "")
    if curl and (ways or found.wrong):
        yield from (f"  {line}" for line in curl.split("\n"))


def _provided(way: Way) -> Iterator[str]:
    shown = way.conditions
    if shown:
        yield from _paragraph(f"provided that {'; '.join(shown[:SHOWN])}", "     ", "     ")


def _untold(found: Explanation) -> Iterator[str]:
    target = found.target
    if found.untold and target:
        untold = found.untold[:4]
        flags = ", ".join(FLAGS.get(each, "--{0} {2}=…".format(*each.partition(" "))) for each in untold)
        yield from _paragraph(f"Not told: {', '.join(untold)}. Tell with {flags}. (--verbose: rules and sources)")
        if target.api == "genesys-cloud" and target.is_published and found.accepted is None:
            yield "Or read them from the API: --ask with the token in OUTDIAL_TOKEN, or by hand (--facts FILE):"
            host = found.case.ground.knowledge.sent.request.host if found.case and target.policy else ""
            yield from (f"  {each.format(host=host or 'api.mypurecloud.com')}" for each in PROBES)


def _verbose(found: Explanation) -> Iterator[str]:
    target, case = found.target, found.case
    yield ""
    if target and target.published:
        published = target.published
        yield from _paragraph(f"Published: {published.request} ({published.name}): {published.summary}")
        for status, codes in published.codes.items():
            yield from _paragraph(f"{status}: {', '.join(codes) or '(no code is published)'}", "  ", "       ")
    if target and target.policy:
        yield from _paragraph(f"Rules of {target.provider}, by {target.policy.source}:")
    for rule in case.rules if case else ():
        state = case.states[rule.id] if case else ""
        line = f"{rule.id}: {state}, {rule.deny.status} {rule.deny.code}; {rule.basis}: {rule.source}"
        yield from _paragraph(line, "  ", "      ")
    listed = catalogue(target.api) if target and target.is_published else None
    if listed:
        yield from _paragraph(f"Source: {listed.source}")


def _listed(title: str, items: Sequence[str], most: int) -> Iterator[str]:
    if items:
        yield f"{title}:"
    for each in items[:most]:
        yield from _paragraph(f"- {each}", "  ", "    ")
    if len(items) > most:
        yield f"  - … {len(items) - most} more (--json)"


def _paragraph(text: str, first: str = "", rest: str = "  ") -> Iterator[str]:
    yield from wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def document_of(found: Explanation) -> dict[str, Any]:
    """Return an explanation as JSON can carry it."""
    evidence, published = found.evidence, found.target.published if found.target else None
    return {
        "edition": found.edition,
        "request": found.request or None,
        "accepted": found.accepted,
        "headline": found.headline,
        "why": list(found.why),
        "wrong": [{"kind": each.kind, "name": each.name, "instead": each.instead or None} for each in found.wrong],
        "next": list(found.next),
        "lead": _rule(found.lead, found) if found.lead else None,
        "blockers": [{**_rule(each.rule, found), "facts": list(each.facts)} for each in found.blockers],
        "rules": [_rule(each, found) for each in (found.case.rules if found.case else ())],
        "ways": [_way(each) for each in found.ways],
        "notes": list(found.notes),
        "never_connects": [{"says": each.says, "source": each.source} for each in found.silent],
        "untold": list(found.untold),
        "response": _response(evidence) if evidence else None,
        "published": _published(published) if published else None,
    }


def _response(evidence: Evidence) -> dict[str, Any]:
    rules = [each.id for each in evidence.rules]
    named = {"status": evidence.status, "code": evidence.code, "names": list(evidence.names)}
    return {**named, "rules": rules, "foreign": evidence.foreign or None}


def _published(published: Published) -> dict[str, Any]:
    lists = {name: list(getattr(published, name)) for name in ("any_of", "all_of", "scopes")}
    codes = {str(status): list(codes) for status, codes in published.codes.items()}
    return {"request": published.request, **lists, "codes": codes}


def _rule(rule: RuleBase, found: Explanation) -> dict[str, Any]:
    return {
        "rule": rule.id,
        "status": rule.deny.status,
        "code": rule.deny.code,
        "state": found.case.states[rule.id] if found.case else None,
        "basis": rule.basis,
        "source": str(rule.source),
    }


def _way(way: Way) -> dict[str, Any]:
    return {
        "operation": way.operation,
        "steps": [{"who": who, "text": text} for who, text in way.steps],
        "cost": way.cost,
        "note": way.note or None,
        "provided": [
            [{"fact": fact, "value": value, "text": said(fact, value)} for fact, value in group]
            for group in way.provided
        ],
        "sets": {fact: value for step in (way.change.steps if way.change else ()) for fact, value in step.sets},
        "curl": way.curl or None,
    }
