"""Starting `dvc`: the caller's own where there is one (it may carry remote plugins), else the toolkit's.

Its output is shown line by line as foreign text, so that a training log cannot give the runner a command, and it is
stopped with everything that it started when this process is interrupted.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tidegate.console import Console, visible
from tidegate.errors import InfrastructureError

_KEPT = 200
_LINE = 2000
_GRACE = 5
_SILENCE = 1.0
# No telemetry, no question to an update server, no progress bars in a log.
_QUIET = {"DVC_NO_ANALYTICS": "true", "DVC_TEST": "true"}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended: its exit code and the last lines that it and its children wrote."""

    code: int
    lines: tuple[str, ...]


def command(environment: Mapping[str, str]) -> list[str]:
    """How to start DVC for a caller with this environment; the toolkit's own ignores the caller's PYTHONPATH."""
    own = shutil.which("dvc", path=environment.get("PATH", ""))
    return [own] if own else [sys.executable, "-I", "-m", "dvc"]


def quiet(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` for a DVC that sends nothing about its user anywhere."""
    return {**environment, **_QUIET}


def added() -> tuple[str, ...]:
    """Names of the variables that `quiet` sets, which a stage's command need not see."""
    return tuple(_QUIET)


def run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], console: Console) -> Ended:
    """Run `dvc <arguments>` in `folder`, showing its output as it comes."""
    kept: deque[str] = deque(maxlen=_KEPT)
    with _started([*command(environment), *arguments], folder, quiet(environment)) as started:
        try:
            with console.foreign() as stream:
                for line in map(_last_state, _lines(started)):
                    kept.append(line)
                    print(visible(line), file=stream, flush=True)
        except BaseException:
            _stop(started)
            raise
    return Ended(code=started.returncode, lines=tuple(kept))


def _started(command_line: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command_line,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        )
    except OSError as error:
        raise InfrastructureError(
            "E-DVC-020", f"DVC cannot be started ({error.strerror}).", fix="Install dvc where the pipeline runs."
        ) from error


def _lines(started: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """The output's lines as they come, until the program has ended and is silent.

    What a stage leaves running may hold the output open for ever; nobody waits for that.
    """
    output = started.stdout
    rest = b""
    while output is not None:
        if not select.select([output], [], [], _SILENCE)[0]:
            if started.poll() is not None:
                break
            continue
        chunk = output.read(65536)
        if not chunk:
            break
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _last_state(raw: bytes) -> str:
    """A line as a terminal would leave it: a progress bar redraws itself after each carriage return."""
    states = [state for state in raw.decode("utf-8", "replace").rstrip("\r\n").split("\r") if state]
    return states[-1][:_LINE] if states else ""


def _stop(started: subprocess.Popen[bytes]) -> None:
    """End the program and all that it started: politely, then for good."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(started.pid, number)
        with suppress(subprocess.TimeoutExpired):
            started.wait(timeout=_GRACE)
