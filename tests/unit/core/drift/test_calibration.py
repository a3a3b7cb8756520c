"""How often no change is called one, and how often a change is seen: the promise, measured by simulation.

Larger runs and the power table are in `tests/benchmarks/drift_calibration.py`.
"""

from __future__ import annotations

import numpy as np
import pytest

from fixtures import clusters, drift
from fixtures.clusters import Days
from tidegate.core.drift import distances, floors
from tidegate.core.drift.cells import Reference
from tidegate.core.drift.finding import Found
from tidegate.core.drift.significance import distribution_p
from tidegate.core.drift.spread import spread
from tidegate.core.drift.verdict import Rules, of_one

TRIALS = 2_000
ALPHAS = np.array([0.05, 0.01])
ALLOWED = np.array([0.015, 0.007])
"""Three standard errors of a rate over 2,000 trials; both ends of the promised ± 1 point are inside for 0.05."""


@pytest.mark.parametrize(("reference_rows", "rows"), [(10_000, 200), (10_000, 30), (5_000, 5_000), (8_000, 1_000_000)])
def test_independent_rows_keep_the_level(reference_rows: int, rows: int) -> None:
    random, shares = np.random.default_rng(rows), np.full(10, 0.1)
    alarms = np.zeros(2)
    for _ in range(TRIALS):
        base, window = (clusters.rows(number, shares, random) for number in (reference_rows, rows))
        p = distribution_p(base, window, spread(Reference(whole=base), base, window), ordered=True)
        assert p is not None
        alarms += p <= ALPHAS
    assert (np.abs(alarms / TRIALS - ALPHAS) <= ALLOWED).all()


@pytest.mark.parametrize("alike", [0.05, 0.3, 0.8])
@pytest.mark.parametrize("days", [7, 30])
def test_days_whose_hours_are_alike_keep_the_level(alike: float, days: int) -> None:
    """Never above it; below it where a window of few, very like days could not be told from the reference anyway."""
    world, random = Days(cells=10, rows=24, alike=alike), np.random.default_rng(7)
    alarms = np.zeros(2)
    for _ in range(40):
        reference = world.reference(365, random)
        for _ in range(TRIALS // 40):
            window = world.sample(days, random)
            p = distribution_p(reference.whole, window, spread(reference, reference.whole, window), ordered=True)
            alarms += (1.0 if p is None else p) <= ALPHAS
    assert (alarms / TRIALS - ALPHAS <= ALLOWED).all()
    assert alarms[0] / TRIALS >= 0.025


def test_taking_alike_hours_as_independent_would_alarm_almost_always() -> None:
    """The same days without the reference's products: what the blocks are for."""
    world, random = Days(cells=10, rows=24, alike=0.3), np.random.default_rng(7)
    reference = Reference(whole=world.reference(365, random).whole)
    windows = [world.sample(7, random) for _ in range(200)]
    found = [
        distribution_p(reference.whole, window, spread(reference, reference.whole, window), ordered=True)
        for window in windows
    ]
    assert np.mean([p is not None and p <= 0.01 for p in found]) > 0.8


@pytest.mark.parametrize(("alike", "days"), [(0.05, 7), (0.3, 7), (0.3, 30), (0.8, 30), (0.0, 30)])
def test_chance_exceeds_the_floor_no_more_often_than_promised(alike: float, days: int) -> None:
    world, random = Days(cells=10, rows=24, alike=alike), np.random.default_rng(3)
    beyond = 0
    for _ in range(20):
        reference = world.reference(365, random)
        chance = None
        for _ in range(50):
            window = world.sample(days, random)
            stray = spread(reference, reference.whole, window)
            chance = chance or floors.by_chance(reference.whole, stray, alpha=0.05, name="x")
            p, q = distances.shares(window.counts), distances.shares(reference.whole.counts)
            beyond += float(distances.jensen_shannon(p, q)) > chance
    assert beyond / 1_000 <= 0.08


@pytest.mark.parametrize("rows", [50, 300, 1_000, 3_000, 1_000_000])
@pytest.mark.parametrize("cells", [2, 10, 40])
def test_leaving_out_the_simulation_changes_no_floor(rows: int, cells: int) -> None:
    base = clusters.rows(20_000, np.full(cells, 1 / cells), np.random.default_rng(cells))
    window = clusters.rows(rows, np.full(cells, 1 / cells), np.random.default_rng(rows))
    stray = spread(Reference(whole=base), base, window)
    simulated = max(0.1, floors.by_chance(base, stray, alpha=0.01, name="x"))
    assert floors.floor(base, stray, 0.1, alpha=0.01, name="x") == simulated


@pytest.mark.parametrize("rows", [100, 20_000])
def test_twenty_columns_without_drift_rarely_have_one_that_drifted(rows: int) -> None:
    """Twenty columns at p < 0.01 would have one in 18 % of checks; the floor of the contract is left out."""
    random = np.random.default_rng(rows)
    reference = drift.profile({f"c{number}": random.normal(size=5_000) for number in range(20)})
    rules = Rules(alpha=0.01, min_effect=0.0, columns=0.05, windows=1, of=1)
    trials = 40
    fired = sum(
        bool(of_one(reference, drift.window(reference, _normal(reference, rows, random)), rules).drifted)
        for _ in range(trials)
    )
    assert fired <= 2  # P(more than 2 of 40 at 0.01) = 0.7 %; at 0.18 seven are expected


def _normal(reference: object, rows: int, random: np.random.Generator) -> dict[str, object]:
    return {name: random.normal(size=rows) for name in reference.columns}  # type: ignore[attr-defined]


@pytest.mark.parametrize("shift", [0.01, 0.05, 0.1, 0.15])
def test_an_irrelevant_shift_never_alarms_however_many_rows(shift: float) -> None:
    random = np.random.default_rng(1)
    reference = drift.profile({"x": random.normal(size=200_000)})
    window = drift.window(reference, {"x": random.normal(shift, size=1_000_000)})
    found = next(item for item in of_one(reference, window, drift.RULES).findings if item.subject == "distribution")
    assert found.found is Found.CALM
    if shift >= 0.05:
        assert found.p is not None
        assert found.p < 1e-6  # and yet it is certain


PLANTED = {
    "mean": lambda random, rows: random.normal(0.5, 1, rows),
    "variance": lambda random, rows: random.normal(0, 1.8, rows),
    "tail": lambda random, rows: np.where(
        random.random(rows) < 0.1, random.normal(6, 1, rows), random.normal(size=rows)
    ),
    "one value": lambda random, rows: np.full(rows, 0.3),
    "missing": lambda random, rows: np.where(random.random(rows) < 0.06, np.nan, random.normal(size=rows)),
}


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED.keys())
def test_planted_shifts_of_a_thousand_rows_are_seen(planted: object) -> None:
    random = np.random.default_rng(5)
    reference = drift.profile({"x": random.normal(size=10_000)})
    seen = [
        "x" in of_one(reference, drift.window(reference, {"x": planted(random, 1_000)}), drift.RULES).drifted  # type: ignore[operator]
        for _ in range(50)
    ]
    assert sum(seen) >= 48
