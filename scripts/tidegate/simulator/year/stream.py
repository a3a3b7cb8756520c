"""The hours of the live months in their order: each is asked once, and the next one says what time it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tidegate.simulator.clients import rows
from tidegate.simulator.clients.load import Request
from tidegate.simulator.clients.rows import Read


@dataclass(frozen=True, kw_only=True)
class Hour:
    """What is asked in one hour, and what was rented in the end."""

    instant: int
    moment: datetime
    body: bytes
    casual: int
    registered: int
    rentals: int

    @property
    def month(self) -> str:
        """As ``2012-03``."""
        return f"{self.moment:%Y-%m}"


class Stream:
    """Hours that are still to come; the data's own clock moves as they are asked."""

    def __init__(self, hours: Sequence[Hour]) -> None:
        self.hours = hours
        self._next = 0

    @property
    def now(self) -> datetime:
        """The time of the next hour; after the last one an hour later."""
        return self.hours[self._next].moment if self.left else self.hours[-1].moment + timedelta(hours=1)

    @property
    def left(self) -> int:
        """How many hours nobody has asked about yet."""
        return len(self.hours) - self._next

    @property
    def asked(self) -> Sequence[Hour]:
        """All hours that were asked about."""
        return self.hours[: self._next]

    def requests(self, until: datetime = datetime.max) -> Iterator[Request]:
        """The hours before `until`, which are asked about as they are taken."""
        while self.left and self.now < until:
            hour = self.hours[self._next]
            self._next += 1
            yield Request(hour.body, str(hour.instant))


def stream(read: Read, months: Sequence[str]) -> Stream:
    """The hours of some months. Raises InputError E-SIM-040 for a month that the repository does not have."""
    return Stream([hour for month in months for hour in _hours(read, month)])


def _hours(read: Read, month: str) -> Iterator[Hour]:
    asked = rows.table(read, f"requests/{month}.parquet").sort_by("timestamp")
    labels = {row["instant"]: row for row in rows.table(read, f"labels/{month}.parquet").to_pylist()}
    columns = zip(asked["instant"].to_pylist(), asked["timestamp"].to_pylist(), rows.rows(asked), strict=True)
    for instant, moment, row in columns:
        truth = {name: labels[instant][name] for name in ("casual", "registered", "rentals")}
        yield Hour(instant=instant, moment=moment, body=rows.body(row), **truth)
