"""The example's own release, served: the hold-out asked over HTTP gets the committed predictions, bit for bit."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from fixtures.server_process import Answer, Running, serving
from tidegate.server.release.packing import Rules, pack

ROOT = Path(__file__).parents[2]
COLUMNS = [
    *("timestamp", "season", "holiday", "workingday", "weather"),
    *("temperature", "feels_like", "humidity", "windspeed"),
]
LIMITS: dict[str, dict[str, Any]] = {"humidity": {"minimum": 0, "maximum": 1}}


def committed(path: str) -> Path:
    """An output of the pipeline as `dvc.lock` names it, straight from the remote inside the repository."""
    lock = yaml.safe_load((ROOT / "model" / "dvc.lock").read_text(encoding="utf-8"))
    outputs = [output for stage in lock["stages"].values() for output in stage["outs"]]
    digest = next(output["md5"] for output in outputs if output["path"] == path)
    found = ROOT / ".dvc" / "storage" / "files" / "md5" / digest[:2] / digest[2:]
    assert hashlib.md5(found.read_bytes(), usedforsecurity=False).hexdigest() == digest
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, log: Path) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("release")
    pack(
        folder,
        model=committed("model/artifacts/model.onnx").read_bytes(),
        profile=committed("model/artifacts/profile.json").read_bytes(),
        name="bike-demand",
        version="1",
        commit="0" * 40,
        rules=Rules(limits=LIMITS),
    )
    with serving(folder, "--drain-notice", "0", "--log", str(log)) as running:
        yield running


@pytest.fixture(scope="module")
def holdout() -> pa.Table:
    return pq.read_table(committed("model/prepared/holdout.parquet")).sort_by("instant")


def requests(table: pa.Table) -> list[list[Any]]:
    moments = table["timestamp"].cast(pa.int64())
    columns = [moments, *(table[name] for name in COLUMNS[1:])]
    return [list(row) for row in zip(*(column.to_pylist() for column in columns), strict=True)]


@dataclass
class Asked:
    """What the server said to the whole hold-out, in requests of several sizes, and then to a word it cannot know."""

    predictions: list[float]
    metrics: str
    unknown: Answer


@pytest.fixture(scope="module")
def asked(server: Running, holdout: pa.Table) -> Asked:
    rows = requests(holdout)
    predictions: list[float] = []
    connection = server.connect()
    for size in (1, 1, 7, 100, 500, len(rows)):
        body = json.dumps(split(rows[len(predictions) : len(predictions) + size]))
        connection.request("POST", "/invocations", body, {"Content-Type": "application/json"})
        predictions += json.loads(connection.getresponse().read())["predictions"]
    connection.close()
    metrics = server.ask("GET", "/metrics").body.decode()
    hail = [*rows[0][:4], "hail", *rows[0][5:]]
    return Asked(predictions, metrics, server.ask("POST", "/invocations", split([hail])))


def split(rows: list[list[Any]]) -> dict[str, Any]:
    return {"dataframe_split": {"columns": COLUMNS, "data": rows}}


@pytest.fixture(scope="module")
def committed_predictions(holdout: pa.Table) -> list[float]:
    table = pq.read_table(committed("model/reports/predictions.parquet"))
    assert table["instant"].to_pylist() == holdout["instant"].to_pylist()
    predictions: list[float] = table["predicted"].to_pylist()
    return predictions


def test_the_hold_out_gets_its_committed_predictions(asked: Asked, committed_predictions: list[float]) -> None:
    assert asked.predictions == committed_predictions


@pytest.mark.parametrize("column", ["predicted", "temperature"])
def test_values_are_counted_in_the_bins_of_the_profile(asked: Asked, holdout: pa.Table, column: str) -> None:
    values = asked.predictions if column == "predicted" else holdout[column].to_pylist()
    counts = [int(count) for count in re.findall(rf'_bucket{{column="{column}",le="[^"]+"}} (\d+)', asked.metrics)]
    edges = [float(edge) for edge in re.findall(rf'_bucket{{column="{column}",le="([0-9.e-]+)"}}', asked.metrics)]
    assert len(edges) == 13
    assert counts == [sum(value <= edge for value in values) for edge in edges] + [len(values)]


def test_unknown_weather_is_a_refusal_and_not_a_guess(asked: Asked) -> None:
    assert (asked.unknown.status, asked.unknown.json["reason"]) == (422, "no_finite_answer")


def test_a_value_outside_the_signature_is_named(server: Running, holdout: pa.Table) -> None:
    row = requests(holdout.slice(0, 1))[0]
    answer = server.ask("POST", "/invocations", split([[*row[:7], 1.5, row[8]]]))
    assert (answer.status, answer.json["reason"]) == (400, "invalid_input")
    expected = 'row 0, column "humidity": got 1.5, expected a finite number (FP64) at least 0 and at most 1'
    assert answer.json["message"] == expected


def test_every_row_that_the_model_saw_is_in_the_log(
    server: Running, asked: Asked, holdout: pa.Table, log: Path, committed_predictions: list[float]
) -> None:
    """All of the hold-out, and the row that the model had no answer for."""
    assert asked.unknown.status == 422
    assert server.stop() == 0
    logged = pa.concat_tables(pq.read_table(path) for path in sorted(log.glob("*.parquet")))
    assert logged.filter(pc.is_nan(logged["predicted"]))["weather"].to_pylist() == ["hail"]
    answered = logged.filter(pc.is_finite(logged["predicted"]))
    rows = [list(row) for row in zip(*(answered[name].to_pylist() for name in COLUMNS), strict=True)]
    assert rows == requests(holdout)
    assert answered["predicted"].to_pylist() == committed_predictions
    age = time.time() - logged["request_time"].cast(pa.int64()).to_numpy() / 1e6
    assert (np.abs(age) < 600).all()
