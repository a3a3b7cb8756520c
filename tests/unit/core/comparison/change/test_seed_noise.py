"""Seeds: a jitter-only change never fails, intervals cover the recipes' difference, real differences are found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seed_worlds import Recipes, retrained, tables
from tidegate.core.answer import Verdict
from tidegate.core.comparison.change.change_blocks import seed_block
from tidegate.core.comparison.change.seed_noise import Repeats, allow_for, seeds_for
from tidegate.core.comparison.comparison import Comparison, compare
from tidegate.core.comparison.gates.findings import Finding, judge
from tidegate.core.comparison.gates.questions import Question
from tidegate.core.comparison.inference.estimation import Estimate, estimates
from tidegate.core.comparison.inference.intervals import Noise, percentile
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.samples.sample import Coded, Output, Sample
from tidegate.core.comparison.samples.slices import Slice
from tidegate.core.contract import CustomMetric, DataSource, Evaluation, Gate, Model

DRAWS = 400
TRUE_MAE = 5 * np.sqrt(2 / np.pi)  # of an error with standard deviation 5


def policy(limit: str, kind: str = "no_worse_by", metric: str = "mae", slices: tuple[str, ...] = ()) -> Model:
    gate = Gate(metric=metric, kind=kind, limit=Decimal(limit), relative=False, text=limit, slices=slices)  # type: ignore[arg-type]
    return Model(
        name="model",
        path="model",
        data=DataSource(tracked="data.dvc", expectations="e"),
        evaluation=Evaluation(predictions="p.csv", id="id", target="y", prediction="p", slices=slices),
        gates=(gate,),
    )


@cache
def simulated(world: Recipes, trials: int) -> tuple[tuple[Estimate, Estimate], ...]:
    """For each trial the estimate of mae by rows alone, and the same with seeds allowed for."""
    random, found = np.random.default_rng(11), []
    for trial in range(trials):
        sample, repeats = world.drawn(random)
        alone = estimates(sample, ["mae"], DRAWS, trial)
        allowed, _ = allow_for({None: alone}, sample, {}, repeats)
        found.append((alone["mae"], allowed[None]["mae"]))
    return tuple(found)


def covered(found: tuple[Estimate, ...], truth: float = 0.0) -> float:
    intervals = [percentile(one.difference_draws, 0.05, one.units) for one in found if one.difference_draws is not None]
    return float(np.mean([interval.low <= truth <= interval.high for interval in intervals]))


WORLDS = {
    "seeds-decide": Recipes(luck=0.2, jitter=0.2, repeats=10),
    "rows-and-seeds": Recipes(luck=0.12, jitter=3.0, repeats=10),
    "worse-recipe": Recipes(luck=0.1, jitter=0.3, worse=0.3, repeats=10),
}


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_intervals_cover_the_difference_of_the_recipes(world: Recipes) -> None:
    """Ten repeats; the true difference of two recipes is the difference of their mean absolute errors."""
    alone, allowed = zip(*simulated(world, 200), strict=True)
    truth = world.worse * TRUE_MAE
    assert 0.93 <= covered(allowed, truth) <= 0.99
    assert covered(alone, truth) < 0.85, "rows alone take luck for a difference"


@pytest.mark.parametrize("repeats", [2, 3, 5])
def test_few_repeats_make_intervals_wide_and_never_too_narrow(repeats: int) -> None:
    world = Recipes(luck=0.2, jitter=0.2, repeats=repeats)
    _, allowed = zip(*simulated(world, 200), strict=True)
    assert covered(allowed) >= 0.94


def test_where_seeds_change_rows_and_not_the_recipe_hardly_anything_is_added() -> None:
    """What repeats differ by through chance in the rows is in the rows' own interval already."""
    alone, allowed = zip(*simulated(Recipes(luck=0.0, jitter=3.0, repeats=10), 200), strict=True)
    assert covered(allowed) >= 0.93
    wider = [
        np.std(two.difference_draws) / np.std(one.difference_draws) for one, two in zip(alone, allowed, strict=True)
    ]
    assert np.median(wider) < 1.25, "twice the variance would be 1.41"


def verdicts(
    world: Recipes, limit: str, trials: int, *, allow: bool = True, kind: str = "no_worse_by"
) -> list[Verdict]:
    return [found.verdict for found in gates(world, limit, trials, allow=allow, kind=kind)]


def gates(world: Recipes, limit: str, trials: int, *, allow: bool = True, kind: str = "no_worse_by") -> list[Finding]:
    """One gate on mae, asked in as many draws of a world, the same ones every time."""
    gate = policy(limit, kind).gates[0]
    found = []
    for alone, allowed in simulated(world, trials):
        estimate = allowed if allow else alone
        asked = Question(gate=gate, direction="lower", part=None, rows=world.rows, estimate=estimate)
        found += judge([asked], 0.05)[0]
    return found


def test_a_change_of_the_seed_alone_never_fails() -> None:
    """A hundred changes of nothing but the seed, without any margin. By rows alone half of the unlucky ones fail."""
    world = Recipes(luck=0.15, jitter=0.3, repeats=3)
    assert Verdict.FAIL not in verdicts(replace(world, same=True), "0", 100)
    assert verdicts(world, "0", 100, allow=False).count(Verdict.FAIL) > 25


def test_a_change_that_does_nothing_but_move_the_seed_fails_less_often_than_alpha() -> None:
    """Code was touched, so that nobody knows that the recipes are equal: half of alpha is on the worse side."""
    assert verdicts(Recipes(luck=0.15, jitter=0.3, repeats=3), "0", 200).count(Verdict.FAIL) <= 5


def test_with_a_margin_of_what_a_seed_does_it_never_fails_either() -> None:
    """0.6 is the standard deviation of one training's mae."""
    assert Verdict.FAIL not in verdicts(Recipes(luck=0.15, jitter=0.3, repeats=5), "0.6", 100)


def test_one_recipe_holds_no_difference() -> None:
    sample, repeats = Recipes(luck=0.3, same=True).drawn(np.random.default_rng(12))
    found = decided(sample, repeats)
    for metric in found.metrics:
        assert metric.interval is not None
        assert metric.interval.low <= 0 <= metric.interval.high
        assert metric.better is None
    assert seed_block(repeats, found.seed_noise)["seed_noise"]["same_recipe"] is True


@pytest.mark.parametrize(
    ("gate", "same", "verdict"),
    [
        ("0.01", True, Verdict.UNDECIDED),
        ("0.5", True, Verdict.PASS),
        ("0.01", False, Verdict.FAIL),
    ],
    ids=["one-recipe", "within-the-margin", "two-recipes"],
)
def test_a_number_without_rows_cannot_fail_a_change_of_the_seed_either(gate: str, same: bool, verdict: Verdict) -> None:
    sample, repeats = Recipes(same=same).drawn(np.random.default_rng(3))
    judge = replace(policy(gate, metric="own"), metrics={"own": CustomMetric(direction="lower")})
    found = compare(judge, *tables(sample), Totals(candidate={"own": 1.3}, champion={"own": 1.0}), repeats=repeats)
    assert found.gates[0].verdict is verdict


def test_one_recipe_cannot_be_better_than_itself() -> None:
    """Superiority is not what luck can show either."""
    world = Recipes(luck=0.15, jitter=0.3, repeats=3, same=True)
    assert Verdict.PASS not in verdicts(world, "0.1", 100, kind="better_by")


def test_a_real_difference_is_still_found() -> None:
    """Worse by five times what a seed does to the difference."""
    world = Recipes(luck=0.05, jitter=0.3, worse=0.35, repeats=5)
    assert verdicts(world, "0.2", 50).count(Verdict.FAIL) >= 45


def test_a_better_recipe_passes() -> None:
    assert verdicts(Recipes(luck=0.05, jitter=0.3, worse=-0.35, repeats=5), "0.2", 50).count(Verdict.PASS) >= 45


@pytest.mark.parametrize("trial", range(5))
def test_repeats_only_ever_widen(trial: int) -> None:
    """What rows alone leave undecided or worse stays so: the interval grows around the compared model."""
    sample, repeats = Recipes().drawn(np.random.default_rng(trial))
    alone, allowed = (compare(policy("0.2"), *tables(sample), repeats=given) for given in (None, repeats))
    for one, two in zip(alone.metrics, allowed.metrics, strict=True):
        assert one.difference == two.difference
        assert one.interval is not None
        assert two.interval is not None
        assert two.interval.low < one.interval.low < one.interval.high < two.interval.high


def decided(sample: Sample, repeats: Repeats | None, limit: str = "0.2") -> Comparison:
    return compare(policy(limit), *tables(sample), repeats=repeats)


def test_the_printed_detectable_effect_is_decided_in_four_of_five_repeats() -> None:
    world = Recipes(luck=0.1, jitter=0.3, repeats=10)
    distance = float(np.median([gate.detectable or np.inf for gate in gates(world, "0", 200)]))
    assert 0.72 <= verdicts(world, f"{distance:.4f}", 200).count(Verdict.PASS) / 200 <= 0.9


def test_the_printed_effect_grows_with_the_seeds() -> None:
    found = [decided(*Recipes(luck=luck).drawn(np.random.default_rng(1))).gates[0] for luck in (0.0, 0.1, 0.4)]
    printed = [gate.detectable for gate in found]
    assert printed == sorted(printed, key=lambda value: value or 0)
    assert found[0].seeds is not None
    assert found[2].seeds is not None
    assert found[2].seeds > found[0].seeds


def test_no_number_of_rows_is_promised_where_seeds_are_in_the_way() -> None:
    sample, repeats = Recipes(luck=0.3, jitter=0.1).drawn(np.random.default_rng(2))
    gate = decided(sample, repeats, "0.05").gates[0]
    assert gate.verdict is Verdict.UNDECIDED
    assert gate.rows_needed is None
    assert "; another seed alone moves it by about " in gate.sentence


@pytest.mark.parametrize(
    ("noise", "distance", "more"),
    [
        (Noise(rows=2.0, seeds=0.0), 1.0, 4 * 2.8**2 * 100 - 100),
        (Noise(rows=2.0, seeds=0.2), 1.0, None),
        (Noise(rows=2.0, seeds=1.0), 1.0, None),
        (Noise(rows=2.0, seeds=0.0), 0.0, None),
        (Noise(rows=2.0, seeds=0.0), float("inf"), None),
        (Noise(rows=2.0, seeds=float("inf")), 1.0, None),
    ],
    ids=["no-seeds", "some", "too-much", "on-the-limit", "far", "unknown"],
)
def test_rows_shrink_only_their_own_share(noise: Noise, distance: float, more: float | None) -> None:
    """2.8 standard errors are noticed in 80 % of repeats: a distance of 1 takes (2.8 * 2)² times the rows."""
    found = noise.rows_needed(distance, 2.8 * noise.total, 100)
    if noise.seeds == 0.2:
        assert found is not None
        assert found > 4 * 2.8**2 * 100 - 100, "seeds leave less for the rows"
    else:
        assert found == (None if more is None else pytest.approx(more, abs=1))


def test_training_that_no_seed_changes_is_judged_as_without_repeats() -> None:
    sample, _ = Recipes(luck=0).drawn(np.random.default_rng(3))
    assert sample.champion is not None
    same = Repeats(
        parameter="seed", candidate=retrained(8, [sample.candidate] * 3), champion=retrained(7, [sample.champion] * 3)
    )
    alone, allowed = decided(sample, None).gates[0], decided(sample, same).gates[0]
    assert allowed.interval == alone.interval
    assert allowed.seeds == 0.0


def test_limits_on_the_candidates_own_value_stay_as_they_are() -> None:
    """They ask about the model that will run, whatever another seed would have given."""
    sample, repeats = Recipes(luck=0.4).drawn(np.random.default_rng(3))
    judge = policy("4.2", "at_most")
    alone, allowed = (compare(judge, *tables(sample), repeats=given).gates[0] for given in (None, repeats))
    assert allowed.interval == alone.interval
    assert allowed.seeds is None


def test_slices_have_their_own_spread() -> None:
    """Seeds that only matter in one slice widen that slice's interval and hardly the other's."""
    random = np.random.default_rng(6)
    rows, repeats = 400, 5
    truth, stormy = random.normal(100, 20, rows), np.arange(rows) % 2
    error = random.normal(0, 5, rows)

    def model() -> Output:
        return Output(prediction=truth + error * (1 + random.normal(0, 0.5) * stormy) + random.normal(0, 0.3, rows))

    outputs = [model() for _ in range(2 * repeats + 2)]
    sample = Sample(
        ids=np.arange(rows),
        truth=truth,
        candidate=outputs[0],
        champion=outputs[1],
        slices={"weather": Coded(codes=stormy, labels=("calm", "storm"))},
    )
    again = Repeats(
        parameter="seed",
        candidate=retrained(8, outputs[2 : 2 + repeats]),
        champion=retrained(7, outputs[2 + repeats :]),
    )
    parts = {Slice("weather", name): stormy == code for code, name in enumerate(("calm", "storm"))}
    found = {part: estimates(sample.take(mask), ["mae"], DRAWS, 1) for part, mask in parts.items()}
    allowed, over_all = allow_for(dict(found), sample, parts, again)
    calm, storm = (allowed[part]["mae"].noise for part in parts)
    assert over_all == ()
    assert calm is not None
    assert storm is not None
    assert storm.seeds > 20 * calm.seeds


def test_a_metric_that_some_seed_leaves_undefined_decides_nothing() -> None:
    sample, repeats = Recipes().drawn(np.random.default_rng(4))
    nothing = Output(prediction=np.full(sample.rows, np.nan))
    broken = replace(repeats, candidate=retrained(8, [nothing, *repeats.candidate.outputs[1:]]))
    gate = decided(sample, broken).gates[0]
    assert gate.verdict is Verdict.UNDECIDED
    assert gate.interval is not None
    assert not gate.interval.bounded


def test_the_same_evidence_gives_the_same_numbers() -> None:
    sample, repeats = Recipes().drawn(np.random.default_rng(4))
    one, two = (decided(sample, repeats) for _ in range(2))
    assert one == two
    assert one.grounds is not None
    block = seed_block(one.grounds.repeats, one.seed_noise)["seed_noise"]
    assert block["candidate"]["seed"] == 8
    assert [repeat["seed"] for repeat in block["champion"]["repeats"]] == [1007, 2007, 3007, 4007, 5007]
    (mae,) = [metric for metric in block["metrics"] if metric["name"] == "mae"]
    assert mae["candidate"]["values"][0] == one.gates[0].candidate
    assert len(mae["champion"]["values"]) == 6


def test_without_repeats_a_verdict_says_nothing_of_seeds() -> None:
    assert seed_block(None, ()) == {}


@given(own=st.integers(0, 999), other=st.integers(0, 999), times=st.integers(2, 50))
def test_two_seeds_never_share_a_training(own: int, other: int, times: int) -> None:
    shared = {own, *seeds_for(own, times)} & {other, *seeds_for(other, times)}
    assert bool(shared) == (own == other)
    assert len(set(seeds_for(own, times))) == times
