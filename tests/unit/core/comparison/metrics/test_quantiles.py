"""Metrics of forecasts by quantiles equal scikit-learn's pinball loss, and the definitions of what it does not have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from measured import ROWS, WEIGHINGS, value, weights
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.errors import InputError

LEVELS = ("0.05", "0.5", "0.9", "0.975")


def forecast(crossing: bool = False) -> tuple[Any, dict[str, Any]]:
    random = np.random.default_rng(3)
    truth = random.normal(50, 10, ROWS)
    middle = truth + random.normal(0, 5, ROWS)
    said = {"0.05": middle - 8, "0.5": middle, "0.9": middle + 7, "0.975": middle + 9}
    if crossing:
        said["0.5"] = np.where(np.arange(ROWS) % 10 == 0, said["0.9"] + 1, said["0.5"])
    return truth, said


def average(column: Any, weight: Any) -> float:
    return float(np.average(column, weights=weight))


@pytest.mark.parametrize("weighing", WEIGHINGS)
def test_pinball_loss_of_each_level_and_of_all(weighing: str) -> None:
    truth, said = forecast()
    weight = weights(weighing)
    outcome = Outcome(truth=truth, scores=said, weight=weight)
    each = {level: sk.mean_pinball_loss(truth, said[level], alpha=float(level), sample_weight=weight) for level in said}
    names = {"pinball_p05": "0.05", "pinball_p50": "0.5", "pinball_p90": "0.9", "pinball_p97.5": "0.975"}
    for name, level in names.items():
        assert value(name, outcome) == pytest.approx(each[level], rel=1e-12)
    assert value("pinball", outcome) == pytest.approx(np.mean(list(each.values())), rel=1e-12)


@pytest.mark.parametrize("weighing", WEIGHINGS)
@pytest.mark.parametrize("crossing", [False, True], ids=["in order", "crossing"])
def test_the_interval(weighing: str, crossing: bool) -> None:
    truth, said = forecast(crossing)
    weight = weights(weighing)
    low, high = said["0.05"], said["0.975"]
    outcome = Outcome(truth=truth, scores=said, weight=weight)
    coverage = average((truth >= low) & (truth <= high), weight)
    assert value("interval_coverage", outcome) == pytest.approx(coverage, rel=1e-12)
    assert value("coverage_error", outcome) == pytest.approx(abs(coverage - 0.925), rel=1e-9)
    assert value("interval_width", outcome) == pytest.approx(average(high - low, weight), rel=1e-12)
    table = np.stack([said[level] for level in LEVELS])
    crossed = average((np.diff(table, axis=0) < 0).any(axis=0), weight)
    assert value("crossing_rate", outcome) == pytest.approx(crossed, abs=1e-15)
    assert (crossed > 0) == crossing


@pytest.mark.parametrize("weighing", WEIGHINGS)
def test_the_interval_score_is_made_of_the_pinball_losses_of_its_ends(weighing: str) -> None:
    """Gneiting and Raftery 2007: for a central interval, score = 2/α · (sum of both pinball losses)."""
    truth, said = forecast()
    weight = weights(weighing)
    outcome = Outcome(truth=truth, scores={"0.1": said["0.05"], "0.9": said["0.9"]}, weight=weight)
    both = sum(
        sk.mean_pinball_loss(truth, outcome.scores[level], alpha=float(level), sample_weight=weight)
        for level in ("0.1", "0.9")
    )
    assert value("interval_score", outcome) == pytest.approx(2 / 0.2 * both, rel=1e-12)


def test_a_forecast_of_one_quantile_is_judged_by_its_name() -> None:
    truth, said = forecast()
    expected = sk.mean_pinball_loss(truth, said["0.9"], alpha=0.9)
    assert value("pinball_p90", Outcome(truth=truth, prediction=said["0.9"])) == pytest.approx(expected, rel=1e-12)


def test_a_single_quantile_is_no_interval() -> None:
    truth, said = forecast()
    with pytest.raises(InputError, match="two or more quantiles"):
        value("interval_coverage", Outcome(truth=truth, scores={"0.5": said["0.5"]}))
