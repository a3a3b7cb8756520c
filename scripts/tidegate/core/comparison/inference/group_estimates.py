"""One metric in several groups of rows at once, in draws that weigh what the groups share alike.

Groups of independent rows share nothing and are drawn each on its own. Groups of rows in clusters (the hours of one day
in two groups) are drawn by the clusters of the whole sample, so that a day's luck is in all of its groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tidegate.core.comparison.inference.estimation import Estimate, estimates, of_models, outcome_of
from tidegate.core.comparison.inference.resampling import SLICE_BLOCKS, Plan, Summed, of_clusters, resample, summed
from tidegate.core.comparison.inference.seeds import seed_of_part
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import EXACT_ROWS
from tidegate.core.comparison.samples.sample import Coded, Ints, Sample


def in_groups(sample: Sample, metric: str, groups: Sequence[Ints], draws: int, seed: int) -> list[Estimate]:
    """One estimate for each group of rows; the k-th draws of all are of the same resampled hold-out."""
    bare = replace(sample, slices={}, numbers={})
    with np.errstate(over="ignore", invalid="ignore"):
        if sample.cluster is not None:
            return _together(bare, sample.cluster, metric, groups, draws, seed)
        seeds = [seed_of_part(seed, f"group {place}") for place in range(len(groups))]
        return [
            estimates(bare.take(rows), [metric], draws, own, blocks=SLICE_BLOCKS)[metric]
            for rows, own in zip(groups, seeds, strict=True)
        ]


def _together(
    sample: Sample, cluster: Coded, metric: str, groups: Sequence[Ints], draws: int, seed: int
) -> list[Estimate]:
    """All groups by one plan over the clusters of the whole sample; a cluster without rows in a group adds nothing."""
    units = of_clusters(cluster.codes, seed, SLICE_BLOCKS).units
    order = sorted(range(len(groups)), key=lambda place: _drawn_by_row(groups[place]), reverse=True)
    forms: list[list[Summed]] = []
    for place in order:  # what takes most memory in a draw comes first, because it says how many are made at once
        rows = groups[place]
        of_group = units if units.codes is None else replace(units, codes=units.codes[rows])
        plan = Plan(units=of_group, rows=len(rows), independent=len(np.unique(cluster.codes[rows])))
        taken = sample.take(rows)
        outputs = [taken.candidate, *([] if taken.champion is None else [taken.champion])]
        forms.append([summed(METRICS[metric](outcome_of(taken, output)), plan) for output in outputs])
    drawn = iter(resample([form for of_group in forms for form in of_group], draws, seed))
    found = [of_models(metric, of_group, [next(drawn) for _ in of_group], corrects=False) for of_group in forms]
    return [found[order.index(place)] for place in range(len(groups))]


def _drawn_by_row(rows: Ints) -> int:
    return len(rows) if len(rows) <= EXACT_ROWS else 0
