"""The server reads of a profile what it needs, and refuses one that cannot be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fixtures import server_models
from tidegate.errors import InputError
from tidegate.server.release import profile
from tidegate.server.release.packing import Rules

COLUMN = {"kind": "number", "edges": [0.0, 1.5]}


def test_bins_words_and_reach() -> None:
    read = profile.parse(server_models.PROFILE, "profile.json")
    assert read["size"] == profile.ProfileColumn(edges=(1.0, 2.5, 10.0), low=0.5, high=20.0)
    assert read["colour"].words == ("blue", "green", "red")
    assert read["fresh"].words == ("true", "false")


def test_nothing_is_known_of_nothing() -> None:
    assert profile.parse({}, "profile.json") == {}


BAD: dict[str, tuple[Any, str]] = {
    "a list": ([], "/"),
    "columns a list": ({"columns": []}, "/columns"),
    "column a number": ({"columns": {"a": 1}}, "/columns/a"),
    "unknown kind": ({"columns": {"a": {"kind": "date"}}}, "/columns/a/kind"),
    "no edges": ({"columns": {"a": {"kind": "number"}}}, "/columns/a/edges"),
    "edges of words": ({"columns": {"a": {"kind": "number", "edges": ["x"]}}}, "/columns/a/edges"),
    "edges infinite": ({"columns": {"a": {"kind": "number", "edges": [float("inf")]}}}, "/columns/a/edges"),
    "edges falling": ({"columns": {"a": {"kind": "number", "edges": [2, 1]}}}, "/columns/a/edges"),
    "too many edges": ({"columns": {"a": {"kind": "number", "edges": list(range(1001))}}}, "/columns/a/edges"),
    "total a list": ({"total": []}, "/total"),
    "minimum a word": (
        {"columns": {"a": COLUMN}, "total": {"columns": {"a": {"min": "x"}}}},
        "/total/columns/a/min",
    ),
    "counts of words": (
        {"columns": {"a": {"kind": "category"}}, "total": {"columns": {"a": {"counts": {"b": "c"}}}}},
        "/total/columns/a/counts",
    ),
}


@pytest.mark.parametrize(("document", "pointer"), BAD.values(), ids=BAD.keys())
def test_bad_profile_is_refused_with_its_pointer(document: Any, pointer: str) -> None:
    with pytest.raises(InputError) as caught:
        profile.parse(document, "profile.json")
    assert (caught.value.code, caught.value.where) == ("E-SRV-011", f"profile.json {pointer}")


def test_numbers_for_texts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a number here and a text"):
        server_models.release(tmp_path, server_models.fruit(), {"columns": {"colour": COLUMN}}, Rules())
