"""How much of a difference another seed alone could make, and intervals that allow for it.

What is judged with repeats is the change, not the luck of one training: the difference between what the candidate's
recipe and the champion's reach on average over seeds. What is at hand is one model of each recipe, measured on rows. So
with candidate ``c``, champion ``h`` and their true averages ``m``::

    difference = (m_c + a_c) - (m_h + a_h) + e,   a ~ (0, sigma_c²) or (0, sigma_h²),   e ~ (0, row variance)

and the interval is widened by ``sigma_c² + sigma_h²`` in full. Dividing by the number of repeats would be right for an
average of models, but one model of each side is compared, and one will run. The interval therefore stays where that
model is and only grows: repeats never let through what the rows alone would hold back, and what seeds explain is not
held against a change.

Estimate of a side's ``sigma²``: the sample variance of the metric over its ``k`` repeats and the compared model itself,
less what chance in the rows adds to it (the bootstrap variance of the trainings about their mean), as in a one-way
analysis of variance with random effects; that share is in the row variance already. How uncertain so few repeats leave
it is carried by generalised inference (Weerahandi 1993, JASA 88:899; Hannig, Iyer and Patterson 2006, JASA 101:254):
each draw of the difference is moved by ``z * sqrt(max(0, s² * nu / chi²_nu - rows))``, with ``s²`` of both sides
together and ``nu`` by Satterthwaite (1946). Where rows add nothing this is Student's interval for ``nu`` degrees.

Where the change is of the seed and of nothing else, there is one recipe and the true difference is known to be none:
the interval is stretched to hold 0, so that luck alone can leave a gate undecided and never fail it.

Assumptions: trainings with different seeds are independent, their metric varies about normally, and the repeats differ
from the compared model in the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import gammaincinv, ndtri

from tidegate.core.comparison.inference.estimation import Drawn, Estimate, several
from tidegate.core.comparison.inference.intervals import Noise
from tidegate.core.comparison.inference.seeds import seed_of, seed_of_part
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.samples.sample import Floats, Ints, Mask, Output, Sample
from tidegate.core.comparison.samples.slices import Slice

_STEP = 1000
_DRAWS = 200
Found = dict[Slice | None, dict[str, Estimate]]


@dataclass(frozen=True, kw_only=True)
class Retrained:
    """A recipe trained again: `own` is the seed of the compared model, then each repeat's seed, output and digest.

    Outputs are about the judged rows, in the order of the sample.
    """

    own: int
    seeds: tuple[int, ...]
    outputs: tuple[Output, ...]
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Both recipes trained again with other values of `parameter`; `same_recipe`: they differ in nothing else."""

    parameter: str
    candidate: Retrained
    champion: Retrained
    same_recipe: bool = False


@dataclass(frozen=True, kw_only=True)
class Spread:
    """One metric of one recipe over seeds, the compared model first.

    `variance` is the sample variance of `values`, `rows` the part of it that chance in the rows explains.
    """

    values: tuple[float, ...]
    variance: float
    rows: float

    @property
    def deviation(self) -> float:
        """Standard deviation between seeds, in the metric's unit."""
        return float(np.sqrt(max(0.0, self.variance - self.rows)))


@dataclass(frozen=True, kw_only=True)
class SeedNoise:
    """One metric over all rows: both recipes over seeds, and what each source of chance adds to the difference."""

    metric: str
    candidate: Spread
    champion: Spread
    noise: Noise


def seeds_for(own: int, times: int) -> tuple[int, ...]:
    """Seeds of the repeats of a model whose own seed is `own`: fixed, so that DVC knows them again.

    They are a thousand apart, so that a change of the seed alone (7 to 8) shares no training with its champion, and
    depend on nothing else, so that a candidate's repeats are its own when it has become the champion.
    """
    return tuple(own + _STEP * (number + 1) for number in range(times))


def allow_for(
    found: Found, sample: Sample, parts: Mapping[Slice, Ints | Mask], repeats: Repeats
) -> tuple[Found, tuple[SeedNoise, ...]]:
    """Estimates whose draws of the difference allow for seeds, and what was found about them over all rows."""
    widened: Found = {}
    over_all: tuple[SeedNoise, ...] = ()
    seed = seed_of(sample)
    for part, known in found.items():
        rows = sample if part is None else sample.take(parts[part])
        taken = repeats if part is None else _taken(repeats, parts[part])
        own_seed = seed if part is None else seed_of_part(seed, str(part))
        noises = _noises(rows, known, taken, own_seed)
        widened[part] = {
            name: _widened(known[name], noises[name], own_seed) if name in noises else known[name] for name in known
        }
        over_all = tuple(noises.values()) if part is None else over_all
    return widened, over_all


def known_equal(found: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Estimates of two models of one recipe: those whose repeats were not measured are known to be equal as well."""
    return {name: one if one.noise is not None else _known_equal(one) for name, one in found.items()}


def _known_equal(estimate: Estimate) -> Estimate:
    if estimate.difference_draws is None:
        return estimate
    varies = estimate.sampled and len(estimate.difference_draws) > 1
    rows = float(np.sqrt(_variance(estimate.difference_draws))) if varies else 0.0
    return replace(estimate, noise=Noise(rows=rows, seeds=0.0, same=True))


def _taken(repeats: Repeats, rows: Ints | Mask) -> Repeats:
    sides = (
        replace(side, outputs=tuple(output.take(rows) for output in side.outputs))
        for side in (repeats.candidate, repeats.champion)
    )
    candidate, champion = sides
    return replace(repeats, candidate=candidate, champion=champion)


def _noises(sample: Sample, known: Mapping[str, Estimate], repeats: Repeats, seed: int) -> dict[str, SeedNoise]:
    sampled = {name for name, one in known.items() if one.sampled and one.difference_draws is not None}
    names = [name for name in known if name in sampled and name in METRICS]
    if sample.champion is None or not names:
        return {}
    of_candidate = _spreads(sample, sample.candidate, repeats.candidate.outputs, names, seed)
    of_champion = _spreads(sample, sample.champion, repeats.champion.outputs, names, seed)
    same = repeats.same_recipe
    return {name: _noise(known[name], of_candidate[name], of_champion[name], same=same) for name in names}


def _spreads(
    sample: Sample, own: Output, outputs: Sequence[Output], names: Iterable[str], seed: int
) -> dict[str, Spread]:
    """The spread of each metric over the trainings of one recipe, on one sample."""
    found = several(sample, [own, *outputs], names, _DRAWS, seed)
    return {name: _spread(trainings) for name, trainings in found.items()}


def _spread(trainings: Sequence[Drawn]) -> Spread:
    values, draws = np.array([one.value for one in trainings]), np.stack([one.draws for one in trainings])
    with np.errstate(invalid="ignore", over="ignore"):
        by_rows = [_variance(column) for column in draws - draws.mean(axis=0)]
    return Spread(values=tuple(values.tolist()), variance=_variance(values), rows=sum(by_rows) / (len(values) - 1))


def _variance(values: Floats | None) -> float:
    with np.errstate(invalid="ignore", over="ignore"):
        return 0.0 if values is None else float(np.var(values, ddof=1))


def _noise(estimate: Estimate, candidate: Spread, champion: Spread, *, same: bool) -> SeedNoise:
    between = candidate.variance + champion.variance - candidate.rows - champion.rows
    noise = Noise(
        rows=float(np.sqrt(_variance(estimate.difference_draws))),
        seeds=float(np.sqrt(max(0.0, between))) if np.isfinite(between) else float("inf"),
        same=same,
    )
    return SeedNoise(metric=estimate.metric, candidate=candidate, champion=champion, noise=noise)


def _widened(estimate: Estimate, found: SeedNoise, seed: int) -> Estimate:
    if estimate.difference_draws is None:
        return estimate
    moved = estimate.difference_draws + _moves(found.candidate, found.champion, len(estimate.difference_draws), seed)
    return replace(estimate, difference_draws=moved, noise=found.noise)


def _moves(one: Spread, other: Spread, draws: int, seed: int) -> Floats:
    """What seeds do to the difference, as so many draws: evenly spread over its law and dealt at random."""
    total, squares = one.variance + other.variance, one.variance**2 + other.variance**2
    if total == 0:
        return np.zeros(draws)
    if not np.isfinite(total) or squares == 0:
        return np.full(draws, np.nan)
    freedom = total**2 / (one.variance**2 / (len(one.values) - 1) + other.variance**2 / (len(other.values) - 1))
    random, evenly = np.random.default_rng([seed, 2]), (np.arange(draws) + 0.5) / draws
    chi_squared = 2 * gammaincinv(freedom / 2, random.permutation(evenly))
    between = np.maximum(0.0, total * freedom / chi_squared - one.rows - other.rows)
    return np.asarray(np.sqrt(between) * ndtri(random.permutation(evenly)))
