"""The report reads what the commands really write: evidence made by their own core code, not by a fixture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from fixtures.evidence import HEAD, evidence, evidence_set
from fixtures.rendering import context
from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import compare
from tidegate.core.comparison.samples.sample import Output, Predictions, coded
from tidegate.core.comparison.verdict import Policy, Side, result
from tidegate.core.contract import DataSource, Evaluation, Gate, Model
from tidegate.core.data import diff as data_diff
from tidegate.core.data.diff import Difference, Files
from tidegate.core.data.findings import Finding, Sample
from tidegate.core.evidence import Evidence, canonical_bytes, parse
from tidegate.core.report import build
from tidegate.core.report import data as data_view
from tidegate.core.report import training as training_view
from tidegate.core.training import training
from tidegate.core.training.tracking import Recorded

ROWS = 1_200
GATES = (
    Gate(metric="rmse", kind="no_worse_by", limit=Decimal("0.01"), relative=True, text="1%"),
    Gate(metric="mae", kind="at_most", limit=Decimal(60), relative=False, text="60"),
    Gate(
        metric="rmse",
        kind="no_worse_by",
        limit=Decimal("0.05"),
        relative=True,
        text="5%",
        severity="warn",
        slices=("weather",),
    ),
)
MODEL = Model(
    name="bike-demand",
    path="model",
    data=DataSource(tracked="data.dvc", expectations="model/expectations"),
    evaluation=Evaluation(predictions="p", id="id", target="y", prediction="p", slices=("weather",), minimum_rows=30),
    gates=GATES,
)


def predictions(scale: float, rows: int = ROWS) -> Predictions:
    """Predictions that are off by a seeded error times `scale`."""
    random = np.random.default_rng(0)
    truth, error = random.normal(200, 50, ROWS)[:rows], random.normal(0, 30, ROWS)[:rows]
    weather = coded([("clear", "mist", "rain")[row % 3] for row in range(rows)])
    return Predictions(
        ids=np.arange(rows), truth=truth, output=Output(prediction=truth + scale * error), slices={"weather": weather}
    )


def left(document: Mapping[str, Any], outcome: Verdict) -> dict[str, Evidence | None]:
    """The comparison as evidence, through the bytes that a file would hold, between good evidence of the others."""
    written = canonical_bytes(replace(evidence("compare-models", outcome, document)).document())
    return {**evidence_set("pass"), "compare-models": parse(written.decode(), "compare-models.json")}


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        (predictions(0.9), predictions(1.0), Verdict.PASS),
        (predictions(1.2), predictions(1.0), Verdict.FAIL),
        (predictions(1.0), predictions(1.0), Verdict.PASS),
        (predictions(0.9), None, Verdict.PASS),
        (predictions(1.0), predictions(1.0, rows=900), Verdict.INCOMPARABLE),
        (replace(predictions(1.0), output=Output(prediction=np.full(ROWS, np.nan))), predictions(1.0), Verdict.FAIL),
    ],
    ids=["better", "worse", "identical", "first", "other rows", "not finite"],
)
def test_a_comparison(now: Predictions, before: Predictions | None, verdict: Verdict) -> None:
    found = compare(MODEL, now, before)
    ours, theirs = Side(kind="candidate", commit=HEAD), Side(kind="release" if before else "none", version="v6")
    document = result(found, ours, theirs, Policy(source="base", digest="sha256:" + "c3" * 32, changed=False))
    report = build(left(document, found.verdict), context())
    assert report.verdict is found.verdict is verdict
    assert "agreed form" not in report.markdown()
    if found.gates and verdict is Verdict.FAIL:
        assert re.sub(r" \([\d.]+%\)", "", report.sentence) == found.sentence.partition(";")[0]
    assert report.html()


def test_findings_and_a_difference_of_the_data() -> None:
    sample = Sample(row="13021", value="-4")
    failed = Finding(
        suite="training",
        expectation="expect_column_values_to_be_between",
        column="rentals",
        observed="2 of 13,715 rows (0.01%)",
        expected="at least 0",
        severity="block",
        count=2,
        samples=(sample,),
    )
    change = Difference(
        files=Files(added=("2012-07.parquet",), removed=(), changed=()),
        rows_before=10,
        rows_after=12,
        columns=data_diff.column_changes({"a": "int64"}, {"a": "string"}),
        missing=(data_diff.Missing(column="a", before=0.0, after=0.5),),
        label=data_diff.Label(column="rentals", before={"mean": 1.0}, after={"mean": 2.0}),
        shifts=(data_diff.Shift(column="a", kind="numeric", statistic="ks", value=0.2, before="1", after="2"),),
    )
    view = data_view.read(
        {
            "rows": 12,
            "files": 1,
            "suites": [{"name": "training", "checks": 3, "failed": 1}],
            "findings": [failed.document()],
            "diff": change.document("b" * 40, "data.dvc"),
            "data_docs": None,
        }
    )
    assert view.blocking[0].samples == (("13021", "-4"),)
    assert view.difference is not None
    assert (view.difference.columns[0].before, view.difference.columns[0].after) == ("int64", "string")
    assert view.difference.label is not None
    assert view.difference.label.after == {"mean": 2.0}
    assert view.difference.shifts[0].value == 0.2


def test_a_training() -> None:
    why = (training.Reason(text="data.dvc changed"),)
    stages = [
        training.Stage(name=state.value, state=state, why=why, seconds=seconds)
        for state, seconds in zip(training.State, (1.5, None, None), strict=False)
    ]
    view = training_view.read(
        {
            "stages": [stage.document() for stage in stages],
            "params": [
                asdict(change) for change in training.changes({"train": {"rate": 0.05}}, {"train": {"rate": 0.08}})
            ],
            "metrics": {"rmse": 69.9},
            "artifacts": [{"path": "model.onnx", "sha256": "sha256:" + "1f" * 32, "bytes": 7}],
            "mlflow": Recorded(run_id="3f", tracking_uri="sqlite:///x", model_uri=None).document(),
            "seconds": 1.5,
        }
    )
    assert {stage.state for stage in view.stages} <= {"ran", "restored", "unchanged"}
    assert (view.parameters[0].name, view.parameters[0].before, view.parameters[0].after) == (
        "train.rate",
        "0.05",
        "0.08",
    )
    assert view.mlflow_run == "3f"


def test_the_states_of_a_stage_are_the_ones_the_report_knows() -> None:
    assert {state.value for state in training.State} == {"ran", "restored", "unchanged"}
