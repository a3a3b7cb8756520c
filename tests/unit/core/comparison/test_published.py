"""Intervals and verdicts agree with the textbook methods where there are any: McNemar's test, intervals of shares."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

from tidegate.core.comparison.gates.gate_case import Case
from tidegate.core.comparison.inference.estimation import Estimate, estimates
from tidegate.core.comparison.inference.intervals import percentile
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample
from tidegate.core.contract import Gate

ROWS = 1500
MANY = 10**9


def classified(seed: int, better: float = 0.0) -> Sample:
    """Two models that are right about four rows in five, the candidate about `better` more."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, ROWS)
    hard = random.random(ROWS)
    right = [hard + random.normal(0, 0.15, ROWS) < 0.8 + more for more in (better, 0.0)]
    said = [Output(prediction=Coded(codes=np.where(one, truth, 1 - truth), labels=("0", "1"))) for one in right]
    codes = Coded(codes=truth, labels=("0", "1"))
    return Sample(ids=np.arange(ROWS), truth=codes, candidate=said[0], champion=said[1])


def accuracy(sample: Sample) -> Estimate:
    return estimates(sample, ["accuracy"], 20_000, 7)["accuracy"]


def rights(sample: Sample) -> tuple[Floats, Floats]:
    truth = sample.truth.codes  # type: ignore[union-attr]
    return tuple(output.prediction.codes == truth for output in (sample.candidate, sample.champion))  # type: ignore[union-attr,return-value]


def doubt(estimate: Estimate) -> float:
    """Two-sided p-value of "there is no difference"."""
    gate = Gate(metric="accuracy", kind="no_worse_by", limit=Decimal(0), relative=False, text="0")
    assert estimate.difference_draws is not None
    return Case(gate=gate, direction="higher", estimate=estimate, draws=estimate.difference_draws).doubt[0]


@pytest.mark.parametrize(("seed", "better"), [(0, 0.0), (1, 0.01), (2, 0.02), (3, 0.03), (4, -0.02)])
def test_the_p_value_of_a_difference_of_accuracies_is_mcnemars(seed: int, better: float) -> None:
    sample = classified(seed, better)
    new, old = rights(sample)
    table = [[int(np.sum(new & old)), int(np.sum(new & ~old))], [int(np.sum(~new & old)), int(np.sum(~new & ~old))]]
    theirs = mcnemar(table, exact=False, correction=False).pvalue
    assert doubt(accuracy(sample)) == pytest.approx(theirs, abs=0.03)


def test_an_exact_mcnemar_agrees_where_few_rows_differ() -> None:
    random = np.random.default_rng(5)
    truth = random.integers(0, 2, ROWS)
    said = truth.copy()
    said[:14] = 1 - said[:14]
    old = truth.copy()
    old[10:40] = 1 - old[10:40]
    labels = ("0", "1")
    sample = Sample(
        ids=np.arange(ROWS),
        truth=Coded(codes=truth, labels=labels),
        candidate=Output(prediction=Coded(codes=said, labels=labels)),
        champion=Output(prediction=Coded(codes=old, labels=labels)),
    )
    theirs = mcnemar([[ROWS - 40, 26], [10, 4]], exact=True).pvalue
    assert theirs == pytest.approx(0.0113, abs=0.001)
    assert doubt(accuracy(sample)) == pytest.approx(theirs, abs=0.01)


@pytest.mark.parametrize("method", ["normal", "wilson", "agresti_coull"])
def test_the_interval_of_an_accuracy_is_that_of_a_share(method: str) -> None:
    sample = classified(6)
    found = accuracy(sample)
    low, high = proportion_confint(int(rights(sample)[0].sum()), ROWS, alpha=0.05, method=method)
    mine = percentile(found.candidate_draws, 0.05, MANY)
    assert (mine.low, mine.high) == pytest.approx((low, high), abs=0.05 * (high - low))


def test_pairing_sees_what_two_unpaired_shares_do_not() -> None:
    """Why rows are paired: the unpaired test of the same two shares is far less sure of the same difference."""
    sample = classified(7, better=0.04)
    new, old = rights(sample)
    unpaired = proportions_ztest([int(new.sum()), int(old.sum())], [ROWS, ROWS])[1]
    assert doubt(accuracy(sample)) < unpaired / 2


def test_what_was_never_seen_to_fail_may_still_fail_about_as_often_as_clopper_and_pearson_say() -> None:
    """All rows right: no draw varies, and the interval is that of what went unseen."""
    truth = Coded(codes=np.arange(200) % 2, labels=("0", "1"))
    sample = Sample(ids=np.arange(200), truth=truth, candidate=Output(prediction=truth), champion=None)
    estimate = estimates(sample, ["accuracy"], 1000, 7)["accuracy"]
    gate = Gate(metric="accuracy", kind="at_least", limit=Decimal("0.99"), relative=False, text="0.99")
    case = Case(gate=gate, direction="higher", estimate=estimate, draws=estimate.candidate_draws)
    low, _ = proportion_confint(200, 200, alpha=0.05, method="beta")
    assert case.interval(0.05).low == pytest.approx(low, rel=1e-9)
