"""Gates on fairness: how far a metric differs between the values of a column, and what can be said of it.

Every slice with rows enough counts, one of rows without a value too. Slices of rows that share clusters move together
in the draws, as they would in another hold-out; slices of independent rows move independently.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.inference.extremes import Spread, change
from tidegate.core.comparison.inference.group_estimates import in_groups
from tidegate.core.comparison.inference.intervals import FEWEST_UNITS, Interval
from tidegate.core.comparison.inference.seeds import seed_of, seed_of_part
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.samples.sample import Floats, Sample
from tidegate.core.comparison.samples.slices import Slice, Slices
from tidegate.core.contract import Gate, Measure, Model
from tidegate.core.rounding import counted

MOST_GROUPS = 20
"""More values than this are no groups between which a gap can be judged."""
Found = Mapping[Slice | None, Mapping[str, Estimate]]
Moves = Mapping[Slice | None, Mapping[str, Floats]]
"""What other seeds do to the difference between the models, by slice and metric, shape (draws,)."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One slice: `estimate` None where it has too few rows to be compared with others."""

    part: Slice
    rows: int
    candidate: float | None
    champion: float | None
    estimate: Estimate | None = None


@dataclass(frozen=True, kw_only=True)
class Gap:
    """The gap of one metric between the slices of `column`; `counting` of them have the `least` rows that count.

    `moves`: what other seeds do to the candidate, a row for each slice that is compared, where trainings have told.
    """

    metric: str
    column: str
    measure: Measure
    groups: tuple[Group, ...]
    least: int
    counting: int
    moves: Floats | None = None

    @property
    def compared(self) -> list[Estimate]:
        """Estimates of the slices that count."""
        return [group.estimate for group in self.groups if group.estimate is not None]

    @property
    def rows(self) -> int:
        """Of the slices that count."""
        return sum(group.rows for group in self.groups if group.estimate is not None)

    @property
    def why_not(self) -> str:
        """Why there is no gap to speak of, empty where there is one."""
        shown = [group for group in self.groups if group.rows]
        if not shown:
            return f"there are no rows with {self.column}"
        if len(shown) == 1:
            return f"{self.column} has one value only"
        if self.counting < 2:
            few = "only one slice" if self.counting else "no slice"
            needs = f"{counted(self.least, 'row')} and {FEWEST_UNITS} independent units"
            return f"{few} by {self.column} has the {needs} that comparing takes"
        if self.counting > MOST_GROUPS:
            return f"{self.column} has {self.counting} slices; at most {MOST_GROUPS} can be compared"
        if undefined := next((group for group in self.groups if _undefined(group)), None):
            return f"{self.metric} is undefined where {self.column[:80]} is {undefined.part.value[:80] or 'missing'}"
        return self._no_ratio()

    def _no_ratio(self) -> str:
        smallest = min(estimate.candidate for estimate in self.compared)
        if self.measure == "difference" or smallest > 0:
            return ""
        return f"the smallest {self.metric} is {smallest:g}, of which there is no ratio"

    @cached_property
    def ends(self) -> tuple[Group, Group] | None:
        """The slices with the candidate's smallest and largest value."""
        counting = [group for group in self.groups if group.estimate is not None]
        if self.why_not:
            return None
        ordered = sorted(counting, key=lambda group: group.candidate or 0.0)
        return ordered[0], ordered[-1]

    @cached_property
    def candidate(self) -> Spread:
        """The candidate's values in the slices that count."""
        found = self.compared
        return Spread(
            measure=self.measure,
            values=np.array([estimate.candidate for estimate in found]),
            draws=np.stack([estimate.candidate_draws for estimate in found]),
            units=[estimate.units for estimate in found],
            unseen=[estimate.unseen for estimate in found],
        )

    @cached_property
    def champion(self) -> Spread | None:
        """The champion's, None where there is none."""
        found = self.compared
        if any(estimate.champion is None or estimate.champion_draws is None for estimate in found):
            return None
        return replace(
            self.candidate,
            values=np.array([estimate.champion for estimate in found]),
            draws=np.stack([estimate.champion_draws for estimate in found if estimate.champion_draws is not None]),
            unseen=(),
        )

    @cached_property
    def moved(self) -> Spread:
        """The candidate's values with what other seeds do to them, to be held against the champion's."""
        draws = self.candidate.draws if self.moves is None else self.candidate.draws + self.moves
        return replace(self.candidate, draws=draws, unseen=())

    @cached_property
    def estimate(self) -> Estimate | None:
        """The gap itself as an estimate, None where there is none; its interval is that of `quantity`."""
        if self.why_not:
            return None
        old, draws = self.champion, self.candidate.gap_draws
        return Estimate(
            metric=self.metric,
            rows=self.rows,
            units=min(self.candidate.units),
            candidate=self.candidate.gap,
            champion=None if old is None else old.gap,
            candidate_draws=draws,
            difference_draws=None if old is None else self.moved.gap_draws - old.gap_draws,
            champion_draws=None if old is None else old.gap_draws,
        )

    def quantity(self, gate: Gate, alpha: float) -> Interval:
        """Interval of what the gate asks of the gap, turned so that more is better (see `gate_case`).

        A relative limit is a share of the champion's gap, whose own chance is put on this side.
        """
        if gate.kind in ("at_most", "at_least"):
            return self.candidate.interval(alpha).negated()
        if self.champion is None:
            return Interval(-math.inf, math.inf)
        share = float(gate.limit) * (1 if gate.kind == "no_worse_by" else -1) if gate.relative else 0.0
        found, shift = change(self.moved, self.champion, alpha, 1.0 + share).negated(), share * self.champion.gap
        return Interval(found.low - shift, found.high - shift)


def _undefined(group: Group) -> bool:
    values = (group.candidate, group.champion)
    return group.estimate is not None and not all(value is None or math.isfinite(value) for value in values)


def gaps_of(
    policy: Model, sample: Sample, parts: Slices, found: Found, draws: int, moves: Moves
) -> dict[tuple[Gate, str], Gap]:
    """The gap of every gate that asks about one, by gate and column."""
    least, seed = policy.evaluation.minimum_rows, seed_of(sample)
    return {
        (gate, column): gap_of(gate, column, sample, parts, found, least=least, draws=draws, seed=seed, moves=moves)
        for gate in policy.gates
        for column in gate.gap
    }


def moves_of(before: Found, after: Found) -> Moves:
    """What has been added to the draws of each difference, empty where nothing has."""
    if before is after:
        return {}
    return {
        part: {
            name: one.difference_draws - old.difference_draws
            for name, one in by_metric.items()
            if (old := before[part].get(name)) is not None
            and one.difference_draws is not None
            and old.difference_draws is not None
        }
        for part, by_metric in after.items()
        if part is not None
    }


def gap_of(
    gate: Gate,
    column: str,
    sample: Sample,
    parts: Slices,
    found: Found,
    *,
    least: int,
    draws: int,
    seed: int,
    moves: Moves,
) -> Gap:
    """The gap that a gate asks about between the slices of one of its columns; `found` has their values."""
    own = {part: rows for part, rows in parts.rows.items() if part.column == column}
    known = {part: found.get(part, {}).get(gate.metric) for part in own}
    counting = [part for part, one in known.items() if one is not None and _counts(one, least)]
    together: dict[Slice, Estimate] = {}
    if gate.metric not in METRICS:
        together = {part: one for part in counting if (one := known[part]) is not None}
    elif 2 <= len(counting) <= MOST_GROUPS:
        seed = seed_of_part(seed, gate.across(column))
        drawn = in_groups(sample, gate.metric, [own[part] for part in counting], draws, seed)
        together = dict(zip(counting, drawn, strict=True))
    groups = tuple(_group(part, len(rows), known[part], together.get(part)) for part, rows in own.items())
    return Gap(
        metric=gate.metric,
        column=column,
        measure=gate.measure,
        groups=groups,
        least=least,
        counting=len(counting),
        moves=_moves(moves, list(together), gate.metric),
    )


def _counts(estimate: Estimate, least: int) -> bool:
    return estimate.sampled and estimate.rows >= least and estimate.units >= FEWEST_UNITS


def _group(part: Slice, rows: int, known: Estimate | None, together: Estimate | None) -> Group:
    candidate, champion = (None, None) if known is None else (known.candidate, known.champion)
    return Group(part=part, rows=rows, candidate=candidate, champion=champion, estimate=together)


def _moves(moves: Moves, parts: Iterable[Slice], metric: str) -> Floats | None:
    rows = [found for part in parts if (found := moves.get(part, {}).get(metric)) is not None]
    return np.stack(rows) if rows else None
