"""Predictions for live rows that hold none: the release's own ONNX file is asked here, and no code of the model runs.

A prediction log has them; a table of requests that waits for a deployment, or for its labels, does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.core.contract import Evaluation
from tidegate.errors import InputError

_SUFFIX = ".onnx"
_CHUNK = 65_536


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """A model whose every input is one column: `inputs` by name with their ONNX types, and what it says as `name`."""

    session: Any
    inputs: dict[str, str]
    name: str

    def with_answers(self, table: Any) -> Any:
        """The table with the model's answers; itself where it has them, or lacks a column that the model asks for."""
        import numpy as np
        import pyarrow as pa

        if self.name in table.column_names or not set(self.inputs) <= set(table.column_names):
            return table
        pieces = [self._answers(table.slice(start, _CHUNK)) for start in range(0, len(table), _CHUNK)]
        return table.append_column(self.name, pa.array(np.concatenate(pieces)))

    def _answers(self, table: Any) -> Any:
        import numpy as np

        feed = {name: _tensor(table[name], kind) for name, kind in self.inputs.items()}
        try:
            return np.asarray(self.session.run(None, feed)[0], dtype=np.float64).reshape(-1)
        except Exception as error:  # the runtime's exceptions share no base of their own
            first = " ".join(str(error).split())[:200]
            raise InputError("E-DRF-025", f"the release's model cannot answer live rows: {first}.") from error


def scorer(model: Path, evaluation: Evaluation) -> Scorer | None:
    """The release's model, None where it is none that can be asked for the evaluation's one number per row.

    Raises InputError E-SRV-020 for a file that is no model.
    """
    if evaluation.prediction is None or evaluation.score is not None or model.suffix != _SUFFIX:
        return None
    from tidegate.server.inference.onnx_model import session

    loaded = session(model.read_bytes())
    nodes, outputs = loaded.get_inputs(), loaded.get_outputs()
    alone = all(len(node.shape) == 1 or (len(node.shape) == 2 and node.shape[1] == 1) for node in (*nodes, *outputs))
    if not alone or len(outputs) != 1:
        return None
    return Scorer(session=loaded, inputs={node.name: node.type for node in nodes}, name=evaluation.prediction)


def _tensor(column: Any, kind: str) -> Any:
    """Rows × 1 of the type that the model declares; times as whole microseconds."""
    import pyarrow as pa

    from tidegate.server.release.datatypes import BY_ONNX

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    values = column.to_numpy()
    known = BY_ONNX[kind]
    wanted = values.astype(str).astype(object) if known.family == "text" else values.astype(known.numpy)
    return wanted.reshape(-1, 1)
