"""Metrics of the model's own, measured by the base's code on the rows of both models."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from comparisons import CONTRACT, Repository, run_git, table
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InputError

HERE = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/")}
METRIC = """\
def mean_error(truth, prediction, weight):
    return float((abs(truth - prediction) * weight).sum() / weight.sum())
"""
COMMAND = """\
import json, sys
import pyarrow.parquet as pq
rows = pq.read_table(sys.argv[1]).to_pydict()
errors = [abs(t - p) for t, p in zip(rows["rentals"], rows["predicted"])]
print("reading", sys.argv[1])
print(json.dumps({"own": sum(errors) / len(errors)}))
"""
GATE = "      - {metric: own, no_worse_by: 1%}\n"
PYTHON = '    metrics: {own: {direction: lower, python: "errors:mean_error"}}\n'
BY_COMMAND = '    metrics: {own: {direction: lower, command: [python, model/metric.py, "{predictions}"]}}\n'


def contract(metrics: str = PYTHON, *gates: str) -> str:
    return CONTRACT.split("    gates:")[0] + "    gates:\n" + "".join(gates or [GATE]) + metrics


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository(tmp_path)
    found.write("tidegate.yaml", contract())
    found.write("model/errors.py", METRIC)
    found.write("model/metric.py", COMMAND)
    return found


def compare(repository: Repository, **variables: str) -> Answer:
    return repository.compare(environ={**HERE, **variables})


def metric(repository: Repository, name: str = "own") -> Any:
    return next(one for one in repository.result["metrics"] if one["name"] == name)


@pytest.mark.parametrize(("scale", "verdict"), [(0.9, Verdict.PASS), (1.1, Verdict.FAIL)])
def test_it_decides_by_its_interval_as_known_metrics_do(repository: Repository, scale: float, verdict: Verdict) -> None:
    repository.write(
        "tidegate.yaml", contract(PYTHON, GATE, "      - {metric: mae, no_worse_by: 1%, severity: warn}\n")
    )
    repository.champion(table())
    repository.candidate(table(scale))
    assert compare(repository).verdict is verdict
    own, known = repository.result["gates"]
    for member in ("candidate", "champion", "difference"):
        assert own[member] == pytest.approx(known[member], rel=1e-12)
    np.testing.assert_allclose(own["interval"], known["interval"], rtol=0.3)
    assert repository.result["measured"] == [
        {
            "metric": "own",
            "by": "errors:mean_error",
            "code": {"model/errors.py": repository.result["measured"][0]["code"]["model/errors.py"]},
            "draws": 200,
        }
    ]


def test_the_same_evidence_gives_the_same_bytes(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.95))
    verdict = repository.folder / ".tidegate/verdict.json"
    compare(repository)
    first = verdict.read_bytes()
    compare(repository)
    assert verdict.read_bytes() == first


def test_slices_are_measured_each_by_itself(repository: Repository) -> None:
    repository.write("tidegate.yaml", contract(PYTHON, GATE, "      - {metric: own, slices: [weather], at_most: 60}\n"))
    repository.champion(table())
    repository.candidate(table(0.95))
    assert compare(repository).verdict is Verdict.PASS
    rows = table(0.95).to_pydict()
    for gate in repository.result["gates"][1:]:
        value = gate["slice"]["value"]
        errors = [
            abs(t - p)
            for t, p, w in zip(rows["rentals"], rows["predicted"], rows["weather"], strict=True)
            if w == value
        ]
        assert gate["candidate"] == pytest.approx(np.mean(errors), rel=1e-12)
        assert gate["rows"] == len(errors)


def test_a_change_that_edits_its_own_metric_is_measured_by_the_bases_and_says_so(repository: Repository) -> None:
    repository.champion(table())
    repository.write("model/errors.py", "def mean_error(truth, prediction, weight):\n    return 0.0\n")
    repository.candidate(table(1.1))
    assert compare(repository).verdict is Verdict.FAIL
    policy = repository.result["policy"]
    assert (policy["from"], policy["changed"]) == ("base", True)
    assert policy["edits"] == ["code of metrics.own was edited (model/errors.py); the base's measured"]


def test_a_module_that_the_metric_imports_is_its_code_too(repository: Repository) -> None:
    repository.write("model/errors.py", "from model.inner import mean_error\n")
    repository.write("model/inner.py", METRIC)
    repository.champion(table())
    repository.write("model/inner.py", METRIC.replace("abs", "0 * abs"))
    repository.candidate(table(1.1))
    assert compare(repository).verdict is Verdict.FAIL
    assert "model/inner.py" in repository.result["policy"]["edits"][0]


def test_another_entry_point_in_the_contract_is_an_edit_of_policy(repository: Repository) -> None:
    repository.champion(table())
    repository.write("tidegate.yaml", contract(PYTHON.replace("mean_error", "other")))
    repository.candidate(table(1.1))
    assert compare(repository).verdict is Verdict.FAIL
    assert any("metrics.own" in edit for edit in repository.result["policy"]["edits"])


def test_a_first_model_is_measured_by_its_own_code(repository: Repository) -> None:
    repository.write("tidegate.yaml", contract(PYTHON, "      - {metric: own, at_most: 60}\n"))
    repository.commit()
    run_git(repository.folder, "checkout", "-qB", "change")
    repository.candidate(table())
    assert compare(repository).verdict is Verdict.PASS
    assert metric(repository)["champion"] is None


def test_no_credential_reaches_the_metric(repository: Repository) -> None:
    spy = "import os\nassert not {'GITHUB_TOKEN', 'AWS_SESSION_TOKEN'} & os.environ.keys()\n"
    repository.write("model/errors.py", spy + METRIC)
    repository.champion(table())
    repository.candidate(table(0.9))
    assert compare(repository, GITHUB_TOKEN="t", AWS_SESSION_TOKEN="s").verdict is Verdict.PASS


def test_a_command_is_taken_by_its_number_alone(repository: Repository) -> None:
    repository.write("tidegate.yaml", contract(BY_COMMAND))
    repository.champion(table())
    repository.candidate(table(1.005))
    assert compare(repository).verdict is Verdict.PASS
    assert metric(repository)["interval"] is None
    rows = table(1.005).to_pydict()
    errors = [abs(t - p) for t, p in zip(rows["rentals"], rows["predicted"], strict=True)]
    assert metric(repository)["candidate"] == pytest.approx(sum(errors) / len(errors), rel=1e-12)
    assert list(repository.result["measured"][0]["code"]) == ["model/metric.py"]
    assert repository.result["measured"][0]["draws"] == 0


PRINTS = {
    "nothing": ("pass", "got 'nothing'"),
    "garbage": ("print('rmse is 3')", "got 'rmse is 3'"),
    "another name": ("print('{\"other\": 1}')", 'expected {"own": number}'),
    "a text": ('print(\'{"own": "1"}\')', 'expected {"own": number}'),
    "true": ("print('{\"own\": true}')", 'expected {"own": number}'),
    "NaN": ("print('{\"own\": NaN}')", 'expected {"own": number}'),
    "1e999": ("print('{\"own\": 1e999}')", 'expected {"own": number}'),
    "twice": ('print(\'{"own": 1, "own": 2}\')', 'expected {"own": number}'),
    "a number alone": ("print(3)", 'expected {"own": number}'),
    "a credential": (f"print('ghp_{'a' * 36}')", "got '[redacted]'"),
}


@pytest.mark.parametrize(("program", "why"), PRINTS.values(), ids=PRINTS)
def test_what_a_command_must_print_is_said(repository: Repository, program: str, why: str) -> None:
    repository.write("tidegate.yaml", contract(BY_COMMAND))
    repository.write("model/metric.py", program)
    repository.champion(table())
    repository.candidate(table())
    with pytest.raises(InputError) as error:
        compare(repository)
    assert error.value.code == "E-MTR-003"
    assert why in str(error.value)
    assert not (repository.folder / ".tidegate/verdict.json").exists()


FAULTS = {
    "python raises": (PYTHON, "raise KeyError('price')", "E-MTR-001", "cannot be imported: KeyError: 'price'"),
    "python kills the process": (PYTHON, "import os; os._exit(3)", "E-PRG-002", "exit code 3"),
    "command fails": (BY_COMMAND, "raise KeyError('price')", "E-PRG-002", "KeyError: 'price'"),
}


@pytest.mark.parametrize(("metrics", "program", "code", "why"), FAULTS.values(), ids=FAULTS)
def test_a_metric_that_does_not_measure_is_an_error_and_never_a_pass(
    repository: Repository, metrics: str, program: str, code: str, why: str
) -> None:
    repository.write("tidegate.yaml", contract(metrics))
    repository.write("model/errors.py", program)
    repository.write("model/metric.py", program)
    repository.champion(table())
    repository.candidate(table())
    with pytest.raises(InputError) as error:
        compare(repository)
    assert error.value.code == code
    assert why in str(error.value)


def test_a_value_outside_the_declared_range_is_refused(repository: Repository) -> None:
    repository.write("tidegate.yaml", contract(PYTHON.replace("lower,", "lower, maximum: 1,")))
    repository.champion(table())
    repository.candidate(table())
    with pytest.raises(InputError, match=r"outside the declared range \[-∞, 1\]"):
        compare(repository)


def test_predictions_that_are_no_numbers_are_not_measured(repository: Repository) -> None:
    predicted = table(0.9)["predicted"].to_numpy().copy()
    predicted[3] = np.nan
    repository.champion(table())
    repository.candidate(table(predicted=predicted))
    assert compare(repository).verdict is Verdict.FAIL
    assert "not finite" in repository.result["sentence"]


def test_a_gap_of_such_a_metric_is_judged(repository: Repository) -> None:
    repository.write("tidegate.yaml", contract(PYTHON, GATE, "      - {metric: own, gap: [weather], at_most: 20}\n"))
    repository.champion(table())
    repository.candidate(table(0.9))
    assert compare(repository).verdict is Verdict.PASS, repository.result["sentence"]


@pytest.mark.parametrize("metrics", [PYTHON, BY_COMMAND], ids=["python", "command"])
def test_two_files_are_measured_by_the_code_at_hand(repository: Repository, metrics: str) -> None:
    repository.write("tidegate.yaml", contract(metrics))
    for name, scale in (("new", 0.9), ("old", 1.0)):
        pq.write_table(table(scale), repository.folder / f"{name}.parquet")
    answer = repository.compare("--candidate", "new.parquet", "--champion", "old.parquet", environ=HERE)
    assert answer.verdict is Verdict.PASS
    assert [one["metric"] for one in answer.data["measured"]] == ["own"]


@pytest.mark.parametrize("metrics", [PYTHON, BY_COMMAND], ids=["python", "command"])
def test_the_verdict_is_reached_again_without_the_code(repository: Repository, metrics: str) -> None:
    repository.write("tidegate.yaml", contract(metrics))
    repository.champion(table())
    repository.candidate(table(1.1))
    compare(repository)
    repository.write("model/errors.py", "raise SystemExit('asked')")
    answer = repository.compare("--replay", ".tidegate")
    assert answer.exit_code == 0, answer.sentence
    assert answer.sentence.startswith("1 run judged again: 1 as before")
