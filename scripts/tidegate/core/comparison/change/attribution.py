"""How much of a difference comes from the code and how much from the data, when a change brings both.

Four models are measured on the same rows: base and new code, each with base and new data. With ``v`` a metric, the
share of the code is its average effect over both orders in which the two changes could have been made (Shapley 1953,
for two players)::

    code = ((v(new code, base data) - v(champion)) + (v(candidate) - v(base code, new data))) / 2

the share of the data likewise. Both add up to the whole difference. What only the two together bring (the interaction,
``v(candidate) - v(new code, base data) - v(base code, new data) + v(champion)``) is split between them by halves and
shown, because a large one says that neither share stands for itself. Intervals are percentiles of the same arithmetic
on paired draws of the rows, each at the contract's level on its own; they know nothing of seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from tidegate.core.comparison.gates.questions import direction_of
from tidegate.core.comparison.inference.estimation import Drawn, several
from tidegate.core.comparison.inference.intervals import FEWEST_UNITS, Interval, percentile
from tidegate.core.comparison.inference.resampling import DRAWS
from tidegate.core.comparison.inference.seeds import seed_of
from tidegate.core.comparison.metric_table import Direction
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.samples.pairing import Unlike, not_finite, pair
from tidegate.core.comparison.samples.sample import Floats, Output, Predictions, Sample
from tidegate.core.comparison.samples.task import usual_metrics
from tidegate.core.contract import Model

BOTH = ("code", "data")
NEW_CODE, NEW_DATA = "new code on the base's data", "the base's code on new data"


@dataclass(frozen=True, kw_only=True)
class Share:
    """One part of a difference (candidate minus champion, in the metric's unit); no interval for too few units."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True)
class Split:
    """One metric's difference: `code` and `data` add up to it, half of the `interaction` is in each.

    `new_code` and `new_data` are the metric of the two models in between.
    """

    metric: str
    direction: Direction
    new_code: float
    new_data: float
    difference: float
    code: Share
    data: Share
    interaction: Share


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """Which part of the change made the difference, or why that is not known.

    `changed`: what differs from the champion (``code``, ``data``). `digests`: of the predictions of the two models in
    between, by ``new_code`` and ``new_data``.
    """

    changed: tuple[str, ...]
    why_not: str = ""
    splits: tuple[Split, ...] = ()
    level: float = 0.95
    digests: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Between:
    """Predictions of the two models in between: new code on base data, base code on new data."""

    new_code: Predictions
    new_data: Predictions


def attribute(policy: Model, candidate: Predictions, champion: Predictions, between: Between) -> Attribution:
    """The gates' metrics over all rows, split; or why not: all four models have to be measured on the same rows."""
    sample = pair(candidate, champion, policy.evaluation.positive)
    if isinstance(sample, Unlike):
        return Attribution(changed=BOTH, why_not=f"the champion was measured on other rows: {sample.reasons[0]}")
    new_code = _aligned(policy, candidate, between.new_code, NEW_CODE)
    new_data = _aligned(policy, candidate, between.new_data, NEW_DATA)
    if isinstance(new_code, str) or isinstance(new_data, str):
        return Attribution(changed=BOTH, why_not=new_code if isinstance(new_code, str) else str(new_data))
    return Attribution(
        changed=BOTH,
        splits=_splits(policy, sample, (sample.champion or Output(), new_code, new_data, sample.candidate)),
        level=1 - policy.alpha,
        digests=(("new_code", between.new_code.digest), ("new_data", between.new_data.digest)),
    )


def _aligned(policy: Model, candidate: Predictions, found: Predictions, words: str) -> Output | str:
    """What a model in between says of the candidate's rows, in their order, or why that is of no use."""
    sample = pair(candidate, found, policy.evaluation.positive)
    if isinstance(sample, Unlike):
        return f"{words} was measured on other rows: {sample.reasons[0]}"
    if sample.champion is None or not_finite(sample.champion) is not None:
        return f"{words} predicts what is no finite number"
    return sample.champion


def _splits(policy: Model, sample: Sample, outputs: Sequence[Output]) -> tuple[Split, ...]:
    gated = [gate.metric for gate in policy.gates if gate.metric in METRICS]
    found = several(sample, outputs, gated or usual_metrics(sample), DRAWS, seed_of(sample))
    units = sample.rows if sample.cluster is None else len(np.unique(sample.cluster.codes))
    return tuple(_split(policy, name, four, units) for name, four in found.items())


def _split(policy: Model, metric: str, four: Sequence[Drawn], units: int) -> Split:
    old, new_code, new_data, new = four
    draws = _parts(*(np.asarray(one.draws) for one in four))
    difference, values = new.value - old.value, _exact_parts(*(one.value for one in four))
    code, data, interaction = (
        Share(value=value, interval=percentile(drawn, policy.alpha, units) if units >= FEWEST_UNITS else None)
        for value, drawn in zip(values, draws, strict=True)
    )
    return Split(
        metric=metric,
        direction=direction_of(policy, metric),
        new_code=new_code.value,
        new_data=new_data.value,
        difference=difference,
        code=code,
        data=data,
        interaction=interaction,
    )


def _parts(old: Floats, new_code: Floats, new_data: Floats, new: Floats) -> tuple[Floats, Floats, Floats]:
    """Share of the code, share of the data, interaction."""
    code = ((new_code - old) + (new - new_data)) / 2
    data = ((new_data - old) + (new - new_code)) / 2
    return code, data, new - new_code - new_data + old


def _exact_parts(old: float, new_code: float, new_data: float, new: float) -> tuple[float, float, float]:
    """The same of four numbers, without rounding on the way: the shares have to add up to the difference."""
    if not np.isfinite([old, new_code, new_data, new]).all():
        return np.nan, np.nan, np.nan
    before, code_only, data_only, after = map(Fraction, (old, new_code, new_data, new))
    code = float((code_only - before + after - data_only) / 2)
    data = float(Fraction(new - old) - Fraction(code))
    return code, data, float(after - code_only - data_only + before)
