"""What was validated before, so that a change that leaves the data alone does not pay for Great Expectations again.

A result is kept under the digest of everything that it follows from: the data's and the base data's digests, the
suites, the columns that the contract names, and the versions of what computed it. Anything else asks anew. Serving it
needs no data, because the digest says that it is the same; data that lies in the work tree is hashed first all the
same, as training reads it.

It lies in `.tidegate/cache`, which a workflow may keep between runs. A cache that a pull request writes is read by that
pull request alone, and whoever could forge it there runs code in the same job, where the evidence itself is written.
Nothing that promotes reads it.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tidegate.adapters import files
from tidegate.core.evidence import canonical_bytes, digest, strict_json
from tidegate.errors import InfrastructureError, TidegateError

FOLDER = Path("cache") / "validate-data"
RESULT = "result.json"
_KEPT = 4
_PACKAGES = ("great-expectations", "numpy", "pandas", "pyarrow")
_LIMIT = 16 * 1024 * 1024


def key(facts: Mapping[str, Any]) -> str:
    """The name of a result that follows from `facts` and nothing else."""
    return digest(canonical_bytes(facts)).removeprefix("sha256:")


def find(evidence: Path, name: str, docs: Path) -> dict[str, Any] | None:
    """The result kept under `name`, its data docs put at `docs`; None when there is none, or it is not whole."""
    place = evidence / FOLDER / name
    try:
        found = strict_json(files.read_text(place / RESULT, limit=_LIMIT), RESULT)
    except TidegateError:
        return None
    if not isinstance(found, dict) or found.get("key") != name or not isinstance(found.get("result"), dict):
        return None
    shutil.rmtree(docs, ignore_errors=True)
    if (place / docs.name).is_dir():
        shutil.copytree(place / docs.name, docs)
    place.touch()
    return dict(found["result"])


def keep(evidence: Path, name: str, result: Mapping[str, Any], docs: Path) -> None:
    """Keep `result` and the folder `docs` under `name`, whole or not at all, and forget the oldest others.

    Where that cannot be written, the next run takes its time again; this one's answer stands.
    """
    folder = evidence / FOLDER
    with contextlib.suppress(OSError, InfrastructureError):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix=".", ignore_cleanup_errors=True) as building:
            whole = Path(building) / name
            files.write_atomically(whole / RESULT, canonical_bytes({"key": name, "result": result}))
            if docs.is_dir():
                shutil.copytree(docs, whole / docs.name)
            shutil.rmtree(folder / name, ignore_errors=True)
            whole.rename(folder / name)
        by_age = sorted(folder.iterdir(), key=lambda place: place.stat().st_mtime, reverse=True)
        for old in by_age[_KEPT:]:
            shutil.rmtree(old, ignore_errors=True)


def toolkit() -> dict[str, str]:
    """What computes a result: our own source and the packages that have a say in it, by digest and version."""
    package = Path(__file__).resolve().parents[1]
    sources = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        sources.update(path.read_bytes())
    return {"tidegate": sources.hexdigest(), **{name: version(name) for name in _PACKAGES}}
