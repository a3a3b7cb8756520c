"""The model's own Python: made from the contract's lock, kept by what is in it, never the toolkit's.

A model may pin any pandas and the toolkit another; the two meet in files only. An environment is built beside its
name and gets the name by one link when it is whole: a killed or a second maker never leaves a broken one, and the
programs in it keep the path that they were installed with.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tidegate.console import Console
from tidegate.core.redaction import redacted
from tidegate.errors import InfrastructureError, InputError, TidegateError

_DESCRIBE = (
    "import platform, sys; print(sys._base_executable or sys.executable); "
    "print(sys.implementation.cache_tag, platform.python_version(), platform.machine(), sys.platform)"
)
_NOT_INHERITED = ("PYTHONPATH", "PYTHONHOME", "PYTHONNOUSERSITE", "CONDA_PREFIX", "CONDA_DEFAULT_ENV")
Commands = Callable[[Path], list[list[str]]]
_ABANDONED = 24 * 3600
_INDEX_AWAY = re.compile(
    r"(?i)failed to fetch|error sending request|connection (?:refused|reset|broken|error)|timed out|could not connect|"
    r"could not fetch|retrying \(|temporary failure|dns error|no space left|too many requests|\b50[0234]\b"
)


def mapping(
    root: Path, lock: str | None, environ: Mapping[str, str], console: Console, *, toolkit: Path = Path(sys.prefix)
) -> dict[str, str]:
    """The environment variables under which the model's programs run.

    `lock` is the hash-locked requirements file, from `root`; None leaves the caller's environment as it is. `toolkit`
    is where the toolkit's own programs are: its uv installs where the caller has none.
    Raises InputError for a lock that is absent or not installable, InfrastructureError when the index is out of reach.
    """
    if lock is None:
        return dict(environ)
    made = _made_from(root / lock, lock, environ, console, toolkit)
    inherited = {name: value for name, value in environ.items() if name not in _NOT_INHERITED}
    path = os.pathsep.join([str(made / "bin"), *filter(None, [environ.get("PATH")])])
    return {**inherited, "PATH": path, "VIRTUAL_ENV": str(made), "PYTHONNOUSERSITE": "1"}


def _made_from(lock: Path, shown: str, environ: Mapping[str, str], console: Console, toolkit: Path) -> Path:
    """The environment that holds exactly what `lock` names, made when there is none yet."""
    try:
        content = lock.read_bytes()
    except OSError as error:
        raise InputError(
            "E-ENV-010", f"cannot be read: {error.strerror}.", where=shown, fix="Name the model's lock file."
        ) from error
    python, version = _python(lock.parent, environ)
    place = _folder(environ) / hashlib.sha256(content + version.encode()).hexdigest()[:32]
    if not (place / "bin" / "python").exists():
        with console.group(f"Installing the model's environment from {shown} ({version.split()[1]})"):
            _make(place, _commands(lock, python, environ, toolkit), shown, environ)
    return place


def _folder(environ: Mapping[str, str]) -> Path:
    """Where environments are kept: as `run.sh` keeps the toolkit's, but never among them."""
    if named := environ.get("TIDEGATE_CACHE"):
        return Path(named) / "models"
    if tools := environ.get("RUNNER_TOOL_CACHE"):
        return Path(tools) / "tidegate" / "models"
    home = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or "/tmp") / ".cache")  # noqa: S108
    return Path(home) / "tidegate" / "models"


def _python(folder: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """The interpreter that `python3` means to the caller in `folder`, else the toolkit's base, and what it is."""
    for candidate in (shutil.which("python3", path=environ.get("PATH", "")), getattr(sys, "_base_executable", None)):
        if not candidate:
            continue
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            told = subprocess.run(
                [candidate, "-I", "-c", _DESCRIBE],
                cwd=folder,
                env=dict(environ),
                capture_output=True,
                timeout=60,
                check=True,
            )
            executable, version = told.stdout.decode().splitlines()
            return executable, version
    raise InputError("E-ENV-011", "no Python on the PATH for the model's environment.", fix="Install python3.")


def _make(place: Path, commands: Commands, shown: str, environ: Mapping[str, str]) -> None:
    _sweep(place.parent)
    building = place.with_name(f"{place.name}.{os.getpid()}.{time.time_ns()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for command in commands(building):
            _install(command, shown, environ)
        _publish(building, place)
    except OSError as error:
        raise InfrastructureError("E-ENV-012", f"cannot be made: {error.strerror}.", where=str(place)) from error
    finally:
        if not place.is_symlink() or place.readlink().name != building.name:
            shutil.rmtree(building, ignore_errors=True)


def _publish(building: Path, place: Path) -> None:
    """Give `building` its name, unless another maker was quicker."""
    with suppress(FileExistsError):
        place.symlink_to(building.name)
    if (place / "bin" / "python").exists():
        return
    # The name leads nowhere (its environment was deleted by hand): replace it in one step.
    spare = building.with_suffix(".link")
    spare.symlink_to(building.name)
    spare.replace(place)


def _commands(lock: Path, python: str, environ: Mapping[str, str], toolkit: Path) -> Commands:
    """What makes an environment at a place: uv's commands where there is uv, the standard library's otherwise."""
    uv = shutil.which("uv", path=os.pathsep.join([environ.get("PATH", ""), str(toolkit / "bin")]))

    def with_uv(place: Path) -> list[list[str]]:
        options = [
            "--quiet",
            "--no-config",
            "--compile-bytecode",
            "--require-hashes",
            "--python",
            f"{place}/bin/python",
        ]
        make = [str(uv), "venv", "--quiet", "--no-config", "--no-project", "--python", python, str(place)]
        return [make, [str(uv), "pip", "install", *options, "-r", str(lock)]]

    def with_pip(place: Path) -> list[list[str]]:
        pip = [f"{place}/bin/python", "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        return [[python, "-I", "-m", "venv", str(place)], [*pip, "--require-hashes", "-r", str(lock)]]

    return with_uv if uv else with_pip


def _install(command: Sequence[str], shown: str, environ: Mapping[str, str]) -> None:
    clean = {name: value for name, value in environ.items() if name not in (*_NOT_INHERITED, "VIRTUAL_ENV")}
    try:
        done = subprocess.run(command, cwd="/", env=clean, capture_output=True, timeout=3600, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InfrastructureError("E-ENV-013", f"{Path(command[0]).name} failed: {error}.", where=shown) from error
    if done.returncode:
        raise _refused(done.stderr.decode(errors="replace"), shown)


def _refused(said: str, shown: str) -> TidegateError:
    """The network's fault where the installer says so, the lock's otherwise."""
    lines = [redacted(line.strip()) for line in said.splitlines() if line.strip()]
    text = " ".join(lines)[:600]
    error: TidegateError
    if _INDEX_AWAY.search(said):
        fix = "Run again: a package index may be out of reach."
        error = InfrastructureError("E-ENV-015", f"installing failed: {text}", where=shown, fix=fix)
    else:
        fix = "Lock it again (uv pip compile --generate-hashes)."
        error = InputError("E-ENV-014", f"cannot be installed: {text}", where=shown, fix=fix)
    error.log = lines[-20:]
    return error


def _sweep(folder: Path) -> None:
    """Remove what killed makers left a day ago and no name leads to."""
    if not folder.is_dir():
        return
    named = {link.readlink().name for link in folder.iterdir() if link.is_symlink()}
    for left in folder.iterdir():
        if left.is_dir() and not left.is_symlink() and left.name not in named:
            with suppress(OSError):
                if time.time() - left.stat().st_mtime > _ABANDONED:
                    shutil.rmtree(left, ignore_errors=True)
