"""What a change of the data changes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.data.diff import Difference, Files, Side, column_changes, compare, files
from tidegate.core.data.distributions import Column
from tidegate.core.evidence import canonical_bytes

TYPES = {"number": "float64", "text": "string", "id": "int64"}


def side(numbers: list[float | None], texts: list[str], types: Mapping[str, str] = TYPES) -> Side:
    there = np.array([number for number in numbers if number is not None], dtype=np.float64)
    counts = {text: texts.count(text) for text in texts}
    columns = {
        "number": Column(kind="numeric", rows=len(numbers), missing=len(numbers) - len(there), values=there),
        "text": Column(kind="category", rows=len(texts), missing=0, counts=counts),
        "id": Column(kind="numeric", rows=len(numbers), missing=0, values=np.arange(len(numbers), dtype=np.float64)),
    }
    return Side(rows=len(numbers), types=types, column=columns.get)


def difference(before: Side, after: Side) -> Difference:
    return compare(files({}, {}), before, after, label="number", leave_out=("id",))


numbers = st.lists(st.one_of(st.none(), st.floats(-100, 100)), min_size=1, max_size=30)
texts = st.lists(st.sampled_from("abc"), min_size=1, max_size=30)
sides = st.builds(side, numbers, texts)
listings = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["1", "2", "3"]))
schemas = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["int64", "string"]))


@given(listings)
def test_nothing_differs_from_itself(listing: dict[str, str]) -> None:
    assert files(listing, listing) == Files(added=(), removed=(), changed=())


@given(listings, listings)
def test_swapped_listings_mirror_and_account_for_every_file(one: dict[str, str], other: dict[str, str]) -> None:
    there, back = files(one, other), files(other, one)
    assert (there.added, there.removed, there.changed) == (back.removed, back.added, back.changed)
    same = [name for name in one if other.get(name) == one[name]]
    assert sorted([*there.added, *there.removed, *there.changed, *same]) == sorted(set(one) | set(other))


@given(schemas, schemas)
def test_swapped_schemas_mirror(one: dict[str, str], other: dict[str, str]) -> None:
    mirrored = {"added": "removed", "removed": "added", "retyped": "retyped"}
    there = {(change.name, change.change, change.before, change.after) for change in column_changes(one, other)}
    back = {(back.name, mirrored[back.change], back.after, back.before) for back in column_changes(other, one)}
    assert there == back
    assert not column_changes(one, one)


@given(sides)
def test_a_side_is_no_distance_from_itself(one: Side) -> None:
    found = difference(one, one)
    assert (found.shifts, found.columns) == ((), ())
    assert all(missing.before == missing.after for missing in found.missing)
    assert found.label is None or found.label.before == found.label.after


@given(sides, sides)
def test_swapped_sides_mirror(one: Side, other: Side) -> None:
    there, back = difference(one, other), difference(other, one)
    assert (there.rows_before, there.rows_after) == (back.rows_after, back.rows_before)
    assert [(shift.column, pytest.approx(shift.value), shift.after, shift.before) for shift in there.shifts] == [
        (shift.column, shift.value, shift.before, shift.after) for shift in back.shifts
    ]
    assert [(one.before, one.after) for one in there.missing] == [(one.after, one.before) for one in back.missing]


@given(sides, sides)
def test_it_can_always_be_written_down(one: Side, other: Side) -> None:
    canonical_bytes(difference(one, other).document("0" * 40, "data.dvc"))


def test_the_furthest_moved_column_comes_first_and_ids_are_left_out() -> None:
    found = difference(side([1, 2, 3, 4], ["a", "a", "a", "b"]), side([1, 2, 3, 4, 5], ["c", "c", "c", "c", "c"]))
    assert [(shift.column, shift.statistic, shift.kind) for shift in found.shifts] == [
        ("text", "js", "category"),
        ("number", "ks", "numeric"),
    ]


def test_missing_values_and_the_label_on_both_sides() -> None:
    found = difference(side([1, None, 3, None], ["a"] * 4), side([1, 2, 3, None], ["a"] * 4))
    assert [(one.column, one.before, one.after) for one in found.missing] == [("number", 0.5, 0.25)]
    assert found.label is not None
    assert (found.label.before["mean"], found.label.after["rows"]) == (2, 3)


def test_columns_that_came_went_or_changed_type() -> None:
    found = column_changes({"a": "int64", "b": "string", "c": "bool"}, {"b": "int64", "a": "int64", "d": "bool"})
    assert [(change.name, change.change, change.before, change.after) for change in found] == [
        ("b", "retyped", "string", "int64"),
        ("d", "added", None, "bool"),
        ("c", "removed", "bool", None),
    ]


def test_a_column_that_cannot_be_read_is_left_out_of_the_distances() -> None:
    mixed = side([1, 2], ["a", "b"], {"number": "float64", "list": "list<item: int64>"})
    assert [shift.column for shift in difference(mixed, side([5, 6], ["a", "b"])).shifts] == ["number"]


def test_evidence_has_the_agreed_form() -> None:
    document = difference(side([1], ["a"]), side([2], ["a"])).document("c0ffee", "data.dvc")
    assert set(document) == {*("base", "pointer", "files", "rows", "columns", "nulls", "label", "shifts")}
    assert document["files"] == {"added": [], "removed": [], "changed": []}
