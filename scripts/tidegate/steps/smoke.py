"""A release is asked what it was asked when it was judged, before anybody else may ask it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tidegate.adapters import inference
from tidegate.core.contract import Model
from tidegate.core.deployment.smoke import Questions, spread, wrong
from tidegate.settings import Settings
from tidegate.steps import past_output

_SECONDS = 10.0


def questions(
    settings: Settings,
    model: Model,
    commit: str,
    columns: list[str],
    output: Callable[[Settings, Model, str, str], Path] = past_output.at,
) -> Questions | None:
    """Rows of the hold-out of `commit` with the predictions that were judged; None where the contract names no rows.

    `columns` are those that the release takes. Raises what `past_output.at` raises.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    evaluation = model.evaluation
    if evaluation.rows is None or evaluation.prediction is None:
        return None
    rows = pq.read_table(output(settings, model, commit, evaluation.rows))
    judged = pq.read_table(output(settings, model, commit, evaluation.predictions))
    chosen = judged.take(spread(judged.num_rows))
    found = pc.index_in(chosen[evaluation.id], value_set=rows[evaluation.id].combine_chunks())
    asked = rows.select(columns).take(found)
    return Questions(
        rows=tuple({name: _plain(asked[name], place) for name in columns} for place in range(asked.num_rows)),
        answers=tuple(float(value) for value in chosen[evaluation.prediction].to_pylist()),
    )


def check(address: str, asked: Questions | None) -> str:
    """Why the release is not what was judged; empty when all answers are right, or nothing is known to ask."""
    return "" if asked is None else wrong(asked, inference.ask(address, asked.rows, seconds=_SECONDS))


def _plain(column: Any, place: int) -> Any:
    """A value as JSON has it; a time is the number that it is stored as, which is what models are given."""
    import pyarrow as pa

    value = column[place]
    return value.cast(pa.int64()).as_py() if pa.types.is_timestamp(column.type) else value.as_py()
