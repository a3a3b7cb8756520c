"""The mirror of an environment: one process between the champion and a release that answers copies of its requests.

HAProxy can mirror only through an agent of its own protocol that is built from C and cannot see answers; see decision
0011. So the champion's server sends copies, and what it writes them to is a process that nobody waits for.
"""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tidegate.adapters import files
from tidegate.adapters.targets import pairs
from tidegate.adapters.targets.haproxy import Counts
from tidegate.adapters.targets.process.instances import Instances, Process, free_port, started
from tidegate.core.deployment.traffic import Pairs
from tidegate.errors import InfrastructureError

_WAIT = 5.0


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """`release` gets copies of `share` percent of what `champion` is asked, through the process `pid` at `port`."""

    champion: str
    release: str
    share: int
    port: int
    pid: int
    started: str

    @property
    def lives(self) -> bool:
        """Whether the mirror still runs."""
        return started(self.pid) == self.started


class Mirror:
    """At most one for an environment, known by a record beside those of its servers."""

    def __init__(self, folder: Path, instances: Instances) -> None:
        self._file, self._log, self._instances = folder / "mirror.json", folder / "mirror.log", instances

    def shadow(self) -> Shadow | None:
        """Who gets copies now; None when nobody does."""
        record = self._record()
        return record if record is not None and record.lives else None

    def begin(self, champion: Process, release: Process, share: int) -> None:
        """Start a mirror unless it is there, then have the champion send so many copies."""
        shadow = self.shadow()
        if shadow is None or (shadow.champion, shadow.release) != (champion.release, release.release):
            self.end()
            shadow = self._started(champion, release, share)
        order = {"host": "127.0.0.1", "port": shadow.port, "share": share / 100}
        files.write_atomically(self._instances.copies(champion.release), json.dumps(order).encode())
        self._keep(Shadow(**{**asdict(shadow), "share": share}))

    def counts(self) -> tuple[Counts, Pairs]:
        """What the shadow was asked and how it answered. Raises InfrastructureError E-DEP-016 without a mirror."""
        shadow = self.shadow()
        if shadow is None:
            raise InfrastructureError("E-DEP-016", "the mirror does not tell its counts: it does not run.")
        return pairs.asked(shadow.port)

    def end_with(self, release: str) -> None:
        """End it where this release sends or gets copies."""
        record = self._record()
        if record is not None and release in (record.champion, record.release):
            self.end()

    def end(self) -> None:
        """No more copies; the champion's order goes first, so that it does not look for a mirror that is gone."""
        record = self._record()
        if record is None:
            return
        self._instances.copies(record.champion).unlink(missing_ok=True)
        if record.lives:
            with suppress(ProcessLookupError):
                os.kill(record.pid, signal.SIGKILL)
        self._file.unlink(missing_ok=True)

    def _started(self, champion: Process, release: Process, share: int) -> Shadow:
        port = free_port()
        options = ["--to", f"127.0.0.1:{release.port}", "--port", str(port)]
        pid = self._instances.launch("tidegate.server.mirroring", options, self._log)
        names = {"champion": champion.release, "release": release.release}
        shadow = Shadow(**names, share=share, port=port, pid=pid, started=started(pid) or "")
        self._keep(Shadow(**{**asdict(shadow), "share": 0}))
        deadline = time.monotonic() + _WAIT
        while not pairs.answers(port):
            if time.monotonic() > deadline or not shadow.lives:
                self.end()
                raise InfrastructureError("E-DEP-016", "the mirror does not start; its log says why.")
            time.sleep(0.02)
        return shadow

    def _keep(self, shadow: Shadow) -> None:
        files.write_atomically(self._file, json.dumps(asdict(shadow), indent=2).encode() + b"\n")

    def _record(self) -> Shadow | None:
        try:
            return Shadow(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
