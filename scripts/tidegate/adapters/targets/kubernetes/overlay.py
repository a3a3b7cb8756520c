"""All that surrounds the releases of an environment, put on the cluster as its kustomization says.

`kubectl` renders and applies it: nothing else understands every kustomization. It does so under a name of its own, so
that the fields of the overlay and those of the releases each have one owner, and neither overwrites the other's.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tidegate.errors import InputError

MANAGER = "tidegate-overlay"
_SECONDS = 120
_PASSED_ON = ("PATH", "HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "LANG", "TMPDIR")


def apply(folder: Path, context: str, environ: Mapping[str, str]) -> None:
    """Apply the kustomization in `folder`. Raises InputError E-KUB-009 without kubectl, or with what it says."""
    program = shutil.which("kubectl", path=environ.get("PATH"))
    if program is None:
        fix = "Install kubectl, or take `overlay` out of environment.yaml and apply it yourself."
        raise InputError("E-KUB-009", "kubectl is not installed; it applies the overlay.", where=folder.name, fix=fix)
    command = [program, "apply", "--server-side", f"--field-manager={MANAGER}", f"--kustomize={folder}"]
    command += [f"--context={context}"] if context else []
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=kept)
    except subprocess.TimeoutExpired:
        message = f"the overlay was not applied within {_SECONDS} s."
        raise InputError("E-KUB-009", message, where=folder.name, fix="Run again.") from None
    if done.returncode:
        told = " ".join(done.stderr.split())[-400:] or f"kubectl ended with {done.returncode}"
        fix = f"Try it by hand: kubectl apply --server-side --dry-run=server -k {folder.name}."
        raise InputError("E-KUB-009", f"the overlay was refused: {told}", where=folder.name, fix=fix)
