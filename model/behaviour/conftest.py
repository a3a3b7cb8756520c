"""The packaged model as the tests see it: a file that answers rows. Nothing of the training code is here.

`TIDEGATE_MODEL` and `TIDEGATE_ROWS` name the files that are asked and the hold-out they are asked with; without them,
as in `pytest model/behaviour` on a laptop, those that the pipeline wrote.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnxruntime as ort
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

Rows = Mapping[str, NDArray[Any]]
Ask = Callable[[Rows], NDArray[np.float64]]
MARKERS = ("invariance", "directional", "minimum_functionality", "warn")


def pytest_configure(config: pytest.Config) -> None:
    """Known markers when the tests are started by hand."""
    for name in MARKERS:
        config.addinivalue_line("markers", name)


@pytest.fixture(scope="session")
def rows() -> Rows:
    """The hold-out, a column of values each; times in microseconds."""
    table = pq.read_table(os.environ.get("TIDEGATE_ROWS", "model/prepared/holdout.parquet"))
    return {name: _values(table[name]) for name in table.column_names}


@pytest.fixture(scope="session")
def session() -> ort.InferenceSession:
    """The packaged model, loaded as a server would load it."""
    path = os.environ.get("TIDEGATE_MODEL", "model/artifacts/model.onnx")
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


@pytest.fixture(scope="session")
def reads(session: ort.InferenceSession) -> set[str]:
    """The columns that the model looks at."""
    return {wanted.name for wanted in session.get_inputs()}


@pytest.fixture(scope="session")
def ask(session: ort.InferenceSession) -> Ask:
    """Rentals that the packaged model predicts for rows; it takes the columns that it wants."""

    def answers(asked: Rows) -> NDArray[np.float64]:
        feed = {wanted.name: asked[wanted.name].reshape(-1, 1) for wanted in session.get_inputs()}
        predicted: NDArray[np.float64] = session.run(None, feed)[0].ravel()
        return predicted

    return answers


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Tell the report how many rows were asked, which failed, and what was seen at the first of them."""

    def told(instants: NDArray[np.int64], bad: NDArray[np.bool_], observed: NDArray[Any], expected: list[str]) -> None:
        record_property("cases", len(bad))
        record_property("failed", int(bad.sum()))
        for place in np.flatnonzero(bad)[:3]:
            found = f"{observed[place]:.4g} rentals"
            record_property("example", {"case": f"{instants[place]}", "observed": found, "expected": expected[place]})

    return told


def _values(column: pa.ChunkedArray) -> NDArray[Any]:
    values = (column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column).to_numpy()
    return values.astype(object) if pa.types.is_string(column.type) else values
