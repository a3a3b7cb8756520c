"""Which row groups of which files were counted, by what is in them: a log that is rotated is not counted twice.

A name says little. Logs are renamed, copied and emptied, appended to, and come back when a disk is mounted again. A row
group is known by its place, its size and its first bytes; a file whose first groups were counted, under whatever name,
is read from the next group on.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tidegate.adapters.scan.sources import unreadable

MOST_GONE = 5_000
"""Files that are remembered after they went: they may come back under another name."""
UNREAD = -1
"""Size and time of a file that was not read to its end: it is looked at again."""
_HEAD = 65_536


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file as it was last looked at. `groups` were counted, `first` and `all` are the marks of the first and of all.

    `last`: the latest time counted, in microseconds since 1970; `since`: only rows later than that count, where the
    file has been written anew. `problem`: why it could not be read on, empty where nothing was wrong.
    """

    size: int
    modified: int
    groups: int = 0
    last: int | None = None
    since: int | None = None
    first: str = ""
    all: str = ""
    problem: str = ""

    def same(self, size: int, modified: int) -> bool:
        """Whether the file has not been written since."""
        return (self.size, self.modified) == (size, modified)


@dataclass(kw_only=True)
class Ledger:
    """`entries` by name, the latest last."""

    entries: dict[str, Entry] = field(default_factory=dict)
    _firsts: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self._firsts = Counter(entry.first for entry in self.entries.values())

    def counted(self, name: str, marks: Sequence[str]) -> int:
        """How many of a file's first groups were counted, under its own name or another's; `marks` are of all."""
        if not marks:
            return 0
        known = [self.entries[name]] if name in self.entries else []
        if self._firsts[marks[0]]:
            known += [entry for entry in self.entries.values() if entry.first == marks[0]]
        return max((entry.groups for entry in known if _begins(marks, entry)), default=0)

    def rewritten(self, name: str, marks: Sequence[str]) -> bool:
        """Whether the file holds something else than what was counted from it."""
        entry = self.entries.get(name)
        return entry is not None and entry.groups > 0 and bool(marks) and not _begins(marks, entry)

    def since(self, name: str, marks: Sequence[str]) -> int | None:
        """Rows later than that count; None: all of them, as a rule.

        Whether rows were written in another form or are new ones cannot be seen: those that are later are new.
        """
        entry = self.entries.get(name)
        if entry is None:
            return None
        return entry.last if self.rewritten(name, marks) else entry.since

    def put(self, name: str, entry: Entry) -> None:
        """What is known of the file from now on."""
        self._drop(name)
        self.entries[name] = entry
        self._firsts[entry.first] += 1

    def forget(self, there: Iterable[str]) -> None:
        """Let go of files that are not there any more, the oldest first, where there are too many of them."""
        present = set(there)
        gone = [name for name in self.entries if name not in present]
        for name in gone[: max(len(gone) - MOST_GONE, 0)]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        gone = self.entries.pop(name, None)
        if gone is not None:
            self._firsts[gone.first] -= 1
            if not self._firsts[gone.first]:
                del self._firsts[gone.first]

    def document(self) -> dict[str, Any]:
        """As a JSON object."""
        return {name: asdict(entry) for name, entry in self.entries.items()}


def restored(given: Any) -> Ledger:
    """What `document` wrote. Raises TypeError or ValueError for anything else."""
    entries = {str(name): Entry(**entry) for name, entry in given.items()}
    for entry in entries.values():
        numbers = (entry.size, entry.modified, entry.groups)
        if not all(isinstance(number, int) for number in numbers) or min(*numbers[:2], entry.groups - 1) < UNREAD:
            raise ValueError("a file's size, time or number of groups is none")
    return Ledger(entries=entries)


def noted(entry: Entry, marks: Sequence[str]) -> Entry:
    """The entry once all the groups of `marks` were counted."""
    return replace(entry, groups=len(marks), first=marks[0] if marks else "", all=together(marks))


def marks_of(path: Path) -> list[str]:
    """A mark for each row group. Raises InputError E-DAT-010 for a file that is not whole, OSError where it is gone."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            found = file.metadata
    except pa.ArrowException as error:
        raise unreadable(error, path) from None
    with path.open("rb") as stream:
        return [_mark(stream, found.row_group(number)) for number in range(found.num_row_groups)]


def _mark(stream: Any, group: Any) -> str:
    columns = [group.column(place) for place in range(group.num_columns)]
    begin, size = min(map(_begin, columns), default=0), sum(column.total_compressed_size for column in columns)
    stream.seek(begin)
    head = stream.read(min(size, _HEAD))
    told = f"{group.num_rows} {size} {begin} ".encode()
    return hashlib.sha256(told + head).hexdigest()[:32]


def _begin(column: Any) -> int:
    """Where a column's pages begin: at its dictionary where it has one."""
    places = (column.dictionary_page_offset, column.data_page_offset)
    return min(int(place) for place in places if place is not None)


def together(marks: Sequence[str]) -> str:
    """One mark for several groups in their order."""
    return hashlib.sha256(" ".join(marks).encode()).hexdigest()[:32] if marks else ""


def _begins(marks: Sequence[str], entry: Entry) -> bool:
    return 0 < entry.groups <= len(marks) and together(marks[: entry.groups]) == entry.all
