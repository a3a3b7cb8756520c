"""The evaluation table of an MLflow run (`eval_results_table.json`): rows of a hold-out as JSON, split by column.

`mlflow.models.evaluate` logs it; `mlflow.genai.evaluate` logs traces and returns the table, for which
``result.tables["eval_results"].to_json(orient="split")`` has the same form and ``to_parquet`` is read as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidegate.errors import InputError


def matches(document: object) -> bool:
    """Whether a JSON document has the form of such a table."""
    return isinstance(document, Mapping) and set(document) in ({"columns", "data"}, {"columns", "data", "index"})


def write_arrow(document: Mapping[str, Any], destination: Path, shown: str) -> None:
    """The table as an Arrow file, its values as they are; objects and lists in cells become their JSON text.

    Raises InputError E-MET-003 for rows that do not fit the columns.
    """
    import pyarrow as pa

    names, rows = document["columns"], document["data"]
    if not isinstance(names, list) or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise InputError("E-MET-003", "is no table: columns and data have to be lists.", where=shown)
    wrong = next((number for number, row in enumerate(rows, 1) if len(row) != len(names)), None)
    if wrong is not None:
        message = f"has {len(rows[wrong - 1])} values in row {wrong} for {len(names)} columns."
        raise InputError("E-MET-003", message, where=shown, fix="Write it again; it may have been cut short.")
    columns = [_column(values, str(name), shown) for name, values in zip(names, zip(*rows, strict=True), strict=False)]
    table = pa.Table.from_arrays(columns, names=[str(name) for name in names[: len(columns)]])
    with pa.ipc.new_file(str(destination), table.schema) as writer:
        writer.write_table(table)


def _column(values: tuple[Any, ...], name: str, shown: str) -> Any:
    import pyarrow as pa

    plain = [_cell(value) for value in values]
    try:
        return pa.array(plain, from_pandas=False)
    except (pa.ArrowException, OverflowError) as error:
        message = f"column {name[:80]!r} mixes kinds of values: {str(error).splitlines()[0][:120]}"
        raise InputError("E-MET-005", message, where=shown, fix="Give a column one kind of value.") from None


def _cell(value: Any) -> Any:
    import json

    return json.dumps(value, sort_keys=True, ensure_ascii=False) if isinstance(value, list | dict) else value
