"""Windows without drift open nothing beyond the promised rate, planted changes are found, logs and pointers are read.

Rates of 1,000 whole checks, and power at many sizes: tests/benchmarks/drift_checks.py and drift_calibration.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fixtures.drift_world import CITIES, CONTRACT, START, WEEK, DriftWorld, git, rows
from tidegate.server.observation.log_file import LogFiles
from tidegate.server.release.datatypes import BY_NAME
from tidegate.server.release.signature import Column, Input, Output, Signature

INPUTS_ALONE = CONTRACT.replace(", labels: {path: labels}", "").replace("      slices: [city]\n", "")
ONE_WINDOW = CONTRACT.replace("2 of 3", "1 of 1")


def made(tmp_path: Path, contract: str) -> DriftWorld:
    return DriftWorld(tmp_path / "repository", contract=contract).made()


def test_ninety_nine_windows_without_drift(tmp_path: Path) -> None:
    world = made(tmp_path, INPUTS_ALONE.replace("2 of 3", "3 of 99"))
    world.now = START + WEEK * 200
    for number in range(99):
        world.week(number, rows=int(np.random.default_rng(number).integers(100, 600)))
    world.over(98)
    world.check()
    windows = world.evidence["result"]["windows"]
    drifted = [window["sentence"] for window in windows if window["found"] == "drifted"]
    assert len(windows) == 99
    assert len(drifted) <= 4, drifted  # P(more than 4 of 99 at 0.01) = 0.3 %


RANDOM = np.random.default_rng(17)
BASE = rows(600, 0)


def mixed(shares: tuple[float, float, float]) -> list[str]:
    return [CITIES[place] for place in RANDOM.choice(3, 600, p=shares)]


PLANTED: dict[str, tuple[Mapping[str, Any], str]] = {
    "mean + 0.5 sd": ({"size": BASE["size"] + 0.5}, "size"),
    "sd × 2": ({"size": BASE["size"] * 2}, "size"),
    "a tail": ({"size": np.where(np.arange(600) % 12, BASE["size"], 9.0)}, "size"),
    "category mix": ({"city": mixed((0.6, 0.2, 0.2))}, "city"),
    "5 % missing": ({"age": pa.array(BASE["age"], mask=np.arange(600) % 20 == 0)}, "age"),
    "one new category in 5 %": ({"city": [*mixed((1 / 3, 1 / 3, 1 / 3))[:570], *["Bergen"] * 30]}, "city"),
    "the model's answers": ({"said": BASE["said"] + 2.0}, "said"),
    "the truth": ({"truth": BASE["truth"] + 2.0}, "truth"),
}


@pytest.mark.parametrize(("changed", "column"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_change_is_found(changed: Mapping[str, Any], column: str, tmp_path: Path) -> None:
    world = made(tmp_path, ONE_WINDOW.replace("columns: 0.3", "columns: 0.1"))
    world.week(0, rows=600, labels=True, **changed)
    world.over(0)
    answer = world.check()
    assert answer.outputs["state"] == "drift", answer.sentence
    assert column in json.loads(answer.outputs["drifted"])


def test_another_concept_behind_the_same_inputs_is_found_by_labels(tmp_path: Path) -> None:
    """Inputs, answers and truth are spread as before; they no longer belong together."""
    world = made(tmp_path, ONE_WINDOW)
    world.week(0, rows=600, labels=True, truth=np.random.default_rng(2).permutation(BASE["truth"]))
    world.over(0)
    answer = world.check()
    assert (answer.outputs["state"], answer.outputs["drifted"]) == ("drift", "[]")
    assert "worse than at release" in answer.sentence


def test_the_prediction_log_of_the_server_is_live_data(tmp_path: Path) -> None:
    """Requests carry the ride as their id; the log has it as text, the labels as a number."""
    live = "live: {path: live, time: request_time, window: 7d, id: request_id, labels: {path: labels}}"
    world = made(
        tmp_path, ONE_WINDOW.replace("live: {path: live, time: time, window: 7d, labels: {path: labels}}", live)
    )
    floats = [Column(name=name, datatype=BY_NAME["FP64"]) for name in ("size", "age")]
    signature = Signature(
        inputs=(
            *(Input(name=one.name, datatype=one.datatype, rank=2, columns=(one,)) for one in floats),
            Input(
                name="city",
                datatype=BY_NAME["BYTES"],
                rank=2,
                columns=(Column(name="city", datatype=BY_NAME["BYTES"]),),
            ),
        ),
        outputs=(Output(name="said", datatype=BY_NAME["FP64"], rank=2),),
    )
    log = LogFiles(world.root / "live", signature, "7", "0")
    for number, size in ((0, 400), (1, 1)):
        told = rows(size, number, start=START + WEEK * number)
        moments = [int((moment - START).total_seconds() * 1e6) + 1_709_510_400_000_000 for moment in told["time"]]
        columns = [told["size"], told["age"], told["city"], told["said"]]
        log.write([log.batch([moments, [str(ride) for ride in told["ride"]], [0] * size, *map(list, columns)])])
        pq.write_table(
            pa.table({"ride": told["ride"], "truth": told["truth"]}), world.root / "labels" / f"{number}.parquet"
        )
    answer = world.check()
    result = world.evidence["result"]
    assert answer.outputs["state"] == "calm", answer.sentence
    assert result["windows"][-1]["rows"] == 400
    assert next(item for item in result["performance"] if not item["slice"])["live"]["rows"] == 400
    assert result["windows"][-1]["notes"] == []


def test_live_data_that_dvc_tracks_is_taken_from_where_dvc_keeps_it(tmp_path: Path) -> None:
    world = made(tmp_path, INPUTS_ALONE.replace("path: live", "path: live/week"))
    world.week(0)
    world.over(0)
    listing = []
    for path in sorted((world.root / "live").glob("*.parquet")):
        listing.append({"md5": kept(world.root, path.read_bytes()), "relpath": f"week/{path.name}"})
        path.unlink()
    (world.root / "live").rmdir()
    digest = kept(world.root, json.dumps(listing).encode(), ".dir")
    (world.root / ".dvc" / "config").write_text("")
    (world.root / "live.dvc").write_text(f"outs:\n- md5: {digest}.dir\n  hash: md5\n  path: live\n  nfiles: 2\n")
    git(world.root, "add", "live.dvc")
    answer = world.check()
    assert answer.outputs["state"] == "calm", answer.sentence


def kept(root: Path, data: bytes, suffix: str = "") -> str:
    """An object in DVC's cache: its digest."""
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    place = root / ".dvc" / "cache" / "files" / "md5" / digest[:2] / f"{digest[2:]}{suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return digest
