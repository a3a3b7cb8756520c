"""The work tree held against `dvc.lock`: what is missing, what is other than recorded, what is damaged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from tidegate.adapters.dvc import cache as dvc_cache
from tidegate.adapters.dvc.trees import digest_of
from tidegate.core.training.pipeline import UNKNOWN, Record
from tidegate.errors import InputError, Problems, SecurityRefusal, TidegateError

# Outputs above this are left to DVC, which knows what it hashed before.
_HASHED_HERE = 256 * 1024 * 1024


def missing(root: Path, stages: Mapping[str, Record]) -> list[str]:
    """Everything recorded as read or written that is not in the work tree."""
    paths = {path for record in stages.values() for path in (*record.deps, *record.outs)}
    return sorted(path for path in paths if "://" not in path and not (root / path).exists())


def unlike_recorded(root: Path, folder: str, stages: Mapping[str, Record]) -> dict[str, bool]:
    """Outputs that are there and not provably as recorded: path -> whether they are known to differ."""
    recorded = {path: digest for record in stages.values() for path, digest in record.outs.items()}
    found = {path: differs(root, folder, path, digest, limit=_HASHED_HERE) for path, digest in recorded.items()}
    return {path: known is True for path, known in found.items() if known is not False}


def differs(root: Path, folder: str, path: str, digest: str, *, limit: int | None = None) -> bool | None:
    """Whether what lies at `path` has other bytes than `digest` says; False where nothing lies there.

    None where that cannot be told here: more bytes than `limit`, a digest of another kind, or a folder whose listing
    DVC's cache lacks or that holds more than was recorded (which `.dvcignore` may leave out).
    """
    place = root / path
    if not place.exists():
        return False
    now = digest_of(place, limit=limit)
    if now is None or digest == UNKNOWN:
        return None
    if now == digest:
        return False
    if not (place.is_dir() and digest.endswith(".dir")):
        return True
    listing = _listing(root, folder, digest)
    return True if any(digest_of(place / name) != md5 for name, md5 in listing.items()) else None


def _listing(root: Path, folder: str, digest: str) -> dict[str, str]:
    """Name -> digest of a recorded folder's files; none where the cache has no such listing, or a damaged one."""
    stored = dvc_cache.cached(dvc_cache.project(root, folder), digest)
    if stored is None or f"{digest_of(stored)}.dir" != digest:
        return {}
    return {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(stored.read_bytes())}


def require_sources(root: Path, stages: Mapping[str, Record], in_git: Iterable[str] = ()) -> None:
    """Raise InputError E-DVC-013 for what stages read and only Git could have kept, when it is gone.

    `dvc repro --allow-missing`, which a clone without its data needs, would count a deleted script as unchanged.
    Outputs that Git keeps (`in_git`) are such files as well.
    """
    written = {path for record in stages.values() for path in record.outs} - set(in_git)
    problems: list[TidegateError] = [
        InputError(
            "E-DVC-013",
            "is recorded in dvc.lock, kept by neither DVC nor a stage, and missing.",
            where=path,
            fix="Restore it, or take it out of dvc.yaml.",
        )
        for path in missing(root, stages)
        if path not in written and not tracked(root, path)
    ]
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]


def fetchable(root: Path, paths: Iterable[str], stages: Mapping[str, Record]) -> list[str]:
    """Those of `paths` that are not here and that DVC keeps: recorded outputs, and what pointers stand for."""
    written = {path for record in stages.values() for path in record.outs}
    return [path for path in paths if not (root / path).exists() and (path in written or tracked(root, path))]


def tracked(root: Path, path: str) -> bool:
    """Whether a pointer stands for `path` or a folder above it."""
    places = [PurePosixPath(path), *PurePosixPath(path).parents]
    return any((root / f"{place}.dvc").is_file() for place in places if str(place) != ".")


def verify(root: Path, folder: str, recorded: Mapping[str, str]) -> None:
    """Raise SecurityRefusal E-DVC-011 for each path of `recorded` (path -> digest) that has other bytes.

    DVC hands out damaged objects of its cache and of an unverified remote without a word. `folder` is any of the
    project's.
    """
    problems: list[TidegateError] = [
        SecurityRefusal(
            "E-DVC-011",
            f"has other bytes than dvc.lock records ({digest}): DVC's cache or remote is damaged.",
            where=path,
            fix="Delete that object from the cache, set `verify = true` on the remote, push it again from its origin.",
        )
        for path, digest in recorded.items()
        if differs(root, folder, path, digest)
    ]
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]
