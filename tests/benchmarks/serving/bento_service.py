"""BentoML's way to serve the model: a service with one worker, its body a dictionary of tensors."""

from __future__ import annotations

import os
from typing import Any

import bentoml
import numpy as np
import onnxruntime

KINDS = {"tensor(string)": object, "tensor(bool)": np.bool_, "tensor(int64)": np.int64, "tensor(double)": np.float64}


@bentoml.service(workers=1)
class Model:
    """The session is made once per worker."""

    def __init__(self) -> None:
        """Load."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])
        self._kinds = {one.name: KINDS[one.type] for one in self._session.get_inputs()}

    @bentoml.api
    def predict(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Predictions for rows × 1 tensors."""
        feed = {name: np.array(inputs[name], kind) for name, kind in self._kinds.items()}
        return {"predictions": self._session.run(None, feed)[0].ravel().tolist()}
