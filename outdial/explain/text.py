"""An explanation as text, in the order in which a person needs it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from outdial.explain.explanation import Explanation, Way

WIDTH = 118
SHOWN = 3
FLAGS = {"grant": "--grant", "scopes": "--scope", "permissions": "--permission", "agent station": "--agent station=…"}


def lines_of(found: Explanation, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of one explanation."""
    yield from _paragraph(found.headline)
    for at, why in enumerate(found.why):
        yield from _paragraph(why if at else f"Why: {why}", "     " if at else "", "     ")
    plain = [each.name for each in found.wrong if each.kind == "field" and each.instead == "is no field here"]
    wrong = [str(each) for each in found.wrong if each.name not in plain]
    wrong += [f"no fields here: {', '.join(plain)}"] if plain else []
    yield from _listed("Also wrong" if found.accepted is False else "Wrong", wrong, 6)
    yield from _listed("May stand in the way next", found.next, SHOWN)
    yield from _ways(found)
    for note in found.notes:
        yield from _paragraph(note)
    if found.never_connects:
        yield "If the call never connects, it is one of these:"
        for at, each in enumerate(found.never_connects, 1):
            yield from _paragraph(f"{at}. {each.says} ({each.source})", "  ", "     ")
    if untold := found.untold[:4]:
        flags = ", ".join(FLAGS.get(each, "--{0} {2}=…".format(*each.partition(" "))) for each in untold)
        yield from _paragraph(f"Not told: {', '.join(untold)}. Tell with {flags}. (--verbose: rules and sources)")
    if found.probes:
        yield "Or read them from the API: --ask with the token in OUTDIAL_TOKEN, or by hand (--facts FILE):"
        yield from (f"  {each}" for each in found.probes)
    if verbose:
        yield from _verbose(found)


def _ways(found: Explanation) -> Iterator[str]:
    ways = [each for each in found.ways if each.steps]
    free = next((each for each in found.ways if not each.steps), None)
    if free and not ways and (found.wrong or found.accepted is not None):
        if found.wrong:
            yield "With the names above corrected:"
        yield from _provided(free)
    elif len(ways) == 1:
        yield "What to do:"
        for at, step in enumerate(ways[0].steps, 1):
            yield from _paragraph(f"{at}. {step.who}: {step.text}", "  ", "     ")
        yield from _provided(ways[0])
    elif ways:
        yield "Do one of these:"
        for at, way in enumerate(ways, 1):
            people = groupby(way.steps, key=lambda step: step.who)
            steps = "; ".join(f"{who}: {'; '.join(step.text for step in own)}" for who, own in people)
            yield from _paragraph(f"{at}. {steps}{f' [{way.note}]' if way.note else ''}", "  ", "     ")
            yield from _provided(way)
    curl = next((each.curl for each in found.ways if each.curl), "")
    if curl and (ways or found.wrong):
        yield from (f"  {line}" for line in curl.split("\n"))


def _provided(way: Way) -> Iterator[str]:
    if shown := way.conditions:
        yield from _paragraph(f"provided that {'; '.join(shown[:SHOWN])}", "     ", "     ")


def _verbose(found: Explanation) -> Iterator[str]:
    yield ""
    if published := found.published:
        yield from _paragraph(f"Published: {published.request} ({published.name}): {published.summary}")
        for status, codes in published.codes.items():
            yield from _paragraph(f"{status}: {', '.join(codes) or '(no code is published)'}", "  ", "       ")
    if found.rules:
        yield f"Rules of {found.edition}:"
    for each in found.rules:
        line = f"{each.rule}: {each.state}, {each.status} {each.code}; {each.basis}: {each.source}"
        yield from _paragraph(line, "  ", "      ")
    for source in found.sources:
        yield from _paragraph(f"Source: {source}")


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
