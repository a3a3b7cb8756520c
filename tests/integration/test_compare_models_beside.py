"""`tidegate compare-models` with costs and behavioural tests: what they do to the verdict, its bytes and the report."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import onnx_models
from comparisons import CONTRACT, Repository, run_git, table
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.timing.turns import Pace, Round, Timed
from tidegate.console import Console
from tidegate.core.answer import Answer, Verdict
from tidegate.core.comparison.beside.cost import TIMED
from tidegate.settings import Settings
from tidegate.steps.comparison import cost
from tidegate.steps.comparison.packaged import Packaged

MODEL, ROWS, TESTS = "model/packaged.onnx", "model/rows.parquet", "model/behaviour/test_model.py"
ENVIRON = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
KEYS = f"      model: {MODEL}\n      rows: {ROWS}\n"
GATE = "      - {metric: predict_p50_ms, no_worse_by: 20%, severity: block}\n"
COUNTED_GATE = "      - {metric: model_bytes, no_worse_by: 20%, severity: block}\n"
ASKED = """\
import os, onnx
def answer(): return onnx.load(os.environ["TIDEGATE_MODEL"]).graph.name
"""


class Both(Repository):
    """A repository in which both models are packaged; the candidate's predictions are better."""

    def __init__(self, folder: Path, *, keys: str = KEYS, gates: str = "", tests: str = "", rows: bool = True) -> None:
        super().__init__(folder)
        contract = CONTRACT.replace("      slices: [weather]\n", f"      slices: [weather]\n{keys}") + gates
        self.write("tidegate.yaml", contract)
        self.write(".gitignore", f"model/reports/\n.tidegate/\n{MODEL}\n{ROWS}\n")
        if tests:
            self.write(TESTS, tests)
        self.base = self.champion(table())
        self.candidate(table(0.9))
        self.packaged = self.folder.parent / "champion.onnx"
        onnx_models.write(self.packaged, 1, name="champion")
        onnx_models.write(self.folder / MODEL, 1, name="candidate")
        if rows:
            columns = {name: pa.array([float(row) for row in range(20)]) for name in onnx_models.COLUMNS}
            pq.write_table(pa.table(columns), self.folder / ROWS)

    def asked(self, *arguments: str) -> Answer:
        def output(_settings: Any, _model: Any, commit: str, path: str) -> Path:
            return self.packaged if path == MODEL else self.champions[commit]

        return self.compare(*arguments, environ=ENVIRON, output=output)

    def keep(self, candidate: float, champion: float, *, anew: bool = True) -> None:
        """Have a measurement of these very models, by a clock that shows what the test wants if it is asked."""

        def clock(_python: str, models: list[Path], _rows: Path, _environ: object, pace: Pace) -> Timed:
            rounds = [
                tuple(Round(**dict.fromkeys(TIMED, value * (1 + number / 1000))) for number in range(pace.rounds))
                for value in (candidate, champion)
            ]
            return Timed(models=tuple(rounds[: len(models)]), rows=20, runtime="r")

        settings = Settings(
            workspace=self.folder,
            config="tidegate.yaml",
            model=None,
            environ=ENVIRON,
            console=Console(stream=io.StringIO()),
        )
        if anew:
            (settings.evidence / cost.FILE).unlink(missing_ok=True)
        model = contract_file.load(self.folder / "tidegate.yaml", self.folder).model(None)
        models = Packaged(candidate=self.folder / MODEL, champion=self.packaged)
        cost.of(settings, model, models, cost.Instruments(in_turns=clock))

    @property
    def kept_ratio(self) -> float:
        found = cost.kept_in(self.folder / ".tidegate")
        assert found is not None
        series = found.series["predict_p50_ms"]
        assert series.champion is not None
        return series.candidate[0] / series.champion[0]

    @property
    def verdict_bytes(self) -> bytes:
        return (self.folder / ".tidegate" / "verdict.json").read_bytes()


def test_costs_stand_beside_quality_and_are_measured_once(tmp_path: Path) -> None:
    repository = Both(tmp_path)
    assert repository.asked().verdict is Verdict.PASS
    first = (repository.folder / ".tidegate" / "cost.json").read_bytes()
    block = repository.result["cost"]
    assert block["way"] == "onnx"
    assert block["rounds"] == 12
    assert {one["name"] for one in block["ratios"]} >= {"predict_p50_ms", "predict_p95_ms", "model_bytes"}
    repository.asked()
    assert (repository.folder / ".tidegate" / "cost.json").read_bytes() == first
    assert repository.result["cost"] == block


def test_times_that_decide_nothing_are_not_in_the_verdicts_bytes(tmp_path: Path) -> None:
    repository = Both(tmp_path)
    repository.keep(candidate=1.0, champion=1.0)
    repository.asked()
    before = repository.verdict_bytes
    assert "cost" not in json.loads(before)["result"]
    repository.keep(candidate=7.0, champion=1.0)
    repository.asked()
    assert repository.result["cost"]["ratios"][0]["ratio"] == pytest.approx(7)
    assert repository.verdict_bytes == before


def test_a_gate_on_a_cost_decides_on_the_kept_measurement(tmp_path: Path) -> None:
    repository = Both(tmp_path, gates=GATE)
    repository.keep(candidate=2.0, champion=1.0)
    answer = repository.asked()
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence.startswith("not promotable: predict_p50_ms is worse by 1.0, limit 20% (0.2)")
    assert json.loads(repository.verdict_bytes)["result"]["cost"]["evidence"].startswith("sha256:")
    again = repository.verdict_bytes
    repository.asked()
    assert repository.verdict_bytes == again


def test_the_same_models_keep_their_measurement_and_another_is_measured_anew(tmp_path: Path) -> None:
    repository = Both(tmp_path)
    repository.keep(candidate=9.0, champion=1.0)
    repository.keep(candidate=3.0, champion=1.0, anew=False)
    assert repository.kept_ratio == pytest.approx(9)
    onnx_models.write(repository.folder / MODEL, 2, name="another")
    repository.keep(candidate=3.0, champion=1.0, anew=False)
    assert repository.kept_ratio == pytest.approx(3)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema":2}', "null"])
def test_a_measurement_that_cannot_be_read_is_made_anew(text: str, tmp_path: Path) -> None:
    repository = Both(tmp_path)
    (repository.folder / ".tidegate").mkdir()
    (repository.folder / ".tidegate" / "cost.json").write_text(text)
    repository.keep(candidate=3.0, champion=1.0, anew=False)
    assert repository.kept_ratio == pytest.approx(3)


def test_what_cannot_be_timed_leaves_its_gate_undecided_and_says_why(tmp_path: Path) -> None:
    repository = Both(tmp_path, gates=GATE, rows=False)
    answer = repository.asked()
    assert answer.verdict is Verdict.UNDECIDED
    assert "no value of predict_p50_ms was measured" in answer.sentence
    assert any("evaluation.rows is needed to time a model" in note.message for note in answer.annotations)


def test_sizes_are_judged_even_where_nothing_can_be_timed(tmp_path: Path) -> None:
    repository = Both(tmp_path, gates=COUNTED_GATE, rows=False)
    assert repository.asked().verdict is Verdict.PASS
    with (repository.folder / MODEL).open("ab") as stream:
        stream.write(bytes(2_000_000))
    answer = repository.asked()
    assert answer.verdict is Verdict.FAIL
    assert "model_bytes is worse by" in answer.sentence


def test_a_packaged_model_that_is_not_there_is_said(tmp_path: Path) -> None:
    repository = Both(tmp_path, gates=COUNTED_GATE)
    (repository.folder / MODEL).unlink()
    answer = repository.asked()
    assert answer.verdict is Verdict.UNDECIDED
    assert any("the packaged model model/packaged.onnx is not there" in note.message for note in answer.annotations)


def test_a_packaged_model_that_is_not_the_recorded_one_is_not_judged(tmp_path: Path) -> None:
    repository = Both(tmp_path, gates=COUNTED_GATE, keys=KEYS.replace(MODEL, "model/model.onnx"))
    onnx_models.write(repository.folder / "model" / "model.onnx", 1)
    answer = repository.asked()
    assert answer.verdict is Verdict.UNDECIDED
    assert any("is not the file that dvc.lock records" in note.message for note in answer.annotations)


def test_a_behavioural_test_that_fails_keeps_a_better_model_back(tmp_path: Path) -> None:
    keys = f"{KEYS}      tests: model/behaviour\n"
    repository = Both(tmp_path, keys=keys, tests=f"{ASKED}def test_name(): assert answer() == 'champion'\n", rows=False)
    answer = repository.asked()
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence == "not promotable: the behavioural test test_model.py::test_name fails (newly failing)"
    (found,) = repository.result["behaviour"]["findings"]
    assert found["examples"] == [{"case": "", "observed": "'candidate'", "expected": "== 'champion'"}]
    assert json.loads(repository.verdict_bytes)["result"]["behaviour"]["verdict"] == "fail"
    assert any(note.level == "error" and "test_name fails" in note.message for note in answer.annotations)


def test_behavioural_tests_that_hold_change_no_verdict(tmp_path: Path) -> None:
    keys = f"{KEYS}      tests: model/behaviour\n"
    tests = f"{ASKED}def test_name(): assert answer() in ('candidate', 'champion')\n"
    repository = Both(tmp_path, keys=keys, tests=tests, rows=False)
    answer = repository.asked()
    assert (answer.verdict, answer.sentence) == (Verdict.PASS, "ready to promote")
    first = repository.verdict_bytes
    repository.asked()
    assert repository.verdict_bytes == first


def test_a_dry_run_leaves_no_measurement(tmp_path: Path) -> None:
    repository = Both(tmp_path, rows=False)
    repository.asked("--dry-run")
    assert not (repository.folder / ".tidegate").exists()


def test_nothing_is_measured_where_nothing_is_packaged(tmp_path: Path) -> None:
    repository = Both(tmp_path, keys="")
    repository.asked()
    assert {"cost", "behaviour"}.isdisjoint(repository.result)
    assert not (repository.folder / ".tidegate" / "cost.json").exists()
    assert run_git(repository.folder, "status", "--porcelain") == ""
