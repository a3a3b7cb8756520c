"""What was validated before is told again only when it is the same, and whole."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tidegate.adapters import past_validations

FACTS: dict[str, Any] = {"data": "md5:1", "before": None, "suites": "sha256:2", "tidegate": "0.1.0", "columns": ["id"]}
RESULT = {"rows": 3, "value": 0.1}


def docs(folder: Path) -> Path:
    place = folder / "data-docs"
    place.mkdir(exist_ok=True)
    (place / "index.html").write_text("docs")
    return place


def kept(folder: Path, name: str = "k" * 8) -> str:
    past_validations.keep(folder, name, RESULT, docs(folder))
    return name


@pytest.mark.parametrize("member", FACTS)
def test_any_other_fact_is_another_question(member: str) -> None:
    assert past_validations.key(FACTS) == past_validations.key(dict(reversed(FACTS.items())))
    assert past_validations.key(FACTS) != past_validations.key({**FACTS, member: "other"})


def test_the_same_question_has_the_same_answer_with_its_docs(tmp_path: Path) -> None:
    name = kept(tmp_path)
    (tmp_path / "data-docs" / "index.html").write_text("another run's")
    (tmp_path / "data-docs" / "999.html").write_text("another run's")
    assert past_validations.find(tmp_path, name, tmp_path / "data-docs") == RESULT
    assert [path.name for path in (tmp_path / "data-docs").iterdir()] == ["index.html"]
    assert (tmp_path / "data-docs" / "index.html").read_text() == "docs"


def test_another_question_has_none(tmp_path: Path) -> None:
    kept(tmp_path)
    assert past_validations.find(tmp_path, "other", tmp_path / "data-docs") is None


@pytest.mark.parametrize(
    "text",
    ["", '{"key":"kkkkkkkk","result":{', "[]", '{"key":"other","result":{}}', '{"key":"kkkkkkkk","result":3}', "NaN"],
    ids=["empty", "truncated", "a-list", "of-another-key", "no-result", "not-a-number"],
)
def test_what_is_not_whole_is_no_answer(tmp_path: Path, text: str) -> None:
    name = kept(tmp_path)
    (tmp_path / past_validations.FOLDER / name / past_validations.RESULT).write_text(text)
    assert past_validations.find(tmp_path, name, tmp_path / "data-docs") is None


def test_an_answer_replaces_the_one_before_and_only_the_newest_stay(tmp_path: Path) -> None:
    folder = tmp_path / past_validations.FOLDER
    for number in range(6):
        kept(tmp_path, f"key{number}")
        os.utime(folder / f"key{number}", (1000 + number, 1000 + number))
    kept(tmp_path, "key5")
    assert sorted(path.name for path in folder.iterdir()) == ["key2", "key3", "key4", "key5"]


def test_a_folder_that_cannot_be_written_costs_the_next_run_its_time_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / past_validations.FOLDER.parent).write_text("a file in the folder's place")
    name = kept(tmp_path)
    assert past_validations.find(tmp_path, name, tmp_path / "data-docs") is None


def test_a_result_belongs_to_the_source_and_packages_that_computed_it() -> None:
    found = past_validations.toolkit()
    assert set(found) == {"tidegate", "great-expectations", "numpy", "pandas", "pyarrow"}
    assert re.fullmatch(r"[0-9a-f]{64}", found["tidegate"])
