"""The servers that serve.py measures: each with its environment, how it is started and where it answers."""

from __future__ import annotations

import http.client
import json
import math
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidegate" / "benchmarks"
ONNXRUNTIME = "onnxruntime==1.32.0"
OURS = ["--require-hashes", "-r", str(ROOT / "scripts" / "requirements" / "serve-model.txt")]
ENVIRONMENTS = {
    "serve-ours": OURS,
    "serve-mlflow": ["mlflow==3.17.2", "onnx", ONNXRUNTIME],
    "serve-bentoml": ["bentoml==1.4.39", ONNXRUNTIME],
}
COLUMNS = (
    *("timestamp", "season", "holiday", "workingday", "weather"),
    *("temperature", "feels_like", "humidity", "windspeed"),
)


@dataclass(frozen=True, kw_only=True)
class Server:
    """`answer` leads to the predictions in its answer; none for one that only echoes."""

    name: str
    port: int
    command: list[str]
    path: str
    health: str
    answer: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def interpreter(name: str) -> Path:
    """The Python of a server's environment, made when it is not there."""
    place = CACHE / name
    python, done = place / "bin" / "python", place / "ready"
    wanted = json.dumps(ENVIRONMENTS[name])
    if not done.is_file() or done.read_text(encoding="utf-8") != wanted:
        print(f"making the environment {name} …", flush=True)
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(place)], check=True)
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
        subprocess.run([*install, *ENVIRONMENTS[name]], check=True)
        done.write_text(wanted, encoding="utf-8")
    return python


def versions() -> str:
    """What is compared."""
    return ", ".join(part for name in ENVIRONMENTS for part in ENVIRONMENTS[name] if "==" in part)


def servers(model: Path, folder: Path) -> list[Server]:
    """All of them, ready to be started; what they serve is put into `folder`."""
    ours, mlflow, bentoml = (interpreter(name) for name in ENVIRONMENTS)
    scripts = {"PYTHONPATH": str(ROOT / "scripts")}
    release = _release(ours, model, folder / "release")
    serve = [str(ours), "-m", "tidegate.server", "--release", str(release), "--drain-notice", "0", "--port"]
    common: dict[str, Any] = {"path": "/invocations", "health": "/ping", "environment": scripts}
    return [
        Server(name="tidegate", port=8751, command=[*serve, "8751"], answer=("predictions",), **common),
        Server(
            name="tidegate, every row logged",
            port=8752,
            command=[*serve, "8752", "--log", str(folder / "log")],
            answer=("predictions",),
            **common,
        ),
        Server(
            name="tidegate, no micro-batches",
            port=8753,
            command=[*serve, "8753", "--no-batching"],
            answer=("predictions",),
            **common,
        ),
        _mlflow(mlflow, model, folder),
        _bentoml(bentoml, model),
        Server(
            name="limit: echo",
            port=8756,
            command=[str(ours), str(HERE / "echo.py"), "8756"],
            path="/",
            health="/",
        ),
    ]


def _release(python: Path, model: Path, target: Path) -> Path:
    program = (
        "import sys; from pathlib import Path; from tidegate.server.release.packing import pack;"
        "at = Path(sys.argv[1]); model, profile = (at / 'model.onnx').read_bytes(), (at / 'profile.json').read_bytes();"
        "pack(Path(sys.argv[2]), model=model, profile=profile, name='bike-demand', version='1', commit='0' * 40)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
    subprocess.run([str(python), "-c", program, str(model), str(target)], check=True, env=environment)
    return target


def _mlflow(python: Path, model: Path, folder: Path) -> Server:
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{python.parent}:{os.environ['PATH']}"}
    program = (
        "import mlflow, onnx, sys; mlflow.onnx.save_model(onnx.load(sys.argv[1]), sys.argv[2], pip_requirements=[])"
    )
    saved = folder / "mlflow"
    command = [str(python), "-c", program, str(model / "model.onnx"), str(saved)]
    subprocess.run(command, check=True, env={**os.environ, **quiet}, capture_output=True)
    serve = ["models", "serve", "-m", str(saved), "--env-manager", "local", "-h", "127.0.0.1", "-p", "8754"]
    return Server(
        name="mlflow models serve",
        port=8754,
        command=[str(python.parent / "mlflow"), *serve, "--workers", "1"],
        path="/invocations",
        health="/ping",
        answer=("predictions", "predicted"),
        environment=quiet,
    )


def _bentoml(python: Path, model: Path) -> Server:
    return Server(
        name="BentoML",
        port=8755,
        command=[
            *(str(python.parent / "bentoml"), "serve", "bento_service:Model", "--working-dir", str(HERE)),
            *("--host", "127.0.0.1", "--port", "8755"),
        ],
        path="/predict",
        health="/readyz",
        answer=("predictions",),
        environment={"BENTOML_DO_NOT_TRACK": "True", "MODEL": str(model / "model.onnx")},
    )


def rows(count: int) -> dict[str, list[list[Any]]]:
    """Hours of the example, made up, the same every time; as rows × 1 tensors, the form that all three take."""
    source = random.Random(0)
    drawn = [
        [
            1325376000000000 + 3600000000 * source.randrange(8784),
            source.choice(["winter", "spring", "summer", "fall"]),
            source.random() < 0.03,
            source.random() < 0.7,
            source.choice(["clear", "mist", "light_precipitation"]),
            *(round(source.random(), 2) for _ in range(4)),
        ]
        for _ in range(count)
    ]
    return {name: [[row[place]] for row in drawn] for place, name in enumerate(COLUMNS)}


def body(count: int) -> bytes:
    """The request that every server gets."""
    return json.dumps({"inputs": rows(count)}).encode()


def healthy(server: Server) -> bool:
    """Whether the health path says 200."""
    try:
        return _ask(server, "GET", server.health, None)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def prove(server: Server, request: bytes, expected: list[float]) -> None:
    """Stop unless the server answers the request as ONNX Runtime does; peers run it in several threads."""
    status, text = _ask(server, "POST", server.path, request)
    if not server.answer:
        if text != request:
            raise SystemExit(f"{server.name} does not echo")
        return
    found = json.loads(text) if status == 200 else {}
    for key in server.answer:
        found = found.get(key, {})
    flat = [value[0] if isinstance(value, list) else value for value in found]
    if len(flat) != len(expected) or not all(map(nearly, flat, expected)):
        raise SystemExit(f"{server.name} answers otherwise than ONNX Runtime: {status} {text[:300]!r}")


def nearly(one: float, other: float) -> bool:
    """Equal but for the order of a sum."""
    return math.isclose(one, other, rel_tol=1e-12)


def _ask(server: Server, method: str, path: str, data: bytes | None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.request(method, path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def right_answer(model: Path, request: bytes) -> list[float]:
    """What ONNX Runtime itself answers, in one thread."""
    program = (
        "import json, sys, numpy as np, onnxruntime as ort; o = ort.SessionOptions(); o.intra_op_num_threads = 1;"
        "s = ort.InferenceSession(sys.argv[1], o, providers=['CPUExecutionProvider']);"
        "k = {'tensor(string)': object, 'tensor(bool)': bool, 'tensor(int64)': np.int64, 'tensor(double)': float};"
        "t = json.load(sys.stdin)['inputs'];"
        "f = {i.name: np.array(t[i.name], k[i.type]) for i in s.get_inputs()};"
        "print(json.dumps(s.run(None, f)[0].ravel().tolist()))"
    )
    command = [str(interpreter("serve-ours")), "-c", program, str(model / "model.onnx")]
    answer: list[float] = json.loads(subprocess.run(command, input=request, capture_output=True, check=True).stdout)
    return answer
