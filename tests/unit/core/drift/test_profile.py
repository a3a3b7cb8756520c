"""Parts add up to the same whole in any order and grouping."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import drift
from tidegate.core.drift.profile import Column, Numbers, Opaque, Part, Words, empty, first_words, merge, merge_columns

COLUMNS = {
    "size": Column(kind="number", edges=(-1.0, 0.0, 2.5)),
    "city": Column(kind="category", words=("Oslo", "Rome")),
}
VALUES = st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")))
CITIES = st.sampled_from(["Oslo", "Rome", "Bergen", "Turin", None])
ROWS = st.lists(st.tuples(VALUES, CITIES), min_size=1, max_size=12)


def part(rows: list[tuple[float, str | None]]) -> Part:
    return drift.part({"size": np.array([row[0] for row in rows]), "city": [row[1] for row in rows]}, COLUMNS)


def same(one: Part, other: Part) -> None:
    """Counts to the last row, moments to rounding."""
    assert (one.rows, one.clusters, one.columns["city"]) == (other.rows, other.clusters, other.columns["city"])
    a, b = one.columns["size"], other.columns["size"]
    assert isinstance(a, Numbers)
    assert isinstance(b, Numbers)
    assert (a.counts, a.nulls, a.moments.count) == (b.counts, b.nulls, b.moments.count)
    assert (a.moments.low, a.moments.high) == (b.moments.low, b.moments.high)
    scale = max(abs(a.moments.low or 0.0), abs(a.moments.high or 0.0), 1.0)
    assert a.moments.mean == pytest.approx(b.moments.mean, abs=1e-9 * scale)
    assert a.moments.m2 == pytest.approx(b.moments.m2, rel=1e-6, abs=1e-6 * scale)


@given(ROWS, ROWS)
def test_the_profile_of_all_rows_is_the_merge_of_the_profiles(one: list[object], other: list[object]) -> None:
    same(merge(part(one), part(other)), part(one + other))  # type: ignore[arg-type]


@given(ROWS, ROWS)
def test_merging_commutes_to_the_last_bit(one: list[object], other: list[object]) -> None:
    assert merge(part(one), part(other)) == merge(part(other), part(one))  # type: ignore[arg-type]


@given(st.lists(ROWS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_grouping_and_order_do_not_matter(pieces: list[list[object]], random: object) -> None:
    parts = [part(piece) for piece in pieces]  # type: ignore[arg-type]
    forwards = reduce(merge, parts)
    random.shuffle(parts)  # type: ignore[attr-defined]
    same(forwards, reduce(lambda whole, piece: merge(piece, whole), parts))


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers(1, 9), max_size=40), min_size=1, max_size=4))
def test_examples_are_exact_however_parts_are_merged(pieces: list[dict[str, int]]) -> None:
    counted = [Words(counts={}, examples=first_words(piece)) for piece in pieces]
    merged = reduce(merge_columns, counted)
    whole: dict[str, int] = {}
    for piece in pieces:
        whole = {word: whole.get(word, 0) + piece.get(word, 0) for word in whole | piece}
    assert isinstance(merged, Words)
    assert merged.examples == first_words(whole)


@pytest.mark.parametrize("column", [*COLUMNS.values(), Column(kind="other")], ids=lambda column: column.kind)
def test_an_empty_part_changes_nothing(column: Column) -> None:
    nothing = empty(column)
    assert merge_columns(nothing, nothing) == nothing


def test_unknown_numbers_of_clusters_stay_unknown() -> None:
    merged = merge_columns(Opaque(nulls=3, null_clusters=None), Opaque(nulls=1, null_clusters=1))
    assert merged == Opaque(nulls=4, null_clusters=None)


def test_other_columns_or_kinds_do_not_merge() -> None:
    with pytest.raises(ValueError, match="differ in columns"):
        merge(Part(rows=1, clusters=1, columns={"a": Opaque()}), Part(rows=1, clusters=1, columns={}))
    with pytest.raises(ValueError, match="cannot be merged"):
        merge_columns(Opaque(), Words(counts={}))
    with pytest.raises(ValueError, match="shorter"):
        merge_columns(Numbers(counts=(1, 2)), Numbers(counts=(1,)))
