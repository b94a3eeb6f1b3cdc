"""World of the provider: tokens, agents, numbers and other records, by key.

The world is shared by every edition. It is bounded: past `limit` records of one kind the oldest is forgotten, as if
it had been deleted.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from outdial.provider.clock import Clock

Record = Mapping[str, Any]
"""Attributes by name. A queue is a tuple, a set of names a frozenset; grants are pairs of permission and division."""
LATER = "(later)"
"""Where a record keeps what becomes of it: the time, attributes that it has from then on, a queue and an item of it."""
LONGEST = 200
"""Items that a queue keeps; past it the oldest are forgotten."""


class World:
    """Records by kind and key, and the time that passes for them."""

    def __init__(self, limit: int = 20_000, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._limit = limit
        self._records: defaultdict[str, OrderedDict[str, Record]] = defaultdict(OrderedDict)

    def add(self, kind: str, key: str, record: Record) -> str:
        """Keep a record under its key (a token under its text), which is returned."""
        records = self._records[kind]
        records[key] = record
        if len(records) > self._limit:
            records.popitem(last=False)
        return key

    def find(self, kind: str, key: Any) -> Record | None:
        """Return the record, or None when there is none of that key; what was to happen by now has happened to it."""
        record = self._records[kind].get(key) if isinstance(key, str) else None
        if record is None or LATER not in record:
            return record
        now, fields = self.clock.now(), dict(record)
        waiting = sorted(fields.pop(LATER), key=itemgetter(0))
        for time, changed, queue, item in waiting:
            if time <= now:
                fields |= changed | ({queue: (*fields[queue], item)[-LONGEST:]} if queue else {})
        if later := tuple(each for each in waiting if each[0] > now):
            fields[LATER] = later
        self._records[kind][key] = fields
        return fields

    def keys(self, kind: str) -> list[str]:
        """Return the keys of all records of a kind, the oldest first."""
        return list(self._records[kind])

    def lapse(self, kind: str, key: Any, seconds: float, fields: Record, queue: str = "", item: Any = None) -> None:
        """Give attributes new values after some time, and put an item into a queue, if the record still exists."""
        record = self.find(kind, key)
        if record is not None:
            later = (*record.get(LATER, ()), (self.clock.now() + seconds, fields, queue, item))
            self._records[kind][key] = {**record, LATER: later[-LONGEST:]}

    def change(self, kind: str, key: Any, fields: Record) -> None:
        """Give attributes of a record new values, if it still exists."""
        record = self.find(kind, key)
        if record is not None:
            self._records[kind][key] = {**record, **fields}

    def append(self, kind: str, key: Any, queue: str, item: Any, after: float = 0.0) -> None:
        """Put an item at the end of a record's queue, `after` so many seconds, if the record still exists."""
        if after:
            self.lapse(kind, key, after, {}, queue, item)
        elif (record := self.find(kind, key)) is not None:
            self.change(kind, key, {queue: (*record[queue], item)[-LONGEST:]})

    def records(self) -> Iterator[tuple[str, str, Record]]:
        """Yield the kind, key and attributes of every record, as it is by now."""
        for kind, key in [(kind, key) for kind, records in self._records.items() for key in records]:
            if (record := self.find(kind, key)) is not None:
                yield kind, key, record

    def clear(self) -> None:
        self._records.clear()

    def __len__(self) -> int:
        return sum(len(records) for records in self._records.values())
