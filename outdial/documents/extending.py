"""A file that says only what differs from another: mappings merge, null drops, anything else replaces.

Rules in a list are changed by their `id`: with `drop: true` a rule is gone; a new one stands at the end, or `before`
another.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from outdial.documents.document import Document, Location, entries
from outdial.documents.strict import suggest

OWN = ("provider", "source", "extends")
"""Keys of a file's head, which are never inherited."""
WHOLE = ("source", "deny", "expect")
"""Keys whose mappings are one statement, and are replaced as one."""
EVIDENCE = ("basis", "source")
"""Keys of a rule that are not inherited by a changed one: it rests on something else."""
RULES = "rules"


def read_extended(path: Path, folder: Path, extending: tuple[str, ...] = ()) -> tuple[Document, tuple[str, ...]]:
    """Return a file merged over those that it extends, beside it or in `folder`, and their names, the nearest first.

    `extending` are the names of the files that extend it. Raises `DocumentError`.
    """
    document, chain = Document.read(path), (*extending, path.stem)
    name = document.data.get("extends") if isinstance(document.data, dict) else None
    if name is None:
        return document, ()
    known = {each.stem: each for at in (folder, path.parent) for each in at.glob("*.yaml")}
    if name not in known:
        raise document.error(("extends",), f"nothing is called {name!r}{suggest(str(name), sorted(known))}")
    if name in chain:
        raise document.error(("extends",), f"a circle: {' extends '.join([*chain, name])}")
    base, others = read_extended(known[name], folder, chain)
    return _extended(document, base), (name, *others)


def _extended(change: Document, base: Document) -> Document:
    """Return the base with its changes, each value at its place in its file. Raises `DocumentError`."""
    if not isinstance(change.node, yaml.MappingNode) or not isinstance(base.node, yaml.MappingNode):
        return change
    inherited = [(key, each) for key, each in base.node.value if key.value not in OWN]
    merged = _mapping(change, _like(base.node, inherited), change.node, ())
    rules = entries(change.node).get(RULES)
    gone = {name for name, rule in entries(rules).items() if _is_null(rule)} if rules else set()
    for operation in entries(entries(merged).get("operations")).values():
        if listed := entries(operation).get(RULES):
            listed.value = [each for each in listed.value if _name(each) not in gone]
    return Document.of_node(merged, change.path)


def _merged(document: Document, base: yaml.Node, change: yaml.Node, at: Location) -> yaml.Node:
    if isinstance(base, yaml.MappingNode) and isinstance(change, yaml.MappingNode) and at[-1] not in WHOLE:
        return _mapping(document, base, change, at)
    if isinstance(base, yaml.SequenceNode) and isinstance(change, yaml.SequenceNode) and at[-1] == RULES:
        return _rules(document, base, change, at)
    return change


def _mapping(document: Document, base: yaml.Node, change: yaml.Node, at: Location) -> yaml.Node:
    old, new = entries(base), entries(change)
    keys = {key.value: key for key, _ in (*base.value, *change.value)}
    if "basis" in old:
        old = {name: each for name, each in old.items() if name not in EVIDENCE}
    result = []
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            result.append((keys[name], old[name]))
        elif name not in old:
            if _is_null(new[name]) and len(at) == 1:
                raise document.error((*at, name), f"nothing inherited is called {name!r}{suggest(name, old)}")
            result.append((keys[name], new[name]))
        elif not _is_null(new[name]):
            result.append((keys[name], _merged(document, old[name], new[name], (*at, name))))
    return _like(change, result)


def _rules(document: Document, base: yaml.Node, change: yaml.Node, at: Location) -> yaml.Node:
    rules = {_name(each): each for each in base.value}
    order = list(rules)
    for position, rule in enumerate(change.value):
        name, own = _name(rule), entries(rule)
        before = own["before"].value if "before" in own else name
        if ("drop" in own and name not in order) or (before != name and before not in order):
            raise document.error((*at, position), f"no rule {before!r} is inherited{suggest(before, order)}")
        if "drop" in own:
            order.remove(name)
            continue
        if name not in order:
            order.insert(order.index(before) if before in order else len(order), name)
        elif not isinstance(rules[name], yaml.MappingNode):
            raise document.error((*at, position), f"rule {name!r} is shared; change it below `rules:` of the file")
        if isinstance(rule, yaml.MappingNode):
            rule = _like(rule, [(key, each) for key, each in rule.value if key.value != "before"])
        rules[name] = _merged(document, rules[name], rule, (*at, name)) if name in rules else rule
    return _like(change, [rules[name] for name in order])


def _like(node: yaml.Node, value: Sequence[object]) -> yaml.Node:
    """Return a node at the place of another."""
    return type(node)(node.tag, list(value), node.start_mark, node.end_mark)


def _is_null(node: yaml.Node) -> bool:
    return str(node.tag).endswith(":null")


def _name(node: yaml.Node) -> str:
    """Return the name of a rule: its id, or itself where it is the name of a shared one."""
    named = entries(node).get("id") if isinstance(node, yaml.MappingNode) else node
    return str(named.value) if named else ""
