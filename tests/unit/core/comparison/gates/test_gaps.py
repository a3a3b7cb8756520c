"""Gates on the gap between slices: what they decide, what they say, and when they decide nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hold_outs import ROWS, classes, gate, model, numbers
from tidegate.core.answer import Verdict
from tidegate.core.comparison.change.seed_noise import Repeats, Retrained
from tidegate.core.comparison.comparison import Comparison, compare, compare_totals
from tidegate.core.comparison.gates.findings import Finding
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.samples.sample import Coded, Output, Predictions, coded
from tidegate.core.contract import CustomMetric

PASS, FAIL, UNDECIDED, SKIPPED = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED, Verdict.SKIPPED
GROUP = coded([("a", "b", "c")[row % 3] for row in range(ROWS)])


def table(*scales: float, **more: Any) -> Predictions:
    """Predictions that are off by a fixed error times the scale of each group."""
    whole = numbers(1.0, slices={"group": GROUP}, **more)
    error = whole.output.prediction - whole.truth  # type: ignore[operator]
    by_row = np.array(scales)[GROUP.codes % len(scales)]
    return replace(whole, output=Output(prediction=whole.truth + by_row * error))  # type: ignore[operator]


def found(rule: Any, new: Predictions, old: Predictions | None = None, **evaluation: Any) -> Comparison:
    return compare(model(rule, **{"slices": ("group",), **evaluation}), new, old)


def gap(metric: str, kind: str, text: str, *columns: str, **more: Any) -> Any:
    return gate(metric, kind, text, gap=columns or ("group",), **more)


@pytest.mark.parametrize(
    ("scales", "rule", "verdict"),
    [
        ((1.0, 1.0, 1.0), gap("rmse", "at_most", "10"), PASS),
        ((1.0, 1.0, 2.0), gap("rmse", "at_most", "10"), FAIL),
        ((1.0, 1.0, 1.0), gap("rmse", "at_most", "3"), UNDECIDED),
        ((1.0, 1.0, 1.0), gap("rmse", "at_most", "1.5", measure="ratio"), PASS),
        ((1.0, 1.0, 2.0), gap("rmse", "at_most", "1.5", measure="ratio"), FAIL),
        ((1.0, 1.0, 1.0), gap("rmse", "no_worse_by", "1"), PASS),
        ((1.0, 1.0, 1.6), gap("rmse", "no_worse_by", "5"), FAIL),
        ((1.0, 1.0, 1.2), gap("rmse", "no_worse_by", "4"), UNDECIDED),
        ((1.0, 1.0, 1.6), gap("rmse", "no_worse_by", "50%"), FAIL),
        ((1.0, 1.0, 1.0), gap("rmse", "better_by", "1"), FAIL),
        ((1.0, 1.0, 1.6), gap("rmse", "no_worse_by", "0.2", measure="ratio"), FAIL),
        ((1.0, 1.0, 1.0), gap("rmse", "no_worse_by", "0.2", measure="ratio"), PASS),
    ],
)
def test_a_gap_is_judged(scales: tuple[float, ...], rule: Any, verdict: Verdict) -> None:
    result = found(rule, table(*scales), table(1.0))
    assert result.gates[0].verdict is verdict, result.sentence
    assert result.verdict is verdict


def test_its_sentence_names_the_slices_that_differ_most() -> None:
    result = found(gap("rmse", "at_most", "10"), table(1.0, 1.0, 2.0), table(1.0))
    assert result.gates[0].label == "rmse gap[group] at_most 10"
    assert result.sentence.startswith("not promotable: the gap in rmse across group (c against b) is 36")
    ratio = found(gap("rmse", "at_most", "1.2", measure="ratio"), table(1.0, 1.0, 2.0), table(1.0))
    assert ratio.gates[0].label == "rmse ratio[group] at_most 1.2"
    assert "the ratio of rmse across group (c against b) is 2" in ratio.sentence


def test_more_is_better_for_some_metrics_and_a_small_gap_for_all() -> None:
    even, uneven = table(1.0), table(1.0, 1.0, 2.0)
    rule = gap("r2", "no_worse_by", "0.05")
    assert found(rule, uneven, even).verdict is FAIL
    assert found(rule, even, uneven).verdict is PASS
    assert found(gap("r2", "better_by", "0.1"), even, uneven).verdict is PASS


def finding(result: Comparison) -> Finding:
    return result.gates[0]


def test_its_numbers_are_those_of_the_slices() -> None:
    judged = finding(found(gap("rmse", "at_most", "10"), table(1.0, 1.0, 2.0), table(1.0)))
    assert judged.gap is not None
    values = [group.candidate or 0.0 for group in judged.gap.groups]
    assert judged.candidate == pytest.approx(max(values) - min(values))
    assert judged.rows == ROWS
    assert judged.interval is not None
    assert judged.interval.low <= judged.candidate <= judged.interval.high
    assert judged.detectable


def test_small_slices_are_shown_and_not_compared() -> None:
    labels = ["rare" if row < 20 else ("a", "b")[row % 2] for row in range(ROWS)]
    new = replace(table(1.0), slices={"group": coded(labels)})
    judged = finding(found(gap("rmse", "at_most", "10"), new, table(1.0)))
    assert judged.verdict is PASS
    assert judged.gap is not None
    shown = {group.part.value: (group.rows, group.estimate is not None) for group in judged.gap.groups}
    assert shown == {"a": (590, True), "b": (590, True), "rare": (20, False)}
    assert next(group for group in judged.gap.groups if group.part.value == "rare").candidate is not None


def grouped(labels: list[str], **more: Any) -> Predictions:
    return replace(table(1.0, **more), slices={"group": coded(labels)})


FEW = ["only" if row < 1190 else "rare" for row in range(ROWS)]


@pytest.mark.parametrize(
    ("new", "rule", "evaluation", "why"),
    [
        (grouped(["only"] * ROWS), gap("rmse", "at_most", "10"), {}, "group has one value only"),
        (grouped(FEW), gap("rmse", "at_most", "10"), {}, "only one slice by group has the 30 rows"),
        (grouped(FEW), gap("rmse", "at_most", "10"), {"minimum_rows": 1195}, "no slice by group has the 1,195 rows"),
        (grouped([f"g{row % 25}" for row in range(ROWS)]), gap("rmse", "at_most", "10"), {}, "at most 20 can be"),
        (table(1.0, 1.0, 0.0), gap("rmse", "at_most", "2", measure="ratio"), {}, "the smallest rmse is 0, of which"),
    ],
    ids=["one value", "one that counts", "none that counts", "too many", "no ratio"],
)
def test_a_gap_that_cannot_be_told_is_undecided_and_says_why(
    new: Predictions, rule: Any, evaluation: dict[str, Any], why: str
) -> None:
    result = found(rule, new, table(1.0), **evaluation)
    assert result.verdict is UNDECIDED
    assert why in result.sentence


def test_a_metric_that_a_slice_does_not_have_is_undecided() -> None:
    """No row of one slice is positive, so that its recall is of nothing."""
    plain = classes(0.9)
    truth = np.where(np.arange(ROWS) % 3 == 0, 0, plain.truth.codes)  # type: ignore[union-attr]
    new = replace(plain, truth=Coded(codes=truth, labels=("0", "1")), slices={"group": GROUP})
    result = found(gap("auc", "at_most", "0.2"), new, replace(new, slices={}), score="s")
    assert result.verdict is UNDECIDED
    assert "auc is undefined where group is a" in result.sentence


def test_without_a_champion_only_the_gap_itself_is_asked() -> None:
    assert found(gap("rmse", "at_most", "10"), table(1.0)).verdict is PASS
    unasked = found(gap("rmse", "no_worse_by", "1"), table(1.0))
    assert (finding(unasked).verdict, unasked.verdict) == (SKIPPED, UNDECIDED)


def test_numbers_without_rows_have_no_slices() -> None:
    declared = {"revenue": CustomMetric(direction="higher", minimum=0)}
    policy = model(gap("revenue", "at_most", "1"), slices=("group",), metrics=declared)
    result = compare_totals(policy, Totals(candidate={"revenue": 1.0}, champion={"revenue": 1.0}))
    assert result.verdict is UNDECIDED
    assert "there are no rows with group" in result.sentence


def test_perfect_slices_are_not_sure_to_be_equal() -> None:
    """Forty rows without an error say that the share of errors is below 9 %, not that it is nothing."""
    table = classes(1.0, rows=80, scores=False)
    new = replace(table, slices={"group": coded(["a", "b"] * 40)})
    assert found(gap("accuracy", "at_most", "0.05"), new, replace(new, slices={})).verdict is UNDECIDED
    assert found(gap("accuracy", "at_most", "0.2"), new, replace(new, slices={})).verdict is PASS


def test_slices_that_share_days_move_together() -> None:
    """A day's luck is in all of its slices: it does not make them unequal, and does not widen what is said of them."""
    random = np.random.default_rng(1)
    days = np.repeat(np.arange(60), 20)
    luck = np.repeat(random.lognormal(0, 0.8, 60), 20)
    truth = random.normal(200, 50, ROWS)
    group = coded(["a", "b"] * (ROWS // 2))
    new = Predictions(
        ids=np.arange(ROWS),
        truth=truth,
        output=Output(prediction=truth + luck * random.normal(0, 30, ROWS)),
        slices={"group": group},
        cluster=coded([f"d{day:02}" for day in days]),
    )
    alone = replace(new, cluster=coded([f"d{day:02}{row % 2}" for row, day in enumerate(days)]))
    rule = gap("mae", "at_most", "10")
    widths = [finding(found(rule, one, None, cluster="day")).interval for one in (new, alone)]
    together, apart = ((one.high - one.low) if one else 0.0 for one in widths)
    assert 0 < together < 0.85 * apart


def test_other_seeds_widen_what_is_said_against_the_champion() -> None:
    new, old, random = table(1.0), table(1.0), np.random.default_rng(2)

    def again(side: Predictions) -> Retrained:
        moved = [side.output.prediction + random.normal(0, 8, ROWS) for _ in range(3)]  # type: ignore[operator]
        return Retrained(own=1, seeds=(2, 3, 4), outputs=tuple(Output(prediction=one) for one in moved))

    rule, policy = gap("rmse", "no_worse_by", "1"), {"slices": ("group",)}
    repeats = Repeats(parameter="seed", candidate=again(new), champion=again(old))
    plain = finding(compare(model(rule, **policy), new, old)).interval
    seeds = finding(compare(model(rule, **policy), new, old, repeats=repeats)).interval
    assert plain is not None
    assert seeds is not None
    assert seeds.high - seeds.low > plain.high - plain.low


def test_gaps_stand_in_the_family_and_several_columns_are_several_gates() -> None:
    other = coded(["x", "y"] * (ROWS // 2))
    new = replace(table(1.0), slices={"group": GROUP, "other": other})
    rule = gap("rmse", "at_most", "20", "group", "other")
    result = compare(model(rule, gate("rmse", "no_worse_by", "1%"), slices=("group", "other")), new, table(1.0))
    assert result.verdict is PASS
    assert result.family == (
        "rmse gap[group] at_most 20",
        "rmse gap[other] at_most 20",
        "rmse no_worse_by 1%",
    )


def test_equal_slices_of_a_hold_out_are_seldom_called_unequal() -> None:
    """Through the whole decision: at a limit of nearly nothing, no more than alpha of equal worlds fail."""
    failed = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        truth = random.normal(0, 1, 240)
        new = Predictions(
            ids=np.arange(240),
            truth=truth,
            output=Output(prediction=truth + random.normal(0, 1, 240)),
            slices={"group": coded(random.choice(["a", "b", "c", "d"], 240).tolist())},
        )
        failed += found(gap("mae", "at_most", "0.0001"), new).verdict is FAIL
    assert failed <= 5
