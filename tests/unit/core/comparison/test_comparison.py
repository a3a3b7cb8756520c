"""The whole decision: what passes, what does not, and what is said about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import Comparison, compare, compare_totals
from tidegate.core.comparison.sample import Coded, Output, Predictions, coded
from tidegate.core.comparison.slices import Slice
from tidegate.core.comparison.task import task_of
from tidegate.core.comparison.totals import Totals
from tidegate.core.comparison.verdict import Policy, Side, result, verdict_bytes
from tidegate.core.contract import CustomMetric, DataSource, Evaluation, Gate, Model
from tidegate.core.evidence import Subject, strict_json
from tidegate.errors import InputError

ROWS = 1200
PASS, FAIL, UNDECIDED, INCOMPARABLE = Verdict.PASS, Verdict.FAIL, Verdict.UNDECIDED, Verdict.INCOMPARABLE


def gate(metric: str, kind: str, text: str, **more: Any) -> Gate:
    relative = text.endswith("%")
    limit = Decimal(text.removesuffix("%")) / (100 if relative else 1)
    return Gate(metric=metric, kind=kind, limit=limit, relative=relative, text=text, **more)  # type: ignore[arg-type]


def model(*gates: Gate, metrics: Mapping[str, CustomMetric] | None = None, **evaluation: Any) -> Model:
    columns = {"predictions": "p.parquet", "id": "id", "target": "y", "prediction": "p", **evaluation}
    return Model(
        name="bike",
        path="model",
        data=DataSource(tracked="data.dvc", expectations="model/expectations"),
        evaluation=Evaluation(**columns),
        gates=gates,
        metrics=metrics or {},
    )


def numbers(scale: float = 1.0, seed: int = 0, rows: int = ROWS, **more: Any) -> Predictions:
    """Predictions that are off by a fixed error times `scale`."""
    random = np.random.default_rng(0)
    truth, error = random.normal(200, 50, rows), random.normal(0, 30, rows)
    return Predictions(ids=np.arange(rows), truth=truth, output=Output(prediction=truth + scale * error), **more)


def classes(right: float, seed: int = 1, rows: int = ROWS, scores: bool = True, **more: Any) -> Predictions:
    """Predicted classes that are right that often."""
    random = np.random.default_rng(0)
    truth = random.random(rows) < 0.4
    flipped = np.random.default_rng(seed).random(rows) >= right
    said = truth ^ flipped
    probability = np.where(said, 0.8, 0.2)
    return Predictions(
        ids=np.arange(rows),
        truth=Coded(codes=truth.astype(np.int64), labels=("0", "1")),
        output=Output(
            prediction=Coded(codes=said.astype(np.int64), labels=("0", "1")),
            scores={"1": probability} if scores else {},
        ),
        **more,
    )


def parts(*values: str, rows: int = ROWS, labels: tuple[str, ...] = ()) -> dict[str, Coded]:
    column = coded([values[row % len(values)] for row in range(rows)])
    known = tuple(sorted({*column.labels, *labels}))
    return {"weather": Coded(codes=np.array([known.index(text) for text in column.texts()]), labels=known)}


RMSE = gate("rmse", "no_worse_by", "1%")


def test_a_regression_that_got_better() -> None:
    found = compare(model(RMSE), numbers(0.9), numbers())
    assert (found.verdict, found.sentence) == (PASS, "ready to promote")
    assert [metric.name for metric in found.metrics] == ["rmse", "mae", "r2"]
    assert [metric.better for metric in found.metrics] == [True, True, True]
    assert found.flips is None
    assert found.draws == 2000


def test_more_gates_that_fail_are_counted() -> None:
    rules = (RMSE, gate("mae", "at_most", "1"), gate("r2", "at_least", "0.99"))
    assert compare(model(*rules), numbers(1.1), numbers()).sentence.endswith("; and 2 more gates")


def test_a_warning_blocks_nothing_and_is_counted() -> None:
    found = compare(model(RMSE, gate("mae", "at_most", "1", severity="warn")), numbers(0.9), numbers())
    assert (found.verdict, found.sentence) == (PASS, "ready to promote; 1 warning")
    assert found.family == ("rmse no_worse_by 1%",)


def test_a_fail_outweighs_what_is_undecided() -> None:
    rules = (gate("mae", "at_most", "1"), gate("predict_p95_ms", "at_most", "5"))
    found = compare(model(*rules), numbers(), numbers())
    assert found.verdict is FAIL
    assert [finding.verdict for finding in found.gates] == [FAIL, UNDECIDED]


def test_a_cost_that_nobody_measured_is_undecided() -> None:
    found = compare(model(RMSE, gate("predict_p95_ms", "no_worse_by", "20%")), numbers(), numbers())
    assert found.verdict is UNDECIDED
    assert "predict_p95_ms was not judged: no value of predict_p95_ms was measured" in found.sentence
    warned = compare(model(RMSE, gate("predict_p95_ms", "at_most", "5", severity="warn")), numbers(), numbers())
    assert warned.verdict is PASS


def test_one_row_never_passes() -> None:
    for rows in (1, 2, 9):
        found = compare(model(gate("mae", "at_most", "1e6")), numbers(rows=rows), numbers(rows=rows))
        assert found.verdict is UNDECIDED
        assert "cannot say how much chance there is" in found.sentence


def test_one_cluster_never_passes() -> None:
    one_day = numbers(0.5, cluster=coded(["monday"] * ROWS))
    found = compare(model(gate("mae", "at_most", "1e6"), RMSE, cluster="date"), one_day, numbers())
    assert found.verdict is UNDECIDED
    assert found.clusters == 1
    assert "1 independent unit cannot say how much chance there is; 10 are the least" in found.sentence


def test_a_constant_truth_leaves_r2_undefined_and_undecided() -> None:
    flat = Predictions(ids=np.arange(50), truth=np.ones(50), output=Output(prediction=np.linspace(0, 2, 50)))
    found = compare(model(gate("r2", "at_least", "-1000000")), flat, flat)
    assert found.verdict is UNDECIDED
    assert "r2 is undefined on these rows" in found.sentence


@pytest.mark.parametrize("metric", ["auc", "average_precision", "kappa"])
def test_one_class_only_leaves_some_metrics_undefined_and_undecided(metric: str) -> None:
    table = classes(0.9)
    only = Predictions(
        ids=table.ids,
        truth=Coded(codes=np.zeros(ROWS, dtype=np.int64), labels=("0", "1")),
        output=Output(
            prediction=Coded(codes=np.zeros(ROWS, dtype=np.int64), labels=("0", "1")), scores=table.output.scores
        ),
    )
    found = compare(model(gate(metric, "at_least", "0"), score="s"), only, only)
    assert found.verdict is UNDECIDED
    assert f"{metric} is undefined on these rows" in found.sentence


@pytest.mark.parametrize("metric", ["auc", "average_precision", "log_loss"])
def test_constant_and_tied_scores_are_judged(metric: str) -> None:
    table = classes(0.9)
    flat = Predictions(ids=table.ids, truth=table.truth, output=Output(scores={"1": np.full(ROWS, 0.4)}))
    found = compare(model(gate(metric, "no_worse_by", "0.001"), score="s", prediction=None), flat, flat)
    assert (found.verdict, found.sentence) == (PASS, "ready to promote; identical to the champion")
    if metric == "auc":
        assert found.metrics[0].candidate == 0.5


def test_a_classifier_that_flipped_rows() -> None:
    found = compare(model(gate("accuracy", "no_worse_by", "0.01")), classes(0.8, seed=2), classes(0.9))
    assert found.verdict is FAIL
    assert found.flips is not None
    changed = (found.flips.became_right, found.flips.became_wrong)
    kept = (found.flips.stayed_right, found.flips.stayed_wrong)
    assert sum(changed) + sum(kept) == ROWS
    assert changed[1] > changed[0]
    difference = next(metric.difference for metric in found.metrics if metric.name == "accuracy")
    assert difference == pytest.approx((changed[0] - changed[1]) / ROWS)
    assert found.regressions == ()
    assert [metric.name for metric in found.metrics] == ["accuracy", "f1", "log_loss", "auc"]


def test_flips_are_counted_in_each_slice() -> None:
    found = compare(
        model(gate("accuracy", "no_worse_by", "0.5"), slices=("weather",)),
        classes(0.8, seed=2, slices=parts("clear", "mist")),
        classes(0.9),
    )
    assert found.flips is not None
    assert sum(flips.became_wrong for flips in found.slice_flips.values()) == found.flips.became_wrong


def test_the_rows_whose_error_grew_most_are_named_worst_first() -> None:
    old, new = numbers(0.0), numbers(0.0)
    predicted = new.truth.copy()  # type: ignore[union-attr]
    predicted[[7, 300]] += [5.0, 9.0]
    changed = Predictions(ids=new.ids, truth=new.truth, output=Output(prediction=predicted))
    found = compare(model(RMSE), changed, old)
    assert [(row.id, row.before) for row in found.regressions] == [("300", 0.0), ("7", 0.0)]
    assert found.regressions[0].after == pytest.approx(9.0)


def test_a_slice_that_got_worse_is_seen_behind_a_better_average() -> None:
    weather = parts("clear", "clear", "mist")
    new = numbers(0.8)
    in_mist = weather["weather"].texts() == "mist"
    predicted = np.where(in_mist, numbers(1.3).output.prediction, new.output.prediction)  # type: ignore[arg-type]
    table = Predictions(ids=new.ids, truth=new.truth, output=Output(prediction=predicted), slices=weather)
    rules = (RMSE, gate("rmse", "no_worse_by", "5%", slices=("weather",)))
    found = compare(model(*rules, slices=("weather",)), table, numbers())
    assert found.verdict is FAIL
    assert found.sentence.startswith("not promotable: rmse where weather is mist is worse by")
    assert found.slices[0].part == Slice("weather", "mist")
    assert found.family == (
        "rmse no_worse_by 1%",
        "rmse[weather=clear] no_worse_by 5%",
        "rmse[weather=mist] no_worse_by 5%",
    )


def test_a_slice_below_its_least_number_of_rows_is_shown_and_not_judged() -> None:
    few = ["rain" if row < 20 else "clear" for row in range(ROWS)]
    rule = gate("rmse", "no_worse_by", "5%", slices=("weather",))
    found = compare(model(RMSE, rule, slices=("weather",)), numbers(0.9, slices={"weather": coded(few)}), numbers())
    assert found.verdict is PASS
    small = found.slices[-1]
    assert (small.part, small.rows, small.interval) == (Slice("weather", "rain"), 20, None)
    assert small.candidate is not None
    assert [finding.verdict for finding in found.gates] == [PASS, PASS, Verdict.SKIPPED]


def test_a_gate_none_of_whose_slices_is_large_enough_is_undecided() -> None:
    rule = gate("rmse", "no_worse_by", "5%", slices=("weather",))
    found = compare(
        model(RMSE, rule, slices=("weather",), minimum_rows=5000), numbers(0.9, slices=parts("a", "b")), numbers()
    )
    assert found.verdict is UNDECIDED
    assert "600 rows of the 5000 that a slice needs" in found.sentence


def test_a_declared_slice_without_rows_fails_closed() -> None:
    rule = gate("rmse", "no_worse_by", "5%", slices=("weather",))
    table = numbers(0.9, slices=parts("clear", labels=("snow",)))
    found = compare(model(RMSE, rule, slices=("weather",)), table, numbers())
    assert found.verdict is UNDECIDED
    assert found.sentence.startswith("undecided: rmse where weather is snow was not judged: the slice has no rows")
    assert found.slices[-1].rows == 0


def test_too_many_slice_values_are_refused() -> None:
    column = coded([str(row) for row in range(ROWS)])
    with pytest.raises(InputError, match="'weather' has 1,200 values; at most 200 can be judged") as caught:
        compare(model(RMSE, slices=("weather",)), numbers(slices={"weather": column}), numbers())
    assert caught.value.code == "E-MET-018"


def test_many_questions_get_more_draws_so_that_their_tails_hold_some() -> None:
    rule = gate("rmse", "no_worse_by", "50%", slices=("weather",))
    values = [f"w{number}" for number in range(12)]
    found = compare(model(RMSE, rule, slices=("weather",)), numbers(slices=parts(*values)), numbers())
    assert found.draws == 13 * 400


def test_equal_seeds_do_not_depend_on_other_slices() -> None:
    one = compare(model(RMSE, slices=("weather",)), numbers(0.9, slices=parts("a", "b")), numbers())
    both = {**parts("a", "b"), "season": coded(["x"] * ROWS)}
    other = compare(model(RMSE, slices=("weather", "season")), numbers(0.9, slices=both), numbers())
    assert [part for part in other.slices if part.part and part.part.column == "weather"] == list(one.slices)


@settings(max_examples=15)
@given(order=st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(order: Any) -> None:
    rows = list(range(200))
    order.shuffle(rows)
    plain = numbers(0.97, rows=200)
    shuffled = Predictions(
        ids=plain.ids[rows],
        truth=plain.truth[rows],  # type: ignore[index]
        output=Output(prediction=plain.output.prediction[rows]),  # type: ignore[index]
    )
    champion = numbers(rows=200)
    assert compare(model(RMSE), plain, champion) == compare(model(RMSE), shuffled, champion)


def test_swapping_the_models_turns_every_difference() -> None:
    rule = gate("accuracy", "no_worse_by", "0.01")
    one = compare(model(rule), classes(0.85, seed=2), classes(0.9))
    other = compare(model(rule), classes(0.9), classes(0.85, seed=2))
    for there, back in zip(one.metrics, other.metrics, strict=True):
        assert there.difference == -(back.difference or 0.0)
        assert there.interval is not None
        assert back.interval is not None
        assert there.interval.low == pytest.approx(-back.interval.high, rel=1e-12, abs=0.002)


WORSE = settings(max_examples=20)


@WORSE
@given(one=st.floats(0.8, 1.3), other=st.floats(0.8, 1.3))
def test_a_candidate_with_larger_errors_is_never_judged_better(one: float, other: float) -> None:
    order = {FAIL: 0, UNDECIDED: 1, PASS: 2}
    small, large = sorted((one, other))
    verdicts = [compare(model(RMSE), numbers(scale, rows=300), numbers(rows=300)).verdict for scale in (small, large)]
    assert order[verdicts[0]] >= order[verdicts[1]]


def test_a_champion_whose_predictions_are_no_numbers_gives_no_reference() -> None:
    bad = Predictions(
        ids=np.arange(ROWS), truth=numbers().truth, output=Output(prediction=np.full(ROWS, np.nan)), name="old"
    )
    found = compare(model(RMSE), numbers(), bad)
    assert found.verdict is INCOMPARABLE
    assert found.sentence == (
        "incomparable: of the champion's, 1,200 of 1,200 predictions are not finite numbers (ids 0, 1, 2, …)"
    )


def test_probabilities_outside_their_range_are_refused() -> None:
    table = classes(0.9)
    wrong = Predictions(ids=table.ids, truth=table.truth, output=Output(scores={"1": np.linspace(-0.2, 1.7, ROWS)}))
    with pytest.raises(InputError, match=r"scores reach from -0\.2 to 1\.7") as caught:
        compare(model(gate("log_loss", "at_most", "1"), score="s", prediction=None), wrong, wrong)
    assert caught.value.code == "E-MET-009"
    assert compare(model(gate("auc", "at_least", "0"), score="s", prediction=None), wrong, wrong).verdict is PASS


def test_probabilities_of_many_classes_are_checked() -> None:
    truth = coded(["ant", "bee", "cat"] * 20)
    third = np.full(60, 1 / 3)

    def judged(**scores: Any) -> Comparison:
        table = Predictions(ids=np.arange(60), truth=truth, output=Output(scores=scores))
        return compare(model(gate("brier", "at_most", "1.5"), score={"ant": "a"}, prediction=None), table, table)

    assert judged(ant=third, bee=third, cat=third).verdict is PASS
    with pytest.raises(InputError, match="class 'cat' has no score"):
        judged(ant=third, bee=third * 2)
    with pytest.raises(InputError, match=r"sum to 1 only within 0\.333"):
        judged(ant=third, bee=third, cat=third * 2)


def test_the_task_is_what_the_gates_need() -> None:
    assert task_of(model(RMSE)) == "regression"
    assert task_of(model(gate("f1", "at_least", "0.5"))) == "classification"
    assert task_of(model(gate("auc", "at_least", "0.5"))) == "classification"
    assert task_of(model(gate("predict_p95_ms", "at_most", "5"))) == "regression"
    assert task_of(model(gate("predict_p95_ms", "at_most", "5"), positive="1")) == "classification"
    with pytest.raises(InputError, match="rmse needs numbers and f1 needs classes"):
        task_of(model(RMSE, gate("f1", "at_least", "0.5")))


CUSTOM = {"revenue": CustomMetric(direction="higher", minimum=0, maximum=100)}


def totals(candidate: Mapping[str, float], champion: Mapping[str, float] | None) -> Comparison:
    policy = model(gate("revenue", "no_worse_by", "0.01"), metrics=CUSTOM)
    return compare_totals(policy, Totals(candidate=candidate, champion=champion))


def test_totals_are_compared_to_the_last_digit() -> None:
    assert totals({"revenue": 0.90}, {"revenue": 0.91}).verdict is PASS
    found = totals({"revenue": 0.899}, {"revenue": 0.91})
    assert (found.verdict, found.draws, found.family) == (FAIL, 0, ())
    assert found.sentence == (
        "not promotable: revenue is worse by 0.011, limit 0.010 (one number without rows: no interval)"
    )


def test_a_total_that_is_absent_is_an_error_that_lists_what_is_there() -> None:
    with pytest.raises(
        InputError, match=r"gate needs 'revenue'; present: revenu, x\. Did you mean \"revenu\""
    ) as caught:
        totals({"revenu": 1.0, "x": 2.0}, {"revenue": 1.0})
    assert caught.value.code == "E-MET-006"


def test_a_total_that_the_champion_lacks_is_undecided() -> None:
    found = totals({"revenue": 1.0}, {})
    assert found.verdict is UNDECIDED
    assert "the champion has no value of revenue" in found.sentence


def test_a_total_outside_its_range_is_an_error() -> None:
    with pytest.raises(InputError, match=r"is 101.0, outside the declared range \[0, 100\]") as caught:
        totals({"revenue": 101.0}, {"revenue": 1.0})
    assert caught.value.code == "E-MET-009"


def test_a_gate_on_slices_of_a_total_is_undecided() -> None:
    rule = gate("revenue", "at_least", "0", slices=("weather",))
    found = compare_totals(model(rule, metrics=CUSTOM), Totals(candidate={"revenue": 1.0}, champion={}))
    assert found.verdict is UNDECIDED
    assert "there are no rows with weather" in found.sentence


def test_rows_and_totals_are_judged_together() -> None:
    policy = model(RMSE, gate("revenue", "at_least", "2"), metrics=CUSTOM)
    found = compare(policy, numbers(0.9), numbers(), Totals(candidate={"revenue": 3.0}, champion={"revenue": 2.0}))
    assert found.verdict is PASS
    assert [metric.name for metric in found.metrics] == ["rmse", "mae", "r2", "revenue"]
    low = compare(policy, numbers(0.9), numbers(), Totals(candidate={"revenue": 1.0}, champion={"revenue": 2.0}))
    assert low.verdict is FAIL


def document(found: Comparison) -> dict[str, Any]:
    sides = Side(kind="candidate", commit="a" * 40), Side(kind="base", commit="b" * 40)
    return result(found, *sides, Policy(source="base", digest="sha256:x", changed=False))


def test_the_verdict_has_the_same_bytes_whenever_it_says_the_same() -> None:
    def made() -> bytes:
        found = compare(model(RMSE, slices=("weather",)), numbers(1.01, slices=parts("a", "b")), numbers())
        return verdict_bytes("bike", Subject(commit="a" * 40), found, document(found))

    assert made() == made()
    parsed = strict_json(made().decode(), "verdict.json")
    assert (parsed["kind"], parsed["verdict"], parsed["schema"]) == ("verdict", parsed["verdict"], 1)


def test_a_document_holds_no_number_that_is_none() -> None:
    flat = Predictions(ids=np.arange(50), truth=np.ones(50), output=Output(prediction=np.linspace(0, 2, 50)))
    found = compare(model(gate("r2", "at_least", "0")), flat, flat)
    shown = document(found)
    assert shown["gates"][0]["candidate"] is None
    json.dumps(shown, allow_nan=False)


MEMBERS = {
    "sentence", "candidate", "champion", "rows", "clusters", "cluster", "alpha", "draws", "family", "metrics", "gates",
    "slices", "flips", "regressions", "policy",
}  # fmt: skip


def test_a_document_has_the_members_that_others_read() -> None:
    rule = gate("accuracy", "no_worse_by", "0.01", slices=("weather",))
    new = classes(0.85, seed=2, slices=parts("a", "b"))
    shown = document(compare(model(rule, slices=("weather",)), new, classes(0.9)))
    assert set(shown) == MEMBERS
    assert shown["candidate"] == {"commit": "a" * 40, "predictions": None, "artifacts": {}}
    assert set(shown["slices"][0]) == {
        "column", "value", "rows", "metric", "candidate", "champion", "difference", "interval", "judged",
    }  # fmt: skip
    assert set(shown["gates"][0]) == {
        "metric", "slice", "kind", "limit", "severity", "rows", "candidate", "champion", "difference", "interval",
        "interval_of", "level", "verdict", "sentence", "detectable", "rows_needed",
    }  # fmt: skip
    assert set(shown["flips"]) >= {"became_right", "became_wrong", "slices"}
