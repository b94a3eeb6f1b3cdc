"""Published facts of the vendors, as data: operations (codes, permissions, scopes, schemas) and lists of names.

Facts only, each file with its source and date. A file of a vendor who publishes a definition is written by
`outdial definition`; the others are written by hand, and every list in them says where it was read.
"""

from outdial.definitions.definition import (
    DEFINITIONS,
    NAME_KINDS,
    Definition,
    NameKind,
    NameList,
    NotLookedUp,
    catalogue,
    load_definitions,
)
from outdial.definitions.operations import Catalogue, PublishedOperation

__all__ = [
    "DEFINITIONS",
    "NAME_KINDS",
    "Catalogue",
    "Definition",
    "NameKind",
    "NameList",
    "NotLookedUp",
    "PublishedOperation",
    "catalogue",
    "load_definitions",
]
