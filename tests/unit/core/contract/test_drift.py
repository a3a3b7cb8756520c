"""A drift section that could never decide, or decides by what is not there, is refused when it is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tidegate.adapters.contract import file as contract_file
from tidegate.core.contract import Labels
from tidegate.errors import Problems, TidegateError

HEAD = """version: 1
models:
  m:
    path: model
    data: {tracked: data.dvc, expectations: suites}
    evaluation: {predictions: p.parquet, id: ride, target: y, prediction: p, slices: [city]}
    gates: [{metric: rmse, at_most: 1}]
"""
USUAL = "profile: a.json, fire_when: {columns: 0.3, windows: 2 of 3}"


def read(section: str, head: str = HEAD) -> contract_file.Contract:
    return contract_file.parse(f"{head}    drift: {{{section}}}\n", "tidegate.yaml")


def test_everything_that_can_be_said() -> None:
    live = "path: log, time: at, unit: ms, window: 12h, id: request_id, max_age: 7d, labels: {path: truth, target: z}"
    section = f"{USUAL}, environment: staging, slices: [city], importance: {{a: 2, b: 0.5}}, live: {{{live}}}"
    drift = read(section).model(None).drift
    assert drift is not None
    assert (drift.environment, drift.slices, drift.importance) == ("staging", ("city",), {"a": 2.0, "b": 0.5})
    assert (drift.live.unit, drift.live.id, drift.live.max_age) == ("ms", "request_id", timedelta(days=7))
    assert drift.live.labels == Labels(path="truth", id="ride", target="z")


def test_a_database_may_hold_live_data_and_labels() -> None:
    live = "source: 'postgres://me@db/ops', password_from: OPS, table: logs.rides, version: model, time: at, window: 7d"
    drift = read(f"{USUAL}, live: {{{live}, labels: {{table: truths}}}}").model(None).drift
    assert drift is not None
    assert (drift.live.source, drift.live.password_from) == ("postgres://me@db/ops", "OPS")
    assert (drift.live.path, drift.live.place, drift.live.version) == ("", "logs.rides", "model")
    assert drift.live.labels is not None
    assert drift.live.labels.place == "truths"


def test_what_is_not_said_is_usual() -> None:
    drift = read(f"{USUAL}, live: {{path: log, time: at, window: 7d}}").model(None).drift
    assert drift is not None
    assert (drift.environment, drift.alpha, drift.min_effect) == ("production", 0.01, 0.1)
    assert (drift.live.labels, drift.slices, dict(drift.importance)) == (None, (), {})


LIVE = "live: {path: log, time: at, window: 7d"
TABLE = "live: {source: 'duckdb://a.duckdb', table: t, time: at, window: 7d"
WRONG = {
    "neither files nor a table": (f"{USUAL}, live: {{time: at, window: 7d}}", "E-CFG-023", '"path"'),
    "files and a table": (f"{USUAL}, {TABLE}, path: log}}", "E-CFG-024", "drift.live.table"),
    "a table in no database": (f"{USUAL}, live: {{table: t, time: at, window: 7d}}", "E-CFG-027", "Add live.source"),
    "labels in no database": (f"{USUAL}, {LIVE}, labels: {{table: t}}}}", "E-CFG-027", "drift.live.labels.table"),
    "a source that is a file": (f"{USUAL}, {LIVE}, source: a.duckdb}}", "E-CFG-005", "drift.live.source"),
    "a token in the contract": (f"{USUAL}, {LIVE}, source: 'trino://db?token=abc'}}", "E-SEC-065", "password_from"),
    "a password of nobody": (f"{USUAL}, {TABLE}, password_from: A}}", "E-CFG-027", "drift.live.password_from"),
    "a password in place of its name": (
        f"{USUAL}, {TABLE}, password_from: hunter2}}",
        "E-CFG-005",
        "drift.live.password_from",
    ),
    "max_age below a window": (f"{USUAL}, {LIVE}, max_age: 1d}}", "E-CFG-013", "drift.live.max_age"),
    "an id without labels": (f"{USUAL}, {LIVE}, id: r}}", "E-CFG-027", "drift.live.id"),
    "slices without labels": (f"{USUAL}, {LIVE}}}, slices: [city]", "E-CFG-027", "drift.slices"),
    "a slice of nobody": (
        f"{USUAL}, {LIVE}, labels: {{path: t}}}}, slices: [cities]",
        "E-CFG-028",
        'Did you mean "city"',
    ),
    "a slice twice": (f"{USUAL}, {LIVE}, labels: {{path: t}}}}, slices: [city, city]", "E-CFG-029", "drift.slices[1]"),
    "an unknown unit": (f"{USUAL}, {LIVE}, unit: minutes}}", "E-CFG-014", "drift.live.unit"),
    "a weight of nothing": (f"{USUAL}, {LIVE}}}, importance: {{a: 0}}", "E-CFG-025", "drift.importance.a"),
    "a negative weight": (f"{USUAL}, {LIVE}}}, importance: {{a: -1}}", "E-CFG-025", "drift.importance.a"),
    "labels outside": (f"{USUAL}, {LIVE}, labels: {{path: ../t}}}}", "E-SEC-002", "leaves the workspace"),
    "labels without a path": (f"{USUAL}, {LIVE}, labels: {{id: a}}}}", "E-CFG-023", '"path"'),
    "an unknown key of live": (f"{USUAL}, {LIVE}, colour: red}}", "E-CFG-006", '"colour"'),
    "an environment that is no name": (f"{USUAL}, {LIVE}}}, environment: a/b", "E-CFG-019", "a/b"),
    "too many windows": (
        f"profile: a.json, {LIVE}}}, fire_when: {{columns: 1, windows: 2 of 101}}",
        "E-CFG-005",
        "2 of 101",
    ),
}


@pytest.mark.parametrize(("section", "code", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_meant(section: str, code: str, told: str) -> None:
    with pytest.raises(TidegateError) as raised:
        read(section)
    found = raised.value.problems if isinstance(raised.value, Problems) else (raised.value,)
    assert code in {problem.code for problem in found}
    assert told in str(raised.value)
    assert "tidegate.yaml:8:" in str(raised.value)


def test_rows_with_several_labels_have_no_late_label() -> None:
    head = HEAD.replace("target: y, prediction: p", "labels: {a: {target: y, prediction: p}}").replace(
        "rmse", "f1_micro"
    )
    with pytest.raises(TidegateError, match="E-CFG-027"):
        read(f"{USUAL}, {LIVE}, labels: {{path: t, target: y}}}}", head)
