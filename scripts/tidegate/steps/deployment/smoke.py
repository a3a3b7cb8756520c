"""A release is asked what it was asked when it was judged, before anybody else may ask it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidegate.adapters import inference
from tidegate.core.contract import Model
from tidegate.core.deployment.smoke import Questions, spread, wrong

SECONDS = 10.0
"""How long the release may take for its answers."""


def needed(model: Model) -> tuple[str, ...]:
    """The files that `questions` reads: hold-out rows and predictions; none where the contract names no rows."""
    evaluation = model.evaluation
    return () if evaluation.rows is None or evaluation.prediction is None else (evaluation.rows, evaluation.predictions)


def questions(model: Model, outputs: Mapping[str, Path], columns: list[str]) -> Questions | None:
    """Rows of the hold-out with the predictions that were judged; None where the contract names no rows.

    `outputs` has the files that are `needed`, as the release's commit has them; `columns` are those that the release
    takes.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    evaluation = model.evaluation
    if evaluation.rows is None or evaluation.prediction is None:
        return None
    rows = pq.read_table(outputs[evaluation.rows])
    judged = pq.read_table(outputs[evaluation.predictions])
    chosen = judged.take(spread(judged.num_rows))
    found = pc.index_in(chosen[evaluation.id], value_set=rows[evaluation.id].combine_chunks())
    asked = rows.select(columns).take(found)
    return Questions(
        rows=tuple({name: _plain(asked[name], place) for name in columns} for place in range(asked.num_rows)),
        answers=tuple(float(value) for value in chosen[evaluation.prediction].to_pylist()),
    )


def check(address: str, asked: Questions | None) -> str:
    """Why the release is not what was judged; empty when all answers are right, or nothing is known to ask."""
    return "" if asked is None else wrong(asked, inference.ask(address, asked.rows, seconds=SECONDS))


def _plain(column: Any, place: int) -> Any:
    """A value as JSON has it; a time is the number that it is stored as, which is what models are given."""
    import pyarrow as pa

    value = column[place]
    return value.cast(pa.int64()).as_py() if pa.types.is_timestamp(column.type) else value.as_py()
