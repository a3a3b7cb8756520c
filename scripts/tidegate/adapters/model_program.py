"""A program of a model's own, started in the model's environment: bounded in time and output, told nothing of ours.

A small launcher stands between us and the program. It is what makes the measured memory the program's: a process that
we start ourselves would begin its life as a copy of this one, and be charged for it.
"""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tidegate.core.inherited import inherited
from tidegate.core.redaction import redacted
from tidegate.errors import InfrastructureError, InputError

KEPT = 1024 * 1024
"""Of each stream the last so many bytes are kept, whatever a program prints."""
_LOG_LINES = 20
_LINE = 300
_HEADING = "Traceback (most recent call last)"
_SILENCE = 0.5
_GRACE = 5
_UNIT = 1 if sys.platform == "darwin" else 1024
_LAUNCHER = (
    "import os, sys\n"
    "report, command = int(sys.argv[1]), sys.argv[2:]\n"
    "try:\n"
    "    child = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, report)])\n"
    "except OSError as error:\n"
    "    sys.exit(f'cannot be started: {error.strerror}')\n"
    "status, usage = os.wait4(child, 0)[1:]\n"
    "os.write(report, b'%d %d' % (os.waitstatus_to_exitcode(status), usage.ru_maxrss))\n"
)


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a program ended: the last of what it printed, its exit code, wall seconds, and the largest resident memory
    in bytes of it or any one process that it started and waited for.
    """

    stdout: str
    stderr: str
    seconds: float
    peak_bytes: int
    code: int = 0


def filled(words: Sequence[str], stands_for: Mapping[str, Path]) -> tuple[str, ...]:
    """A command's words with paths in the place of ``{name}`` for each name in `stands_for`."""
    named = {f"{{{name}}}": str(path) for name, path in stands_for.items()}
    return tuple(re.sub("|".join(map(re.escape, named)), lambda found: named[found[0]], word) for word in words)


def run(
    workspace: Path,
    command: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    seconds: float,
    given: Mapping[str, str] | None = None,
    allowed: Collection[int] = (0,),
) -> Completed:
    """Run `command` in the folder `workspace`; nothing that it started in its own session outlives it.

    `environ` is the model's environment (`model_environment.mapping`): only what `core.inherited` lets through reaches
    the program, and the variables in `given` as they are. `allowed` are exit codes that are answers.
    Raises InputError, with the last lines of output in its `log`: E-PRG-001 it cannot be started, E-PRG-002 it failed,
    E-PRG-003 it took longer than `seconds`.
    """
    variables = {**inherited(environ), **(given or {})}
    program = _program(workspace, command[0], variables)
    started = time.monotonic()
    report, said = _report_pipe()
    try:
        process = _started([program, *command[1:]], workspace, variables, said)
        os.close(said)
        ended = _watched(process, seconds)
        told = os.read(report, 100).split()
    finally:
        os.close(report)
    completed = Completed(
        stdout=ended.stdout,
        stderr=ended.stderr,
        seconds=time.monotonic() - started,
        peak_bytes=int(told[1]) * _UNIT if told else 0,
        code=int(told[0]) if told else process.returncode,
    )
    if ended.late:
        raise _with_log("E-PRG-003", command, f"took longer than {seconds:g} s and was stopped.", completed)
    if completed.code not in allowed:
        raise _with_log("E-PRG-002", command, f"{_ending(completed)}.", completed)
    return completed


def _program(workspace: Path, name: str, variables: Mapping[str, str]) -> str:
    """The program's full path: of the commit's own files where the name has a slash, else found on the model's PATH."""
    found = shutil.which(str(workspace / name) if "/" in name else name, path=variables.get("PATH", ""))
    if found is None:
        fix = "Install it in the model's environment, or name a program that is there."
        raise InputError("E-PRG-001", f"there is no program {name[:80]!r} in the model's environment.", fix=fix)
    return found


def _report_pipe() -> tuple[int, int]:
    report, said = os.pipe()
    os.set_inheritable(said, True)
    return report, said


def _started(command: list[str], workspace: Path, variables: Mapping[str, str], report: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, str(report), *command],
            cwd=workspace,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            pass_fds=(report,),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        os.close(report)
        raise InfrastructureError("E-PRG-001", f"{Path(command[0]).name} cannot be started ({error}).") from error


@dataclass(frozen=True, kw_only=True)
class _Ended:
    stdout: str
    stderr: str
    late: bool


def _watched(process: subprocess.Popen[bytes], seconds: float) -> _Ended:
    """Read both streams until the program has ended and is silent; stop it, and all in its session, in any case."""
    kept: dict[object, bytearray] = {process.stdout: bytearray(), process.stderr: bytearray()}
    end = time.monotonic() + seconds
    try:
        with selectors.DefaultSelector() as selector:
            for stream in kept:
                selector.register(stream, selectors.EVENT_READ)  # type: ignore[arg-type]
            while selector.get_map() and (left := end - time.monotonic()) > 0:
                if not _read(selector, kept, min(left, _SILENCE)) and process.poll() is not None:
                    break  # what it left running may hold its output open for ever; nobody waits for that
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=max(0.0, end - time.monotonic()))
        late = process.poll() is None
    finally:
        _stop(process)
    out, err = (bytes(data[-KEPT:]).decode("utf-8", "replace") for data in kept.values())
    return _Ended(stdout=out, stderr=err, late=late)


def _read(selector: selectors.BaseSelector, kept: Mapping[object, bytearray], seconds: float) -> bool:
    """Take what is there; whether there was anything."""
    ready = selector.select(seconds)
    for key, _ in ready:
        data = os.read(key.fd, 65536)
        if not data:
            selector.unregister(key.fileobj)
        kept[key.fileobj] += data
        if len(kept[key.fileobj]) > 2 * KEPT:
            del kept[key.fileobj][:-KEPT]
    return bool(ready)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_GRACE)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def _ending(completed: Completed) -> str:
    if completed.code < 0:
        hint = ", out of memory as a rule" if completed.code == -signal.SIGKILL else ""
        return f"was killed (signal {-completed.code}{hint})"
    last = next(iter(reversed(_lines(completed))), "it said nothing")
    return f"failed (exit code {completed.code}): {last}"


def _lines(completed: Completed) -> list[str]:
    """What the program said, standard error last: that is where programs tell why they stop."""
    text = redacted(f"{completed.stdout}\n{completed.stderr}")
    return [line.strip()[:_LINE] for line in text.splitlines() if line.strip() and not line.startswith(_HEADING)]


def _with_log(code: str, command: tuple[str, ...], what: str, completed: Completed) -> InputError:
    shown = redacted(" ".join(command))[:120]
    error = InputError(code, f"{shown!r} {what}", fix="See its last lines.")
    error.log = _lines(completed)[-_LOG_LINES:]
    return error
