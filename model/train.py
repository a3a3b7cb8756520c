"""Fit gradient-boosted trees on the training months and leave them as ONNX.

The trees fit the square root of the count: its noise has about the same size at 3 in the night as at 5 in the
afternoon, which the count itself has not. One thread, one seed: the same input gives the same file, bit for bit.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.ensemble import GradientBoostingRegressor

import export_onnx
import params
import parquet_files
import predict
from features import TARGET, matrix

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from params import Params, Train

TRAINING = Path("model/prepared/train.parquet")
MODEL = Path("model/artifacts/model.onnx")
TOLERANCE = 1e-9  # rentals; both sides sum in double precision, only the order of the sum may differ


def fit(table: pa.Table, wanted: Params) -> GradientBoostingRegressor:
    """The trained trees, on the square root of the target."""
    return _estimator(wanted.train).fit(matrix(table, wanted.features), np.sqrt(table[TARGET].to_numpy()))


def _estimator(train: Train) -> GradientBoostingRegressor:
    return GradientBoostingRegressor(
        random_state=train.seed,
        n_estimators=train.trees,
        learning_rate=train.learning_rate,
        max_depth=None,
        max_leaf_nodes=train.leaves,
        min_samples_leaf=train.min_rows_per_leaf,
    )


def answers(trainer: GradientBoostingRegressor, table: pa.Table, names: tuple[str, ...]) -> NDArray[np.float64]:
    """What the trainer itself predicts, in rentals: the truth that the exported file is held against."""
    roots: NDArray[np.float64] = trainer.predict(matrix(table, names))
    return np.square(np.maximum(roots, 0.0))


def main() -> None:
    """Train, export, refuse to leave a file that answers differently from what was trained."""
    wanted = params.load()
    table = parquet_files.read([TRAINING])
    trainer = fit(table, wanted)
    model = export_onnx.build(trainer, wanted.features).SerializeToString(deterministic=True)
    difference = float(np.abs(predict.answers(model, table) - answers(trainer, table, wanted.features)).max())
    if not difference <= TOLERANCE:
        raise SystemExit(f"the exported model differs from the trained one by {difference} rentals")
    MODEL.parent.mkdir(parents=True, exist_ok=True)
    MODEL.write_bytes(model)
    print(f"{wanted.train.trees} trees on {table.num_rows:,} hours; largest difference after export {difference:.1e}")


if __name__ == "__main__":
    main()
