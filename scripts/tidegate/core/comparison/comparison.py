"""The whole decision in one pure function: two models' predictions and a contract in, verdict and reasons out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from tidegate.core.answer import Verdict
from tidegate.core.comparison.beside.cost_ratio import cost_estimates
from tidegate.core.comparison.change.seed_noise import Repeats, SeedNoise, allow_for, known_equal
from tidegate.core.comparison.conclusion import conclude, is_identical
from tidegate.core.comparison.gates.findings import Finding, judge
from tidegate.core.comparison.gates.gaps import gaps_of, moves_of
from tidegate.core.comparison.gates.questions import asked, questions
from tidegate.core.comparison.gates.waivers import Waivers, waive
from tidegate.core.comparison.inference.estimation import Estimate, estimates
from tidegate.core.comparison.inference.resampling import DRAWS, SLICE_BLOCKS
from tidegate.core.comparison.inference.seeds import seed_of, seed_of_part
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.measured import measured_estimates
from tidegate.core.comparison.metrics.metric_results import MetricResult, result_of, slice_results
from tidegate.core.comparison.metrics.totals import Totals, total_estimates
from tidegate.core.comparison.pictures.flips import Flips, Regression, flips, flips_by_slice, regressions
from tidegate.core.comparison.samples.pairing import Unlike, not_finite, pair
from tidegate.core.comparison.samples.sample import Mask, Predictions, Sample
from tidegate.core.comparison.samples.slices import Slice, slices_of
from tidegate.core.comparison.samples.task import task_of, usual_metrics
from tidegate.core.contract import Model
from tidegate.core.rounding import counted

_IN_EACH_TAIL = 10
"""Draws beyond each end of the strictest interval of a family; more questions therefore cost more draws."""


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What gates were asked of: paired rows, numbers without rows, the day for waivers, trainings of other seeds."""

    sample: Sample
    totals: Totals
    day: date | None
    repeats: Repeats | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The decision and everything it rests on. `slices` are worst first; `grounds` None: no gate was asked of rows."""

    verdict: Verdict
    sentence: str
    rows: int = 0
    clusters: int | None = None
    cluster: str | None = None
    alpha: float = 0.05
    draws: int = 0
    family: tuple[str, ...] = ()
    metrics: tuple[MetricResult, ...] = ()
    gates: tuple[Finding, ...] = ()
    slices: tuple[MetricResult, ...] = ()
    slice_notes: tuple[str, ...] = ()
    flips: Flips | None = None
    slice_flips: Mapping[Slice, Flips] = field(default_factory=dict)
    regressions: tuple[Regression, ...] = ()
    waivers: Waivers | None = None
    seed_noise: tuple[SeedNoise, ...] = ()
    grounds: Grounds | None = field(default=None, compare=False, repr=False)


def compare(
    policy: Model,
    candidate: Predictions,
    champion: Predictions | None,
    totals: Totals | None = None,
    day: date | None = None,
    repeats: Repeats | None = None,
) -> Comparison:
    """Judge `candidate` against `champion` (None: there is none yet) by the policy's gates.

    `totals` has the metrics that rows do not give, `day` is what waivers are held against, `repeats` what both recipes
    say when trained with other seeds. Raises InputError for tables that are not what the contract says.
    """
    sample = pair(candidate, champion, policy.evaluation.positive)
    if isinstance(sample, Unlike):
        return stopped(policy, Verdict.INCOMPARABLE, f"the hold-out changed: {'; '.join(sample.reasons)}")
    if (bad := not_finite(sample.candidate)) is not None:
        return stopped(policy, Verdict.FAIL, _not_numbers(sample, bad))
    if sample.champion is not None and (bad := not_finite(sample.champion)) is not None:
        return stopped(policy, Verdict.INCOMPARABLE, f"of the champion's, {_not_numbers(sample, bad)}")
    return judged(policy, sample, totals or Totals(), day, repeats)


def compare_totals(policy: Model, totals: Totals, day: date | None = None) -> Comparison:
    """Judge by numbers alone: exact to the last digit that was written, and silent about chance.

    Raises InputError E-MET-006, E-MET-009.
    """
    found = total_estimates(policy, _gated(policy), totals)
    asked = questions(policy, {}, {None: found}, rows=0, first=totals.champion is None)
    findings, family = judge(asked, policy.alpha)
    findings, waivers = waive(findings, policy.waivers, day)
    verdict, sentence = conclude(findings, first=totals.champion is None, identical=False)
    metrics = tuple(result_of(policy, None, estimate, judged=False) for estimate in found.values())
    return Comparison(
        verdict=verdict,
        sentence=sentence,
        alpha=policy.alpha,
        family=family,
        gates=findings,
        metrics=metrics,
        waivers=waivers,
    )


def stopped(policy: Model, verdict: Verdict, why: str) -> Comparison:
    """A decision that was reached before any gate was asked."""
    word = "not promotable" if verdict is Verdict.FAIL else verdict.value
    return Comparison(verdict=verdict, sentence=f"{word}: {why}", alpha=policy.alpha)


def _not_numbers(sample: Sample, bad: Mask) -> str:
    places = np.flatnonzero(bad)
    shown = ", ".join(str(sample.ids[place])[:40] for place in places[:3]) + (", …" if len(places) > 3 else "")
    return f"{len(places):,} of {counted(sample.rows, 'prediction')} are not finite numbers (ids {shown})"


def judged(
    policy: Model, sample: Sample, totals: Totals, day: date | None = None, repeats: Repeats | None = None
) -> Comparison:
    """Judge rows that are paired already: finite predictions, and the columns that the policy names."""
    parts = slices_of(sample, policy.evaluation)
    draws = max(DRAWS, math.ceil(2 * _IN_EACH_TAIL / policy.alpha) * asked(policy, parts))
    by_rows = found = _found(policy, sample, parts, draws)
    noise: tuple[SeedNoise, ...] = ()
    if repeats is not None:
        found, noise = allow_for(found, sample, parts, repeats)
    own = measured_estimates(policy.metrics, totals.measured)
    claimed = [name for name in _gated(policy) if name not in METRICS and name not in own.get("", {})]
    numbers = total_estimates(policy, claimed, totals)
    all_found = {part: {**known, **own.get(str(part or ""), {})} for part, known in found.items()}
    if repeats is not None and repeats.same_recipe:
        all_found = {part: known_equal(known) for part, known in all_found.items()}
        numbers = known_equal(numbers)
    costs = {} if totals.costs is None else cost_estimates(totals.costs, _gated(policy), draws)
    everything = {**all_found, None: {**all_found[None], **numbers, **costs}}
    first = sample.champion is None
    gaps = gaps_of(policy, sample, parts, everything, draws, moves_of(by_rows, found))
    asked_of = questions(policy, parts, everything, rows=sample.rows, first=first, gaps=gaps)
    findings, family = judge(asked_of, policy.alpha)
    findings, waivers = waive(findings, policy.waivers, day)
    verdict, sentence = conclude(findings, first=first, identical=is_identical(sample))
    return Comparison(
        verdict=verdict,
        sentence=sentence,
        rows=sample.rows,
        clusters=None if sample.cluster is None else len(np.unique(sample.cluster.codes)),
        cluster=policy.evaluation.cluster,
        alpha=policy.alpha,
        draws=draws,
        family=family,
        metrics=tuple(result_of(policy, None, estimate, judged=True) for estimate in everything[None].values()),
        gates=findings,
        slices=slice_results(policy, parts, all_found),
        slice_notes=parts.notes,
        flips=flips(sample),
        slice_flips=flips_by_slice(sample, parts),
        regressions=() if task_of(policy) == "ranking" else regressions(sample),
        waivers=waivers,
        seed_noise=noise,
        grounds=Grounds(sample=sample, totals=totals, day=day, repeats=repeats),
    )


def _gated(policy: Model) -> list[str]:
    return list(dict.fromkeys(gate.metric for gate in policy.gates))


def _found(
    policy: Model, sample: Sample, parts: Mapping[Slice, Mask], draws: int
) -> dict[Slice | None, dict[str, Estimate]]:
    """Estimates over all rows (None) and in each slice that has any, each with a seed of its own."""
    gated = [name for name in _gated(policy) if name in METRICS]
    seed, kind = seed_of(sample), policy.evaluation.interval
    whole = estimates(sample, [*gated, *usual_metrics(sample, task_of(policy))], draws, seed, kind)
    bare = replace(sample, slices={}, numbers={})
    in_parts: dict[Slice | None, dict[str, Estimate]] = {
        part: estimates(bare.take(mask), gated, draws, seed_of_part(seed, str(part)), kind, SLICE_BLOCKS)
        for part, mask in parts.items()
        if mask.any()
    }
    return {None: whole, **in_parts}
