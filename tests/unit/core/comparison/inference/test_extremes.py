"""The gap between the most different groups, against truth: simulated groups whose values and noise are known.

What is proven for any number of groups and any pattern of their values (see the module) is counted here: intervals
cover at least as often as they say, and groups that are equal are not called unequal more often than `alpha`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.comparison.inference.extremes import Spread, change
from tidegate.core.comparison.inference.intervals import Interval
from tidegate.core.contract import Measure

ALPHA, DRAWS = 0.05, 300
CHANCE = 3 * math.sqrt(0.05 * 0.95 / 300)


@dataclass(frozen=True, kw_only=True)
class World:
    """True values of both models in each group, the standard error of each, and how alike both models' errors are."""

    new: tuple[float, ...]
    old: tuple[float, ...]
    error: float = 0.3
    alike: float = 0.9
    measure: Measure = "difference"

    def gap(self, values: tuple[float, ...]) -> float:
        return max(values) / min(values) if self.measure == "ratio" else max(values) - min(values)

    def seen(self, random: np.random.Generator, draws: int = DRAWS) -> tuple[Spread, Spread]:
        """Both models as one hold-out shows them, with draws that err as the hold-out itself does."""
        shape = (len(self.new), 1 + draws)
        shared, own = random.normal(0, self.error, (2, *shape))
        errors = (self.alike * shared + math.sqrt(1 - self.alike**2) * own, shared)
        return tuple(  # type: ignore[return-value]
            Spread(
                measure=self.measure,
                values=np.array(truth) + error[:, 0],
                draws=np.array(truth)[:, None] + error[:, :1] + error[:, 1:],
                units=[500] * len(truth),
            )
            for truth, error in zip((self.new, self.old), errors, strict=True)
        )


WORLDS = {
    "two equal": World(new=(10, 10), old=(10, 10)),
    "five equal": World(new=(10,) * 5, old=(10,) * 5),
    "eight equal": World(new=(10,) * 8, old=(10,) * 8),
    "apart": World(new=(10, 12, 15), old=(10, 12, 15)),
    "nearly tied": World(new=(10, 12, 12.1, 12.2), old=(10, 12, 12.1, 12.2)),
    "wider": World(new=(10, 12, 16), old=(10, 12, 15)),
    "other groups": World(new=(13, 10, 11), old=(10, 13, 11)),
    "unpaired": World(new=(10, 12, 15), old=(10, 12, 15), alike=0.0),
    "equal ratios": World(new=(10,) * 4, old=(10,) * 4, measure="ratio"),
    "ratios apart": World(new=(10, 12, 15), old=(10, 12, 14), measure="ratio"),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_intervals_cover_the_gap_and_its_change(world: World) -> None:
    random = np.random.default_rng(1)
    gap, moved = world.gap(world.new), world.gap(world.new) - world.gap(world.old)
    covered = changes = 0
    for _ in range(300):
        new, old = world.seen(random)
        covered += _holds(new.interval(ALPHA), gap)
        changes += _holds(change(new, old, ALPHA), moved)
    assert covered / 300 >= 1 - ALPHA - CHANCE
    assert changes / 300 >= 1 - ALPHA - CHANCE


def _holds(interval: Interval, value: float) -> bool:
    return interval.low - 1e-9 <= value <= interval.high + 1e-9


@pytest.mark.parametrize("groups", [2, 4, 8])
def test_equal_groups_are_called_unequal_no_more_often_than_alpha(groups: int) -> None:
    """While the largest difference itself, with its own percentiles, would call nearly all of them unequal."""
    random, world = np.random.default_rng(2), World(new=(10,) * groups, old=(10,) * groups)
    called = naive = 0
    for _ in range(1_000):
        new, _old = world.seen(random, draws=150)
        called += new.interval(ALPHA).low > 0
        naive += np.quantile(new.gap_draws, ALPHA / 2) > 0
    assert called / 1_000 <= ALPHA / 2 + 0.015
    assert naive / 1_000 > 0.9


def test_a_change_of_the_gap_is_seen_as_soon_as_that_of_its_widest_pair() -> None:
    """Pairing pays: what both models err alike does not widen the interval."""
    random = np.random.default_rng(3)
    widths = {}
    for alike in (0.0, 0.99):
        spreads = [World(new=(10, 15), old=(10, 15), alike=alike).seen(random) for _ in range(50)]
        found = [change(new, old, ALPHA) for new, old in spreads]
        widths[alike] = np.mean([interval.high - interval.low for interval in found])
    assert widths[0.99] < widths[0.0] / 4


def test_with_many_rows_a_change_is_known_although_other_groups_are_the_widest_now() -> None:
    world = World(new=(13, 10, 11), old=(10, 13, 11), error=0.001)
    found = change(*world.seen(np.random.default_rng(4)), ALPHA)
    assert found.low == pytest.approx(0, abs=0.02)
    assert found.high == pytest.approx(0, abs=0.02)


VALUES = st.lists(st.floats(1, 100), min_size=2, max_size=5)


@settings(max_examples=40)
@given(VALUES, st.integers(0, 2**32 - 1), st.sampled_from(["difference", "ratio"]))
def test_whatever_the_values(values: list[float], seed: int, measure: Measure) -> None:
    random = np.random.default_rng(seed)
    new, old = World(new=tuple(values), old=tuple(values[::-1]), measure=measure, error=0.05).seen(random, draws=100)
    interval = new.interval(ALPHA)
    least = 1.0 if measure == "ratio" else 0.0
    assert least <= interval.low <= new.gap <= interval.high, "the gap is inside, and none is below that of equals"
    there, back = change(new, old, ALPHA), change(old, new, ALPHA)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low)), "swapped models turn the change"
    wider = change(new, old, ALPHA / 10)
    assert wider.low <= there.low <= there.high <= wider.high, "surer is wider"


@given(VALUES, st.permutations(range(5)))
def test_the_order_of_groups_does_not_matter(values: list[float], order: list[int]) -> None:
    new, _ = World(new=tuple(values), old=tuple(values)).seen(np.random.default_rng(5), draws=60)
    places = [place for place in order if place < len(values)]
    shuffled = replace(new, values=new.values[places], draws=new.draws[places], units=[500] * len(places))
    one, other = new.interval(ALPHA), shuffled.interval(ALPHA)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))


def test_a_group_that_never_varied_may_still_be_otherwise() -> None:
    sure = Spread(measure="difference", values=np.ones(2), draws=np.ones((2, 200)), units=[40, 40])
    assert sure.interval(ALPHA) == Interval(0.0, 0.0)
    open_ended = replace(sure, unseen=[lambda tail: (1 - tail ** (1 / 40) * 0 - 0.1, 1.0)] * 2)
    assert open_ended.interval(ALPHA).high == pytest.approx(0.1)


@pytest.mark.parametrize("bad", [np.nan, 0.0, -1.0])
def test_a_ratio_of_what_is_not_above_zero_is_not_bounded(bad: float) -> None:
    spread = Spread(measure="ratio", values=np.array([1.0, bad]), draws=np.ones((2, 50)), units=[40, 40])
    assert math.isnan(spread.gap)
    assert not spread.interval(ALPHA).bounded


def test_draws_without_a_value_leave_the_interval_open() -> None:
    """A metric that is undefined in more draws than alpha has no bounds."""
    random = np.random.default_rng(6)
    new, _ = World(new=(10, 15), old=(10, 15)).seen(random)
    draws = new.draws.copy()
    draws[0, :60] = np.nan
    found = replace(new, draws=draws).interval(ALPHA)
    assert (found.low, found.high) == (0.0, math.inf)
