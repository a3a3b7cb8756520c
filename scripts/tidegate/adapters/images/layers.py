"""Layers as tars that depend on nothing but the bytes in them: sorted, without times, owned by root."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_BESIDE_PACKAGES = {"bin", ".lock"}
"""Programs that name the interpreter that installed them, and what an installer leaves."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file with its bytes or the path of them, or a folder without either; `name` has no leading slash."""

    name: str
    data: bytes | Path | None = None
    owner: int = 0


def write(stream: IO[bytes], entries: Iterable[Entry]) -> None:
    """A tar of the entries and of the folders that they are in."""
    named = {entry.name: entry for entry in entries}
    folders = {str(parent) for name in named for parent in Path(name).parents if str(parent) != "."}
    named = {name: Entry(name=name) for name in folders} | named
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in sorted(named):
            _add(archive, named[name])


def tarred(entries: Iterable[Entry]) -> bytes:
    """The same in memory."""
    stream = io.BytesIO()
    write(stream, entries)
    return stream.getvalue()


def tree(root: Path, under: str, wanted: str = "*") -> Iterator[Entry]:
    """The files below `root` whose names match, as they will lie below `under`. Links are left out."""
    for path in root.rglob(wanted):
        inside = path.relative_to(root)
        left_out = inside.parts[0] in _BESIDE_PACKAGES or "__pycache__" in inside.parts
        if path.is_file() and not path.is_symlink() and not left_out:
            yield Entry(name=f"{under}/{inside.as_posix()}".lstrip("/"), data=path)


def context(recipe: str, layers: Mapping[str, bytes | Path]) -> IO[bytes]:
    """A build context, on disk where it is large; the caller closes it."""
    stream = tempfile.SpooledTemporaryFile(max_size=32 << 20)  # noqa: SIM115 - the caller closes it
    write(stream, [Entry(name="Dockerfile", data=recipe.encode()), *_files(layers)])
    stream.seek(0)
    return stream


def _files(layers: Mapping[str, bytes | Path]) -> Iterator[Entry]:
    return (Entry(name=name, data=data) for name, data in layers.items())


def _add(archive: tarfile.TarFile, entry: Entry) -> None:
    told = tarfile.TarInfo(entry.name)
    told.uid = told.gid = entry.owner
    told.mode = 0o755 if entry.data is None else 0o644
    if entry.data is None:
        told.type = tarfile.DIRTYPE
        archive.addfile(told)
    elif isinstance(entry.data, bytes):
        told.size = len(entry.data)
        archive.addfile(told, io.BytesIO(entry.data))
    else:
        with entry.data.open("rb") as source:
            told.size = entry.data.stat().st_size
            archive.addfile(told, source)
