"""The profile on disk: what the example's pipeline writes is read, and nothing that contradicts itself is."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fixtures import drift
from tidegate.core.drift import document
from tidegate.core.drift.profile import Numbers, Words
from tidegate.errors import InputError


def written() -> dict[str, Any]:
    """As `model/data_profile.py` writes it: no optional members."""
    numbers = {"counts": [1, 2], "nulls": 1, "mean": 0.5, "m2": 2.0, "min": -1.0, "max": 1.5}
    part = {"rows": 4, "clusters": 2, "columns": {"x": numbers, "city": {"counts": {"Oslo": 4}, "nulls": 0}}}
    return {
        "schema": 1,
        "cluster": "date",
        "columns": {
            "x": {"kind": "number", "role": "feature", "edges": [0.0]},
            "city": {"kind": "category", "role": "feature"},
        },
        "total": part,
        "months": {"2024-01": part},
        "products": {"x": [[1, 0], [0, 4]], "city": [[8]]},
    }


def test_reading_and_writing_gives_the_same_document() -> None:
    assert json.loads(json.dumps(document.document(document.profile(written(), "profile.json")))) == written()


def test_a_profile_of_ours_survives() -> None:
    made = drift.profile({"x": np.array([1.0, 2.0, np.nan, 7.0]), "city": ["Oslo", None, "Rome", "Rome"]})
    again = document.profile(json.loads(json.dumps(document.document(made))), "profile.json")
    assert again.columns == made.columns
    assert again.total == made.total


def test_what_version_1_did_not_count_is_unknown_and_not_zero() -> None:
    total = document.profile(written(), "profile.json").total
    assert isinstance(x := total.columns["x"], Numbers)
    assert isinstance(city := total.columns["city"], Words)
    assert (x.null_clusters, city.null_clusters, city.other_clusters) == (None, 0, 0)


BROKEN: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "not an object": (lambda d: [d], "E-DRF-001"),
    "another version": (lambda d: {**d, "schema": 2}, "E-DRF-001"),
    "no version": (lambda d: {key: value for key, value in d.items() if key != "schema"}, "E-DRF-001"),
    "no total": (lambda d: {key: value for key, value in d.items() if key != "total"}, "E-DRF-002"),
    "column without counts": (lambda d: d["total"]["columns"].pop("x") and d, "E-DRF-002"),
    "descending edges": (lambda d: d["columns"]["x"].update(edges=[1, 0]) or d, "E-DRF-002"),
    "edge that is no number": (lambda d: d["columns"]["x"].update(edges=[float("nan")]) or d, "E-DRF-002"),
    "unknown kind": (lambda d: d["columns"]["x"].update(kind="vector") or d, "E-DRF-002"),
    "unknown role": (lambda d: d["columns"]["x"].update(role="weight") or d, "E-DRF-002"),
    "a count too many": (lambda d: d["total"]["columns"]["x"].update(counts=[1, 2, 3]) or d, "E-DRF-002"),
    "counts that do not add up": (lambda d: d["total"]["columns"]["x"].update(counts=[1, 3]) or d, "E-DRF-002"),
    "negative count": (lambda d: d["total"]["columns"]["x"].update(counts=[-1, 4]) or d, "E-DRF-002"),
    "count with a fraction": (lambda d: d["total"]["columns"]["x"].update(counts=[1.5, 1.5]) or d, "E-DRF-002"),
    "true for a count": (lambda d: d["total"].update(rows=True) or d, "E-DRF-002"),
    "mean that is no number": (lambda d: d["total"]["columns"]["x"].update(mean=None) or d, "E-DRF-002"),
    "infinite moment": (lambda d: d["total"]["columns"]["x"].update(m2=float("inf")) or d, "E-DRF-002"),
    "more clusters than rows": (lambda d: d["total"].update(clusters=5) or d, "E-DRF-002"),
    "cluster that is no name": (lambda d: {**d, "cluster": 7}, "E-DRF-002"),
    "products of another shape": (lambda d: d["products"].update(x=[[1, 0]]) or d, "E-DRF-002"),
    "products of an unknown column": (lambda d: d["products"].update(y=[[1]]) or d, "E-DRF-002"),
    "months that are a list": (lambda d: {**d, "months": []}, "E-DRF-002"),
    "columns that are null": (lambda d: {**d, "columns": None}, "E-DRF-002"),
}


@pytest.mark.parametrize(("breaking", "code"), BROKEN.values(), ids=BROKEN.keys())
def test_a_profile_that_contradicts_itself_is_refused_by_name(breaking: Callable[..., Any], code: str) -> None:
    with pytest.raises(InputError) as raised:
        document.profile(breaking(written()), "profile.json")
    assert (raised.value.code, raised.value.where) == (code, "profile.json")
    assert raised.value.fix
