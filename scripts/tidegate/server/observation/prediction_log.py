"""The prediction log's queue and its one thread: requests only ever append to a list, and never wait for a disk."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from pathlib import Path
from typing import Any
from zlib import crc32

from tidegate.server.observation.log_file import LogFiles
from tidegate.server.observation.metrics import head, sample

PAUSE = 0.25
"""Seconds between two looks at the queue."""
COMPLAINTS = 60.0
"""Seconds between two lines about lost rows; the metrics have every one of them."""
CHUNK = 1000
"""Rows that are converted at a time: the interpreter is not held for longer than some milliseconds."""


@dataclass(frozen=True, kw_only=True)
class LogRules:
    """Where the log goes; a file is finished after `rows` rows or `seconds`; `share` of the requests are kept.

    At most `waiting` rows are in the queue; those that come then are dropped and counted.
    """

    folder: Path
    rows: int = 10_000
    seconds: float = 60.0
    share: float = 1.0
    waiting: int = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """The rows of one run: its requests (seconds since their arrival, id, rows) and all columns below one another.

    `moment` is the run's end in microseconds since 1970. Columns are features, then answers.
    """

    moment: int
    requests: Sequence[tuple[float, str, int]]
    columns: Sequence[Sequence[Any]]

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.columns[0])


class PredictionLog:
    """`add` on the event loop; everything else in the thread, until `close`."""

    def __init__(self, files: LogFiles, rules: LogRules, say: Callable[[str], None]) -> None:
        self._files, self._rules, self._say = files, rules, say
        self._queue: deque[Entry] = deque()
        self._added = self._lost_to_queue = 0  # written by the event loop only
        self._taken = self._written = self._sampled_out = self._lost_to_disk = 0  # by the thread only
        self._batches: list[Any] = []
        self._held = 0
        self._oldest = 0.0
        self._complained: float | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="prediction-log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Queue rows, or count them as dropped when too many wait."""
        if self._added - self._taken + entry.rows > self._rules.waiting:
            self._lost_to_queue += entry.rows
            return
        self._added += entry.rows
        self._queue.append(entry)

    def close(self, seconds: float) -> bool:
        """Write what is left; whether that was done in time."""
        self._closing.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    # In the thread.

    def _work(self) -> None:
        closing = False
        while not closing:
            closing = self._closing.wait(PAUSE)
            self._take()
            if self._held and (closing or self._held >= self._rules.rows or self._age() > self._rules.seconds):
                self._write()

    def _age(self) -> float:
        return time.monotonic() - self._oldest

    def _take(self) -> None:
        while self._queue:
            entries, rows = [], 0
            while self._queue and rows < CHUNK:
                entries.append(self._queue.popleft())
                rows += entries[-1].rows
            self._convert(entries)
            self._taken += rows
            if self._held >= self._rules.rows:
                self._write()

    def _convert(self, entries: Sequence[Entry]) -> None:
        table = below_one_another(entries, self._rules.share)
        rows = len(table[0])
        self._sampled_out += sum(entry.rows for entry in entries) - rows
        try:
            batch = self._files.batch(table)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a row must not end the log
            self._lose(rows, error)
            return
        if not self._held:
            self._oldest = time.monotonic()
        self._batches.append(batch)
        self._held += rows

    def _write(self) -> None:
        rows, batches = self._held, self._batches
        self._held, self._batches = 0, []
        try:
            self._files.write(batches)
            self._written += rows
        except Exception as error:  # noqa: BLE001 - a full disk must not end the log
            self._lose(rows, error)

    def _lose(self, rows: int, error: Exception) -> None:
        self._lost_to_disk += rows
        now = time.monotonic()
        if self._complained is not None and now - self._complained < COMPLAINTS:
            return
        self._complained = now
        self._say(f"{rows} rows of the prediction log were lost: {type(error).__name__}: {str(error)[:200]}")

    def lines(self) -> Iterator[str]:
        """Prometheus text."""
        name = "tidegate_log_rows_total"
        yield from head(name, "counter", "Rows of the prediction log by what became of them.")
        yield sample(name, {"outcome": "written"}, self._written)
        yield sample(name, {"outcome": "not_in_sample"}, self._sampled_out)
        yield sample(name, {"outcome": "dropped_queue_full"}, self._lost_to_queue)
        yield sample(name, {"outcome": "dropped_write_failed"}, self._lost_to_disk)
        yield from head("tidegate_log_rows_waiting", "gauge", "Rows of the prediction log not yet in a file.")
        yield sample("tidegate_log_rows_waiting", {}, self._waiting_rows())

    def _waiting_rows(self) -> int:
        return self._added - self._written - self._sampled_out - self._lost_to_disk


def below_one_another(entries: Sequence[Entry], share: float) -> list[Sequence[Any]]:
    """Request time, id and row, then all columns, of the requests that are part of the sample."""
    times: list[int] = []
    ids: list[str] = []
    places: list[int] = []
    for entry in entries:
        for waited, identity, rows in entry.requests:
            times += [entry.moment - int(waited * 1e6)] * rows
            ids += [identity] * rows
            places += range(rows)
    columns = (list(chain.from_iterable(parts)) for parts in zip(*(entry.columns for entry in entries), strict=True))
    table: list[Sequence[Any]] = [times, ids, places, *columns]
    if share >= 1:
        return table
    kept = [in_sample(identity, share) for identity in ids]
    return [list(compress(values, kept)) for values in table]


def in_sample(request_id: str, share: float) -> bool:
    """By the id, so that a request which is mirrored to a second release is logged by both or by neither."""
    return crc32(request_id.encode()) < share * 2**32


def to_stderr(text: str) -> None:
    """One line for whoever reads the server's output."""
    sys.stderr.write(f"tidegate-server: {ascii(text)[1:-1]}\n")
