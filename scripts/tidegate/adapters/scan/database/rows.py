"""Rows of a database that labels are joined to: of the windows that are asked for, the columns that are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tidegate.adapters.scan.database.place import Group, Source
from tidegate.adapters.scan.database.relation import literal, moment
from tidegate.adapters.scan.labelled import Piece, Wanted
from tidegate.errors import InputError

_FIX = "Mend drift.live in the contract, or the table."


def live(source: Source, spans: Sequence[tuple[datetime, datetime]], wanted: Wanted) -> Iterator[Piece]:
    """The rows of the spans, the earliest first. Raises InputError E-DRF-022 where a needed column is missing."""
    for group in source.groups:
        yield from _batches(source, _inside(source, group, spans, wanted).order_by(wanted.live.time, wanted.id))


def labels(source: Source, table: str, spans: Sequence[tuple[datetime, datetime]], wanted: Wanted) -> Iterator[Piece]:
    """Labels of the spans' rows and of no others, in the order of ids and truth: of two the larger is the last."""
    given = _named(source.labels(table), wanted.of_labels, wanted.of_labels, source.place.shown)
    key, target = wanted.of_labels
    rows = given.select(id=given[key].cast("string"), truth=given[target]).filter(lambda row: row.truth.notnull())
    for group in source.groups:
        known = _inside(source, group, spans, wanted)
        known = known.select(id=known[wanted.id].cast("string")).distinct()
        theirs = rows.semi_join(known, "id").order_by("id", "truth")
        yield from _batches(source, theirs.select(**{key: theirs.id, target: theirs.truth}))


def _inside(source: Source, group: Group, spans: Sequence[tuple[datetime, datetime]], wanted: Wanted) -> Any:
    import ibis

    at = moment(group, wanted.live.time, wanted.live.unit, source.place.shown)
    inside = [(at >= literal(start)) & (at < literal(end)) for start, end in spans]
    return _named(group.table.filter(ibis.or_(*inside)), wanted.names, wanted.needed, source.place.shown)


def _named(table: Any, names: Sequence[str], needed: Sequence[str], where: str) -> Any:
    there = [name for name in names if name in table.columns]
    missing = [name for name in needed if name not in there]
    if missing:
        raise InputError("E-DRF-022", f"has no column {missing[0][:80]!r}.", where=where, fix=_FIX)
    return table.select(*there)


def _batches(source: Source, question: Any) -> Iterator[Piece]:
    yield from ((source.place.shown, batch) for batch in source.batches(question))
