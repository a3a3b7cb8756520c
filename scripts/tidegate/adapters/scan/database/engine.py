"""The windows of live data, counted by the database that holds it: what comes back is counts, never rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from tidegate.adapters.scan import kinds
from tidegate.adapters.scan.database import questions
from tidegate.adapters.scan.database.place import Source
from tidegate.adapters.scan.database.relation import OUTSIDE, UNTIMED, Relation, moment, relation
from tidegate.adapters.scan.extent import Extent
from tidegate.adapters.scan.selection import Scope, Span
from tidegate.core.drift.profile import Column, Opaque, Part, Summary, Words
from tidegate.core.drift.window import Sighting, Window


def windows(
    source: Source,
    columns: Mapping[str, Column],
    spans: Sequence[Span],
    *,
    time: str,
    cluster: str | None,
    unit: str | None = None,
    only: tuple[str, str] | None = None,
) -> list[Window]:
    """The window of each span of time, as the embedded engine would count it.

    Raises InputError E-DRF-020 no clusters, E-DRF-021 no times, InfrastructureError E-DRF-028 no answer.
    """
    scope = Scope(spans=tuple(spans), time=time, cluster=cluster, unit=unit, only=only)
    counted = _count(source, columns, scope)
    return [counted.window(number, span) for number, span in enumerate(spans)]


def everything(
    source: Source, columns: Mapping[str, Column], *, time: str | None = None, cluster: str | None = None
) -> Window:
    """All rows as one window; its span says nothing."""
    counted = _count(source, columns, Scope(spans=(None,), time=time, cluster=cluster))
    return counted.window(0, (datetime.min, datetime.max))


def extent(source: Source, time: str, unit: str | None = None, *, until: datetime = datetime.max) -> Extent | None:
    """From when to when the rows reach, None where they hold no time; what is later than `until` does not count."""
    import ibis

    limit = ibis.timestamp(until.isoformat())
    ends: list[datetime] = []
    later = 0
    for group in source.groups:
        at = moment(group, time, unit, source.place.shown)
        table = group.table.select(at=at)
        early = table.at <= limit
        found = source.answer(
            table.agg(first=table.at.min(where=early), last=table.at.max(where=early), later=table.count(where=~early))
        )[0]
        later += found["later"] or 0
        ends += [_plain(end) for end in (found["first"], found["last"]) if end is not None]
    return Extent(first=min(ends), last=max(ends), later=later) if ends else None


def _plain(at: datetime) -> datetime:
    """Without a zone, whole microseconds: some databases answer in finer ones."""
    plain = np.datetime64(at.replace(tzinfo=None), "us").astype(datetime)
    return plain if isinstance(plain, datetime) else datetime.fromisoformat(str(plain))


@dataclass(frozen=True, kw_only=True)
class _Counted:
    source: Source
    relation: Relation
    columns: Mapping[str, Column]
    scope: Scope
    rows: Mapping[tuple[int, int], int]
    totals: Mapping[int, questions.Row]
    words: Mapping[tuple[int, str], questions.Counts]
    examples: Mapping[tuple[int, str], questions.Counts] = field(default_factory=dict)
    clusters: Mapping[int, questions.Row] = field(default_factory=dict)

    def window(self, number: int, span: Span) -> Window:
        by_group = {group: self.rows.get((number, group), 0) for group in range(len(self.source.groups))}
        rows = sum(by_group.values())
        told = self.clusters.get(number, {})
        return Window(
            start=span[0],
            end=span[1],
            part=Part(
                rows=rows,
                clusters=told.get("clusters", 0) if self.scope.cluster is not None else rows,
                columns={name: self._summary(number, name) for name in self.columns},
            ),
            seen={name: self._sighting(name, by_group) for name in self._names()},
            untimed=self._outside(UNTIMED),
            outside=self._outside(OUTSIDE),
        )

    def _outside(self, span: int) -> int:
        return sum(rows for (number, _), rows in self.rows.items() if number == span)

    def _summary(self, number: int, name: str) -> Summary:
        column, row = self.columns[name], self.totals.get(number, {})
        key, told = self.relation.names[name], self.clusters.get(number, {})
        absent = self._absent(number, name)
        null_clusters = told.get(f"{key}_null") or 0
        if column.kind == "number":
            bins = row.get(f"{key}_bins", ())
            return questions.numbers(bins, column, absent=absent, null_clusters=null_clusters)
        if column.kind == "other":
            return Opaque(nulls=absent, null_clusters=null_clusters)
        listed = self.words.get((number, name), {})
        return Words(
            counts={word: listed.get(word, 0) for word in column.words},
            nulls=absent,
            null_clusters=null_clusters,
            other=listed.get(None, 0),
            other_clusters=told.get(f"{key}_other") or 0,
            examples={word or "": rows for word, rows in sorted(self.examples.get((number, name), {}).items())},
        )

    def _absent(self, number: int, name: str) -> int:
        """Rows without a value, of the groups that could have one."""
        there = sum(self.rows.get((number, place), 0) for place in self.relation.present[name])
        if self.columns[name].kind == "category":
            return there - sum(self.words.get((number, name), {}).values())
        return there - int(self.totals.get(number, {}).get(f"{self.relation.names[name]}_known", 0))

    def _names(self) -> list[str]:
        apart = {self.scope.time, self.scope.cluster} - self.columns.keys()
        return sorted({name for group in self.source.groups for name in group.schema.names} - apart)

    def _sighting(self, name: str, by_group: Mapping[int, int]) -> Sighting:
        """What the groups of the window's rows say of the column; all groups where the window has no rows."""
        types: Counter[str] = Counter()
        misfits: Counter[str] = Counter()
        absent = 0
        for place in [place for place, rows in by_group.items() if rows] or by_group:
            schema, rows = self.source.groups[place].schema, by_group[place]
            if name not in schema.names:
                absent += rows
            elif name in self.columns and place not in self.relation.present[name]:
                misfits[kinds.told(schema.field(name).type)] += rows
            else:
                types[kinds.told(schema.field(name).type)] += rows
        return Sighting(types=dict(types), misfits=dict(misfits), absent=absent)


def _count(source: Source, columns: Mapping[str, Column], scope: Scope) -> _Counted:
    asked = relation(source.groups, columns, scope, source.place.shown)
    counted = _Counted(
        source=source,
        relation=asked,
        columns=columns,
        scope=scope,
        rows=questions.rows(asked, source.answer),
        totals=questions.totals(asked, columns, source.answer),
        words=questions.words(asked, columns, source.answer),
    )
    strange = {name: columns[name] for (_, name), found in counted.words.items() if None in found}
    if strange:
        counted = replace(counted, examples=questions.examples(asked, strange, source.answer))
    if scope.cluster is None:
        return counted
    absent = [name for name in columns if any(counted._absent(number, name) for number in range(len(scope.spans)))]
    return replace(counted, clusters=questions.clusters(asked, absent, strange, source.answer))
