"""A change that edits the expectations is held to the base's as well, and says so at the top of its report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data_sets import DataSet, between, data_set, suite, unique
from fixtures.rendering import context
from tidegate.adapters import evidence as store
from tidegate.core.answer import Verdict
from tidegate.core.report import build

VALUES = "model/expectations/values.json"


@pytest.fixture
def here(tmp_path: Path) -> DataSet:
    return data_set(tmp_path / "project")


def report_of(here: DataSet) -> str:
    """The report on what `validate-data` left alone."""
    found = store.read(here.root / ".tidegate", "validate-data")
    assert found is not None
    about = context(model=found.model, head=found.subject.commit)
    return build({"validate-data": found}, about).markdown()


def _loosen(here: DataSet) -> None:
    here.replace(VALUES, '"max_value": 100', '"max_value": 1000')


def _remove(here: DataSet) -> None:
    here.forget(VALUES)


def _move(here: DataSet) -> None:
    here.replace("tidegate.yaml", "model/expectations", "model/others")
    here.write("model/others/values.json", suite("values", "all", [unique("id")]))


def _fewer(here: DataSet) -> None:
    weaker = between("price", 0, 1000)
    here.write(VALUES, suite("values", "all", [weaker]))


@pytest.mark.parametrize("weaken", [_loosen, _remove, _move, _fewer])
def test_weaker_expectations_let_nothing_through_and_are_told_at_the_top(
    here: DataSet, weaken: Callable[[DataSet], None]
) -> None:
    weaken(here)
    here.change("2024-01.parquet", 3, price=500.0)
    assert here.validate(base=here.previous()).verdict is Verdict.FAIL
    assert "values" in here.evidence()["result"]["edited"]
    lines = report_of(here).splitlines()
    top = next(number for number, line in enumerate(lines) if "This change edits the expectations" in line)
    assert "`values`" in lines[top]
    assert top < next(number for number, line in enumerate(lines) if line.startswith("|"))


def test_expectations_that_are_as_they_were_are_not_mentioned(here: DataSet) -> None:
    here.change("2024-01.parquet", 3, price=50.0)
    here.validate(base=here.previous())
    assert "edited" not in here.evidence()["result"]
    assert "edits the expectations" not in report_of(here)


def test_an_edit_is_told_also_where_it_lets_no_more_through(here: DataSet) -> None:
    here.replace(VALUES, '"max_value": 100', '"max_value": 90')
    here.commit()
    assert here.validate(base=here.previous()).verdict is Verdict.PASS
    assert here.evidence()["result"]["edited"] == ["values"]
