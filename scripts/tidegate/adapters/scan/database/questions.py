"""What is asked of a relation, and how answers become the summaries that the embedded engine makes too.

Values are grouped where they are: numbers by bin, words by the reference's words, and what comes back is as small as a
profile. Each column is read once, many columns by one question. Clusters, and words never seen, are asked for
only of columns that have something to tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tidegate.adapters.scan.database.relation import Relation
from tidegate.adapters.scan.number_tally import LARGEST, middle, moments, typed
from tidegate.core.drift.profile import MOST_EXAMPLES, Column, Moments, Numbers

Answer = Callable[[Any], list[dict[str, Any]]]
Row = Mapping[str, Any]
Counts = dict[str | None, int]
_TOGETHER = 64
"""Columns in one question: planners give up on thousands."""


def rows(relation: Relation, answer: Answer) -> dict[tuple[int, int], int]:
    """Rows by window and group; windows that are none among them."""
    found = answer(relation.rows.group_by("span", "part").agg(rows=lambda table: table.count()))
    return {(row["span"], row["part"]): row["rows"] for row in found}


def totals(relation: Relation, columns: Mapping[str, Column], answer: Answer) -> dict[int, dict[str, Any]]:
    """By window: how many values each column has that are no words, and of numbers the sums of each bin (`c0_bins`)."""
    found: dict[int, dict[str, Any]] = {}
    numbers = [_by_bin(relation, name, column) for name, column in columns.items() if column.kind == "number"]
    for row in _answers(numbers, answer):
        told, key = found.setdefault(row["span"], {}), row["key"]
        told.setdefault(f"{key}_bins", []).append(row)
        told[f"{key}_known"] = told.get(f"{key}_known", 0) + row["rows"]
    table, others = relation.windows, [relation.names[name] for name in columns if columns[name].kind == "other"]
    if others:
        for row in answer(table.group_by("span").agg(**{f"{key}_known": table[key].count() for key in others})):
            found.setdefault(row["span"], {}).update(row)
    return found


def _by_bin(relation: Relation, name: str, column: Column) -> Any:
    """Rows and moments of each bin: grouping costs a database less than a sum for every edge."""
    import ibis

    key, whole = relation.names[name], name in relation.whole
    table = relation.windows.select("span", value=relation.windows[key])
    table = table.filter(table.value.notnull())
    # Not Ibis's isinf: on Spark it is always false.
    finite = table.value if whole else (table.value.abs() > LARGEST).ifelse(None, table.value)
    finite = finite.cast("float64")
    table = table.select(
        "span", bin=_bin(table.value, column, whole), finite=finite, apart=finite - middle(column.edges)
    )
    grouped = table.group_by("span", "bin").agg(
        rows=table.count(),
        finite=table.finite.count(),
        total=table.apart.sum(),
        squares=(table.apart * table.apart).sum(),
        low=table.finite.min(),
        high=table.finite.max(),
    )
    return grouped.mutate(key=ibis.literal(key))


def _bin(value: Any, column: Column, whole: bool) -> Any:
    """The number of the first edge that a value is not above."""
    import ibis

    edges: list[Any] = typed(column.edges, np.dtype(np.int64 if whole else np.float64)).tolist()
    below = len(column.edges) - len(edges)  # edges below all numbers of the column's type
    if not edges:
        return ibis.literal(below, "int32")
    cases = [(value <= edge, ibis.literal(below + place, "int32")) for place, edge in enumerate(edges)]
    return ibis.cases(*cases, else_=ibis.literal(len(column.edges), "int32"))


def numbers(bins: Sequence[Row], column: Column, *, absent: int, null_clusters: int) -> Numbers:
    """A numeric column's summary from the sums of its bins."""
    counts = [0] * (len(column.edges) + 1)
    for row in bins:
        counts[row["bin"]] += row["rows"]
    return Numbers(
        counts=tuple(counts),
        nulls=absent,
        null_clusters=null_clusters,
        infinite=sum(row["rows"] - row["finite"] for row in bins),
        moments=_moments([row for row in bins if row["finite"]], column),
    )


def _moments(bins: Sequence[Row], column: Column) -> Moments:
    """Sums that were too large came back as infinite, or, from some databases, as nothing."""
    if not bins:
        return Moments()
    sums = [sum(math.inf if row[name] is None else float(row[name]) for row in bins) for name in ("total", "squares")]
    return moments(
        sum(row["finite"] for row in bins),
        float(np.clip(np.nan_to_num(sums[0], nan=LARGEST), -LARGEST, LARGEST)),
        float(np.nan_to_num(sums[1], nan=LARGEST, posinf=LARGEST)),
        shift=middle(column.edges),
        low=min(float(row["low"]) for row in bins),
        high=max(float(row["high"]) for row in bins),
    )


def words(relation: Relation, columns: Mapping[str, Column], answer: Answer) -> dict[tuple[int, str], Counts]:
    """By window and column, rows of each word that the reference lists, and of all others under None."""
    asked = []
    for name, column in columns.items():
        if column.kind == "category":
            value = relation.windows[relation.names[name]]
            listed = value.isin(column.words).ifelse(value, None) if column.words else None
            asked.append(_by_word(relation, name, value.notnull(), listed))
    return _told(relation, asked, answer)


def examples(relation: Relation, columns: Mapping[str, Column], answer: Answer) -> dict[tuple[int, str], Counts]:
    """By window and column, the alphabetically first words that the reference does not list, with their rows."""
    import ibis

    asked = []
    for name, column in columns.items():
        strange = _by_word(relation, name, _strange(relation, name, column), relation.windows[relation.names[name]])
        ranked = strange.mutate(place=ibis.row_number().over(group_by="span", order_by=ibis.asc("word")))
        asked.append(ranked.filter(ranked.place < MOST_EXAMPLES).drop("place"))
    return _told(relation, asked, answer)


def _strange(relation: Relation, name: str, column: Column) -> Any:
    value = relation.windows[relation.names[name]]
    return value.notnull() & value.notin(column.words) if column.words else value.notnull()


def _by_word(relation: Relation, name: str, chosen: Any, word: Any) -> Any:
    import ibis

    table = relation.windows.select("span", word=ibis.null("string") if word is None else word, chosen=chosen)
    table = table.filter(table.chosen)
    grouped = table.group_by("span", "word").agg(rows=table.count())
    return grouped.select("span", "word", "rows", key=ibis.literal(relation.names[name]))


def _answers(asked: Sequence[Any], answer: Answer) -> Iterator[Row]:
    """Many columns' answers for a few questions."""
    import ibis

    for first in range(0, len(asked), _TOGETHER):
        block = asked[first : first + _TOGETHER]
        yield from answer(ibis.union(*block) if len(block) > 1 else block[0])


def _told(relation: Relation, asked: Sequence[Any], answer: Answer) -> dict[tuple[int, str], Counts]:
    names = {key: name for name, key in relation.names.items()}
    found: dict[tuple[int, str], Counts] = {}
    for row in _answers(asked, answer):
        found.setdefault((row["span"], names[row["key"]]), {})[row["word"]] = row["rows"]
    return found


def clusters(
    relation: Relation, absent: Sequence[str], strange: Mapping[str, Column], answer: Answer
) -> dict[int, Row]:
    """By window: how many clusters there are (`clusters`), and with a null (`c0_null`) or a new word (`c0_other`)."""
    table, happened = relation.windows, {}
    for name in absent:
        there = table.part.isin(relation.present[name])
        happened[f"{relation.names[name]}_null"] = (table[relation.names[name]].isnull() & there).any()
    for name, column in strange.items():
        happened[f"{relation.names[name]}_other"] = _strange(relation, name, column).any()
    of_each = table.group_by("span", "unit").agg(**happened) if happened else table.select("span", "unit").distinct()
    counted = {key: of_each.count(where=of_each[key]) for key in happened}
    return {row["span"]: row for row in answer(of_each.group_by("span").agg(clusters=of_each.count(), **counted))}
