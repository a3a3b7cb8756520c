"""The work tree held against `dvc.lock`: what is missing, what is other than recorded, what is damaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from tidegate.adapters.dvc_trees import digest_of
from tidegate.core.pipeline import UNKNOWN, Record
from tidegate.errors import InputError, Problems, SecurityRefusal, TidegateError

# Outputs above this are left to DVC, which knows what it hashed before.
_HASHED_HERE = 256 * 1024 * 1024


def missing(root: Path, stages: Mapping[str, Record]) -> list[str]:
    """Everything recorded as read or written that is not in the work tree."""
    paths = {path for record in stages.values() for path in (*record.deps, *record.outs)}
    return sorted(path for path in paths if "://" not in path and not (root / path).exists())


def unlike_recorded(root: Path, stages: Mapping[str, Record]) -> dict[str, bool]:
    """Outputs that are there and not as recorded: path -> True when they differ, False when that is not known."""
    found: dict[str, bool] = {}
    for path, digest in ((path, digest) for record in stages.values() for path, digest in record.outs.items()):
        place = root / path
        if place.exists():
            now = digest_of(place, limit=_HASHED_HERE)
            if now != digest:
                found[path] = now is not None and digest != UNKNOWN
    return found


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
        if path not in written and not _tracked(root, path)
    ]
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]


def fetchable(root: Path, paths: Iterable[str], stages: Mapping[str, Record]) -> list[str]:
    """Those of `paths` that are not here and that DVC keeps: recorded outputs, and what pointers stand for."""
    written = {path for record in stages.values() for path in record.outs}
    return [path for path in paths if not (root / path).exists() and (path in written or _tracked(root, path))]


def _tracked(root: Path, path: str) -> bool:
    """Whether a pointer stands for `path` or a folder above it."""
    places = [PurePosixPath(path), *PurePosixPath(path).parents]
    return any((root / f"{place}.dvc").is_file() for place in places if str(place) != ".")


def verify(root: Path, recorded: Mapping[str, str]) -> None:
    """Raise SecurityRefusal E-DVC-011 for each path of `recorded` (path -> digest) that has other bytes.

    DVC hands out damaged objects of its cache and of an unverified remote without a word.
    """
    problems: list[TidegateError] = [
        SecurityRefusal(
            "E-DVC-011",
            f"has other bytes than dvc.lock records ({digest}): DVC's cache or remote is damaged.",
            where=path,
            fix="Delete that object from the cache, set `verify = true` on the remote, push it again from its origin.",
        )
        for path, digest in recorded.items()
        if digest != UNKNOWN and (root / path).exists() and digest_of(root / path) != digest
    ]
    if problems:
        raise Problems(problems) if len(problems) > 1 else problems[0]
