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

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tidegate.adapters import files
from tidegate.core.evidence import canonical_bytes, digest, strict_json
from tidegate.errors import TidegateError

FOLDER = Path("cache") / "validate-data"
RESULT = "result.json"
_KEPT = 4
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
    """Keep `result` and the folder `docs` under `name`, whole or not at all, and forget the oldest others."""
    folder = evidence / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    building = Path(mkdtemp(dir=folder, prefix="."))
    files.write_atomically(building / RESULT, canonical_bytes(json.loads(json.dumps({"key": name, "result": result}))))
    if docs.is_dir():
        shutil.copytree(docs, building / docs.name)
    shutil.rmtree(folder / name, ignore_errors=True)
    building.rename(folder / name)
    by_age = sorted(folder.iterdir(), key=lambda place: place.stat().st_mtime, reverse=True)
    for old in by_age[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
