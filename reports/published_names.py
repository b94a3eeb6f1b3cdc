"""Names that a vendor publishes: scopes, permissions, fields, headers, grants and paths, each list with its source."""

from pathlib import Path
from typing import Literal, get_args

from yaml_documents import Document, DocumentError, Strict, Together, suggest

NAMES = Path(__file__).parent / "names"
NameKind = Literal["scope", "permission", "field", "header", "grant", "path"]
KINDS: tuple[NameKind, ...] = get_args(NameKind)


class NotLookedUp(LookupError):
    """A name of which the data cannot say whether it exists; the message says what to do."""


class NameList(Strict):
    """Names of one kind. Unless it is `complete`, only a name in `absent` is known not to exist."""

    source: str
    complete: bool
    names: tuple[str, ...]
    absent: tuple[str, ...] = ()


class PublishedNames(Strict):
    """The names of one API; a kind is None where its vendor publishes no list of it."""

    api: str
    vendor: str
    scope: NameList | None = None
    permission: NameList | None = None
    field: NameList | None = None
    header: NameList | None = None
    grant: NameList | None = None
    path: NameList | None = None

    def of(self, kind: NameKind) -> NameList | None:
        """The list of one kind."""
        listed: NameList | None = getattr(self, kind)
        return listed

    def exists(self, kind: NameKind, name: str) -> bool | None:
        """Whether the vendor publishes this name; None where it publishes no such list. Raises `NotLookedUp`.

        A field inside another (`from.id`) exists only if the outer one does.
        """
        listed = self.of(kind)
        if listed is None:
            return None
        looked_for = name.partition(".")[0] if kind == "field" else name
        if looked_for in listed.names:
            return True
        if listed.complete or looked_for in listed.absent:
            return False
        raise NotLookedUp(
            f"whether {kind} {looked_for!r} exists is not known{suggest(looked_for, (*listed.names, *listed.absent))}; "
            f"or look it up in {listed.source}, and add it to the names or to the absent ones of {self.api}"
        )


def load_names(folder: Path = NAMES) -> dict[str, PublishedNames]:
    """The names of every API, by API. Raises `DocumentError`."""
    found, problems = {}, Together()
    for path in sorted(folder.glob("*.yaml")):
        with problems:
            document = Document.read(path)
            names = document.parse(PublishedNames)
            if names.api != path.stem:
                raise document.error(("api",), f"api {names.api!r} is not the file's name, {path.stem!r}")
            for kind in KINDS:
                listed = names.of(kind)
                known: dict[str, str] = {}
                for part in ("names", "absent") if listed else ():
                    for at, name in enumerate(getattr(listed, part)):
                        if (other := known.setdefault(name, part)) is not part or name in getattr(listed, part)[:at]:
                            with problems:
                                raise document.error((kind, part, at), f"{name!r} is already among the {other}")
            found[names.api] = names
    problems.raise_found()
    if not found:
        raise DocumentError(f"{folder}: no names here; expected one <api>.yaml for each API")
    return found
