"""What a comparison leaves so that anybody can reach its verdict again, or judge its rows by another policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tidegate.adapters import kept_rows
from tidegate.core.comparison import replay
from tidegate.core.comparison.beside.behaviour import Behaviours
from tidegate.core.comparison.beside.cost_block import gated
from tidegate.core.comparison.comparison import Comparison
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.replay import Context, Kept, Stop
from tidegate.core.comparison.verdict import Side
from tidegate.core.contract import Model
from tidegate.core.evidence import Subject
from tidegate.steps.comparison.champion import Judged


def kept(
    judged: Judged,
    subject: Subject,
    sides: tuple[Side, Side],
    comparison: Comparison,
    behaviours: Behaviours | None,
    document: Mapping[str, Any],
) -> Kept:
    """The evidence of one comparison, given before `behaviours` hold it back.

    `sides`: candidate and champion; `document`: the result as the verdict holds it.
    """
    grounds = comparison.grounds
    context = Context(
        model=judged.judge.name,
        contract=judged.text,
        subject=subject,
        candidate=sides[0],
        champion=sides[1],
        policy=judged.policy,
        day=None if grounds is None else grounds.day,
        totals=_totals(judged.judge, comparison),
        behaviours=behaviours,
        trained=None if grounds is None else replay.trained(grounds.repeats),
        stop=_stop(comparison) if grounds is None else None,
        positive=None if grounds is None else grounds.sample.positive,
        labels=() if grounds is None else grounds.sample.labels,
    )
    blocks = replay.beside(document, comparison, context)
    context = replace(context, beside=replay.beside_digest(blocks))
    return kept_rows.kept(context) if grounds is None else kept_rows.kept(context, grounds.sample, grounds.repeats)


def _totals(judge: Model, comparison: Comparison) -> Totals:
    """Costs that decide nothing are left out: measured again they differ, and an equal verdict has equal bytes."""
    totals = Totals() if comparison.grounds is None else comparison.grounds.totals
    return totals if gated(judge) else replace(totals, costs=None)


def _stop(comparison: Comparison) -> Stop:
    return Stop(verdict=comparison.verdict, why=comparison.sentence.partition(": ")[2])
