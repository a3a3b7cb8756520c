"""A column of times as wall-clock times, and when the clocks of its zone were changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from tidegate.adapters.data import files as data_files
from tidegate.core.data.clock import Change, Clock, Micros
from tidegate.core.data.suite_problems import wrong
from tidegate.core.near_miss import did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1)


def zone_of(clock: Clock, path: str) -> ZoneInfo:
    """The clock's time zone. Raises InputError E-DAT-020 for one that nobody knows; `path` is the suite's."""
    try:
        return ZoneInfo(clock.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = did_you_mean(clock.zone, sorted(available_timezones()))
        where = f"{path} /meta/tidegate/clock/zone"
        raise wrong(where, f"there is no time zone {clock.zone[:80]!r}.{near}", "Write Europe/Berlin or UTC.") from None


def wall_times(paths: Mapping[str, Path], names: Sequence[str], clock: Clock) -> Micros | None:
    """The column of these files, microseconds since 1970 on the wall clock; missing ones left out. None: no times.

    Times with a zone of their own come out in UTC, whose clocks nobody changes.
    """
    parts = [_micros(data_files.table(paths[name], name, [clock.column]).column(clock.column)) for name in names]
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) and known else None


def _micros(column: pa.ChunkedArray) -> Micros | None:
    import pyarrow as pa

    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    if not pa.types.is_timestamp(column.type):
        return None
    there = column.drop_null().cast(pa.timestamp("us", column.type.tz), safe=False)
    return np.asarray(there.cast(pa.int64()).to_numpy(), dtype=np.int64)


def with_zone(paths: Mapping[str, Path], name: str, column: str) -> bool:
    """Whether a file's times say themselves which zone they are of."""
    return getattr(data_files.table(paths[name], name, [column]).schema.field(0).type, "tz", None) is not None


def changes_of(zone: ZoneInfo, times: Micros) -> list[Change]:
    """Wall-clock times near `times` that the zone's clocks skipped or showed twice."""
    if not len(times):
        return []
    first, last = (_EPOCH + timedelta(microseconds=int(end)) for end in (times.min(), times.max()))
    day, end = first.replace(hour=0, minute=0, second=0, microsecond=0) - 2 * _DAY, last + 2 * _DAY
    found: list[Change] = []
    while day < end:
        before, after = _offset(zone, day), _offset(zone, day + _DAY)
        if before != after:
            found.append(_change(_moment(zone, day, before), before, after))
        day += _DAY
    return found


def _offset(zone: ZoneInfo, utc: datetime) -> timedelta:
    return utc.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta()


def _moment(zone: ZoneInfo, day: datetime, before: timedelta) -> datetime:
    """The second (UTC) of this day at which the offset is no longer `before`."""
    low, high = 0, 86_400
    while low < high:
        middle = (low + high) // 2
        if _offset(zone, day + timedelta(seconds=middle)) == before:
            low = middle + 1
        else:
            high = middle
    return day + timedelta(seconds=low)


def _change(moment: datetime, before: timedelta, after: timedelta) -> Change:
    one, other = (_since_1970(moment + offset) for offset in (before, after))
    return Change(min(one, other), max(one, other), twice=after < before)


def _since_1970(wall: datetime) -> int:
    return (wall - _EPOCH) // timedelta(microseconds=1)
