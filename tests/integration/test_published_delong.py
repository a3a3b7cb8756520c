"""AUCs, their difference and its standard error equal those of a published implementation of DeLong's test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import peers
from tidegate.core.comparison.inference.estimation import estimates
from tidegate.core.comparison.inference.intervals import percentile
from tidegate.core.comparison.inference.resampling import of_rows, summed
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample

MLSTATKIT = "mlstatkit==0.1.91"
PROGRAM = """
import json
import numpy as np
from MLstatkit.delong import Delong_test
given = np.load("arrays.npz")
z, p, _, _, old, new, info = Delong_test(given["truth"], given["old"], given["new"])
print(json.dumps({"z": z, "p": p, "old": old, "new": new, "method": info["method"]}))
"""


def sample(rows: int, digits: int | None) -> Sample:
    random = np.random.default_rng(rows)
    truth = random.random(rows) < 0.3
    shared = random.normal(0, 1, rows)
    new, old = (truth * 1.2 + shared + random.normal(0, spread, rows) for spread in (0.6, 0.8))
    new, old = (column if digits is None else np.round(column, digits) for column in (new, old))
    return Sample(
        ids=np.arange(rows),
        truth=Coded(codes=truth.astype(np.int64), labels=("0", "1")),
        candidate=Output(scores={"1": new}),
        champion=Output(scores={"1": old}),
    )


def standard_error(given: Sample) -> float:
    """DeLong's, from what our form of AUC sums up over rows: where each positive and each negative was placed."""
    parts = []
    for output in (given.candidate, given.champion):
        assert output is not None
        form = METRICS["auc"](Outcome(truth=given.truth, scores=output.scores))
        parts.append(summed(form, of_rows(given.rows, 0)).sums)
    new, old = parts
    variance = 0.0
    for side in (0, 1):
        rows = new[:, side] > 0
        moved = new[rows, 2 + side] - old[rows, 2 + side]
        variance += float(np.var(moved, ddof=1)) / len(moved)
    return math.sqrt(variance)


@pytest.mark.parametrize("digits", [None, 1], ids=["distinct", "tied"])
def test_delong(digits: int | None) -> None:
    given = sample(800, digits)
    assert given.champion is not None
    arrays: dict[str, Floats] = {"new": given.candidate.scores["1"], "old": given.champion.scores["1"]}
    try:
        theirs = peers.asked(MLSTATKIT, PROGRAM, truth=given.truth.codes, **arrays)  # type: ignore[union-attr]
    except peers.Unavailable as reason:
        pytest.skip(str(reason))
    assert theirs["method"] == "delong"
    found = estimates(given, ["auc"], 4000, 7)["auc"]
    assert (found.candidate, found.champion) == pytest.approx((theirs["new"], theirs["old"]), rel=1e-12)
    assert found.difference is not None
    assert found.difference_draws is not None
    error = standard_error(given)
    assert found.difference / error == pytest.approx(theirs["z"], rel=1e-9)
    assert 2 * stats.norm.sf(abs(found.difference / error)) == pytest.approx(theirs["p"], rel=1e-6)
    assert np.std(found.difference_draws) == pytest.approx(error, rel=0.05)
    mine = percentile(found.difference_draws, 0.05, 10**9)
    for end, theirs_end in ((mine.low, found.difference - 1.96 * error), (mine.high, found.difference + 1.96 * error)):
        assert end == pytest.approx(theirs_end, abs=0.15 * error)
