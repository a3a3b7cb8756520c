"""What a model answered about given rows, put beside the truth of those rows: a predictions file like any other.

Truth and everything else that no model says comes from the candidate's file, so that a champion's answers cannot bring
a truth of their own, nor borrow the candidate's.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tidegate.adapters.tables import reading
from tidegate.core.comparison.samples.rescored import answer_columns
from tidegate.core.contract import Evaluation
from tidegate.core.rounding import counted
from tidegate.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def rejoined(candidate: Path, judge: Evaluation, answers: Path, theirs: Evaluation, *, shown: str) -> bytes:
    """A Parquet file: rows and truth of the file `candidate`, and what the file `answers` says of the same ids.

    `judge` and `theirs` name the columns of either. Raises InputError E-MET-023 when the ids are not the same, and what
    reading a predictions file raises; `shown` is the answers' name in messages.
    """
    mine, said = reading.columns(candidate, shown=judge.predictions), reading.columns(answers, shown=shown)
    not_known, wanted = answer_columns(judge), answer_columns(theirs)
    kept = [name for name in dict.fromkeys(reading.named(judge)) if name not in not_known]
    mine.require(kept)
    said.require([theirs.id, *wanted])
    if both := [name for name in wanted if name in kept]:
        message = f"calls an answer {both[0][:80]!r}, which is the name of what is known about a row."
        raise InputError("E-MET-023", message, where=shown)
    order = _order(mine.ids(judge.id), said.ids(theirs.id), shown)
    columns = {name: mine.table.column(name) for name in kept}
    columns |= {name: said.table.column(name).take(order) for name in wanted}
    return _written(columns)


def column_names(path: Path, *, shown: str) -> tuple[str, ...]:
    """The names of a file's columns. Raises what reading it raises."""
    return tuple(reading.columns(path, shown=shown).table.column_names)


def _order(asked: NDArray[Any], answered: NDArray[Any], shown: str) -> NDArray[np.int64]:
    """For each id that was asked the row that answers it."""
    fix = "Let the predict command answer every row once, with its id."
    if asked.dtype.kind != answered.dtype.kind:
        raise InputError("E-MET-023", "has numbers for ids where texts were asked, or texts for numbers.", where=shown)
    mine, theirs = np.argsort(asked, kind="stable"), np.argsort(answered, kind="stable")
    if not np.array_equal(asked[mine], answered[theirs]):
        missing, more = np.setdiff1d(asked, answered), np.setdiff1d(answered, asked)
        told = [f"{counted(len(missing), 'id')} not answered (first {missing[0]!s:.40})"] if len(missing) else []
        told += [f"{counted(len(more), 'id')} not asked (first {more[0]!s:.40})"] if len(more) else []
        why = "; ".join(told) or "an id answered more than once"
        raise InputError("E-MET-023", f"answers other ids: {why}.", where=shown, fix=fix)
    order = np.empty(len(asked), dtype=np.int64)
    order[mine] = theirs
    return order


def _written(columns: dict[str, pa.ChunkedArray]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return bytes(sink.getvalue())
