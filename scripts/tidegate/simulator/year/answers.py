"""What clients were answered, by the prediction log alone; and what the first model would have answered them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.errors import InfrastructureError
from tidegate.simulator.year.stream import Hour

PATIENCE = 60.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One prediction and the version that made it."""

    version: str
    predicted: float


def logged(folder: Path) -> dict[int, Answer]:
    """The first answer to each hour; questions with ids of their own, such as a smoke test's, are nobody's hours."""
    import pyarrow.parquet as pq

    found: dict[int, Answer] = {}
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path, columns=["request_id", "model_version", "predicted"])
        for identity, version, predicted in zip(*(column.to_pylist() for column in table.columns), strict=True):
            if identity.isdecimal():
                found.setdefault(int(identity), Answer(version=version, predicted=predicted))
    return found


def written(folder: Path, expected: int) -> None:
    """Wait until so many answers are in files. Raises InfrastructureError E-SIM-046 when they do not come."""
    deadline = time.monotonic() + PATIENCE
    while (there := len(logged(folder))) < expected:
        if time.monotonic() > deadline:
            message = f"{there} of {expected} answers are in the prediction log after {PATIENCE:.0f} seconds."
            raise InfrastructureError("E-SIM-046", message, where=str(folder))
        time.sleep(0.2)


class Frozen:
    """A model that nobody replaces; `model` is the ONNX file of its release."""

    def __init__(self, model: bytes) -> None:
        from tidegate.server.inference.onnx_model import session

        self._session = session(model)

    def answers(self, hours: Sequence[Hour]) -> list[float]:
        """What it says to the very requests that clients sent."""
        import json

        import numpy as np

        records = [json.loads(hour.body)["dataframe_records"][0] for hour in hours]
        feed = {node.name: _tensor(node, [row[node.name] for row in records]) for node in self._session.get_inputs()}
        return list(np.asarray(self._session.run(None, feed)[0], dtype=np.float64).reshape(-1).tolist())


def _tensor(node: Any, values: list[Any]) -> Any:
    import numpy as np

    from tidegate.server.release.datatypes import BY_ONNX

    return np.array(values, dtype=BY_ONNX[node.type].numpy).reshape(-1, 1)
