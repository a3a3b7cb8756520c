"""Hold-outs of two models, and contracts with gates, for tests of the whole decision."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from tidegate.core.comparison.samples.sample import Coded, Output, Predictions, coded
from tidegate.core.contract import CustomMetric, DataSource, Evaluation, Gate, Model

ROWS = 1200


def gate(metric: str, kind: str, text: str, **more: Any) -> Gate:
    relative = text.endswith("%")
    limit = Decimal(text.removesuffix("%")) / (100 if relative else 1)
    return Gate(metric=metric, kind=kind, limit=limit, relative=relative, text=text, **more)  # type: ignore[arg-type]


def model(*gates: Gate, metrics: Mapping[str, CustomMetric] | None = None, **evaluation: Any) -> Model:
    columns = {"predictions": "p.parquet", "id": "id", "target": "y", "prediction": "p", **evaluation}
    return Model(
        name="bike",
        path="model",
        data=DataSource(tracked="data.dvc", expectations="model/expectations"),
        evaluation=Evaluation(**columns),
        gates=gates,
        metrics=metrics or {},
    )


def numbers(scale: float = 1.0, seed: int = 0, rows: int = ROWS, **more: Any) -> Predictions:
    """Predictions that are off by a fixed error times `scale`."""
    random = np.random.default_rng(0)
    truth, error = random.normal(200, 50, rows), random.normal(0, 30, rows)
    return Predictions(ids=np.arange(rows), truth=truth, output=Output(prediction=truth + scale * error), **more)


def classes(right: float, seed: int = 1, rows: int = ROWS, scores: bool = True, **more: Any) -> Predictions:
    """Predicted classes that are right that often."""
    random = np.random.default_rng(0)
    truth = random.random(rows) < 0.4
    flipped = np.random.default_rng(seed).random(rows) >= right
    said = truth ^ flipped
    probability = np.where(said, 0.8, 0.2)
    return Predictions(
        ids=np.arange(rows),
        truth=Coded(codes=truth.astype(np.int64), labels=("0", "1")),
        output=Output(
            prediction=Coded(codes=said.astype(np.int64), labels=("0", "1")),
            scores={"1": probability} if scores else {},
        ),
        **more,
    )


def parts(*values: str, rows: int = ROWS, labels: tuple[str, ...] = ()) -> dict[str, Coded]:
    column = coded([values[row % len(values)] for row in range(rows)])
    known = tuple(sorted({*column.labels, *labels}))
    return {"weather": Coded(codes=np.array([known.index(text) for text in column.texts()]), labels=known)}


RMSE = gate("rmse", "no_worse_by", "1%")
