"""Costs as evidence, and ratios of costs: the interval holds the truth on machines as noisy as shared runners are."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.cost import Costs, Pair, Series, read
from tidegate.core.comparison.beside.cost_bill import bill
from tidegate.core.comparison.beside.cost_block import cost_block, decided_by
from tidegate.core.comparison.beside.cost_ratio import cost_estimates, cost_ratios
from tidegate.core.comparison.comparison import Comparison, compare
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.samples.sample import Output, Predictions
from tidegate.core.contract import DataSource, Evaluation, Gate, Model, Tariff, usual_severity

ROUNDS = 12
P50 = "predict_p50_ms"
Machine = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]


def costs(candidate: Any, champion: Any = None, name: str = P50, **more: Any) -> Costs:
    sides = (None if side is None else tuple(float(value) for value in side) for side in (candidate, champion))
    now, before = sides
    series = {name: Series(candidate=now or (), champion=before)}
    return Costs(key="sha256:0", way="onnx", rows=100, runtime="r", series=series, **more)


def independent(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return np.exp(random.normal(0, 0.05, ROUNDS)), np.exp(random.normal(0, 0.05, ROUNDS))


def common_pace(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    pace = random.normal(0, 0.2, ROUNDS)
    return np.exp(pace + random.normal(0, 0.03, ROUNDS)), np.exp(pace + random.normal(0, 0.03, ROUNDS))


def bursts(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    def one() -> np.ndarray:
        slowed = np.where(random.random(ROUNDS) < 0.15, random.uniform(1.5, 4, ROUNDS), 1)
        return np.exp(random.normal(0, 0.03, ROUNDS)) * slowed

    return one(), one()


def drift(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    pace = np.cumsum(random.normal(0, 0.08, ROUNDS))
    return np.exp(pace + random.normal(0, 0.03, ROUNDS)), np.exp(pace + random.normal(0, 0.03, ROUNDS))


def two_speeds(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    speed = np.where(random.random(ROUNDS) < 0.5, 1.0, 1.7)
    return speed * np.exp(random.normal(0, 0.01, ROUNDS)), speed * np.exp(random.normal(0, 0.01, ROUNDS))


MACHINES: tuple[Machine, ...] = (independent, common_pace, bursts, drift, two_speeds)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_the_interval_holds_the_true_ratio(machine: Machine) -> None:
    random, held, trials = np.random.default_rng(5), 0, 400
    for _ in range(trials):
        now, before = machine(random)
        interval = cost_ratios(costs(1.3 * now, before), 0.05)[0].interval
        assert interval is not None
        held += interval.low <= 1.3 <= interval.high
    assert 0.93 <= held / trials <= 0.99


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_the_same_model_twice_fails_no_gate(machine: Machine) -> None:
    """A/A at the margin that people write: no false alarm in 200 trials on any machine."""
    random = np.random.default_rng(6)
    verdicts = [gated(costs(*machine(random))).gates[0].verdict for _ in range(200)]
    assert Verdict.FAIL not in verdicts


def test_a_model_that_is_twice_as_slow_fails_on_every_machine() -> None:
    random = np.random.default_rng(7)
    for machine in MACHINES:
        now, before = machine(random)
        assert gated(costs(2.5 * now, before)).gates[0].verdict is Verdict.FAIL, machine.__name__


def test_rounds_out_of_line_stay_and_make_the_interval_wide() -> None:
    calm = np.full(ROUNDS, 1.0) + np.linspace(0, 0.01, ROUNDS)
    wild = np.where(np.arange(ROUNDS) % 2, 3.0, 1.0) * calm
    quiet, loud = (cost_ratios(costs(one, calm), 0.05)[0] for one in (calm, wild))
    assert quiet.interval is not None
    assert loud.interval is not None
    assert loud.rounds == ROUNDS
    assert loud.interval.high - loud.interval.low > 1 > quiet.interval.high - quiet.interval.low


def test_values_ratio_and_difference_agree_with_one_another() -> None:
    now, before = common_pace(np.random.default_rng(1))
    found = costs(now, before)
    estimate, ratio = cost_estimates(found, [P50])[P50], cost_ratios(found, 0.05)[0]
    assert ratio.ratio == pytest.approx(np.median(now / before))
    assert estimate.candidate == ratio.candidate == np.median(now)
    assert ratio.candidate / ratio.champion == pytest.approx(ratio.ratio)
    assert estimate.difference == pytest.approx(estimate.champion * (ratio.ratio - 1))


def test_the_same_measurement_gives_the_same_interval_for_ever() -> None:
    found = costs(*independent(np.random.default_rng(2)))
    again = read(json.loads(json.dumps(found.document())))
    assert again == found
    assert cost_ratios(again, 0.05) == cost_ratios(found, 0.05)


def test_swapped_models_invert_the_ratio() -> None:
    now, before = independent(np.random.default_rng(3))
    one, other = cost_ratios(costs(now, before), 0.05)[0], cost_ratios(costs(before, now), 0.05)[0]
    assert one.ratio == pytest.approx(1 / other.ratio, rel=0.02)
    assert one.direction == "lower"


def test_more_rows_a_second_are_better() -> None:
    before = np.linspace(100, 110, ROUNDS)
    faster = cost_ratios(costs(2 * before, before, name="predict_rows_per_second"), 0.05)[0]
    assert faster.better is True
    assert cost_ratios(costs(2 * before, before), 0.05)[0].better is False


def test_few_rounds_judge_nothing() -> None:
    few = costs([1.0] * 5, [9.0] * 5)
    assert cost_ratios(few, 0.05)[0].interval is None
    assert gated(few).gates[0].verdict is Verdict.UNDECIDED


# ---- as evidence -----------------------------------------------------------------------------------------------------

GOOD = costs([1.0, 2.0], [1.0, 3.0], pairs={"model_bytes": Pair(candidate=9.0, champion=None)}).document()


def changed(*path: Any, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    target = document
    for member in path[:-1]:
        target = target[member]
    target[path[-1]] = value
    return document


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        changed("schema", value=2),
        changed("kind", value="verdict"),
        changed("way", value="guess"),
        changed("rows", value=True),
        changed("rows", value=-1),
        changed("key", value=None),
        changed("more", value=1),
        changed("series", value=[]),
        changed("series", "rmse", value={"candidate": [1.0], "champion": None}),
        changed("series", P50, "candidate", value=[]),
        changed("series", P50, "candidate", value=[1.0]),
        changed("series", P50, "candidate", value=[1.0, 0.0]),
        changed("series", P50, "candidate", value=[1.0, float("nan")]),
        changed("series", P50, "candidate", value=[1.0, "2"]),
        changed("series", P50, "champion", value=[1.0, True]),
        changed("series", P50, "median", value=1.0),
        changed("series", "peak_memory_bytes", value={"candidate": [1.0], "champion": None}),
        changed("pairs", "rmse", value={"candidate": 1.0, "champion": None}),
        changed("pairs", "model_bytes", "candidate", value=-3),
        changed("pairs", "model_bytes", value={"candidate": 1.0}),
    ],
    ids=str,
)
def test_what_no_measurement_wrote_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(document)


# ---- in a verdict ----------------------------------------------------------------------------------------------------


def gate(metric: str, kind: Any = "no_worse_by", text: str = "20%", severity: Any = "block") -> Gate:
    relative = text.endswith("%")
    limit = Decimal(text.rstrip("%")) / (100 if relative else 1)
    return Gate(metric=metric, kind=kind, limit=limit, relative=relative, text=text, severity=severity)


def model(*gates: Gate) -> Model:
    columns = Evaluation(predictions="p", id="id", target="y", prediction="p")
    return Model(name="m", path="m", data=DataSource(tracked="d", expectations="e"), evaluation=columns, gates=gates)


def rows() -> Predictions:
    truth = np.arange(100.0)
    return Predictions(ids=np.arange(100), truth=truth, output=Output(prediction=truth + np.sin(truth)))


def gated(found: Costs, *gates: Gate) -> Comparison:
    champion = None if found.series[P50].champion is None else rows()
    return compare(model(*(gates or (gate(P50),))), rows(), champion, Totals(costs=found))


def test_a_slower_model_is_told_in_one_sentence() -> None:
    before = np.linspace(1.0, 1.02, ROUNDS)
    found = gated(costs(2 * before, before))
    assert found.verdict is Verdict.FAIL
    assert found.sentence.startswith(f"not promotable: {P50} is worse by 1.0, limit 20% (0.2)")
    assert found.gates[0].rows == ROUNDS


def test_what_would_settle_a_cost_is_more_timing_and_not_more_rows() -> None:
    random = np.random.default_rng(0)
    before = np.exp(random.normal(0, 0.3, ROUNDS))
    found = gated(costs(1.15 * np.exp(random.normal(0, 0.3, ROUNDS)), before))
    assert found.verdict is Verdict.UNDECIDED
    assert "more rounds of timing would settle it" in found.sentence


def test_a_first_models_costs_meet_absolute_limits_only() -> None:
    found = gated(costs(np.linspace(4, 5, ROUNDS)), gate(P50, "at_most", "6"), gate(P50))
    assert [one.verdict for one in found.gates] == [Verdict.PASS, Verdict.SKIPPED]


def test_sizes_are_exact_and_have_no_interval() -> None:
    found = costs([1.0] * ROUNDS, [1.0] * ROUNDS, pairs={"model_bytes": Pair(candidate=105.0, champion=100.0)})
    limits = [gated(found, gate("model_bytes", text=text)).gates[0] for text in ("5%", "4%")]
    assert [one.verdict for one in limits] == [Verdict.PASS, Verdict.FAIL]
    assert limits[0].interval is None


def test_costs_warn_unless_told_to_block() -> None:
    assert usual_severity("rmse") == "block"
    assert usual_severity(P50) == usual_severity("model_bytes") == "warn"


@pytest.mark.parametrize(("gates", "stays"), [((gate("rmse"),), False), ((gate("rmse"), gate(P50)), True)])
def test_times_enter_the_verdict_only_where_a_gate_uses_them(gates: tuple[Gate, ...], stays: bool) -> None:
    found = costs([1.0] * ROUNDS, [1.0] * ROUNDS)
    document = {"sentence": "s", **cost_block(model(*gates), found, None)}
    assert document["cost"]["evidence"] == found.digest
    assert ("cost" in decided_by(model(*gates), document)) is stays
    assert decided_by(model(*gates), document)["sentence"] == "s"


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert cost_block(model(gate("rmse")), None, Tariff(watts=Decimal(5))) == {}


# ---- the bill --------------------------------------------------------------------------------------------------------


def test_a_bill_shows_its_arithmetic() -> None:
    made = bill(Tariff(price_per_hour=Decimal("0.35"), currency="EUR", watts=Decimal(65)), 7200.0)
    assert made.lines == (
        "7200 s × 0.35 EUR an hour ÷ 3600 = 0.700 EUR",
        "7200 s × 65 W ÷ 3600 = 130 Wh",
    )
    assert (made.price, made.energy) == (0.7, 130.0)


@pytest.mark.parametrize(
    ("tariff", "seconds", "line"),
    [
        (Tariff(watts=Decimal("65.5")), 18.3, "18.3 s × 65.5 W ÷ 3600 = 0.333 Wh"),
        (Tariff(price_per_hour=Decimal("1E+1"), currency="USD"), 0.001, "0.00100 s × 10 USD an hour ÷ 3600"),
    ],
)
def test_small_and_large_bills_are_readable(tariff: Tariff, seconds: float, line: str) -> None:
    assert bill(tariff, seconds).lines[0].startswith(line)


def test_an_unknown_training_time_has_no_bill() -> None:
    found = costs([1.0], None)
    priced = Tariff(price_per_hour=Decimal(1), currency="EUR")
    assert cost_block(model(gate("rmse")), found, priced)["cost"]["bill"] is None
    known = replace(found, pairs={"train_seconds": Pair(candidate=36.0)})
    assert cost_block(model(gate("rmse")), known, priced)["cost"]["bill"]["price"] == 0.01
