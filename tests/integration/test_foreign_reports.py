"""Reports that MLflow, DVC and scikit-learn really write, compared outside our pipeline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fixtures.plain import compared
from tidegate.core.answer import Verdict
from tidegate.errors import InputError, Problems

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "DVC_NO_ANALYTICS": "true"}
QUIET |= {"MLFLOW_GENAI_EVAL_MAX_WORKERS": "1"}  # with more, SQLite's lock loses assessments now and then
ROWS = 400
EVALUATE = """\
import sys, warnings
warnings.simplefilter("ignore")
import mlflow, pandas as pd
folder, scale = sys.argv[1], float(sys.argv[2])
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
mlflow.set_experiment(experiment_id=mlflow.create_experiment("e", artifact_location=f"file://{folder}/artifacts"))
rows = pd.DataFrame({"hour": range(400)})
rows["rentals"] = [float(hour % 50) for hour in rows["hour"]]
rows["said"] = [truth + scale * (hour % 7 - 3) for hour, truth in zip(rows["hour"], rows["rentals"])]
off = mlflow.metrics.make_metric(
    eval_fn=lambda predictions, targets: mlflow.metrics.MetricValue(
        scores=[abs(one - other) for one, other in zip(predictions, targets)], aggregate_results={"mean": 0.0}),
    greater_is_better=False, name="off")
with mlflow.start_run() as run:
    mlflow.models.evaluate(data=rows, targets="rentals", predictions="said", model_type="regressor",
        extra_metrics=[off], evaluator_config={"log_explainer": False})
name = "eval_results_table.json"
print(mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=name, dst_path=folder))
"""


def program(*arguments: str, folder: Path) -> str:
    environ = {**os.environ, **QUIET}
    done = subprocess.run(arguments, cwd=folder, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    """The evaluation tables of two MLflow runs, as `mlflow.models.evaluate` logged them: a worse model and a better."""
    found = []
    for scale in ("2.0", "1.0"):
        folder = tmp_path_factory.mktemp("mlflow")
        said = program(sys.executable, "-c", EVALUATE, str(folder), scale, folder=folder)
        found.append(Path(said.strip().splitlines()[-1]))
    return found


COLUMNS = ("--id", "hour", "--target", "rentals", "--prediction", "said")


def test_two_mlflow_runs_are_compared_row_by_row(evaluations: Sequence[Path], tmp_path: Path) -> None:
    worse, better = (str(path) for path in evaluations)
    gate = ("--metric", "mae", "--no-worse-by", "1%")
    found = compared(tmp_path, "--candidate", worse, "--champion", better, *COLUMNS, *gate)
    assert found.verdict is Verdict.FAIL
    assert found.data is not None
    assert found.data["rows"] == ROWS
    assert found.data["gates"][0]["interval"] is not None  # type: ignore[index]
    turned = compared(tmp_path, "--candidate", better, "--champion", worse, *COLUMNS, *gate)
    assert turned.verdict is Verdict.PASS


def test_an_mlflow_table_goes_with_a_parquet_of_ours(evaluations: Sequence[Path], tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    document = json.loads(evaluations[1].read_text())
    columns = dict(zip(document["columns"], zip(*document["data"], strict=True), strict=True))
    pq.write_table(pa.table({name: list(values) for name, values in columns.items()}), tmp_path / "old.parquet")
    gate = ("--metric", "rmse", "--no-worse-by", "0")
    found = compared(tmp_path, "--candidate", str(evaluations[1]), "--champion", "old.parquet", *COLUMNS, *gate)
    assert found.sentence == "ready to promote; identical to the champion"


GENAI = """\
import sys, warnings
warnings.simplefilter("ignore")
import mlflow
from mlflow.genai.scorers import scorer
folder, wrong = sys.argv[1], int(sys.argv[2])
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
mlflow.set_experiment(experiment_id=mlflow.create_experiment("e", artifact_location=f"file://{folder}/artifacts"))
@scorer
def exact(outputs, expectations):
    return outputs == expectations["expected_response"]
rows = [{"inputs": {"question": f"{row:03}"}, "expectations": {"expected_response": "yes" if row % 2 else "no"},
    "outputs": ("yes" if row % 2 else "no") if row >= wrong else "perhaps"} for row in range(30)]
found = mlflow.genai.evaluate(data=rows, scorers=[exact]).tables["eval_results"]
found[["request", "response", "expected_response/value", "exact/value"]].to_json(f"{folder}/table.json", orient="split")
"""


def test_a_generative_evaluation_is_compared_answer_by_answer(tmp_path: Path) -> None:
    for name, wrong in (("new", "14"), ("old", "2")):
        (tmp_path / name).mkdir()
        program(sys.executable, "-c", GENAI, str(tmp_path / name), wrong, folder=tmp_path)
    columns = ("--id", "request", "--target", "expected_response/value", "--prediction", "response")
    files = ("--candidate", "new/table.json", "--champion", "old/table.json")
    found = compared(tmp_path, *files, *columns, "--metric", "accuracy", "--no-worse-by", "0.05")
    assert found.verdict is Verdict.FAIL
    assert found.sentence.startswith("not promotable: accuracy is worse by 0.40")
    assert found.data is not None
    assert found.data["flips"]["became_wrong"] == 12  # type: ignore[index]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"columns": ["a", "b"], "data": [[1, 2], [3]]}, "E-MET-003"),
        ({"columns": "a", "data": []}, "E-MET-003"),
        ({"columns": ["hour"], "data": [[1], ["x"]]}, "E-MET-005"),
        ({"columns": ["hour", "said"], "data": [[1, 2.0]]}, "E-MET-015"),
        ({"columns": [], "data": []}, "E-MET-015"),
    ],
    ids=["ragged", "no lists", "mixed", "columns missing", "empty"],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, document: dict[str, Any], code: str) -> None:
    for name in ("new.json", "old.json"):
        (tmp_path / name).write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        compared(
            tmp_path, "--candidate", "new.json", "--champion", "old.json", *COLUMNS, "--metric", "mae", "--at-most", "1"
        )
    assert caught.value.code == code


@pytest.fixture(scope="module")
def dvc_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose metrics changed since its last commit."""
    folder = tmp_path_factory.mktemp("dvc")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    program("git", "init", "-q", ".", folder=folder)
    program(sys.executable, "-m", "dvc", "init", "-q", folder=folder)
    (folder / "dvc.yaml").write_text("metrics: [metrics.json]\n")
    (folder / "metrics.json").write_text('{"rmse": 70.1, "train": {"loss": 0.2}, "gone": 1}')
    program("git", "add", ".", folder=folder)
    program("git", *identity, "commit", "-qm", "a", folder=folder)
    (folder / "metrics.json").write_text('{"rmse": 69.0, "train": {"loss": 0.3}, "fresh": 2}')
    return folder


def test_what_dvc_says_of_a_change_holds_both_sides(dvc_project: Path, tmp_path: Path) -> None:
    difference = program(sys.executable, "-m", "dvc", "metrics", "diff", "--json", folder=dvc_project)
    gates = (
        "--metric",
        "rmse",
        "--no-worse-by",
        "1%",
        "--metric",
        "train.loss",
        "--direction",
        "lower",
        "--at-most",
        "0.25",
    )
    found = compared(tmp_path, "--candidate", "-", *gates, stdin=difference.encode())
    assert found.verdict is Verdict.FAIL
    assert found.sentence == (
        "not promotable: train.loss is 0.30, limit at most 0.25 (one number without rows: no interval)"
    )
    assert found.data is not None
    assert [gate["interval"] for gate in found.data["gates"]] == [None, None]  # type: ignore[attr-defined]
    assert found.data["gates"][0]["sentence"].startswith("rmse is better by 1.1")  # type: ignore[index]


@pytest.mark.parametrize(
    ("metric", "code"), [("gone", "E-MET-006"), ("never", "E-MET-006")], ids=["gone since", "never there"]
)
def test_a_number_that_only_the_champion_has_is_no_pass(
    dvc_project: Path, tmp_path: Path, metric: str, code: str
) -> None:
    difference = program(sys.executable, "-m", "dvc", "metrics", "diff", "--json", folder=dvc_project)
    (tmp_path / "diff.json").write_text(difference)
    gate = ("--metric", metric, "--direction", "lower", "--no-worse-by", "1")
    with pytest.raises(InputError) as caught:
        compared(tmp_path, "--candidate", "diff.json", *gate)
    assert caught.value.code == code


def test_a_number_that_the_champion_never_had_is_undecided(dvc_project: Path, tmp_path: Path) -> None:
    difference = program(sys.executable, "-m", "dvc", "metrics", "diff", "--json", folder=dvc_project)
    gate = ("--metric", "fresh", "--direction", "lower", "--no-worse-by", "1")
    assert compared(tmp_path, "--candidate", "-", *gate, stdin=difference.encode()).verdict is Verdict.UNDECIDED


def test_what_dvc_shows_of_one_revision_is_one_side(dvc_project: Path, tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(
        program(sys.executable, "-m", "dvc", "metrics", "show", "--json", folder=dvc_project)
    )
    (tmp_path / "old.yaml").write_text("rmse: 68.0\n")
    files = ("--candidate", "new.json", "--champion", "old.yaml")
    found = compared(tmp_path, *files, "--metric", "rmse", "--no-worse-by", "1%")
    assert found.sentence.startswith("not promotable: rmse is worse by 1.0, limit 1% (0.7) (one number without rows")


def test_a_file_that_dvc_could_not_read_is_no_number(dvc_project: Path, tmp_path: Path) -> None:
    """DVC ends with 0 and puts the error into its answer."""
    before = (dvc_project / "metrics.json").read_text()
    (dvc_project / "metrics.json").write_text("{")
    try:
        shown = program(sys.executable, "-m", "dvc", "metrics", "show", "--json", folder=dvc_project)
    finally:
        (dvc_project / "metrics.json").write_text(before)
    (tmp_path / "old.json").write_text('{"rmse": 1}')
    with pytest.raises(InputError, match=r"DVC could not read metrics\.json"):
        compared(
            tmp_path,
            "--candidate",
            "-",
            "--champion",
            "old.json",
            "--metric",
            "rmse",
            "--at-most",
            "1",
            stdin=shown.encode(),
        )


def report(folder: Path, name: str, truth: Sequence[Any], said: Sequence[Any], **more: Any) -> None:
    from sklearn.metrics import classification_report

    found = classification_report(truth, said, output_dict=True, zero_division=0, **more)
    (folder / name).write_text(json.dumps(found))


TRUTH = ["no", "yes"] * 50
GOOD = TRUTH[:96] + ["no"] * 4
POOR = TRUTH[:80] + ["no"] * 20


@pytest.mark.parametrize(
    ("metric", "ours"),
    [
        ("accuracy", lambda m: m.accuracy_score(TRUTH, POOR)),
        ("f1", lambda m: m.f1_score(TRUTH, POOR, pos_label="yes")),
        ("precision", lambda m: m.precision_score(TRUTH, POOR, pos_label="yes")),
        ("recall", lambda m: m.recall_score(TRUTH, POOR, pos_label="yes")),
        ("f1_macro", lambda m: m.f1_score(TRUTH, POOR, average="macro")),
        ("f1_weighted", lambda m: m.f1_score(TRUTH, POOR, average="weighted")),
        ("recall:no", lambda m: m.recall_score(TRUTH, POOR, pos_label="no")),
    ],
    ids=["accuracy", "f1", "precision", "recall", "macro", "weighted", "one class"],
)
def test_a_classification_report_is_read_under_our_names(tmp_path: Path, metric: str, ours: Any) -> None:
    from sklearn import metrics

    report(tmp_path, "new.json", TRUTH, POOR)
    report(tmp_path, "old.json", TRUTH, GOOD)
    files = ("--candidate", "new.json", "--champion", "old.json", "--positive", "yes")
    found = compared(tmp_path, *files, "--metric", metric, "--no-worse-by", "0.01")
    assert found.data is not None
    (gate,) = found.data["gates"]  # type: ignore[misc]
    assert gate["candidate"] == ours(metrics)
    assert gate["interval"] is None
    assert gate["sentence"].endswith("(one number without rows: no interval)")


def test_a_report_of_labels_that_go_together_has_averages_only(tmp_path: Path) -> None:
    truth, good, poor = [[0, 1], [1, 1], [1, 0]], [[0, 1], [1, 1], [1, 0]], [[0, 1], [1, 0], [0, 0]]
    report(tmp_path, "new.json", truth, poor)
    report(tmp_path, "old.json", truth, good)
    files = ("--candidate", "new.json", "--champion", "old.json")
    assert compared(tmp_path, *files, "--metric", "f1_micro", "--no-worse-by", "0.1").verdict is Verdict.FAIL


def test_a_positive_class_that_the_report_lacks_is_named(tmp_path: Path) -> None:
    report(tmp_path, "new.json", TRUTH, POOR)
    report(tmp_path, "old.json", TRUTH, GOOD)
    files = ("--candidate", "new.json", "--champion", "old.json", "--positive", "maybe")
    with pytest.raises(InputError, match="has no class 'maybe'; it has no, yes"):
        compared(tmp_path, *files, "--metric", "f1", "--at-least", "0.5")


def test_rows_are_never_compared_with_numbers(evaluations: Sequence[Path], tmp_path: Path) -> None:
    report(tmp_path, "old.json", TRUTH, GOOD)
    files = ("--candidate", str(evaluations[0]), "--champion", "old.json")
    with pytest.raises(InputError) as caught:
        compared(tmp_path, *files, *COLUMNS, "--metric", "mae", "--at-most", "1")
    assert caught.value.code == "E-ARG-016"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "E-MET-002"),
        ("{", "E-MET-003"),
        ('{"rmse": NaN}', "E-MET-004"),
        ('{"rmse": 1, "rmse": 2}', "E-MET-008"),
        ('{"a.json": {"rmse": {"old": 1, "new": "x"}}}', "E-MET-005"),
        ('{"": {"data": {"a.json": {"data": {}}}}}', "E-MET-002"),
        ("[]", "E-MET-005"),
        ('{"macro avg": {"precision": 1, "recall": 1, "f1-score": NaN, "support": 1}}', "E-MET-004"),
    ],
    ids=["empty", "cut", "nan", "twice", "text in a difference", "nothing shown", "a list", "nan in a report"],
)
def test_numbers_that_are_none_are_refused(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "new.json").write_text(text)
    (tmp_path / "old.json").write_text('{"rmse": 1}')
    with pytest.raises((InputError, Problems)) as caught:
        compared(
            tmp_path, "--candidate", "new.json", "--champion", "old.json", "--metric", "rmse", "--no-worse-by", "1"
        )
    assert caught.value.code == code
