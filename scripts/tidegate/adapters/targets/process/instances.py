"""Servers as child processes that outlive us: started, found again by the next run, and ended politely.

A record on disk says which process is which release. It is believed only where a process with that id was started at
that time, because ids are used again.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters import files
from tidegate.core.deployment.environment import Log
from tidegate.core.deployment.target import Package
from tidegate.errors import InfrastructureError

_PACKAGE_ROOT = Path(__file__).resolve().parents[4]
_LOG_LINES = 20
# Isolated, so that nothing of the caller's stands in for a module of ours.
_PROGRAM = f"import sys; sys.path.insert(0, {str(_PACKAGE_ROOT)!r}); from {{}}.__main__ import main; sys.exit(main())"
# A process between us and the server ends at once: the server is then nobody's child, and nobody has to collect it.
_LAUNCH = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], stdout=2, start_new_session=True).pid)"


@dataclass(frozen=True, kw_only=True)
class Process:
    """One server: what it runs, where it listens, and which process it is. `slot` is its place behind the proxy."""

    release: str
    version: str
    commit: str
    slot: int
    port: int
    pid: int
    started: str
    weight: int = 0

    @property
    def lives(self) -> bool:
        """Whether that very process still runs."""
        return started(self.pid) == self.started


class Instances:
    """All servers of one environment, by the folder in which their records are."""

    def __init__(self, folder: Path, environ: Mapping[str, str], log: Log | None = None) -> None:
        self._folder = folder
        self._environ = environ
        self._log = log or Log()

    def all(self) -> tuple[Process, ...]:
        """Servers that run, in the order in which they were started; records of dead ones are left out."""
        found = [record for path in sorted(self._folder.glob("*/process.json")) if (record := _read(path)) is not None]
        return tuple(sorted((record for record in found if record.lives), key=lambda record: record.started))

    def start(self, package: Package, slot: int) -> Process:
        """Start a server on a copy of the release, so that nothing that changes the original changes what runs."""
        home = self._home(package.release)
        kept = home / "release"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(package.folder, kept)
        port = free_port()
        options = ["--release", str(kept), "--digest", package.release, "--port", str(port)]
        options += ["--log", str(home.parent / "predictions"), "--copies", str(self.copies(package.release))]
        options += ["--log-seconds", str(self._log.every.total_seconds()), "--log-share", str(self._log.share)]
        pid = self.launch("tidegate.server", options, home / "server.log")
        record = Process(
            release=package.release,
            version=package.version,
            commit=package.commit,
            slot=slot,
            port=port,
            pid=pid,
            started=started(pid) or "",
        )
        self.keep(record)
        return record

    def keep(self, record: Process) -> None:
        """Write the record, over an older one of the same release."""
        data = json.dumps(asdict(record), indent=2).encode() + b"\n"
        files.write_atomically(self._home(record.release) / "process.json", data)

    def end(self, record: Process, patience: float) -> None:
        """Ask a server to drain and wait for its end; after `patience` seconds it is killed."""
        deadline = time.monotonic() + patience
        _signal(record, signal.SIGTERM)
        while record.lives and time.monotonic() < deadline:
            time.sleep(0.02)
        _signal(record, signal.SIGKILL)
        (self._home(record.release) / "process.json").unlink(missing_ok=True)

    def log(self, release: str) -> tuple[str, ...]:
        """The last lines that the server of a release printed."""
        path = self._home(release) / "server.log"
        if not path.is_file():
            return ()
        return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])

    def copies(self, release: str) -> Path:
        """The file that says where the server of a release sends copies of its requests."""
        return self._home(release) / "copies.json"

    def launch(self, module: str, options: list[str], log: Path) -> int:
        """Start a program of ours that outlives us; its process id."""
        command = [sys.executable, "-I", "-c", _PROGRAM.format(module), *options]
        with log.open("ab") as stream:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _LAUNCH, *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stream,
                env=self._environment(),
                timeout=60,
                check=True,
            )
        return int(done.stdout)

    def _home(self, release: str) -> Path:
        home = self._folder / release.removeprefix("sha256:")[:12]
        home.mkdir(parents=True, exist_ok=True)
        return home

    def _environment(self) -> dict[str, str]:
        """Little: no credentials, and nothing by which an Actions runner would end the server with its job."""
        kept = {name: self._environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in self._environ}
        return {**kept, "RUNNER_TRACKING_ID": "", "PYTHONDONTWRITEBYTECODE": "1"}


def _read(path: Path) -> Process | None:
    """A record that is not whole is none: what runs is found by looking, and what cannot be found is started anew."""
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        return Process(**document)
    except (OSError, ValueError, TypeError):
        return None


def started(pid: int) -> str | None:
    """When a process was started, to the hundredth of a second where /proc tells; None when it does not run."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19].zfill(20)
    except OSError:
        pass
    listing = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, when = listing.stdout.strip().partition(" ")
    return when.strip() if when and not state.startswith("Z") else None


def _signal(record: Process, number: signal.Signals) -> None:
    if record.lives:
        try:
            os.kill(record.pid, number)
        except ProcessLookupError:
            return


def free_port() -> int:
    """A port of the loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_slot(running: tuple[Process, ...], slots: int) -> int:
    """A place behind the proxy that nobody has. Raises InfrastructureError E-DEP-012 when all are taken."""
    taken = {process.slot for process in running}
    free = next((slot for slot in range(slots) if slot not in taken), None)
    if free is None:
        raise InfrastructureError("E-DEP-012", f"{slots} versions run already; stop one of them.")
    return free
