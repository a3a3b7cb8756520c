"""MLflow's own server on this machine, for stories in which the registry has to say what runs."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tidegate.errors import InfrastructureError
from tidegate.simulator import processes

START_SECONDS = 180
INSTALL = "pip install mlflow==3.17.2"
_ALWAYS = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}


@dataclass(frozen=True, kw_only=True)
class RegistryServer:
    """A server that answers at `address`."""

    address: str

    def aliases(self, model: str, names: Iterable[str]) -> Mapping[str, str]:
        """For each alias of a model the version of the release that it names; empty where there is no such alias."""
        return {name: self._named(model, name) for name in names}

    def _named(self, model: str, alias: str) -> str:
        query = urllib.parse.urlencode({"name": model, "alias": alias})
        status, found = _asked(f"{self.address}/api/2.0/mlflow/registered-models/alias?{query}")
        if status in (400, 404):
            return ""
        if status != 200:
            raise InfrastructureError("E-SIM-061", f"MLflow's server answers {status}.")
        tags = {tag["key"]: tag["value"] for tag in json.loads(found)["model_version"].get("tags", [])}
        return str(tags.get("tidegate.version", ""))


def program(environ: Mapping[str, str], scripts: Path | None = None) -> Path | None:
    """MLflow's program: in `scripts`, where this interpreter's wheels put programs, else on PATH; None without one."""
    beside = (scripts or Path(sysconfig.get_path("scripts"))) / "mlflow"
    found = str(beside) if beside.is_file() else shutil.which("mlflow", path=environ.get("PATH"))
    return Path(found) if found else None


@contextmanager
def running(command: Path, folder: Path, port: int, environ: Mapping[str, str]) -> Iterator[RegistryServer]:
    """A server on the loopback that keeps everything below `folder`, until the block ends.

    Raises InfrastructureError E-SIM-060 when it does not start.
    """
    place = folder / "mlflow"
    place.mkdir()
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    options += [
        "--backend-store-uri",
        f"sqlite:///{place}/mlflow.db",
        "--artifacts-destination",
        str(place / "artifacts"),
    ]
    with (place / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(command), "server", *options],
            cwd=place,
            env={**environ, **_ALWAYS},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    found = RegistryServer(address=f"http://127.0.0.1:{port}")
    try:
        _await(found, process, place / "server.log")
        yield found
    finally:
        processes.stop(process, patience=10)


def _await(server: RegistryServer, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(encoding="utf-8", errors="replace").strip()[-400:]
            raise InfrastructureError("E-SIM-060", f"MLflow's server did not start: {last}")
        time.sleep(0.2)


def _answers(server: RegistryServer) -> bool:
    try:
        return _asked(f"{server.address}/health") == (200, b"OK")
    except OSError:
        return False


def _asked(address: str) -> tuple[int, bytes]:
    """Status and body, past every proxy of the caller's."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(address, timeout=30) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
