"""Great Expectations in a process of its own: whatever ends it is no pass, and nothing leaves the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data_sets import between, in_this_process
from tidegate.adapters.great_expectations import memory
from tidegate.adapters.great_expectations import validation as great_expectations
from tidegate.adapters.great_expectations import worker as gx_worker
from tidegate.adapters.great_expectations.validation import Run
from tidegate.core.data.periods import frames
from tidegate.core.data.suites import Suite, parse
from tidegate.core.data.validation import Outcome
from tidegate.errors import InfrastructureError, InputError

ROWS = {"id": [1, 2, 3], "price": [1.0, 50.0, 99.0], "good": [True, False, True]}


def suite(*expectations: dict[str, Any]) -> Suite:
    return parse(json.dumps({"name": "values", "expectations": expectations}), "e/values.json")


@pytest.fixture
def arrow(tmp_path: Path) -> dict[str, Path]:
    table = pa.table(ROWS)
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return {"a.parquet": tmp_path / "a.arrow"}


def asked(arrow: Mapping[str, Path], *expectations: dict[str, Any], **options: Any) -> tuple[Outcome, ...]:
    run = Run(suite=suite(*expectations), frames=frames("all", list(arrow)))
    given = {"id_column": "id", "environment": os.environ, "ask": in_this_process, **options}
    return great_expectations.validate([run], arrow, **given).outcomes


def worker(tmp_path: Path, program: str) -> great_expectations.Ask:
    """Who answers with a program of this text."""
    path = tmp_path / "worker.py"
    path.write_text(program)
    return lambda request, environment: great_expectations.in_a_process(request, environment, path)


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import sys; sys.exit('no such thing')", "stopped with exit code 1: no such thing"),
        ("import os; os._exit(3)", "stopped with exit code 3: it said nothing"),
        ("", "stopped with exit code 0: it said nothing"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "was killed (signal 9, out of memory as a rule: run suites on each-file)",
        ),
        ("import os; os.kill(os.getpid(), 11)", "was killed (signal 11)"),
        ("raise ValueError('twice')", "stopped with exit code 1: ValueError: twice"),
    ],
    ids=["exit", "exit-without-words", "no-reply", "out-of-memory", "segmentation-fault", "exception"],
)
def test_an_end_without_an_answer_is_infrastructure_not_a_verdict(
    tmp_path: Path, arrow: Mapping[str, Path], program: str, told: str
) -> None:
    with pytest.raises(InfrastructureError) as caught:
        asked(arrow, between("price", 0), ask=worker(tmp_path, program))
    assert caught.value.code == "E-DAT-040"
    assert caught.value.message == f"Great Expectations {told}; nothing was checked."


def test_its_last_lines_are_kept_for_the_report(tmp_path: Path, arrow: Mapping[str, Path]) -> None:
    program = "import sys\nfor number in range(40): print('line', number)\nsys.exit(1)"
    with pytest.raises(InfrastructureError) as caught:
        asked(arrow, between("price", 0), ask=worker(tmp_path, program))
    assert list(caught.value.log) == [f"line {number}" for number in range(20, 40)]


def test_nothing_is_connected_to_and_nothing_of_the_caller_s_is_used(tmp_path: Path, arrow: Mapping[str, Path]) -> None:
    for name in ("great_expectations", "pandas", "json", "tidegate"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('a look-alike')")
    program = (
        "import os, runpy, sys\n"
        "def audit(event, arguments):\n"
        "    if event in {'socket.connect', 'socket.getaddrinfo', 'urllib.Request'}: os._exit(99)\n"
        "sys.addaudithook(audit)\n"
        "assert not [name for name in os.environ if name.startswith('GX_CLOUD')]\n"
        "assert os.environ['GX_ANALYTICS_ENABLED'] == 'false'\n"
        f"runpy.run_path({str(great_expectations.WORKER)!r}, run_name='__main__')\n"
    )
    account = {"GX_CLOUD_ACCESS_TOKEN": "t", "GX_CLOUD_ORGANIZATION_ID": "o", "GX_ANALYTICS_ENABLED": "true"}
    outcomes = asked(arrow, between("price", 0), ask=worker(tmp_path, program), environment={**os.environ, **account})
    assert [outcome.success for outcome in outcomes] == [True]


def test_results_of_every_kind_are_plain_json(arrow: Mapping[str, Path]) -> None:
    """NumPy's booleans in the result of a quantile keep Great Expectations 1.24.1 from storing it."""
    ranges = {"quantiles": [0.1, 0.5], "value_ranges": [[0, 1], [0, 2]]}
    outcomes = asked(
        arrow,
        {
            "type": "expect_column_quantile_values_to_be_between",
            "kwargs": {"column": "price", "quantile_ranges": ranges},
        },
        {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "good", "value_set": [True]}},
        {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "price", "max_value": 3}},
    )
    assert [outcome.success for outcome in outcomes] == [False, False, False]
    assert outcomes[0].result["observed_value"]["values"] == [1, 50]
    assert outcomes[1].result["partial_unexpected_index_list"] == [{"good": False, "id": 2}]
    assert outcomes[2].result["observed_value"] == 50


def test_outcomes_are_in_the_order_of_the_suite(arrow: Mapping[str, Path]) -> None:
    expectations = [between("price", 0, 60), between("id", 1), between("price", 0), between("id", 2)]
    assert [(one.index, one.success) for one in asked(arrow, *expectations)] == [
        (0, False),
        (1, True),
        (2, True),
        (3, False),
    ]


def test_the_same_expectation_twice_is_checked_twice(arrow: Mapping[str, Path]) -> None:
    assert [one.index for one in asked(arrow, between("price", 0), between("price", 0))] == [0, 1]


def test_an_expression_that_cannot_be_read_is_that_expectation_s_alone(arrow: Mapping[str, Path]) -> None:
    outcomes = asked(arrow, between("price", {"$PARAMETER": "files ** ("}), between("price", 0))
    assert [one.success for one in outcomes] == [False, True]
    assert outcomes[0].error is not None
    assert outcomes[1].error is None


def test_limits_from_file_names_are_resolved(arrow: Mapping[str, Path]) -> None:
    (outcome,) = asked(arrow, between("id", {"$PARAMETER": "files"}))
    assert (outcome.success, outcome.kwargs["min_value"]) == (True, 1)


def test_data_docs_have_an_index_and_a_page(tmp_path: Path, arrow: Mapping[str, Path]) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    asked(arrow, between("price", 0, 60), docs=docs, title="<demand>")
    index, page = (docs / "index.html").read_text(), (docs / "001.html").read_text()
    assert '<a href="001.html">all files</a>' in index
    assert "<h1>&lt;demand&gt;</h1>" in index
    assert "values must be greater than or equal to" in page


def test_hostile_values_in_the_data_stay_text_in_the_docs(tmp_path: Path) -> None:
    table = pa.table({"id": [1], "word": ['<img src=x onerror=alert(1)>"></td><script>alert(2)</script>']})
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    docs = tmp_path / "docs"
    docs.mkdir()
    in_set = {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "word", "value_set": ["a"]}}
    asked({"a.parquet": tmp_path / "a.arrow"}, in_set, docs=docs)
    page = (docs / "001.html").read_text()
    assert "<script" not in page
    assert "<img" not in page


def test_the_worker_is_started_isolated() -> None:
    """Its own folder has a module that is called as the package it needs."""
    done = subprocess.run(
        [sys.executable, "-I", str(great_expectations.WORKER)],
        input=b"{",
        capture_output=True,
        timeout=60,
        check=False,
        cwd=great_expectations.WORKER.parent,
    )
    assert b"JSONDecodeError" in done.stderr


SUITE = (
    between("price", 0, 50),
    between("id", 1),
    {"type": "expect_column_to_exist", "kwargs": {"column": "good"}},
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 3, "max_value": 3}},
    {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 4}},
    {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 3}},
    {"type": "expect_column_pair_values_to_be_equal", "kwargs": {"column_A": "id", "column_B": "price"}},
    {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "price", "max_value": 1, "row_condition": "id > 2", "condition_parser": "pandas"},
    },
    {"type": "expect_table_columns_to_match_set", "kwargs": {"column_set": ["id", "price"], "exact_match": True}},
)


def in_parts(**more: Any) -> great_expectations.Ask:
    """The worker in this process, which takes any table for a large one."""

    def ask(request: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return json.loads(json.dumps(gx_worker.answer(json.loads(json.dumps(request)), split=0, **more)))  # type: ignore[no-any-return]

    return ask


def test_column_by_column_the_outcomes_are_the_same(arrow: Mapping[str, Path]) -> None:
    whole, parts = asked(arrow, *SUITE), asked(arrow, *SUITE, ask=in_parts())
    assert parts == whole
    assert [outcome.success for outcome in parts] == [False, True, True, True, False, True, False, False, False]


def test_a_part_that_does_not_fit_is_refused_before_anything_is_checked(arrow: Mapping[str, Path]) -> None:
    with pytest.raises(InputError, match="3 rows of 3 columns need about") as error:
        asked(arrow, SUITE[7], ask=in_parts(free=lambda: 10))
    assert error.value.code == "E-DAT-040"
    assert "each-file" in error.value.fix


def test_what_is_free_is_known_here() -> None:
    assert (memory.free() or 0) > 2**20
