"""DVC's cache: where it is, one object of it by digest, and sharing it with a second work tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tidegate.errors import InputError


def project(root: Path, folder: str) -> Path:
    """The DVC project that `folder` belongs to. Raises InputError when there is none up to `root`."""
    place = root / folder
    while not (place / ".dvc").is_dir():
        if place == root or place == place.parent:
            raise InputError("E-DVC-004", "is in no DVC project.", where=folder, fix="Run dvc init.")
        place = place.parent
    return place


def _settings(project_folder: Path) -> Any:
    """The project's configuration, all levels merged and paths made absolute, as DVC itself reads it."""
    from dvc.config import Config, ConfigError

    try:
        return Config(dvc_dir=str(project_folder / ".dvc"))
    except ConfigError as error:
        raise InputError("E-DVC-005", f"is no DVC configuration: {error!s:.200}", where=".dvc/config") from None


def cached(project_folder: Path, digest: str) -> Path | None:
    """Where the object of a file's `digest` is in the cache, or None when it is not."""
    place = folder(project_folder) / "files" / "md5" / digest[:2] / digest[2:]
    return place if place.is_file() else None


def folder(project_folder: Path) -> Path:
    """The folder of the project's cache."""
    return Path(_settings(project_folder).get("cache", {}).get("dir") or project_folder / ".dvc" / "cache")


def share(project_folder: Path, other: Path) -> None:
    """Let the DVC project `other` (a second work tree) use the first one's cache and reach its remotes.

    Written to `other`'s private, never committed configuration: a remote's path that was relative and credentials
    that lie beside the first work tree only would otherwise be missed.
    """
    from dvc.config import Config

    settings = _settings(project_folder)
    with Config(dvc_dir=str(other / ".dvc")).edit("local") as local:
        local["cache"] = {**settings.get("cache", {}), "dir": str(folder(project_folder))}
        local["core"] = dict(settings.get("core", {}))
        local["remote"] = {name: dict(options) for name, options in settings.get("remote", {}).items()}
