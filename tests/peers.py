"""Published programs that we are held against, each in an environment of its own, made once and kept.

They are no dependencies of ours and may pin what we may not, so they live in the cache folder and answer as JSON.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS = 300


class Unavailable(Exception):
    """Why an environment cannot be made here."""


def environment(requirement: str) -> Path:
    """The interpreter of an environment that holds one pinned package. Raises Unavailable with the reason."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidegate" / "peers"
    place = cache / f"{requirement.replace('==', '-')}-{sys.implementation.cache_tag}"
    if not (place / "made").is_file():
        _make(place, requirement)
    return place / "bin" / "python"


def _make(place: Path, requirement: str) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        raise Unavailable("uv is not installed")
    place.parent.mkdir(parents=True, exist_ok=True)
    # Made under its final name, because an environment cannot be moved; two at once each make it, the last one stays.
    shutil.rmtree(place, ignore_errors=True)
    for command in ([uv, "venv", "-q", str(place)], [uv, "pip", "install", "-q", "-p", str(place), requirement]):
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        if done.returncode:
            raise Unavailable(f"{requirement} cannot be installed: {done.stderr.strip()[-300:]}")
    (place / "made").touch()


def asked(requirement: str, program: str, **arrays: Any) -> Any:
    """What a program that reads `arrays.npz` prints as JSON, in the environment of one package."""
    import numpy as np

    interpreter = environment(requirement)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "arrays.npz", **arrays)
        done = subprocess.run(
            [str(interpreter), "-c", program], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)
