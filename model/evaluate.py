"""Judge the model file on the hold-out and leave everything that others read: metrics, predictions, profile, plots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

import data_profile
import metrics
import parquet_files
import plots
import predict
from features import TARGET

if TYPE_CHECKING:
    from numpy.typing import NDArray

PREPARED = Path("model/prepared")
ARTIFACTS = Path("model/artifacts")
REPORTS = Path("model/reports")

ROLES = {
    "season": "feature",
    "holiday": "feature",
    "workingday": "feature",
    "weather": "feature",
    "temperature": "feature",
    "feels_like": "feature",
    "humidity": "feature",
    "windspeed": "feature",
    TARGET: "label",
    "predicted": "prediction",
}
BANDS = {"night": 0, "morning rush": 6, "midday": 10, "evening rush": 16, "evening": 20}  # name → first hour


def predictions(table: pa.Table) -> pa.Table:
    """One row per hold-out hour: id, truth, prediction, the day (hours of a day are not independent), the slices."""
    time = table["timestamp"].to_numpy()
    return pa.table(
        {
            "instant": table["instant"],
            TARGET: table[TARGET],
            "predicted": table["predicted"],
            "date": time.astype("datetime64[D]").astype(str),
            "hour_band": hour_bands(time),
            "season": table["season"],
            "weather": table["weather"],
            "workingday": table["workingday"],
        }
    ).sort_by("instant")


def hour_bands(time: NDArray[np.datetime64]) -> NDArray[np.str_]:
    """The part of the day that each moment falls in."""
    hour = time.astype("datetime64[h]").astype(np.int64) % 24
    return np.array(list(BANDS))[np.searchsorted(list(BANDS.values()), hour, side="right") - 1]


def main() -> None:
    """Predict with the exported file, never with the trainer's objects: what is judged is what will run."""
    model = (ARTIFACTS / "model.onnx").read_bytes()
    training, holdout = (_answered(model, PREPARED / f"{name}.parquet") for name in ("train", "holdout"))
    truth, predicted = (holdout[name].to_numpy().astype(float) for name in (TARGET, "predicted"))
    measured = metrics.measure(truth, predicted)

    parquet_files.write(predictions(holdout), REPORTS / "predictions.parquet")
    plots.draw_all(REPORTS / "plots", holdout["timestamp"].to_numpy(), truth, predicted)
    _write_json(REPORTS / "metrics.json", measured, indent=2)
    _write_json(
        ARTIFACTS / "profile.json",
        data_profile.profile(pa.concat_tables([training, holdout]), ROLES, "timestamp"),
        separators=(",", ":"),
    )
    print(", ".join(f"{name} {value:,.4g}" for name, value in measured.items()))


def _answered(model: bytes, path: Path) -> pa.Table:
    table = parquet_files.read([path])
    return table.append_column("predicted", pa.array(predict.answers(model, table)))


def _write_json(path: Path, document: dict[str, Any], **style: Any) -> None:
    """Strict JSON: a number that is not finite is an error here, not a surprise for whoever reads it."""
    path.write_text(json.dumps(document, allow_nan=False, **style) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
