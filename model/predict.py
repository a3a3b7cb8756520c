"""Answer requests with a model file. Evaluation goes through here, so what is judged is the file that will run.

As a command it lets an older model answer newer rows, which is how two releases are compared on the same hours:
`python model/predict.py MODEL.onnx ROWS.parquet PREDICTIONS.parquet`
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime as ort
import pyarrow as pa

import parquet_files

if TYPE_CHECKING:
    from numpy.typing import NDArray


def answers(model: bytes, table: pa.Table) -> NDArray[np.float64]:
    """One prediction per row. Only the columns that the model asks for are read from the table."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1  # one order of summation: the same bits on every run
    options.inter_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    feed = {wanted.name: _column(table[wanted.name]) for wanted in session.get_inputs()}
    predicted: NDArray[np.float64] = session.run(None, feed)[0].ravel()
    return predicted


def _column(column: pa.ChunkedArray) -> NDArray[np.generic]:
    """A table's column as a rows × 1 tensor of the type that ONNX knows for it."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: NDArray[np.generic] = column.to_numpy()
    return (values.astype(object) if pa.types.is_string(column.type) else values).reshape(-1, 1)


def main(arguments: list[str] | None = None) -> None:
    """Write `instant, predicted` for every row of a Parquet file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("predictions", type=Path)
    options = parser.parse_args(arguments)
    table = parquet_files.read([options.rows])
    predicted = answers(options.model.read_bytes(), table)
    parquet_files.write(pa.table({"instant": table["instant"], "predicted": predicted}), options.predictions)


if __name__ == "__main__":
    main()
