"""Which files a scan reads, each proven to be what its name says before anything is counted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tidegate.errors import InputError

SUFFIXES = (".parquet", ".csv")
_PARQUET = b"PAR1"
_HEAD = 512
_DVC_POINTER = re.compile(rb"\A(?:md5: [0-9a-f]{32}\r?\n)?outs:\r?\n- ")
_AGAIN = "Write the file again."


def files(paths: Sequence[Path]) -> list[Path]:
    """The data files among `paths` and in folders among them, in the order of their names.

    Raises InputError: E-DAT-001 a file of 0 bytes, E-DAT-003 no such path, E-DAT-010 damaged or another format,
    E-DAT-011 a kind of file that is not read, E-DAT-030 a pointer in the data's place.
    """
    found = sorted({file for path in paths for file in _at(path)})
    for file in found:
        _refuse_others(file)
    return found


def _at(path: Path) -> list[Path]:
    if path.is_dir():
        return [file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and _is_data(file, path)]
    if not path.is_file():
        raise InputError("E-DAT-003", "is no file or folder.", where=str(path), fix="Pull the data, or mend the path.")
    if path.suffix.lower() not in SUFFIXES:
        kinds = " and ".join(SUFFIXES)
        raise InputError("E-DAT-011", f"is no kind of file that can be scanned; {kinds} are.", where=str(path))
    return [path]


def _is_data(file: Path, folder: Path) -> bool:
    """Writers of folders leave files that begin with a dot or an underscore beside the data."""
    return file.is_file() and not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def _refuse_others(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            stream.seek(max(stream.seek(0, 2) - len(_PARQUET), 0))
            tail = stream.read()
    except OSError as error:
        raise InputError("E-DAT-010", f"cannot be read: {error.strerror}.", where=str(path)) from None
    if not head:
        raise InputError("E-DAT-001", "is empty (0 bytes).", where=str(path), fix=_AGAIN)
    if head.startswith(b"version https://git-lfs"):
        raise InputError("E-DAT-030", "is a Git LFS pointer, not the data.", where=str(path), fix="Run git lfs pull.")
    if _DVC_POINTER.match(head):
        raise InputError("E-DAT-030", "is a DVC pointer, not the data.", where=str(path), fix="Run dvc pull.")
    if path.suffix.lower() == ".parquet" and not head.startswith(_PARQUET):
        raise InputError("E-DAT-010", "is not Parquet.", where=str(path), fix=_AGAIN)
    if path.suffix.lower() == ".parquet" and (tail != _PARQUET or len(head) < 12):
        raise InputError("E-DAT-010", "is cut short: Parquet's end is missing.", where=str(path), fix=_AGAIN)
    if path.suffix.lower() == ".csv" and (b"\0" in head or head.startswith(_PARQUET)):
        raise InputError("E-DAT-004", "is not CSV text.", where=str(path), fix="Save it as UTF-8 text.")


def unreadable(error: BaseException, path: Path) -> InputError:
    """What a reader's own error says, in ours: file, row where it is known, first line of the message."""
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    row = re.search(r"Row #(\d+)", first)
    code = "E-DAT-004" if path.suffix.lower() == ".csv" else "E-DAT-010"
    where = f"{path}:{row.group(1)}" if row else str(path)
    return InputError(code, f"cannot be read: {first[:200]}", where=where, fix=_AGAIN)
