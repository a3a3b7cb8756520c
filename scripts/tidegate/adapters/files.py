"""The file system: whole files or none, and never outside the workspace."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from tidegate.errors import InfrastructureError, InputError, SecurityRefusal


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step; a reader or a killed writer never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InfrastructureError(
            "E-FIL-001",
            f"cannot be written: {error.strerror}.",
            where=str(path),
            fix="Free space or mend the permissions, then run again.",
        ) from error


def read_text(path: Path, *, limit: int, shown: str | None = None) -> str:
    """The UTF-8 text of `path` (a byte-order mark is dropped).

    Raises InputError when absent, not a file, larger than `limit` bytes, or not UTF-8 (naming byte and offset).
    """
    where = shown or str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise InputError("E-FIL-002", f"cannot be read: {error.strerror}.", where=where) from error
    if len(data) > limit:
        raise InputError("E-FIL-003", f"is larger than {limit} bytes.", where=where)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "E-FIL-004",
            f"is not UTF-8 (byte 0x{data[error.start]:02x} at offset {error.start}).",
            where=where,
        ) from None


def sha256(path: Path) -> str:
    """``sha256:`` digest of a file, read in blocks."""
    with path.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def require_same(digest: str, read: str, shown: str) -> None:
    """Raises InfrastructureError E-MET-022 where a file's digest and that of the bytes that were read differ."""
    if digest != read:
        fix = "Run again when nothing writes it any more."
        raise InfrastructureError("E-MET-022", "changed while it was read.", where=shown, fix=fix)


def inside(root: Path, relative: str) -> Path:
    """`root / relative` with links resolved. Raises SecurityRefusal when that leaves `root`."""
    if relative.startswith(("/", "~")) or "\0" in relative:
        raise SecurityRefusal(
            "E-SEC-002",
            f"path {relative[:80]!r} leaves the workspace.",
            fix="Give a path relative to the repository.",
        )
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise SecurityRefusal(
            "E-SEC-002",
            f"path {relative[:80]!r} leaves the workspace.",
            fix="Give a path relative to the repository.",
        )
    return path
