"""The metrics Tidegate knows: which way is better, what each is computed from, and which values are possible.

The direction is stated here or in the contract, never guessed from a name. Nothing heavy is imported, because the
contract is checked against this table before anything else runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Direction = Literal["higher", "lower"]
Needs = Literal["prediction", "score", "labels", "cost"]


@dataclass(frozen=True)
class MetricKind:
    """One metric's meaning.

    `needs`: ``prediction`` a number per row, ``labels`` a predicted class per row, ``score`` a probability or score
    per row, ``cost`` a measurement of the model rather than of its rows. `minimum` and `maximum` bound what is
    possible, infinite where nothing does.
    """

    name: str
    direction: Direction
    needs: Needs
    minimum: float = -math.inf
    maximum: float = math.inf


def _lower(needs: Needs, *names: str, maximum: float = math.inf) -> list[MetricKind]:
    return [MetricKind(name, "lower", needs, 0.0, maximum) for name in names]


def _higher(needs: Needs, *names: str, minimum: float = 0.0, maximum: float = 1.0) -> list[MetricKind]:
    return [MetricKind(name, "higher", needs, minimum, maximum) for name in names]


_TABLE = [
    *_lower("prediction", "rmse", "mse", "mae", "mape", "wape", "rmsle"),
    *_lower("prediction", "smape", maximum=2.0),
    *_lower("prediction", *(f"pinball_p{level:02d}" for level in (5, 10, 25, 50, 75, 90, 95))),
    *_higher("prediction", "r2", "explained_variance", minimum=-math.inf),
    *_higher("labels", "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "jaccard"),
    *_higher("labels", "precision_macro", "recall_macro", "f1_macro", "f1_weighted"),
    *_higher("labels", "mcc", "kappa", minimum=-1.0),
    *_lower("score", "log_loss"),
    *_lower("score", "brier", maximum=2.0),
    *_higher("score", "auc", "average_precision"),
    *_lower("cost", "predict_p50_ms", "predict_p95_ms", "train_seconds", "model_bytes", "peak_memory_bytes"),
    *_higher("cost", "predict_rows_per_second", maximum=math.inf),
]

KNOWN: dict[str, MetricKind] = {kind.name: kind for kind in _TABLE}
