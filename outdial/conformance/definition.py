"""`outdial definition`: read a vendor's file anew, show what changed, and which rows and rules rest on it."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from outdial.conformance.drift import DefinitionChange, Touched, changes, touched
from outdial.conformance.specification import BadSpecification, Specification, written
from outdial.definitions import DEFINITIONS, Definition, load_definitions
from outdial.definitions.listing import Listing
from outdial.provider import POLICIES
from outdial.tables import TABLES, load_suite
from provider_states import load_policies

HEAD = "Facts from the vendor's published definition, written by `outdial definition`; `names` is kept by hand."


def add_options(parser: ArgumentParser) -> None:
    """The vendor's file, and what becomes of what it says."""
    parser.add_argument(
        "spec", type=Path, metavar="SPEC", help="Swagger 2 or OpenAPI 3 file of the vendor, JSON or YAML"
    )
    parser.add_argument("--api", default="genesys-cloud", help="whose definition it is (default: %(default)s)")
    parser.add_argument("--tables", type=Path, default=TABLES, metavar="DIR", help="folder of scenario tables")
    parser.add_argument("--policies", type=Path, default=POLICIES, metavar="DIR", help="folder of policy files")
    parser.add_argument("--add", metavar="OPERATION", help="also cover this operation of the file, and write")
    parser.add_argument("--write", action="store_true", help="keep what the file says; needs --source and --date")
    parser.add_argument("--source", help="where the file was got, for --write")
    parser.add_argument("--date", metavar="YYYY-MM-DD", help="the date of the file, for --write")
    parser.add_argument("--json", type=Path, metavar="FILE", help="what changed, and what rests on it, as data")
    parser.epilog = "example: outdial definition publicapi-v2.json"


def run(options: Namespace) -> int:
    """0 nothing changed (or it was written), 1 something did. Raises `BadSpecification`, `DocumentError`."""
    known = _known(options.api)
    specification = Specification(options.spec)
    if options.add:
        added = specification.facts(specification.with_operation(known, options.add))
        kept = added.model_copy(update={"source": known.source, "date": known.date})
        (DEFINITIONS / f"{options.api}.yaml").write_text(written(kept, [HEAD]), encoding="utf-8")
        print(f"{options.add} is covered: {kept.operations[options.add].request}; now add a client method and rows")
        return 0
    stated = specification.facts(known)
    if not stated.operations:
        raise BadSpecification(f"{options.spec}: none of the covered operations is here: {', '.join(known.operations)}")
    found = changes(known, stated)
    scenarios = [each for each in load_suite(options.tables) if each.provider == options.api]
    policy = load_policies(options.policies).get(options.api)
    resting = list(touched(found, known, scenarios, policy))
    for each in resting:
        _show(each)
    listed = _listed(known, specification)
    _summary(options.spec, known, found, resting, listed)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps([asdict(each) for each in resting], indent=2) + "\n", encoding="utf-8")
    if options.write:
        if not (options.source and options.date):
            raise BadSpecification("--write keeps where the file comes from: give --source TEXT and --date YYYY-MM-DD")
        kept = stated.model_copy(update={"source": options.source, "date": options.date})
        (DEFINITIONS / f"{options.api}.yaml").write_text(written(kept, [HEAD]), encoding="utf-8")
        _list_anew(known, specification)
        return 0
    return 1 if found or listed else 0


def _known(api: str) -> Definition:
    definitions = load_definitions()
    if api not in definitions or not definitions[api].listing:
        valid = [name for name, each in definitions.items() if each.listing]
        raise BadSpecification(f"--api {api}: no definition of this API is kept as data. Valid: {', '.join(valid)}")
    return definitions[api]


def _listed(known: Definition, specification: Specification) -> list[DefinitionChange]:
    """Operations that are listed otherwise; those that the file leaves out are not counted, it may be a part."""
    before = {(each.method, each.path): each for each in Listing.read(known.folder / (known.listing or "")).operations}
    differing = []
    for each in specification.listed():
        was = before.get((each.method, each.path))
        if was is None or (set(was.permissions), set(was.scopes), was.mode) != (
            set(each.permissions),
            set(each.scopes),
            each.mode,
        ):
            differing.append(DefinitionChange(f"{each.method} {each.path}", was.line if was else None, each.line))
    return differing


def _list_anew(known: Definition, specification: Specification) -> None:
    """Replace listed operations by those of the file; operations that the file lacks stay, since it may be partial."""
    path = known.folder / (known.listing or "")
    lines = {(each.path, each.method): each.line for each in (*Listing.read(path).operations, *specification.listed())}
    head = path.read_text(encoding="utf-8").partition("\n")[0]
    path.write_text("\n".join([head, *(lines[key] for key in sorted(lines))]) + "\n", encoding="utf-8")


def _show(each: Touched) -> None:
    print(each.change)
    for kind, names in (("rules", each.rules), ("rows", each.rows)):
        for place, group in groupby(names, lambda name: name.rpartition("/")[0]):
            print(f"         {kind} {place}: {_few([name.rpartition('/')[2] for name in group])}")


def _few(names: Sequence[str], shown: int = 8) -> str:
    rest = f", and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + rest


def _summary(
    spec: Path,
    known: Definition,
    found: Sequence[DefinitionChange],
    resting: Iterable[Touched],
    listed: Sequence[DefinitionChange],
) -> None:
    for each in listed:
        print(f"listed otherwise: {each.fact}")
    rows = {name for each in resting for name in each.rows}
    rules = {name for each in resting for name in each.rules}
    print(
        f"{spec.name} beside {known.api} of {known.date}: {len(found)} facts of {len(dict(known.facts()))} differ, "
        f"{len(rules)} rules and {len(rows)} rows rest on them; {len(listed)} listed operations differ"
    )
