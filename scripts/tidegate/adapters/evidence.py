"""Evidence on disk: `.tidegate/<command>.json`."""

from __future__ import annotations

from pathlib import Path

from tidegate.adapters import files
from tidegate.core import evidence as core
from tidegate.core.evidence import Evidence

LIMIT = 16 * 1024 * 1024


def write(folder: Path, evidence: Evidence) -> Path:
    """Write the evidence in canonical bytes, whole or not at all, and return its path."""
    path = folder / f"{evidence.command}.json"
    files.write_atomically(path, core.canonical_bytes(evidence.document()))
    return path


def read(folder: Path, command: str) -> Evidence | None:
    """The evidence that `command` left, or None when it left none. Raises InputError when it cannot be trusted."""
    path = folder / f"{command}.json"
    if not path.exists():
        return None
    return core.parse(files.read_text(path, limit=LIMIT, shown=f".tidegate/{path.name}"), f".tidegate/{path.name}")
