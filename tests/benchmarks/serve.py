"""The inference server against `mlflow models serve` and BentoML, one worker each, with the same ONNX model.

    apt-get install wrk
    python tests/benchmarks/serve.py [--model model/artifacts] [--seconds 5] [--rounds 3] [--connections 16]

Every server runs in its own environment (made once, in the user's cache), all are up at the same time, and wrk asks
them in turn, round by round, with the same body, so that whatever else the machine does falls on all. Before that,
each must give the answer that ONNX Runtime gives. Latency is wrk's. `CPU` is the processor time of all of a server's
processes per request: unlike requests per second it hardly depends on what else runs. Ready is from the start of the
process to the first 200 of its health path; memory is the resident set of all its processes after the load.
The limit is a server on the same event loop and parser that sends every body back, unread.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "scripts"), str(Path(__file__).resolve().parent / "serving")]

import peers  # noqa: E402
from peers import Server  # noqa: E402

OURS, MLFLOW, LIMIT = "tidegate", "mlflow models serve", "limit: echo"
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format('\\nFIGURES {"requests":%%d,"us":%%d,"p50":%%f,"p99":%%f,"bad":%%d}\\n', summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
"""


@dataclass
class Measured:
    """All rounds of one server."""

    ready: float
    memory: float = 0.0
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    bad: int = 0

    @property
    def rate(self) -> float:
        """Requests per second, the median of the rounds."""
        return statistics.median(self.rates)


def processes(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(path.read_text(encoding="utf-8").rpartition(") ")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = [root]
    for one in found:
        found += children.get(one, [])
    return found


def megabytes(root: int) -> float:
    """Resident memory of a process and all below it."""
    pages = 0
    for one in processes(root):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{one}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor_seconds(root: int) -> float:
    """User and system time of a process and all below it."""
    ticks = 0
    for one in processes(root):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def load(port: int, path: str, script: Path, seconds: float, connections: int) -> dict[str, Any]:
    """One run of wrk."""
    address = f"http://127.0.0.1:{port}{path}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", str(script), address]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    line = next(line for line in text.splitlines() if line.startswith("FIGURES "))
    found: dict[str, Any] = json.loads(line.removeprefix("FIGURES "))
    return found


@contextlib.contextmanager
def started(server: Server, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A server that answers its health path, and how long that took."""
    begin = time.monotonic()
    with (folder / f"{server.port}.log").open("wb") as log:
        process = subprocess.Popen(server.command, env={**os.environ, **server.environment}, stdout=log, stderr=log)
    try:
        while not peers.healthy(server):
            if process.poll() is not None or time.monotonic() - begin > 180:
                raise SystemExit(f"{server.name} did not start:\n{(folder / f'{server.port}.log').read_text()[-2000:]}")
            time.sleep(0.005)
        yield process, time.monotonic() - begin
    finally:
        for one in processes(process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(one, 15)
        process.wait(30)


def measure(servers: list[Server], body: bytes, options: argparse.Namespace, folder: Path) -> dict[str, Measured]:
    """All servers up, asked in turn."""
    script = folder / "body.lua"
    script.write_text(SCRIPT % body.decode(), encoding="utf-8")
    figures: dict[str, Measured] = {}
    answer = peers.right_answer(options.model, body)
    with contextlib.ExitStack() as stack:
        running = {}
        for server in servers:
            running[server.name], ready = stack.enter_context(started(server, folder))
            figures[server.name] = Measured(ready)
            peers.prove(server, body, answer)
            load(server.port, server.path, script, 1, options.connections)
        for _ in range(options.rounds):
            for server in servers:
                _round(server, running[server.name].pid, figures[server.name], script, options)
        for server in servers:
            figures[server.name].memory = megabytes(running[server.name].pid)
    return figures


def _round(server: Server, pid: int, figures: Measured, script: Path, options: argparse.Namespace) -> None:
    before = processor_seconds(pid)
    found = load(server.port, server.path, script, options.seconds, options.connections)
    figures.cpu.append((processor_seconds(pid) - before) / max(found["requests"], 1) * 1e6)
    figures.rates.append(found["requests"] / found["us"] * 1e6)
    figures.p50.append(found["p50"] / 1e3)
    figures.p99.append(found["p99"] / 1e3)
    figures.bad += found["bad"]


def show(figures: dict[str, Measured]) -> None:
    """The table, and what it means for the aims."""
    columns = (
        "requests/s",
        "(least–most)",
        "× MLflow",
        "of limit",
        "p50 ms",
        "p99 ms",
        "CPU µs",
        "ready s",
        "MB",
        "errors",
    )
    widths = (12, 17, 10, 10, 9, 9, 9, 9, 7, 8)
    print(f"{'server':<32}" + "".join(f"{name:>{width}}" for name, width in zip(columns, widths, strict=True)))
    for name, one in figures.items():
        cells = (
            f"{one.rate:,.0f}",
            f"{min(one.rates):,.0f}–{max(one.rates):,.0f}",
            f"{one.rate / figures[MLFLOW].rate:.1f}",
            f"{one.rate / figures[LIMIT].rate:.0%}",
            f"{statistics.median(one.p50):.2f}",
            f"{statistics.median(one.p99):.2f}",
            f"{statistics.median(one.cpu):,.0f}",
            f"{one.ready:.2f}",
            f"{one.memory:.0f}",
            f"{one.bad}",
        )
        print(f"{name:<32}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)))


def main() -> int:
    """Measure one row and a hundred rows a request."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=peers.ROOT / "model" / "artifacts")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 100])
    options = parser.parse_args()
    if not shutil.which("wrk"):
        print("wrk is not installed: apt-get install wrk", file=sys.stderr)
        return 2
    if not (options.model / "model.onnx").is_file():
        print(f"{options.model} holds no model.onnx; run the pipeline: dvc pull", file=sys.stderr)
        return 2
    print(f"{platform.platform()}, {os.cpu_count()} cores, {peers.versions()}")
    for rows in options.rows:
        with tempfile.TemporaryDirectory(prefix="tidegate-serve-") as name:
            servers = peers.servers(options.model, Path(name))
            body = peers.body(rows)
            before = os.getloadavg()[0]
            figures = measure(servers, body, options, Path(name))
            print(
                f"\n{rows} row(s) a request, {options.connections} connections, {options.rounds} rounds of "
                f"{options.seconds:g} s; load of the machine {before:.1f} before, {os.getloadavg()[0]:.1f} after"
            )
            show(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
