"""`outdial schemas`: write JSON Schemas of the YAML files, for editors (YAML language server) and validators."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from outdial.folders import CONTRACTS
from outdial.provider.policy import WrittenPolicy
from outdial.strength.policy_tests import OperationTests
from outdial.tables import STATES
from outdial.tables.sources import Observed, Question, load_observed, load_questions
from outdial.tables.table import Table
from outdial.tables.vocabulary import StateDefinition
from provider_states import load_policies

SCHEMAS = CONTRACTS / "schemas"
MODELS: Mapping[str, Any] = {
    "table": Table,
    "state": StateDefinition,
    "questions": dict[str, Question],
    "observed": dict[str, Observed],
    "policy": WrittenPolicy,
    "policy-tests": dict[str, OperationTests],
}


def add_options(parser: ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--out", type=Path, default=SCHEMAS, metavar="DIR", help="default: contracts/schemas")
    parser.epilog = "example: outdial schemas --out contracts/schemas"


def run(options: Namespace) -> int:
    """Write one schema for each kind of file. Raises `DocumentError`, `OSError`."""
    options.out.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (options.out / f"{name}.json").write_text(text, encoding="utf-8")
    return 0


def schemas() -> dict[str, str]:
    """Return the schemas as JSON by the kind of file, with the names that are valid today."""
    operations = [each for policy in load_policies().values() for each in policy.operations.values()]
    known = {
        "question": list(load_questions()),
        "observed": list(load_observed()),
        "rule": sorted({rule.id for each in operations for rule in each.rules}),
    }
    found = {}
    for name, model in MODELS.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(model).json_schema()}
        if name == "table":
            _name_values(schema, known)
        if name == "state":  # both have a short form, which the model makes whole before it looks
            schema["properties"]["parameters"] = schema["properties"]["returns"] = {"type": "object"}
        found[name] = json.dumps(schema, indent=1, sort_keys=True) + "\n"
    return found


def _name_values(schema: dict[str, Any], known: Mapping[str, list[str]]) -> None:
    """Put the valid names of states, questions, recorded answers and rules into the schema of a table."""
    for definition in (schema, *schema["$defs"].values()):
        for name, each in definition.get("properties", {}).items():
            if name == "given":
                each["propertyNames"] = {"enum": sorted(STATES)}
            elif name in known:
                definition["properties"][name] = {"enum": [*known[name], *([None] if name != "rule" else [])]}
