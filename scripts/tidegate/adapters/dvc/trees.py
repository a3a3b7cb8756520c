"""A commit's files, or the work tree's, seen through DVC's digests: what `core/freshness.py` asks."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters.dvc.documents import parsed, pointed
from tidegate.errors import InputError

# Above this, DVC's own record of what it hashed before is the cheaper way.
_HASHED_HERE = 256 * 1024 * 1024
_FILES_HASHED_HERE = 2000


@dataclass(frozen=True, kw_only=True)
class CommitTree:
    """`read` gives a path's bytes at the commit (None: absent), `listing` the paths of the files under a folder."""

    read: Callable[[str], bytes | None]
    listing: Callable[[str], Iterable[str]]

    def digest(self, path: str) -> str | None:
        """DVC's digest of `path`: by its content in Git, or by the pointer that stands for it."""
        content = self.read(path)
        if content is not None:
            return hashlib.md5(content, usedforsecurity=False).hexdigest()
        return _by_pointer(path, self.read) or self._folder(path)

    def document(self, path: str) -> Any:
        """The parsed YAML or JSON file at `path`, None where there is none."""
        return _document(self.read(path), path)

    def _folder(self, path: str) -> str | None:
        files = list(self.listing(path))
        if not 0 < len(files) <= _FILES_HASHED_HERE:
            return None
        return folder_digest(
            {
                posixpath.relpath(file, path): hashlib.md5(self.read(file) or b"", usedforsecurity=False).hexdigest()
                for file in files
            }
        )


@dataclass(frozen=True)
class WorkTree:
    """The files under `root` as they are now."""

    root: Path

    def digest(self, path: str) -> str | None:
        """DVC's digest of `path` where that is quick to know; where nothing is there, its pointer's."""
        place = self.root / path
        if place.exists():
            return digest_of(place, limit=_HASHED_HERE)
        return _by_pointer(path, self._read)

    def document(self, path: str) -> Any:
        """The parsed YAML or JSON file at `path`, None where there is none."""
        return _document(self._read(path), path)

    def _read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return None


def digest_of(place: Path, *, limit: int | None = None) -> str | None:
    """DVC's digest of a file or folder; None when it holds more than `limit` bytes or cannot be read."""
    files = sorted(file for file in place.rglob("*") if file.is_file()) if place.is_dir() else [place]
    try:
        if limit is not None and (
            len(files) > _FILES_HASHED_HERE or sum(file.stat().st_size for file in files) > limit
        ):
            return None
        digests = {file.relative_to(place).as_posix(): _md5(file) for file in files}
    except OSError:
        return None
    return folder_digest(digests) if place.is_dir() else digests["."]


def folder_digest(files: Mapping[str, str]) -> str:
    """The digest of a folder: of the listing that DVC stores, `[{"md5": …, "relpath": …}, …]` by path."""
    listing = [{"md5": digest, "relpath": path} for path, digest in sorted(files.items())]
    return hashlib.md5(json.dumps(listing, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _by_pointer(path: str, read: Callable[[str], bytes | None]) -> str | None:
    pointer = f"{path}.dvc"
    return pointed(_document(read(pointer), pointer)).get(posixpath.basename(path))


def _document(data: bytes | None, path: str) -> Any:
    if not path.endswith((".yaml", ".yml", ".json", ".dvc")):
        return None
    try:
        return parsed(data, path)
    except InputError:
        return None
