"""Join two models' predictions row by row, or say what keeps them apart; never compare different rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.core.comparison.samples.sample import Coded, Floats, Mask, Output, Predictions, Sample
from tidegate.core.rounding import counted
from tidegate.errors import InputError

_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Unlike:
    """Why two tables do not describe the same rows with the same truth."""

    reasons: tuple[str, ...]


def pair(candidate: Predictions, champion: Predictions | None, positive: str | None = None) -> Sample | Unlike:
    """Both tables joined on their ids, rows in id order.

    Raises InputError E-MET-011 for a table without rows and E-MET-014 for an id given twice, naming the file.
    """
    new = _ordered(candidate)
    if champion is None:
        return _sample(new, None, positive)
    old = _ordered(champion)
    reasons = tuple(_differences(new, old))
    return Unlike(reasons=reasons) if reasons else _sample(new, old.output, positive)


def not_finite(output: Output) -> Mask | None:
    """Which rows have a prediction or score that is no finite number; None when all are finite."""
    columns = [*output.scores.values()]
    if output.prediction is not None and not isinstance(output.prediction, Coded):
        columns.append(output.prediction)
    bad = [~np.isfinite(column) for column in columns]
    return np.asarray(np.logical_or.reduce(bad)) if any(mask.any() for mask in bad) else None


def _sample(table: Predictions, champion: Output | None, positive: str | None) -> Sample:
    return Sample(
        ids=table.ids,
        truth=table.truth,
        candidate=table.output,
        champion=champion,
        cluster=table.cluster,
        weight=table.weight,
        slices=table.slices,
        numbers=table.numbers,
        positive=positive,
        labels=table.labels,
    )


def _ordered(table: Predictions) -> Predictions:
    if len(table.ids) == 0:
        raise InputError("E-MET-011", "has no rows; nothing can be compared.", where=table.name)
    if not bool(np.all(table.ids[:-1] < table.ids[1:])):
        table = _take(table, np.argsort(table.ids, kind="stable"))
    twice = np.flatnonzero(table.ids[:-1] == table.ids[1:])
    if len(twice):
        raise InputError(
            "E-MET-014",
            f"gives {counted(len(twice), 'id')} more than once, first {_shown(table.ids[twice[0]])}.",
            where=table.name,
            fix="Name a column that is different in every row as evaluation.id.",
        )
    return table


def _take(table: Predictions, order: NDArray[np.int64]) -> Predictions:
    whole = _sample(table, None, None).take(order)
    return replace(
        table,
        ids=whole.ids,
        truth=whole.truth,
        output=whole.candidate,
        cluster=whole.cluster,
        weight=whole.weight,
        slices=whole.slices,
        numbers=whole.numbers,
    )


def _differences(new: Predictions, old: Predictions) -> Iterator[str]:
    if new.ids.dtype.kind != old.ids.dtype.kind:
        yield "ids are numbers in one file and texts in the other"
        return
    if not np.array_equal(new.ids, old.ids):
        yield from _missing("the candidate", np.setdiff1d(new.ids, old.ids))
        yield from _missing("the champion", np.setdiff1d(old.ids, new.ids))
        return
    columns = {
        "truth": (new.truth, old.truth),
        "cluster": (new.cluster, old.cluster),
        "weight": (new.weight, old.weight),
    }
    for name, (now, before) in columns.items():
        if now is not None and before is not None:
            yield from _changed(name, new.ids, now, before)


def _missing(owner: str, ids: NDArray[Any]) -> Iterator[str]:
    if len(ids):
        shown = _examples([_shown(value) for value in ids[:_EXAMPLES]], ids)
        yield f"{counted(len(ids), 'id')} only in {owner}'s file ({shown})"


def _changed(name: str, ids: NDArray[Any], now: Floats | Coded, before: Floats | Coded) -> Iterator[str]:
    if isinstance(now, Coded) != isinstance(before, Coded):
        yield f"{name} is a number in one file and a text in the other"
        return
    rows = np.flatnonzero(_unequal(now, before))
    if len(rows):
        shown = [f"{_shown(ids[row])}: {_at(before, row)} → {_at(now, row)}" for row in rows[:_EXAMPLES]]
        yield f"{name} changed for {len(rows):,} of {counted(len(ids), 'row')} ({_examples(shown, rows)})"


def _unequal(now: Floats | Coded, before: Floats | Coded) -> Mask:
    if isinstance(now, Coded) and isinstance(before, Coded):
        place = {label: code for code, label in enumerate(now.labels)}
        recoded = np.array([place.get(label, -1) for label in before.labels], dtype=np.int64)
        return np.asarray(now.codes != recoded[before.codes])
    return np.asarray(now != before)


def _at(column: Floats | Coded, row: int) -> str:
    return _shown(column.labels[column.codes[row]] if isinstance(column, Coded) else float(column[row]))


def _examples(shown: list[str], all_of_them: NDArray[Any]) -> str:
    return ", ".join(shown) + (", …" if len(all_of_them) > _EXAMPLES else "")


def _shown(value: Any) -> str:
    return str(value)[:40]
