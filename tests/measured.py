"""What the tests of metrics share: one metric's value on the rows as they are, and weights of every kind."""

from __future__ import annotations

import numpy as np

from tidegate.core.comparison.inference.resampling import of_rows, summed
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.form import Outcome
from tidegate.core.comparison.samples.sample import Floats

ROWS = 500
WEIGHINGS = ("equal", "weighted", "counts")


def value(name: str, outcome: Outcome) -> float:
    return summed(METRICS[name](outcome), of_rows(outcome.rows, seed=0)).point


def weights(kind: str, rows: int = ROWS) -> Floats | None:
    random = np.random.default_rng(3)
    return {"equal": None, "weighted": random.uniform(0.1, 5, rows), "counts": random.integers(0, 4, rows) + 0.0}[kind]
