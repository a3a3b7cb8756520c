"""Whether a change's own numbers can be believed: is the truth the base's, and does its model say what it claims?

A change's pipeline writes the file that it is judged by, so its code could write any truth and any prediction there.
Two things are not its to write: the hold-out as the base recorded it, and the base's own predict command.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from tidegate.core.answer import Verdict
from tidegate.core.comparison.comparison import Comparison, stopped
from tidegate.core.comparison.samples.rescored import Rescored
from tidegate.core.comparison.samples.sample import Coded, Floats, Ints, Mask, Output, Predictions
from tidegate.core.contract import Model
from tidegate.core.rounding import counted

_RELATIVE, _ABSOLUTE = 1e-5, 1e-8  # a batch of another size may add in another order; a forger gains nothing by this
_TOLD = 3


class Standing(StrEnum):
    """What the base's own code says of a change's predictions."""

    CONFIRMED = "confirmed"
    DENIED = "denied"
    CLAIMED = "claimed"
    UNASKED = "unasked"


@dataclass(frozen=True, kw_only=True)
class HoldOut:
    """The rows against the base's: `differs` None where they are the same; `file`: whether the file of rows is another.

    `why_not`: why there is nothing to hold them against, empty where there is.
    """

    differs: Rescored | None = None
    file: bool = False
    why_not: str = ""

    @property
    def altered(self) -> bool:
        """Whether the change is judged on other rows, another truth or other inputs than the base's."""
        return self.differs is not None or self.file


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The predictions against what the packaged model answers to the base's predict command."""

    standing: Standing
    rows: int = 0
    differ: int = 0
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """Both checks. `edited`: files of the model's code that the change edits, which may excuse other answers."""

    hold_out: HoldOut
    answers: Answers
    edited: tuple[str, ...] = ()

    def hold(self, policy: Model, comparison: Comparison) -> Comparison:
        """The comparison, or none where the predictions are not the model's: nothing was measured then."""
        if self.answers.standing is not Standing.DENIED:
            return comparison
        return stopped(policy, Verdict.INCOMPARABLE, self.answers.why)


def altered(now: Predictions, before: Predictions, counts: Rescored) -> Rescored | None:
    """How the rows differ from the base's; None where ids, truth, clusters, weights and slices are the same."""
    same = len(now.ids) == len(before.ids) and not (counts.new or counts.gone or counts.changed)
    return None if same and _alike(now, before) else counts


def _alike(now: Predictions, before: Predictions) -> bool:
    """Whether the columns that both have are the same, id by id; one that only one of them has is policy."""
    mine, theirs = np.argsort(now.ids, kind="stable"), np.argsort(before.ids, kind="stable")
    pairs: list[tuple[Floats | Coded | None, Floats | Coded | None]] = [
        (now.cluster, before.cluster),
        (now.weight, before.weight),
        *((now.slices[name], before.slices[name]) for name in now.slices.keys() & before.slices.keys()),
        *((now.numbers[name], before.numbers[name]) for name in now.numbers.keys() & before.numbers.keys()),
    ]
    return all(one is None or other is None or _same_column(one, mine, other, theirs) for one, other in pairs)


def _same_column(one: Floats | Coded, mine: Ints, other: Floats | Coded, theirs: Ints) -> bool:
    if isinstance(one, Coded) and isinstance(other, Coded):
        return bool(np.array_equal(one.texts()[mine], other.texts()[theirs]))
    if isinstance(one, Coded) or isinstance(other, Coded):
        return False
    return bool(np.array_equal(one[mine], other[theirs], equal_nan=True))


def compared(claimed: Predictions, answered: Predictions, edited: tuple[str, ...]) -> Answers:
    """Row by row, both about the same ids; other answers are excused, and told, where the change edits code."""
    mine, theirs = np.argsort(claimed.ids, kind="stable"), np.argsort(answered.ids, kind="stable")
    if not np.array_equal(claimed.ids[mine], answered.ids[theirs]):
        return unanswered("the packaged model did not answer the rows of the predictions", edited)
    off = _unlike(claimed.output.take(mine), answered.output.take(theirs))
    rows, differ = len(off), int(np.count_nonzero(off))
    if not differ:
        return Answers(standing=Standing.CONFIRMED, rows=rows)
    ids = ", ".join(str(value)[:40] for value in claimed.ids[mine][off][:_TOLD]) + (", …" if differ > _TOLD else "")
    why = f"{differ:,} of {counted(rows, 'prediction')} are not what the packaged model answers (ids {ids})"
    standing = Standing.CLAIMED if edited else Standing.DENIED
    return Answers(standing=standing, rows=rows, differ=differ, why=why)


def unchanged(claimed: Predictions) -> Answers:
    """Model and predictions are the base's own files, so nobody claims anything that was not judged before."""
    return Answers(standing=Standing.CONFIRMED, rows=len(claimed.ids))


def unanswered(why: str, edited: tuple[str, ...]) -> Answers:
    """The packaged model does not answer to the base's command: its fault, unless the change edits code."""
    return Answers(standing=Standing.CLAIMED if edited else Standing.DENIED, why=why)


def _unlike(one: Output, other: Output) -> Mask:
    """Rows in which any column of two outputs says otherwise; a column that one of them lacks is not compared."""
    pairs = [(one.prediction, other.prediction)]
    pairs += [(one.scores[name], other.scores[name]) for name in one.scores if name in other.scores]
    masks = [_differ(mine, theirs) for mine, theirs in pairs if mine is not None and theirs is not None]
    return np.asarray(np.logical_or.reduce(masks))


def _differ(one: Floats | Coded, other: Floats | Coded) -> Mask:
    if isinstance(one, Coded) and isinstance(other, Coded):
        return np.asarray(one.texts() != other.texts(), dtype=np.bool_)
    if isinstance(one, Coded) or isinstance(other, Coded):
        return np.ones(len(one.codes if isinstance(one, Coded) else one), dtype=np.bool_)
    return ~np.isclose(one, other, rtol=_RELATIVE, atol=_ABSOLUTE, equal_nan=True)


def confirmation_block(found: Confirmation | None) -> dict[str, Any]:
    """``{"confirmation": …}`` as JSON values, or nothing where there is nothing to say."""
    if found is None or not (found.hold_out.altered or found.answers.standing is not Standing.UNASKED):
        return {}
    differs, answers = found.hold_out.differs, found.answers
    counts = {"new": 0, "gone": 0, "changed": 0}
    if differs is not None:
        counts = {"new": differs.new, "gone": differs.gone, "changed": differs.changed}
    return {
        "confirmation": {
            "hold_out": {
                "altered": found.hold_out.altered,
                **counts,
                "file": found.hold_out.file,
                "why_not": found.hold_out.why_not,
            },
            "answers": {
                "standing": answers.standing.value,
                "rows": answers.rows,
                "differ": answers.differ,
                "why": answers.why,
            },
            "edited": list(found.edited),
        }
    }
