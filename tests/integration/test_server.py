"""The server as a process: ready, every endpoint, and the same answers as ONNX Runtime itself."""

from __future__ import annotations

import json
import random
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from fixtures import server_models
from fixtures.server_models import WORDS
from fixtures.server_process import Running, environment, failing, serving

COLUMNS = ["size", "count", "fresh", "colour"]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    server_models.fruit_release(folder)
    return folder


@pytest.fixture(scope="module")
def server(release: Path) -> Iterator[Running]:
    with serving(release, "--drain-notice", "0", "--rows", "1000", "--body-bytes", "1000000") as running:
        yield running


def some_rows(count: int, seed: int = 0) -> list[list[Any]]:
    source = random.Random(seed)
    return [
        [source.uniform(0, 100), source.randint(-5, 50), source.random() < 0.5, source.choice(WORDS)]
        for _ in range(count)
    ]


def body(rows: list[list[Any]]) -> dict[str, Any]:
    return {"dataframe_split": {"columns": COLUMNS, "data": rows}}


def expected(release: Path, rows: list[list[Any]]) -> list[float]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        (release / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    kinds = [np.float64, np.int64, np.bool_, object]
    feed = {
        name: np.array([row[place] for row in rows], kind).reshape(-1, 1)
        for place, (name, kind) in enumerate(zip(COLUMNS, kinds, strict=True))
    }
    answer: list[float] = session.run(None, feed)[0].ravel().tolist()
    return answer


def test_health_version_and_metadata(server: Running, release: Path) -> None:
    for path in ("/v2/health/live", "/v2/health/ready", "/ping", "/v2/models/fruit/ready"):
        assert server.ask("GET", path).status == 200, path
    told = server.ask("GET", "/version").json
    assert told["files"] == json.loads((release / "release.json").read_bytes())["files"]
    described = server.ask("GET", "/v2/models/fruit/versions/7").json
    assert [one["name"] for one in described["inputs"]] == COLUMNS
    assert "tidegate_release_info" in server.ask("GET", "/metrics").body.decode()


def test_answers_are_those_of_the_runtime_to_the_bit(server: Running, release: Path) -> None:
    rows = some_rows(200)
    scored = server.ask("POST", "/invocations", body(rows)).json["predictions"]
    kinds = ["FP64", "INT64", "BOOL", "BYTES"]
    tensors = [
        {"name": name, "shape": [200, 1], "datatype": kind, "data": [row[place] for row in rows]}
        for place, (name, kind) in enumerate(zip(COLUMNS, kinds, strict=True))
    ]
    inferred = server.ask("POST", "/v2/models/fruit/infer", {"inputs": tensors}).json["outputs"][0]["data"]
    assert scored == inferred == expected(release, rows)


def test_requests_at_once_get_their_own_answers(server: Running, release: Path) -> None:
    """Whatever runs together: each of 400 requests over 16 connections gets the answer to its own rows."""
    asked = [some_rows(1 + seed % 3, seed) for seed in range(400)]

    def ask(part: list[list[list[Any]]]) -> list[list[float]]:
        connection = server.connect()
        answers = []
        for rows in part:
            connection.request("POST", "/invocations", json.dumps(body(rows)), {"Content-Type": "application/json"})
            answers.append(json.loads(connection.getresponse().read())["predictions"])
        connection.close()
        return answers

    with ThreadPoolExecutor(16) as pool:
        answered = list(pool.map(ask, [asked[start::16] for start in range(16)]))
    for start, part in enumerate(answered):
        assert part == [expected(release, rows) for rows in asked[start::16]]


def test_the_request_id_comes_back_and_the_version_is_told(server: Running) -> None:
    answer = server.ask("POST", "/invocations", body(some_rows(1)), X_Request_Id="trace-42")
    assert answer.headers["X-Request-Id"] == "trace-42"
    assert answer.headers["X-Model-Version"] == "7"
    assert server.ask("GET", "/ping", X_Request_Id="a b").headers["X-Request-Id"] != "a b"


def test_a_csv_body_over_a_kept_connection(server: Running, release: Path) -> None:
    connection = server.connect()
    for _ in range(3):
        connection.request(
            "POST", "/invocations", "size,count,fresh,colour\n1.5,2,true,blue\n", {"Content-Type": "text/csv"}
        )
        assert json.loads(connection.getresponse().read()) == {"predictions": [6.25]}
    connection.close()


def test_a_small_footprint(server: Running) -> None:
    """Nothing heavy is loaded to serve: what the process maps names neither pandas nor Arrow."""
    maps = Path(f"/proc/{server.process.pid}/maps").read_text(encoding="utf-8")
    assert "onnxruntime" in maps
    for heavy in ("pandas/", "arrow", "scipy/", "sklearn"):
        assert heavy not in maps


def test_a_tampered_release_does_not_start(release: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(release, tmp_path / "copy"))
    with (copy / "profile.json").open("a", encoding="utf-8") as file:
        file.write(" ")
    code, text = failing(copy)
    assert code == 4
    assert "E-SEC-050" in text
    assert "expected sha256:" in text
    assert "Traceback" not in text


def test_another_digest_than_the_wanted_does_not_start(release: Path) -> None:
    code, text = failing(release, "--digest", "sha256:" + "0" * 64)
    assert (code, "release.json is not the file" in text) == (4, True)


def test_no_release_does_not_start(tmp_path: Path) -> None:
    code, text = failing(tmp_path / "nothing")
    assert (code, "E-SRV-001" in text, "Traceback" in text) == (2, True, False)


def test_a_taken_port_is_said_before_anything_is_loaded(release: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, text = failing(release, "--port", str(taken.getsockname()[1]))
    assert (code, "E-SRV-030" in text, "Traceback" in text) == (3, True, False)


def test_importing_the_options_loads_nothing_heavy() -> None:
    program = (
        "import sys, tidegate.server.__main__ as m; m.parse(['--release', 'x']); "
        "print([n for n in ('numpy', 'onnxruntime', 'pyarrow', 'uvloop', 'asyncio') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
