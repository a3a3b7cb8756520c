"""The server's packages for the Python of an image: locked, hash-checked, wheels only, unpacked and never run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.core.redaction import redacted
from tidegate.errors import InfrastructureError, InputError

_AWAY = re.compile(
    r"(?i)failed to fetch|error sending request|connection|timed out|could not fetch|dns error|no space left|"
    r"too many requests|\b50[0234]\b"
)


@dataclass(frozen=True, kw_only=True)
class Python:
    """The interpreter of a base image: ``3.11`` and ``x86_64``."""

    version: str
    machine: str


def install(lock: Path, python: Python, folder: Path, environ: Mapping[str, str]) -> None:
    """Unpack what the lock names into `folder`.

    Raises InputError E-IMG-006 without uv, E-IMG-003 for a lock that does not fit, InfrastructureError E-IMG-004 where
    a package index is out of reach.
    """
    uv = shutil.which("uv", path=os.pathsep.join([environ.get("PATH", ""), str(Path(sys.prefix) / "bin")]))
    if uv is None:
        raise InputError("E-IMG-006", "uv is not installed; it unpacks the server's packages.", fix="pip install uv")
    options = ["--quiet", "--no-config", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    platform = ["--python-version", python.version, "--python-platform", f"{python.machine}-manylinux_2_28"]
    command = [uv, "pip", "install", *options, *platform, "--target", str(folder), "-r", str(lock)]
    done = subprocess.run(
        command, env=dict(environ), cwd="/", capture_output=True, text=True, timeout=1800, check=False
    )
    if done.returncode:
        said = redacted(" ".join(done.stderr.split()))[:400]
        if _AWAY.search(said):
            raise InfrastructureError("E-IMG-004", f"the packages cannot be had: {said}", where=lock.name)
        raise InputError("E-IMG-003", f"the packages do not fit Python {python.version}: {said}", where=lock.name)
