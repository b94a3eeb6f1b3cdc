"""Find telephone numbers that are not reserved for fiction: a pact may be played against a real telephone system."""

import re
from collections.abc import Iterator
from typing import Any

from outdial.documents.document import Location
from outdial.documents.template import leaves

RESERVED = re.compile(
    r"""
    \+?1?\d{3}5550(1\d\d)              # North America: 555-0100 to 555-0199 of any area
  | \+?44(
      (113|114|115|116|117|118|121|131|141|151|161)4960\d{3}
    | 1914980\d{3} | 2079460\d{3} | 2890180\d{3} | 2920180\d{3} | 1632960\d{3}
    | 7700900\d{3} | 8081570\d{3} | 9098790\d{3} | 3069990\d{3}
    )                                  # Ofcom, numbers for drama
  | \+?61([2378]5550\d{4} | [2378]7010\d{4} | 491570\d{3} | 491571\d{3} | 1800160401 | 1800975\d{3})   # ACMA
    """,
    re.VERBOSE,
)
RANGES = "NANP 555-0100 to 555-0199, Ofcom's and ACMA's ranges for drama, or sip:…@example.org"
FIELD = re.compile(r"phone|number$|callerid|^ani$|^dnis$|^address$|^to$|^from$|destination", re.IGNORECASE)
"""Names of fields that hold a telephone number."""
NUMBER = re.compile(r"\+?\(?\d[\d\s().\-/]*")
E164 = re.compile(r"(?:tel:)?\+\d[\d\s().\-]{5,}")
SIP = re.compile(r"sips?:[^@\s]+@(?:[\w-]+\.)*(?:example(?:\.(?:com|net|org))?|invalid|test)")


def unreserved(value: Any) -> Iterator[tuple[Location, str, str]]:
    """Yield the place, the number and the problem of each telephone number that is not reserved."""
    for place, each in leaves(value):
        field = next((step for step in reversed(place) if isinstance(step, str)), "").replace("_", "")
        if isinstance(each, str | int) and not isinstance(each, bool) and not is_reserved(str(each), field):
            yield place, str(each), f"invalid telephone number {str(each)!r}: expected a reserved one ({RANGES})"


def is_reserved(text: str, field: str = "phoneNumber") -> bool:
    """Return whether a text is no telephone number, or one of a reserved range.

    Outside fields of numbers only `+…`, `tel:` and `sip:` are taken for numbers.
    """
    text = text.strip()
    if text.lower().startswith(("sip:", "sips:")):
        return SIP.fullmatch(text.lower().partition(";")[0]) is not None
    plain = text[4:] if text.lower().startswith("tel:") else text
    is_number = E164.fullmatch(text) or text.lower().startswith("tel:")
    if not is_number and not (FIELD.search(field) and NUMBER.fullmatch(plain)):
        return True
    return RESERVED.fullmatch(re.sub(r"[^\d+]", "", plain)) is not None
