"""The emulator as a child process: started with accounts and repositories, stopped with certainty."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tidegate.errors import InfrastructureError
from tidegate.simulator import processes
from tidegate.simulator.tools import Emulator

START_SECONDS = 30
# No proxy stands between us and this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def running(tools: Emulator, folder: Path, *, base: str, logins: Sequence[str], repository: str) -> Iterator[str]:
    """The emulator's address while it runs; `base` is the address that its replies shall name.

    Every login gets the token ``<login>``. Raises InfrastructureError when it does not answer in time.
    """
    owner, name = repository.split("/")
    seed = {
        "tokens": {login: {"login": login, "scopes": ["repo"]} for login in logins},
        "github": {
            "users": [{"login": login} for login in logins],
            "repos": [{"owner": owner, "name": name, "auto_init": True}],
        },
    }
    (folder / "seed.json").write_text(json.dumps(seed))
    port = _free_port()
    command = [str(tools.node), str(tools.script), "start", "--service", "github", "--port", str(port)]
    command += ["--seed", str(folder / "seed.json"), "--base-url", base]
    environ = {"PATH": os.defpath, "HOME": str(folder)}
    with (folder / "emulate.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(process, f"{address}/repos/{repository}", folder / "emulate.log")
            yield address
        finally:
            processes.stop(process)


def request(address: str, login: str, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """One call straight to the emulator as `login`: what people do and tests look up, past limits and faults.

    Raises InfrastructureError with the emulator's message for any status of 400 and above.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"token {login}", "Content-Type": "application/json"}
    call = urllib.request.Request(address + path, data=data, headers=headers, method=method)  # noqa: S310 - loopback
    try:
        with _DIRECT.open(call, timeout=30) as reply:
            text = reply.read()
    except urllib.error.HTTPError as error:
        with error:
            said = error.read().decode(errors="replace")[:300]
        raise InfrastructureError(
            "E-SIM-004", f"the emulator answered {error.code} to {method} {path}: {said}"
        ) from None
    return json.loads(text) if text else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with _DIRECT.open(url, timeout=5):
                return
        except OSError:
            time.sleep(0.03)
    said = log.read_text(errors="replace").strip()[-300:]
    raise InfrastructureError("E-SIM-004", f"the GitHub emulator did not start: {said or 'no output'}")
