"""Rows of every group under one set of names and types, each with the number of its window.

`span` is the window's number, `OUTSIDE` or `UNTIMED`; `part` the group's number; `unit` the cluster; `c0`, `c1`, … are
the reference's columns in its order: numbers as whole numbers or doubles without NaN, words as text, of others only
whether they are there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.adapters.scan import kinds
from tidegate.adapters.scan.database.place import Group
from tidegate.adapters.scan.selection import Scope
from tidegate.core.drift.profile import Column, Kind
from tidegate.errors import InputError

OUTSIDE, UNTIMED = -1, -2
_FIX = "Write it as timestamps, or say in drift.live.unit what its whole numbers count."


@dataclass(frozen=True, kw_only=True)
class Relation:
    """`rows` as the module says. `present`: the groups in which a column can be counted; `whole`: it holds integers."""

    rows: Any
    names: Mapping[str, str]
    present: Mapping[str, tuple[int, ...]]
    whole: frozenset[str]
    clustered: bool

    @property
    def windows(self) -> Any:
        """The rows that are in a window."""
        return self.rows.filter(self.rows.span >= 0)


def relation(groups: Sequence[Group], columns: Mapping[str, Column], scope: Scope, where: str) -> Relation:
    """Raises InputError E-DRF-020 no clusters, E-DRF-021 no times."""
    import ibis

    present = {
        name: tuple(place for place, group in enumerate(groups) if _suits(group, name, column.kind))
        for name, column in columns.items()
    }
    whole = frozenset(
        name
        for name, column in columns.items()
        if column.kind == "number" and all(_is_whole(groups[place], name) for place in present[name])
    )
    names = {name: f"c{place}" for place, name in enumerate(columns)}
    tables = []
    for place, group in enumerate(groups):
        values = {
            names[name]: _value(group, name, column.kind, name in whole, counted=place in present[name])
            for name, column in columns.items()
        }
        cluster = _cluster(group, scope, where)
        told = {"part": ibis.literal(place, "int32"), "span": _span(group, scope, where), "unit": cluster}
        tables.append(group.table.select(**told, **values))
    rows = tables[0] if len(tables) == 1 else ibis.union(*tables)
    return Relation(rows=rows, names=names, present=present, whole=whole, clustered=scope.cluster is not None)


def moment(group: Group, time: str, unit: str | None, where: str) -> Any:
    """The column of times as timestamps in UTC. Raises InputError E-DRF-021."""
    if time not in group.schema.names:
        raise InputError("E-DRF-021", f"has no column of times {time[:80]!r}.", where=where, fix=_FIX)
    column = group.table[time]
    kind = column.type()
    if kind.is_integer() and unit is not None:
        return (column // 1_000).as_timestamp("us") if unit == "ns" else column.as_timestamp(unit)
    if kind.is_timestamp():
        return column.cast("timestamp") if kind.timezone else column
    if kind.is_date() or kind.is_string():
        return column.cast("timestamp")
    raise InputError("E-DRF-021", f"has a time column of type {kind}.", where=where, fix=_FIX)


def _suits(group: Group, name: str, kind: Kind) -> bool:
    return name in group.schema.names and kinds.suits(group.schema.field(name).type, kind)


def _is_whole(group: Group, name: str) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(group.schema.field(name).type))


def _value(group: Group, name: str, kind: Kind, whole: bool, *, counted: bool) -> Any:
    import ibis

    wanted = {"category": "string", "other": "int8"}.get(kind, "int64" if whole else "float64")
    if not counted:
        return ibis.null(wanted)
    column = group.table[name]
    if kind == "other":
        return column.isnull().ifelse(ibis.null("int8"), ibis.literal(1, "int8"))
    value = column.cast(wanted)
    if kind == "number" and column.type().is_floating():
        return value.isnan().ifelse(ibis.null("float64"), value)
    return value


def _span(group: Group, scope: Scope, where: str) -> Any:
    import ibis

    if scope.time is None or scope.spans == (None,):
        return ibis.literal(0, "int32")
    at = moment(group, scope.time, scope.unit, where)
    cases = [(at.isnull(), ibis.literal(UNTIMED, "int32"))]
    if scope.only is not None and (name := scope.only_column(group.schema.names)) is not None:
        others = group.table[name].cast("string").fill_null("") != scope.only[1]
        cases.append((others, ibis.literal(OUTSIDE, "int32")))
    for number, span in enumerate(scope.spans):
        if span is not None:
            inside = (at >= literal(span[0])) & (at < literal(span[1]))
            cases.append((inside, ibis.literal(number, "int32")))
    return ibis.cases(*cases, else_=ibis.literal(OUTSIDE, "int32"))


def literal(at: datetime) -> Any:
    """A moment as every database takes it."""
    import ibis

    return ibis.timestamp(at.isoformat())


def _cluster(group: Group, scope: Scope, where: str) -> Any:
    import ibis

    if scope.cluster is None:
        return ibis.literal(0, "int32")
    try:
        name = scope.cluster_column(group.schema.names)
    except InputError as error:
        raise type(error)(error.code, error.message, where=where, fix=error.fix) from None
    if name is not None:
        return group.table[name].cast("string")
    return moment(group, scope.time or "", scope.unit, where).date()
