"""What is kept of a data set so that later data can be held against it: counts that add up, never a row.

A part can be merged with any other part over the same columns, in any order and grouping, so it does not matter in how
many pieces, or on how many machines, data is read. The format on disk is in `document.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

Kind = Literal["number", "category", "other"]
Role = Literal["feature", "label", "prediction"]
MOST_EXAMPLES = 20


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Count, mean, sum of squared deviations and range of finite values; `low` and `high` are None without any."""

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A numeric column. Bin i holds ``edges[i-1] < value <= edges[i]``; the first and the last bin are open.

    `counts` has one entry more than there are edges; infinities fall into the open bins and are counted in `infinite`
    too. NaN is a null. `null_clusters`: clusters with a null among their rows, None where that was not counted.
    """

    counts: tuple[int, ...]
    nulls: int = 0
    null_clusters: int | None = None
    infinite: int = 0
    moments: Moments = field(default_factory=Moments)


@dataclass(frozen=True, kw_only=True)
class Words:
    """A categorical column: rows of each listed word; `other` rows have a word that is not listed.

    `examples`: the alphabetically first of those words with their rows, which stays exact however parts are merged.
    """

    counts: Mapping[str, int]
    nulls: int = 0
    null_clusters: int | None = None
    other: int = 0
    other_clusters: int | None = None
    examples: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Opaque:
    """A column whose values are not compared (times, lists, bytes): only whether they are there."""

    nulls: int = 0
    null_clusters: int | None = None


Summary = Numbers | Words | Opaque


@dataclass(frozen=True, kw_only=True)
class Part:
    """Counts of some rows. `clusters`: groups of rows that are independent of one another (days, users), or rows."""

    rows: int
    clusters: int
    columns: Mapping[str, Summary]


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column is for. `edges`: ascending values that cut numbers into bins; `words`: those that are counted."""

    kind: Kind
    role: Role = "feature"
    edges: tuple[float, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The reference: all rows in `total`, and by month in `periods` where that is known.

    `cluster`: the column (or ``date``) whose values are independent, None where rows are. `products[name]`: Σ over
    clusters of (count in cell i)·(count in cell j), shape (cells, cells), cells as in `cells.py`; with the counts it
    says how much clusters differ.
    """

    cluster: str | None
    columns: Mapping[str, Column]
    total: Part
    periods: Mapping[str, Part] = field(default_factory=dict)
    products: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def empty(column: Column) -> Summary:
    """The summary of no rows."""
    if column.kind == "number":
        return Numbers(counts=(0,) * (len(column.edges) + 1), null_clusters=0)
    if column.kind == "category":
        return Words(counts=dict.fromkeys(column.words, 0), null_clusters=0, other_clusters=0)
    return Opaque(null_clusters=0)


def merge(one: Part, other: Part) -> Part:
    """The part that describes the rows of both, provided that no cluster is split between them.

    Raises ValueError when the parts have different columns or bins.
    """
    if one.columns.keys() != other.columns.keys():
        raise ValueError(f"parts differ in columns: {sorted(one.columns.keys() ^ other.columns.keys())}")
    return Part(
        rows=one.rows + other.rows,
        clusters=one.clusters + other.clusters,
        columns={name: merge_columns(summary, other.columns[name]) for name, summary in one.columns.items()},
    )


def merge_columns(one: Summary, other: Summary) -> Summary:
    """Both summaries of one column together. Raises ValueError for summaries of different kinds or bins."""
    nulls, null_clusters = one.nulls + other.nulls, _both(one.null_clusters, other.null_clusters)
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return Numbers(
            counts=tuple(a + b for a, b in zip(one.counts, other.counts, strict=True)),
            infinite=one.infinite + other.infinite,
            moments=merge_moments(one.moments, other.moments),
            nulls=nulls,
            null_clusters=null_clusters,
        )
    if isinstance(one, Words) and isinstance(other, Words):
        return Words(
            counts=_added(one.counts, other.counts),
            other=one.other + other.other,
            other_clusters=_both(one.other_clusters, other.other_clusters),
            examples=first_words(_added(one.examples, other.examples)),
            nulls=nulls,
            null_clusters=null_clusters,
        )
    if isinstance(one, Opaque) and isinstance(other, Opaque):
        return Opaque(nulls=nulls, null_clusters=null_clusters)
    raise ValueError(f"{type(one).__name__} and {type(other).__name__} cannot be merged")


def first_words(counts: Mapping[str, int]) -> dict[str, int]:
    """The alphabetically first words. A word among them for all rows is among them for any part that has it."""
    return {word: counts[word] for word in sorted(counts)[:MOST_EXAMPLES]}


def merge_moments(one: Moments, other: Moments) -> Moments:
    """Moments of two groups together: Chan, Golub & LeVeque (1983), written so that the order does not matter."""
    if not one.count or not other.count:
        return one if one.count else other
    count = one.count + other.count
    apart = one.mean - other.mean
    return Moments(
        count=count,
        mean=(one.mean * one.count + other.mean * other.count) / count,
        m2=one.m2 + other.m2 + apart * apart * (one.count * other.count / count),
        low=min(low for low in (one.low, other.low) if low is not None),
        high=max(high for high in (one.high, other.high) if high is not None),
    )


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {word: one.get(word, 0) + other.get(word, 0) for word in sorted(one.keys() | other.keys())}


def _both(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
