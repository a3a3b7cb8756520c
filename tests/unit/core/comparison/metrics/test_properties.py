"""What holds for every metric, whichever it is: order, weights, swapping, and that better predictions are not worse."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import worlds
from measured import value
from tidegate.core.comparison.inference.estimation import estimates
from tidegate.core.comparison.inference.resampling import of_clusters, of_rows, summed
from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import Coded, Floats, Ints, Output, Sample, coded

WORLDS = {
    "prediction": worlds.amounts,
    "quantiles": worlds.quantiles,
    "query": worlds.queries,
    "labels": worlds.classification,
    "score": worlds.classification,
    "scores": worlds.many_classes,
    "sets": worlds.many_labels,
}
MORE = [
    "pinball_p02.5",
    "tweedie_deviance_1.5",
    "f1:loud",
    "auc:loud",
    "log_loss:c",
    "recall:c",
    "kappa:c",
    "ndcg_at_3",
]
NAMES = sorted({*METRICS, *MORE})
FACTS = ("max_error",)
"""Not resampled, and not an average either."""


def world(name: str) -> worlds.World:
    kind = KNOWN[name]
    if kind.of:
        return worlds.many_labels if kind.of in worlds.LABELS else worlds.many_classes
    return WORLDS[kind.needs]


def sample_for(name: str, seed: int) -> Sample:
    """Rows of the metric's world; scores of labels as probabilities."""
    sample = world(name)(np.random.default_rng(seed))
    if not sample.labels or sample.champion is None:
        return sample
    outputs = [
        replace(output, scores={label: np.clip(column, 0, 1) for label, column in output.scores.items()})
        for output in (sample.candidate, sample.champion)
    ]
    return replace(sample, candidate=outputs[0], champion=outputs[1])


def outcome(sample: Sample, output: Output | None = None) -> Outcome:
    said = output or sample.candidate
    return Outcome(
        truth=sample.truth,
        prediction=said.prediction,
        scores=said.scores,
        weight=sample.weight,
        cluster=sample.cluster,
        labels=sample.labels,
    )


def measured(name: str, sample: Sample) -> float:
    return value(name, outcome(sample))


def test_every_metric_is_here() -> None:
    assert set(METRICS) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_rows_does_not_matter(name: str) -> None:
    sample = sample_for(name, 1)
    shuffled = sample.take(np.random.default_rng(2).permutation(sample.rows))
    assert measured(name, shuffled) == pytest.approx(measured(name, sample), rel=1e-12, abs=1e-15)


def copies(name: str, sample: Sample, random: np.random.Generator) -> Ints:
    """How often each row is there; of a query, all rows alike."""
    if KNOWN[name].needs != "query":
        return random.integers(1, 4, sample.rows)
    assert sample.cluster is not None
    return random.integers(1, 4, len(sample.cluster.labels))[sample.cluster.codes]


def written_out(name: str, sample: Sample, times: Ints) -> Sample:
    """Every row as often as `times` says; a second copy of a query is a query of its own."""
    many = sample.take(np.repeat(np.arange(sample.rows), times))
    if KNOWN[name].needs != "query" or sample.cluster is None or many.cluster is None:
        return many
    number = np.concatenate([np.arange(count) for count in times])
    return replace(
        many, cluster=coded([f"{text} {copy}" for text, copy in zip(many.cluster.texts(), number, strict=True)])
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4)
@given(seed=st.integers(0, 2**16))
def test_a_row_that_is_there_n_times_is_a_row_of_weight_n(name: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    sample = sample_for(name, seed)
    times = copies(name, sample, random)
    weighted = replace(sample, weight=times.astype(np.float64))
    expected = measured(name, written_out(name, sample, times))
    assert measured(name, weighted) == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_all_weights_doubled_change_nothing(name: str) -> None:
    sample = sample_for(name, 3)
    weight = np.random.default_rng(4).uniform(0.5, 3, sample.rows)
    if KNOWN[name].needs == "query" and sample.cluster is not None:
        weight = np.random.default_rng(4).uniform(0.5, 3, len(sample.cluster.labels))[sample.cluster.codes]
    one, two = (measured(name, replace(sample, weight=weight * factor)) for factor in (1.0, 2.0))
    assert two == pytest.approx(one, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_swapped_models_turn_the_sign(name: str) -> None:
    sample = sample_for(name, 5)
    assert sample.champion is not None
    swapped = replace(sample, candidate=sample.champion, champion=sample.candidate)
    one, other = (estimates(each, [name], 60, 7)[name] for each in (sample, swapped))
    assert one.difference is not None
    assert one.difference == pytest.approx(-(other.difference or 0.0), rel=1e-9, abs=1e-12)
    if name not in FACTS and KNOWN[name].needs not in ("labels", "sets"):
        np.testing.assert_allclose(one.difference_draws, -other.difference_draws, atol=1e-12)  # type: ignore[operator,arg-type]


def perfect(sample: Sample) -> Output:
    """What a model says that is always right."""
    if isinstance(sample.truth, Coded):
        truth = sample.truth
        if sample.labels:
            known = {
                name: np.array([name in text.split(", ") for text in truth.labels])[truth.codes].astype(float)
                for name in sample.labels
            }
            return Output(prediction=truth, scores=known)
        own: dict[str, Floats] = {label: (truth.codes == code) + 0.0 for code, label in enumerate(truth.labels)}
        binary = set(truth.labels) == {"0", "1"}
        return Output(prediction=truth, scores={"1": own["1"]} if binary else own)
    return Output(prediction=sample.truth, scores=dict.fromkeys(sample.candidate.scores, sample.truth))


MEANT_OTHERWISE = ("interval_width", "coverage_error", "poisson_deviance", "gamma_deviance", "tweedie_deviance_1.5")
"""A perfect forecast of all quantiles is no interval of 80 %; a deviance of 0 is reached, but by rounding."""


NEVER_WHOLE = ("f1_samples",)
"""scikit-learn counts a row without any label as 0, even where nothing was said of it."""


@pytest.mark.parametrize("name", [name for name in NAMES if name not in MEANT_OTHERWISE])
def test_nothing_is_better_than_being_right(name: str) -> None:
    sample = sample_for(name, 6)
    kind, best = KNOWN[name], value(name, outcome(sample, perfect(sample)))
    found = measured(name, sample)
    assert best >= found if kind.direction == "higher" else best <= found
    ideal = kind.maximum if kind.direction == "higher" else kind.minimum
    if kind.needs not in ("query", "quantiles") and name not in NEVER_WHOLE:
        assert best == pytest.approx(ideal, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_values_stay_where_the_table_says(name: str) -> None:
    kind = KNOWN[name]
    for seed in range(5):
        found = measured(name, sample_for(name, seed))
        assert kind.minimum <= found <= kind.maximum


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=6)
@given(seed=st.integers(0, 2**16), share=st.floats(0.05, 0.95))
def test_rows_put_right_do_not_make_it_worse(name: str, seed: int, share: float) -> None:
    """Monotone: errors made smaller, or rows (of a ranking: whole lists) put right, never count against a model."""
    if name in (*MEANT_OTHERWISE, *NOT_MONOTONE):
        return
    sample = sample_for(name, seed)
    random = np.random.default_rng(seed)
    some = random.random(sample.rows) < share
    if KNOWN[name].needs == "query" and sample.cluster is not None:
        some = (random.random(len(sample.cluster.labels)) < share)[sample.cluster.codes]
    mended = replace(sample, candidate=_where(some, perfect(sample), sample.candidate))
    one, other = measured(name, sample), measured(name, mended)
    assert other >= one - 1e-12 if KNOWN[name].direction == "higher" else other <= one + 1e-12


NOT_MONOTONE = (
    "explained_variance",
    *("precision", "precision_macro", "precision_micro", "mcc", "kappa", "kappa:c"),
    *("interval_score", "crossing_rate"),
)
"""A constant bias explains variance; a right no changes who is said yes; quantiles put on the truth have no width."""


def _where(some: Floats, right: Output, said: Output) -> Output:
    """`right` in some rows, `said` in the others."""
    scores = {name: np.where(some, right.scores[name], column) for name, column in said.scores.items()}
    if not isinstance(said.prediction, Coded):
        prediction = None if said.prediction is None else np.where(some, right.prediction, said.prediction)  # type: ignore[arg-type]
        return Output(prediction=prediction, scores=scores)
    texts = np.where(some, right.prediction.texts(), said.prediction.texts())  # type: ignore[union-attr]
    return Output(prediction=coded(texts), scores=scores)


@pytest.mark.parametrize("name", [name for name in NAMES if math.isfinite(KNOWN[name].maximum - KNOWN[name].minimum)])
def test_a_sample_without_any_variation_leaves_open_what_it_may_have_missed(name: str) -> None:
    """Thirty rows that are all right do not prove that all rows are: no draw varies, and the interval must."""
    sample = sample_for(name, 8)
    some = np.arange(sample.rows) < (120 if KNOWN[name].needs == "query" else 30)
    few = sample.take(some)
    form = METRICS[name](outcome(few, perfect(few)))
    plan = of_rows(few.rows, 1) if few.cluster is None else of_clusters(few.cluster.codes, 1)
    found = summed(form, plan)
    assert form.unseen is not None
    low, high = form.unseen(found.totals, 0.025, plan.independent)
    assert low <= found.point + 1e-12
    assert found.point - 1e-12 <= high
    assert high - low > 0.02
