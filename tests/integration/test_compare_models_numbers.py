"""Gates on numbers that a pipeline gives itself, without the rows behind them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons import CONTRACT, PREDICTIONS, Repository, table
from tidegate.core.answer import Answer, Verdict
from tidegate.errors import InputError
from tidegate.settings import Settings


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


REVENUE = CONTRACT.replace(
    "      - {metric: mae, at_most: 60}\n",
    "      - {metric: revenue, no_worse_by: 0.01}\n    metrics: {revenue: {direction: higher, minimum: 0}}\n",
)


METRICS = "model/reports/metrics.json"


def with_revenue(repository: Repository, now: str, before: str | None) -> Answer:
    """A better candidate, and the numbers that both pipelines claim."""
    repository.write("tidegate.yaml", REVENUE)
    stage = {"cmd": "y", "metrics": ["reports/metrics.json"]}
    repository.write("model/dvc.yaml", json.dumps({"stages": {"evaluate": stage}}))
    base = repository.champion(table())
    repository.candidate(table(0.9))
    repository.write(METRICS, now)
    then = repository.folder.parent / "then"

    def output(settings: Settings, model: Any, commit: str, name: str) -> Path:
        if name == PREDICTIONS:
            return repository.champions[base]
        if before is None:
            raise InputError("E-DVC-031", "is written by no stage of that commit's pipeline.", where=name)
        (then / name).parent.mkdir(parents=True, exist_ok=True)
        (then / name).write_text(before)
        return then / name

    return repository.compare(output=output)


def test_a_number_of_the_pipelines_own_is_a_gate_too(repository: Repository) -> None:
    answer = with_revenue(repository, '{"revenue": 0.90, "rmse": 1}', '{"revenue": 0.91}')
    assert (answer.verdict, answer.sentence) == (Verdict.PASS, "ready to promote")
    assert repository.result["gates"][1]["difference"] == pytest.approx(-0.01)
    assert repository.result["gates"][1]["interval"] is None


def test_a_number_of_the_pipelines_own_can_fail(repository: Repository) -> None:
    answer = with_revenue(repository, '{"revenue": 0.89}', '{"revenue": 0.91}')
    assert answer.sentence == (
        "not promotable: revenue is worse by 0.020, limit 0.010 (one number without rows: no interval)"
    )


def test_a_number_that_the_champion_never_had_is_undecided(repository: Repository) -> None:
    answer = with_revenue(repository, '{"revenue": 0.89}', None)
    assert answer.verdict is Verdict.UNDECIDED
    assert "the champion has no value of revenue" in answer.sentence


def test_a_number_that_a_gate_needs_and_nobody_wrote_is_an_error(repository: Repository) -> None:
    with pytest.raises(InputError, match="gate needs 'revenue'; present: rmse") as caught:
        with_revenue(repository, '{"rmse": 1}', '{"revenue": 0.91}')
    assert (caught.value.code, caught.value.where) == ("E-MET-006", METRICS)
