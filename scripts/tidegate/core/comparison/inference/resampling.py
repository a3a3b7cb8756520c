"""Bootstrap draws of metrics and of their differences, at the cost that the form of each metric allows.

Both models are weighed by the same draws, so what they share cancels. Sums are put on a binary grid coarse enough that
adding them is exact in any order: the same evidence gives the same draws bit for bit, on any machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.metrics.form import EXACT_ROWS, Form, Units
from tidegate.core.comparison.samples.grid import gridded
from tidegate.core.comparison.samples.sample import Floats, Ints

DRAWS = 2_000
BLOCKS = 10_000
"""Up to twice so many rows or clusters each is a unit of its own; more are dealt at random into equal blocks."""
SLICE_BLOCKS = 1_000
"""The same where a sample is one of many: a spread that is known to two per cent, at a tenth of the time."""
_AT_ONCE = 2_000_000


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is drawn with repeats: `units`, all equally likely, or cells by how many rows each holds (`rows_per_unit`).

    `independent` is how many independent things the sample holds: clusters, or rows.
    """

    units: Units
    rows: int
    independent: int
    rows_per_unit: Ints | None = None


def of_rows(rows: int, seed: int, blocks: int = BLOCKS) -> Plan:
    """Independent rows: each a unit, or where they are very many dealt into blocks whose sums vary as the rows do."""
    if rows <= 2 * blocks:
        return Plan(units=Units(count=rows), rows=rows, independent=rows)
    return Plan(units=Units(count=blocks, codes=_dealt(rows, seed, blocks)), rows=rows, independent=rows)


def of_clusters(codes: Ints, seed: int, blocks: int = BLOCKS) -> Plan:
    """Rows that share a code are drawn together or not at all; very many clusters are dealt into blocks as rows are."""
    present = np.bincount(codes) > 0
    count = int(np.count_nonzero(present))
    dense = (np.cumsum(present) - 1)[codes]
    if count <= 2 * blocks:
        return Plan(units=Units(count=count, codes=dense), rows=len(codes), independent=count)
    units = Units(count=blocks, codes=_dealt(count, seed, blocks)[dense])
    return Plan(units=units, rows=len(codes), independent=count)


def _dealt(count: int, seed: int, blocks: int) -> NDArray[np.uint16]:
    """A block for each of so many things, at random and evenly; in two bytes, because there may be very many."""
    dealt = np.resize(np.arange(blocks, dtype=np.uint16), count)
    np.random.default_rng([seed, 1]).shuffle(dealt)
    return dealt


def of_cells(counts: Ints) -> Plan:
    """Rows that are alike but for their number: drawing cells by their share is drawing the rows."""
    rows = int(counts.sum())
    return Plan(units=Units(count=len(counts)), rows=rows, independent=rows, rows_per_unit=counts)


@dataclass(frozen=True)
class Summed:
    """A form with its sums in the units of a plan, shape (units, k): one pass over the rows, whatever follows.

    What the form needed for that pass is not kept: of many rows it is the most that there is.
    """

    form: Form
    plan: Plan
    sums: Floats
    drawn: Callable[[Floats], Floats] | None = None

    @cached_property
    def totals(self) -> Floats:
        """The sums over the sample as it is, shape (k,), added without rounding error."""
        counts = self.plan.rows_per_unit
        sums = self.sums if counts is None else self.sums * counts[:, None]
        return np.array([_sum(column) for column in sums.T])

    @cached_property
    def point(self) -> float:
        """The metric of the sample as it is."""
        return float(self.form.value(self.totals))

    @cached_property
    def without(self) -> Floats:
        """The metric of the sample without each unit (of cells: without one of its rows), shape (units,)."""
        return self.form.value(self.totals - self.sums)

    def unseen(self, tail: float) -> tuple[float, float] | None:
        """What a sample without any variation leaves open (see `Form.unseen`); None where the metric is unbounded."""
        if self.form.unseen is None:
            return None
        return self.form.unseen(self.totals, tail, self.plan.independent)


def summed(form: Form, plan: Plan) -> Summed:
    """Pass over the rows once."""
    sums = form.sums(plan.units)
    exact = form.exact if plan.rows <= form.exact_rows else None
    drawn = None if form.drawn is None else form.drawn(plan.units)
    return Summed(replace(form, sums=lambda _: sums, exact=exact, drawn=None), plan, sums, drawn)


def resample(forms: Sequence[Summed], draws: int, seed: int) -> list[Floats]:
    """Draws of each metric, shape (draws,) each; all have one plan, and their k-th draws weigh the units alike."""
    drawn_by = [_drawing(form) for form in forms]
    parts = [[draw(weights) for draw in drawn_by] for weights in weights_of(forms[0].plan, draws, seed)]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _drawing(summed: Summed) -> Callable[[Floats], Floats]:
    """How unit weights, shape (draws, units), become draws of the metric."""
    form, plan, exact = summed.form, summed.plan, summed.form.exact
    if summed.drawn is not None:
        return summed.drawn
    if exact is not None:
        return lambda weights: exact(_of_rows(weights, plan))
    sums = _gridded(summed.sums, plan)
    return lambda weights: form.value(weights @ sums)


def weights_of(plan: Plan, draws: int, seed: int) -> Iterator[Floats]:
    """How often each unit counts, shape (some draws, units), until `draws` have been given."""
    random = np.random.default_rng([seed, 0])
    width = plan.units.count
    step = max(1, _AT_ONCE // max(width, plan.rows if plan.rows <= EXACT_ROWS else 0))
    for start in range(0, draws, step):
        size = min(step, draws - start)
        if plan.rows_per_unit is not None:
            shares = plan.rows_per_unit / plan.rows
            yield random.multinomial(plan.rows, shares, size=size).astype(np.float64)
            continue
        weights = np.empty((size, width))
        for drawn, chosen in zip(weights, random.integers(0, width, size=(size, width), dtype=np.int32), strict=True):
            drawn[:] = np.bincount(chosen, minlength=width)
        yield weights


def _of_rows(weights: Floats, plan: Plan) -> Floats:
    return weights if plan.units.codes is None else weights[:, plan.units.codes]


def _gridded(sums: Floats, plan: Plan) -> Floats:
    """Unit sums on the grid of their plan: about 1e-12 of the largest sum per column."""
    return gridded(sums, plan.units.count if plan.rows_per_unit is None else plan.rows)


def _sum(column: Floats) -> float:
    """The correctly rounded sum; infinite or NaN where numbers do not reach."""
    try:
        return math.fsum(column)
    except (OverflowError, ValueError):
        return float(np.sum(column))
