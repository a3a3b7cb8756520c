"""`tidegate validate-data` in real repositories: Git, DVC and Great Expectations."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from data_sets import SUITES, DataSet, between, data_set, month, refused, suite, unique
from pipelines import environment
from tidegate.core.answer import Verdict
from tidegate.core.report import data as report
from tidegate.errors import InputError, SecurityRefusal

MAIN = Path(__file__).parents[2] / "scripts" / "tidegate" / "__main__.py"
CHECKS = 2 + sum(len(expectations) for _, expectations in SUITES.values())


@pytest.fixture
def here(tmp_path: Path) -> DataSet:
    return data_set(tmp_path / "project")


# What it says


def test_a_depth_1_clone_without_data_is_validated_through_the_command_line(here: DataSet, tmp_path: Path) -> None:
    here.change("2024-02.parquet", 3, price=50.0)
    base, head = here.git("rev-parse", "HEAD~"), here.git("rev-parse", "HEAD")
    here.git("checkout", "--quiet", "-b", "change")
    clone = DataSet(tmp_path / "clone")
    here.git("clone", "--quiet", "--depth=1", "--branch=change", f"file://{here.root}", str(clone.root))
    event = clone.write("../event.json", json.dumps({"pull_request": {"base": {"sha": base}}}))
    done = subprocess.run(
        [sys.executable, "-I", str(MAIN), "validate-data", "-C", str(clone.root)],
        env={**environment(), "GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"data: {CHECKS} of {CHECKS} checks passed on 56 rows; +0 rows against the base" in done.stdout
    evidence = clone.evidence()
    assert evidence["outcome"] == "pass"
    assert (evidence["subject"]["commit"], evidence["subject"]["data"]) == (head, f"md5:{clone.digest()}")
    found = report.read(evidence["result"])
    assert (found.rows, found.files, found.checks, found.findings) == (56, 2, CHECKS, ())
    assert found.difference is not None
    assert (found.difference.base, found.difference.changed) == (base, ("2024-02.parquet",))
    assert not (clone.root / "data").exists()
    assert clone.git("status", "--short") == ""
    for page in (clone.root / ".tidegate" / "data-docs").iterdir():
        assert not re.search(r"(src|href)=\"(?!#|index.html|\d+\.html)|<script|url\(", page.read_text())


def test_failures_are_findings_with_rows_and_annotations_on_the_suite_s_line(here: DataSet) -> None:
    here.edit("2024-01.parquet", 3, price=-1.5)
    here.edit("2024-01.parquet", 4, price=200.0)
    here.change("2024-01.parquet", 5, id=4)
    answer = here.validate()
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence == (
        f"data: 2 of {CHECKS} checks failed on 56 rows: id: expected every value once; not so in 2 of 56 rows (3.57%); "
        "price: expected from 0 to 100; not so in 2 of 56 rows (3.57%)"
    )
    line = here.read("model/expectations/values.json").split("expect_column_values_to_be_between")[0].count("\n") + 1
    assert [(one.level, one.file) for one in answer.annotations] == [("error", "model/expectations/values.json")] * 2
    assert answer.annotations[1].line == line
    unique_ids, price = report.read(here.evidence()["result"]).findings
    assert (unique_ids.column, unique_ids.count) == ("id", 2)
    assert (price.observed, price.expected) == ("2 of 56 rows (3.57%)", "from 0 to 100")
    assert price.samples == (("3", "-1.5"), ("4", "200"))


def test_a_warning_is_told_and_does_not_block(here: DataSet) -> None:
    here.change("2024-01.parquet", 3, sold=-4)
    answer = here.validate()
    assert answer.verdict is Verdict.PASS
    assert f"1 of {CHECKS} checks failed (none of them blocks)" in answer.sentence
    assert [annotation.level for annotation in answer.annotations] == ["warning"]


def test_files_that_fail_on_their_own_are_named(here: DataSet) -> None:
    here.put("2024-03.parquet", month(datetime(2024, 3, 1), 200, rows=12))
    here.edit("2024-03.parquet", 2, time=datetime(2024, 4, 1))
    here.track()
    here.commit()
    here.validate()
    rows, times = report.read(here.evidence()["result"]).findings
    assert rows.observed == "12 rows in 2024-03.parquet (1 of 3 files)"
    assert times.observed == "1 of 12 rows (8.33%) in 2024-03.parquet (1 of 3 files)"
    assert times.expected == "from 2024-03-01 to 2024-03-31T23:00:00"


def test_a_file_that_does_not_fit_stops_the_suites_and_names_its_values(here: DataSet) -> None:
    rows = month(datetime(2024, 3, 1), 200)
    here.put("2024-03.parquet", {**rows, "price": ["12a", *map(str, rows["price"][1:])]}, price=None)
    here.track()
    here.commit()
    answer = here.validate(base=here.previous())
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence.endswith("not run: months, schema, values; +28 rows against the base")
    (finding,) = report.read(here.evidence()["result"]).findings
    assert (finding.suite, finding.column, finding.observed) == ("files", "price", "string in 2024-03.parquet")
    assert (finding.expected, finding.count, finding.samples) == ("float64", 1, (("200", "12a"),))


def test_a_column_that_the_data_lost_is_the_data_s_fault(here: DataSet) -> None:
    for name, first in (("2024-01", 0), ("2024-02", 100)):
        rows = month(datetime(2024, int(name[-1]), 1), first)
        here.put(f"{name}.parquet", {("cost" if column == "price" else column): rows[column] for column in rows})
    here.track()
    here.commit()
    assert here.validate().verdict is Verdict.FAIL
    columns, *others = report.read(here.evidence()["result"]).findings
    assert columns.observed == "without price and with cost"
    assert {finding.column for finding in others} == {"price"}
    assert all(finding.observed.startswith("not evaluated") for finding in others)


# Against the base


def test_only_what_changed_is_fetched_from_the_base(here: DataSet) -> None:
    before = {*here.files().values(), here.digest()}
    here.put("2024-03.parquet", month(datetime(2024, 3, 1), 200))
    here.change("2024-01.parquet", 0, city="Bern")
    after = {*here.files().values(), here.digest()}
    here.fresh()
    here.dvc("fetch", "--quiet", "data.dvc")
    assert here.objects() == after
    here.validate(base=here.previous())
    assert here.objects() == after | before
    difference = report.read(here.evidence()["result"]).difference
    assert difference is not None
    assert (difference.added, difference.removed, difference.changed) == (
        ("2024-03.parquet",),
        (),
        ("2024-01.parquet",),
    )
    assert (difference.rows_before, difference.rows_after) == (56, 84)
    assert difference.label is not None
    assert (difference.label.before["rows"], difference.label.after["rows"]) == (56, 84)
    assert {shift.column for shift in difference.shifts} >= {"city", "time"}
    assert "id" not in {shift.column for shift in difference.shifts}


def test_the_same_data_has_no_difference(here: DataSet) -> None:
    here.write("model/params.yaml", "seed: 2\n")
    here.commit()
    here.validate(base=here.previous())
    assert here.evidence()["result"]["diff"] is None


def test_the_first_data_has_no_difference(here: DataSet) -> None:
    here.validate(base=here.git("commit-tree", "-m", "empty", here.git("mktree", "--missing")))
    assert here.evidence()["result"]["diff"] is None


def test_a_base_whose_data_is_gone_is_said_and_does_not_block(here: DataSet) -> None:
    gone = here.files()["2024-01.parquet"]
    here.change("2024-01.parquet", 0, city="Bern")
    here.forget(f".dvc/storage/files/md5/{gone[:2]}/{gone[2:]}")
    here.forget_cache()
    answer = here.validate(base=here.previous())
    assert answer.verdict is Verdict.PASS
    assert "the base's data cannot be compared: E-DVC-010 data.dvc 1 of 3 objects are missing" in answer.sentence
    assert [annotation.level for annotation in answer.annotations] == ["warning"]
    assert here.evidence()["result"]["diff"] is None


@pytest.mark.parametrize("weaken", ["loosen", "remove"])
def test_a_change_is_held_to_the_base_s_expectations_as_well(here: DataSet, weaken: str) -> None:
    if weaken == "loosen":
        here.replace("model/expectations/values.json", '"max_value": 100', '"max_value": 1000')
    else:
        here.forget("model/expectations/values.json")
    here.change("2024-01.parquet", 3, price=500.0)
    assert here.validate(base=here.previous()).verdict is Verdict.FAIL
    (finding,) = report.read(here.evidence()["result"]).findings
    assert (finding.suite, finding.column) == ("values (base)", "price")


def test_a_change_is_held_to_its_own_tighter_expectations_at_once(here: DataSet) -> None:
    here.replace("model/expectations/values.json", '"max_value": 100', '"max_value": 15')
    here.commit()
    assert here.validate(base=here.previous()).verdict is Verdict.FAIL
    assert {finding.suite for finding in report.read(here.evidence()["result"]).findings} == {"values"}


@pytest.mark.parametrize(
    "broken",
    ["{", suite("values", "all", []), suite("values", "all", [{"type": "expect_wonders", "kwargs": {}}, unique("id")])],
    ids=["not-json", "nothing-in-it", "unknown-expectation"],
)
def test_a_base_that_was_never_any_good_can_be_mended(here: DataSet, broken: str) -> None:
    good = here.read("model/expectations/values.json")
    here.write("model/expectations/values.json", broken)
    here.commit()
    here.write("model/expectations/values.json", good)
    here.commit()
    answer = here.validate(base=here.previous())
    assert answer.verdict is Verdict.PASS, answer.sentence


# Told again


def test_the_same_question_is_answered_without_data_or_tools(here: DataSet) -> None:
    first = here.validate()
    evidence, docs = here.evidence(), here.read(".tidegate/data-docs/index.html")
    here.fresh()
    here.forget(".dvc/storage", ".tidegate/data-docs")

    def never(*_: object) -> dict[str, object]:
        raise AssertionError("asked again")

    again = here.validate(ask=never)
    assert again.sentence == f"{first.sentence} (as checked before: data and expectations are the same)"
    assert (again.verdict, again.annotations) == (first.verdict, first.annotations)
    assert here.evidence() == evidence
    assert here.read(".tidegate/data-docs/index.html") == docs


def _edit_data(here: DataSet) -> None:
    here.change("2024-01.parquet", 0, city="Bern")


def _edit_suite(here: DataSet) -> None:
    here.replace("model/expectations/values.json", '"max_value": 100', '"max_value": 101')


def _edit_contract(here: DataSet) -> None:
    here.replace("tidegate.yaml", "id: id", "id: time")


@pytest.mark.parametrize("edit", [_edit_data, _edit_suite, _edit_contract])
def test_another_question_is_asked_anew(here: DataSet, edit: Callable[[DataSet], None]) -> None:
    here.validate()
    edit(here)
    assert "as checked before" not in here.validate(base="HEAD").sentence


def test_what_failed_fails_again(here: DataSet) -> None:
    here.change("2024-01.parquet", 3, price=-1.5)
    first, again = here.validate(), here.validate()
    assert (first.verdict, again.verdict) == (Verdict.FAIL, Verdict.FAIL)
    assert again.annotations == first.annotations


def test_data_in_the_work_tree_is_hashed_before_anything_is_told_again(here: DataSet) -> None:
    here.validate()
    here.edit("2024-01.parquet", 3, price=11.0)
    assert "E-DAT-031" in refused(here, SecurityRefusal)


# What it refuses


def test_an_expectation_that_is_none_is_named_with_its_line(here: DataSet) -> None:
    unknown = {"type": "expect_column_wonders", "kwargs": {"column": "id"}}
    mistyped = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id", "mosty": 0.9}}
    here.write("model/expectations/more.json", suite("more", "all", [unknown, mistyped]))
    told = refused(here, InputError).splitlines()
    assert told[0].startswith("E-DAT-020 model/expectations/more.json:10 expect_column_wonders: ")
    assert "mosty extra fields not permitted" in told[1]


def test_a_column_that_nobody_declares_is_the_suite_s_mistake(here: DataSet) -> None:
    here.write("model/expectations/more.json", suite("more", "all", [between("prise", 0)]))
    told = refused(here, InputError)
    assert "E-DAT-020 model/expectations/more.json:10" in told
    assert "there is no column 'prise'. Did you mean \"price\"?" in told


def test_a_condition_that_cannot_be_evaluated_is_no_pass(here: DataSet) -> None:
    condition = {"row_condition": "nothing > 3", "condition_parser": "pandas"}
    one = {"type": "expect_column_values_to_be_null", "kwargs": {"column": "price", **condition}}
    here.write("model/expectations/more.json", suite("more", "all", [unique("id"), one]))
    assert "E-DAT-021 model/expectations/more.json" in refused(here, InputError)


def test_limits_of_files_without_dates_are_refused(here: DataSet) -> None:
    (here.root / "data" / "2024-01.parquet").rename(here.root / "data" / "first.parquet")
    here.track()
    assert "there is no file_start for first.parquet" in refused(here, InputError)


def test_a_pointer_to_one_csv_file_is_validated_as_well(here: DataSet) -> None:
    here.git("rm", "--quiet", "data.dvc")
    here.forget("data", "model/expectations/schema.json", "model/expectations/months.json")
    here.write("sold.csv", "id,price,sold\n1,10,3\n2,12.5,\n")
    here.dvc("add", "--quiet", "sold.csv")
    here.dvc("push", "--quiet")
    here.replace("tidegate.yaml", "data.dvc", "sold.csv.dvc")
    here.replace("model/expectations/values.json", '"name": "values"', '"name": "csv"')
    here.commit()
    answer = here.validate(base="HEAD")
    assert (answer.verdict, report.read(here.evidence()["result"]).rows) == (Verdict.PASS, 2)
