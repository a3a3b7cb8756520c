"""A contract's gates, each asked of the rows it is about."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

from tidegate.core.comparison.gates.gaps import Gap
from tidegate.core.comparison.gates.gate_case import AGAINST_CHAMPION, Case
from tidegate.core.comparison.inference.estimation import Estimate
from tidegate.core.comparison.inference.intervals import FEWEST_UNITS
from tidegate.core.comparison.metric_table import KNOWN, Direction, is_cost
from tidegate.core.comparison.samples.sample import Mask
from tidegate.core.comparison.samples.slices import Slice, rows_in
from tidegate.core.contract import Gate, Model
from tidegate.core.rounding import counted

Found = Mapping[Slice | None, Mapping[str, Estimate]]
Gaps = Mapping[tuple[Gate, str], Gap]
_QUESTIONS_OF_A_GAP = 2  # its interval is made of more than one, further out in the tails


@dataclass(frozen=True, kw_only=True)
class Question:
    """One gate asked of all rows (`part` None), of one slice, or of the `gap` between slices.

    `rows`: of the hold-out, the slice or the slices that are compared; of a cost, rounds of timing.
    `why_not`: why it cannot be answered, if so; `excused`: whether that leaves the candidate unharmed.
    """

    gate: Gate
    direction: Direction
    part: Slice | None
    rows: int
    estimate: Estimate | None
    why_not: str = ""
    excused: bool = False
    gap: Gap | None = None

    @property
    def label(self) -> str:
        """The gate as people read it: ``rmse[weather=mist] no_worse_by 1%``, ``rmse gap[weather] at_most 5``."""
        part = f"[{self.part}]" if self.part else ""
        what = f"{self.gate.metric}{part}" if self.gap is None else self.gate.across(self.gap.column)
        return f"{what} {self.gate.kind} {self.gate.text}"

    @property
    def against_champion(self) -> bool:
        """Whether the gate compares with the champion."""
        return self.gate.kind in AGAINST_CHAMPION

    @property
    def obstacle(self) -> str:
        """Why no verdict can be reached whatever the draws say; empty when one can."""
        if self.why_not or self.estimate is None:
            return self.why_not
        if not math.isfinite(self.estimate.candidate):
            return f"{self.gate.metric} is undefined on these rows"
        if self.against_champion and not math.isfinite(self.estimate.champion or 0.0):
            return f"the champion's {self.gate.metric} is undefined on these rows"
        if (self.estimate.sampled or self.estimate.units) and self.estimate.units < FEWEST_UNITS:
            units = counted(self.estimate.units, "independent unit")
            return f"{units} cannot say how much chance there is; {FEWEST_UNITS} are the least"
        return ""

    @cached_property
    def case(self) -> Case | None:
        """The question with its evidence; None when there is an obstacle."""
        if self.estimate is None or self.obstacle:
            return None
        draws = self.estimate.difference_draws if self.against_champion else self.estimate.candidate_draws
        if draws is None:
            return None
        bounds = None if self.gap is None else partial(self.gap.quantity, self.gate)
        return Case(gate=self.gate, direction=self.direction, estimate=self.estimate, draws=draws, bounds=bounds)


def asked(policy: Model, parts: Mapping[Slice, Mask]) -> int:
    """How many questions the gates amount to."""
    return sum(len(_places(gate, parts)) + _QUESTIONS_OF_A_GAP * len(gate.gap) for gate in policy.gates)


def questions(
    policy: Model, parts: Mapping[Slice, Mask], found: Found, *, rows: int, first: bool, gaps: Gaps | None = None
) -> list[Question]:
    """One question per gate, or per value of a gate's slice columns, or per gap, in the order of the contract.

    `rows` are all there are; `first` says that there is no champion; `gaps` by gate and column.
    """
    sizes: dict[Slice | None, int] = {None: rows, **{part: rows_in(mask) for part, mask in parts.items()}}
    asked: list[Question] = []
    for gate in policy.gates:
        between = [_of_gap(gate, (gaps or {}).get((gate, column)), column, first=first) for column in gate.gap]
        asked += between or _of_gate(policy, gate, sizes, found, first=first)
    return asked


def direction_of(policy: Model, metric: str) -> Direction:
    """Which way is better, from the table or the contract's own declaration."""
    declared = policy.metrics.get(metric)
    return KNOWN[metric].direction if declared is None else declared.direction


def _places(gate: Gate, parts: Iterable[Slice | None]) -> list[Slice | None]:
    return [part for part in parts if part is not None and part.column in gate.slices] if gate.slices else [None]


def _of_gate(
    policy: Model, gate: Gate, sizes: Mapping[Slice | None, int], found: Found, *, first: bool
) -> Iterator[Question]:
    direction = direction_of(policy, gate.metric)
    unasked = first and gate.kind in AGAINST_CHAMPION
    least = policy.evaluation.minimum_rows if gate.slices else 0
    places = _places(gate, sizes)
    if not places:
        why_not = f"there are no rows with {' or '.join(gate.slices)}"
        yield Question(gate=gate, direction=direction, part=None, rows=0, estimate=None, why_not=why_not)
    large = {part.column for part in places if part is not None and sizes[part] >= least}
    for part in places:
        estimate = found.get(part, {}).get(gate.metric)
        yield Question(
            gate=gate,
            direction=direction,
            part=part,
            rows=estimate.rows if estimate is not None and is_cost(gate.metric) else sizes[part],
            estimate=estimate,
            why_not="there is no champion" if unasked else _why_not(gate, sizes[part], least, estimate),
            excused=unasked or (part is not None and 0 < sizes[part] < least and part.column in large),
        )


def _of_gap(gate: Gate, gap: Gap | None, column: str, *, first: bool) -> Question:
    """The smaller a gap is the better, whichever way the metric goes."""
    unasked = first and gate.kind in AGAINST_CHAMPION
    gap = gap or Gap(metric=gate.metric, column=column, measure=gate.measure, groups=(), least=0, counting=0)
    return Question(
        gate=gate,
        direction="lower",
        part=None,
        rows=gap.rows,
        estimate=gap.estimate,
        why_not="there is no champion" if unasked else gap.why_not,
        excused=unasked,
        gap=gap,
    )


def _why_not(gate: Gate, size: int, least: int, estimate: Estimate | None) -> str:
    if estimate is None:
        return "the slice has no rows" if gate.slices and not size else f"no value of {gate.metric} was measured"
    if gate.slices and size < least:
        return f"{counted(size, 'row')} of the {least} that a slice needs"
    if gate.kind in AGAINST_CHAMPION and estimate.champion is None:
        return f"the champion has no value of {gate.metric}"
    return ""
