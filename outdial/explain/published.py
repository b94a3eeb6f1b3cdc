"""An operation that the vendor publishes and no policy here covers: what it asks for, and whether the caller has it."""

from collections.abc import Iterable
from dataclasses import dataclass

from outdial.definitions import Definition
from outdial.definitions.listing import ListedOperation, Listing
from outdial.explain.knowledge import APPLICATION, Knowledge
from outdial.explain.target import ApiPath, matches


@dataclass(frozen=True, slots=True)
class Published:
    """`permission` and `scope` say whether what is known passes; None where it is not known."""

    operation: ListedOperation
    permission: bool | None
    scope: bool | None
    source: str

    @property
    def accepted(self) -> bool | None:
        """False when something that is asked for is missing; the rest of its conditions is not known here."""
        return False if False in (self.permission, self.scope) else None


def published_operation(known: Knowledge, target: ApiPath, definition: Definition | None) -> Published | None:
    """The operation of a request in its vendor's list; None where it is not there, or where there is no list."""
    method = known.sent.request.method
    found = next((each for each in listed(target.path, definition) if each.method == method), None)
    if found is None or definition is None:
        return None
    held = [_held(known, f"token.permissions:{name}") for name in found.permissions]
    scopes = [_held(known, f"token.scopes:{name}") for name in found.scopes]
    grant = known.said.get("token.grant")
    is_application = None if grant is None else grant == (APPLICATION,)
    scope = True if is_application or not scopes else _any(scopes)
    if is_application is None and scope is False:
        scope = None  # client credentials are not asked for scopes
    permission = True if not held else _any(held) if found.mode == "ANY" else _all(held)
    return Published(found, permission, scope, f"{definition.source} ({definition.date})")


def listed(path: str, definition: Definition | None) -> Iterable[ListedOperation]:
    """The operations of every method whose path this is; a step that is written out comes before any value."""
    if definition is None or definition.listing is None:
        return ()
    steps = path.count("/")
    operations = Listing.read(definition.folder / definition.listing).operations
    found = [each for each in operations if each.path.count("/") == steps and matches(each.path, path)]
    return sorted(found, key=lambda each: each.path.count("{"))


def is_template(names: Iterable[str], path: str) -> bool:
    """Whether a path is one of some templates."""
    steps = path.rstrip("/").count("/")
    return any(matches(name, path) for name in names if name.count("/") == steps)


def _held(known: Knowledge, fact: str) -> bool | None:
    values = known.possible(fact, ())
    if values is None:
        return None
    return not set(values) <= {None, False}


def _any(held: list[bool | None]) -> bool | None:
    return True if True in held else None if None in held else False


def _all(held: list[bool | None]) -> bool | None:
    return False if False in held else None if None in held else True
