"""A way to another machine's engine through OpenSSH: its socket, and the ports of its loopback, at this one's.

OpenSSH decides who is who: keys, agents, jump hosts and known hosts come from its own configuration and nothing of
them is read here. A host whose key is not known is refused, never learned.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from tidegate.core.deployment.engine_host import remote
from tidegate.errors import InfrastructureError, InputError, TidegateError

_WAIT = 30.0
_OPTIONS = (
    *("BatchMode=yes", "StrictHostKeyChecking=yes", "ExitOnForwardFailure=yes", "StreamLocalBindMask=0177"),
    *("ConnectTimeout=10", "ServerAliveInterval=10", "ServerAliveCountMax=3", "ControlMaster=yes", "ControlPersist=no"),
)
_CAUSES = (
    (
        r"IDENTIFICATION HAS CHANGED",
        "E-SSH-002",
        "the host shows another key than the one that is known",
        "Find out why before anything else; then put the new key into known_hosts.",
    ),
    (
        r"host key verification failed|no .*host key is known",
        "E-SSH-002",
        "the host's key is not known",
        "Compare the fingerprint of `ssh-keyscan HOST` with the host's own, then put the key into known_hosts.",
    ),
    (
        r"permission denied|too many authentication failures",
        "E-SSH-003",
        "it does not let this user in",
        "Name the right user (ssh://user@host), and give ssh a key that the host knows (ssh-agent, or ~/.ssh/config).",
    ),
)
_AWAY = ("E-SSH-001", "it cannot be reached", "Look whether sshd runs there, and at the host and port in docker.host.")


class Tunnel:
    """One connection, open until `close` or until this process ends, however it ends.

    `socket`: the engine's socket on this machine.
    """

    def __init__(self, host: str, environ: Mapping[str, str]) -> None:
        """Open it. Raises InputError E-SSH-004 without OpenSSH, InfrastructureError E-SSH-001 to E-SSH-003."""
        self._host, self._environ, self._ports = host, dict(environ), dict[int, int]()
        program = shutil.which("ssh", path=environ.get("PATH"))
        found = remote(host)
        if program is None:
            raise InputError("E-SSH-004", "ssh is not installed.", where=host, fix="apt-get install openssh-client")
        if found is None:
            raise InputError("E-SSH-005", "expected ssh://user@host, with a port and a socket at most.", where=host)
        self._folder = tempfile.TemporaryDirectory(prefix="tidegate-ssh-")
        place = Path(self._folder.name)
        self._control, self._said, self.socket = place / "control", place / "said", place / "engine.sock"
        named = [("-l", found.user), ("-p", found.port)]
        self._destination = [*(word for name, value in named if value for word in (name, value)), "--", found.host]
        options = [word for option in (*_OPTIONS, f"ControlPath={self._control}") for word in ("-o", option)]
        forward = ["-L", f"{self.socket}:{found.socket}"]
        # It ends with its input, so nothing stays behind when this process is killed.
        command = [program, "-T", *options, *forward, *self._destination, "exec cat"]
        with self._said.open("wb") as said:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
                env=self._environ,
                start_new_session=True,
            )
        self._program = program
        try:
            self._await()
        except BaseException:
            self.close()
            raise

    def reach(self, port: int) -> int:
        """A port of this machine's loopback that leads to `port` of the other's."""
        if port not in self._ports:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                mine: int = probe.getsockname()[1]
            forward = ["-O", "forward", "-L", f"127.0.0.1:{mine}:127.0.0.1:{port}"]
            command = [self._program, "-o", f"ControlPath={self._control}", *forward, *self._destination]
            done = subprocess.run(
                command, env=self._environ, capture_output=True, text=True, timeout=_WAIT, check=False
            )
            if done.returncode:
                raise _failure(self._host, done.stderr or self.said())
            self._ports[port] = mine
        return self._ports[port]

    def trouble(self) -> TidegateError | None:
        """Why nothing came through although the connection stands, as far as OpenSSH knows."""
        if "open failed" not in self.said():
            return None
        fix = (
            "Look whether Docker runs there, whether that is its socket, whether the user is in the group docker, and "
            "whether sshd allows it (AllowStreamLocalForwarding, AllowTcpForwarding)."
        )
        message = "the Docker Engine's socket does not answer on that machine."
        return InfrastructureError("E-DOC-001", message, where=self._host, fix=fix)

    def said(self) -> str:
        """What OpenSSH had to say so far."""
        return self._said.read_text(encoding="utf-8", errors="replace") if self._said.is_file() else ""

    def close(self) -> None:
        """End the connection."""
        stdin: IO[bytes] | None = self._process.stdin
        if stdin is not None:
            stdin.close()
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def _await(self) -> None:
        deadline = time.monotonic() + _WAIT
        while not (self._control.exists() and self.socket.exists()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise _failure(self._host, self.said())
            time.sleep(0.02)


def _failure(host: str, said: str) -> TidegateError:
    found = (cause for pattern, *cause in _CAUSES if re.search(pattern, said, re.IGNORECASE))
    code, cause, fix = next(found, _AWAY)
    lines = [line for line in said.splitlines() if line.strip(" @")]
    why = " ".join((lines[-1:] or ["no answer in time"])[0].split())[:300]
    return InfrastructureError(code, f"ssh: {cause}: {why}", where=host, fix=fix)
