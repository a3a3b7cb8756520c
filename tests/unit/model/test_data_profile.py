"""A profile counts every row once, and profiles of pieces add up to the profile of the whole."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data_profile
from unit.model.rows import hours

ROLES = {"season": "feature", "holiday": "feature", "temperature": "feature", "rentals": "label"}


def days_of(table: pa.Table) -> Any:
    return table["timestamp"].to_numpy().astype("datetime64[D]")


def with_nulls(table: pa.Table) -> pa.Table:
    number = table["temperature"].to_pylist()
    words = table["season"].to_pylist()
    number[3], number[4], words[5] = None, float("nan"), None
    table = table.set_column(table.column_names.index("temperature"), "temperature", pa.array(number, pa.float64()))
    return table.set_column(table.column_names.index("season"), "season", pa.array(words))


@given(st.integers(0, 2**32 - 1), st.integers(1, 9))
def test_merging_any_two_groups_of_days_gives_the_whole(seed: int, cut: int) -> None:
    table = with_nulls(hours(240, seed=seed % 10)).select(["timestamp", *ROLES])
    days = days_of(table)
    first = np.isin(days, np.random.default_rng(seed).permutation(np.unique(days))[:cut])
    edges = {name: data_profile.quantiles(table[name]) for name in ("temperature", "rentals")}
    whole, one, two = (
        data_profile.part(table.select(list(ROLES)).filter(rows), edges, days[rows])
        for rows in (first | ~first, first, ~first)
    )
    merged = data_profile.merge(one, two)
    for name in ("temperature", "rentals"):
        for moment in ("mean", "m2"):
            expected = whole["columns"][name].pop(moment)
            assert merged["columns"][name].pop(moment) == pytest.approx(expected, rel=1e-9)
    assert merged == whole


def test_every_row_is_counted_once() -> None:
    table = with_nulls(hours(60 * 24))
    described = data_profile.profile(table, ROLES, "timestamp")
    assert list(described["months"]) == ["2011-01", "2011-02", "2011-03"]
    for part in (described["total"], *described["months"].values()):
        for name, column in part["columns"].items():
            counts = column["counts"].values() if isinstance(column["counts"], dict) else column["counts"]
            assert sum(counts) + column["nulls"] == part["rows"], name
    assert described["total"]["rows"] == sum(part["rows"] for part in described["months"].values()) == 60 * 24
    assert described["total"]["clusters"] == 60
    assert described["total"]["columns"]["temperature"]["nulls"] == 2
    assert described["total"]["columns"]["season"]["nulls"] == 1


def test_bins_are_closed_above() -> None:
    column = pa.chunked_array([[0.0, 0.5, 0.5000001, 1.0, 7.0]])
    part = data_profile.part(pa.table({"x": column}), {"x": [0.5, 1.0]}, np.array(["2011-01-01"] * 5))
    assert part["columns"]["x"]["counts"] == [2, 2, 1]


def test_quantiles_occur_in_the_data_and_repeat_nothing() -> None:
    table = hours(1000)
    edges = data_profile.quantiles(table["temperature"])
    assert len(edges) == 13
    assert set(edges) <= set(table["temperature"].to_pylist())
    assert data_profile.quantiles(pa.chunked_array([[0.0] * 90 + [1.0] * 10])) == [0.0, 1.0]
    assert data_profile.quantiles(pa.chunked_array([[0.0] * 100])) == [0.0]


def test_quantiles_leave_out_what_is_missing() -> None:
    known = [float(value) for value in range(20)]
    missing = [None, float("nan")]
    assert data_profile.quantiles(pa.chunked_array([known + missing])) == data_profile.quantiles(
        pa.chunked_array([known])
    )
    assert data_profile.quantiles(pa.chunked_array([missing])) == []


def test_products_know_how_days_differ() -> None:
    """Three days: variance of a bin's daily count from the profile = variance from the rows."""
    table = hours(72)
    products = data_profile.products(table["season"], None, days_of(table))
    words = sorted(set(table["season"].to_pylist()))
    per_day = np.array([[table["season"].to_pylist()[24 * d : 24 * d + 24].count(w) for w in words] for d in range(3)])
    assert products == (per_day.T @ per_day).tolist()
    counts = per_day.sum(axis=0)
    assert np.diag(products) / 3 - (counts / 3) ** 2 == pytest.approx(per_day.var(axis=0))


def test_products_of_a_number_follow_its_bins() -> None:
    table = with_nulls(hours(48))
    edges = data_profile.quantiles(table["temperature"])
    products = np.array(data_profile.products(table["temperature"], edges, days_of(table)))
    counts = data_profile.part(table.select(["temperature"]), {"temperature": edges}, days_of(table))
    bins = counts["columns"]["temperature"]["counts"]
    assert products.shape == (len(bins), len(bins))
    assert (products == products.T).all()
    assert products.sum() == sum(n * n for n in (22, 24))  # two days, two nulls on the first


def test_empty_part_of_a_column_merges_into_the_other() -> None:
    full = data_profile.part(pa.table({"x": [1.0, 3.0]}), {"x": [2.0]}, np.array(["a", "a"]))
    empty = data_profile.part(pa.table({"x": pa.array([None], pa.float64())}), {"x": [2.0]}, np.array(["b"]))
    for merged in (data_profile.merge(full, empty), data_profile.merge(empty, full)):
        assert merged["columns"]["x"] == full["columns"]["x"] | {"nulls": 1}


def test_profile_is_strict_json_and_small() -> None:
    text = json.dumps(data_profile.profile(hours(365 * 24), ROLES, "timestamp"), allow_nan=False)
    assert len(text) < 40_000
