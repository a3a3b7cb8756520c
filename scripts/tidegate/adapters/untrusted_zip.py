"""An archive that a stranger made, read in memory: what is not on the list of allowed names refuses the whole of it.

Nothing is extracted, so there is no path to escape by. The archive's own directory is measured before it is parsed,
and what members promise to be is checked before one is read, so that neither a million names nor a bomb costs memory.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.errors import SecurityRefusal

_END = b"PK\x05\x06"
_END_BYTES = 22
_ZIP64 = (0xFFFF, 0xFFFFFFFF)
_RATIO_FROM = 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, struct.error, OverflowError)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`allowed` maps a pattern, matched against the whole name, to the most bytes of such a member."""

    allowed: Mapping[str, int]
    folders: frozenset[str] = frozenset()
    members: int = 100
    directory: int = 64 * 1024
    total: int = 64 * 1024 * 1024
    ratio: int = 200


def read(data: bytes, rules: Rules) -> dict[str, bytes]:
    """All members by name. Raises SecurityRefusal E-SEC-041 naming the first thing that is not as it should be."""
    _measure(data, rules)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # No member yields more bytes than its header promises, and promises are checked against the rules.
            return {info.filename: archive.read(info) for info in _checked(archive.infolist(), len(data), rules)}
    except _BROKEN as error:
        raise _refused(f"is not a whole zip file ({type(error).__name__})") from None


def _measure(data: bytes, rules: Rules) -> None:
    """The end record as every reader finds it first: last in the file, no comment, no second, larger format."""
    end = data[-_END_BYTES:]
    if len(end) < _END_BYTES or not end.startswith(_END) or end[-2:] != b"\0\0":
        raise _refused("does not end like a zip file")
    count, directory, offset = struct.unpack_from("<HII", end, 10)
    if count in _ZIP64 or directory in _ZIP64 or offset in _ZIP64:
        raise _refused("is in the zip64 format")
    if count > rules.members or directory > rules.directory:
        raise _refused(f"has more than {rules.members} members or too long names")
    if offset + directory + _END_BYTES != len(data):
        raise _refused("has bytes before or between its parts")


def _checked(members: list[zipfile.ZipInfo], size: int, rules: Rules) -> list[zipfile.ZipInfo]:
    files: list[zipfile.ZipInfo] = []
    names: set[str] = set()
    if len(members) > rules.members:
        raise _refused(f"has more than {rules.members} members, whatever it says")
    for info in members:
        if info.filename.casefold() in names:
            raise _refused("has a name twice", info.orig_filename)
        names.add(info.filename.casefold())
        if _is_file(info, rules):
            files.append(info)
    total = sum(info.file_size for info in files)
    if total > rules.total:
        raise _refused(f"would unpack to more than {rules.total} bytes")
    if total > _RATIO_FROM and total > rules.ratio * size:
        raise _refused(f"would unpack to more than {rules.ratio} times its size")
    return files


def _is_file(info: zipfile.ZipInfo, rules: Rules) -> bool:
    """Whether this member is one that evidence has; False for a folder."""
    name = info.orig_filename
    if name != info.filename:
        raise _refused("has a name with a hidden part", name)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if name in rules.folders and info.file_size == 0 and kind in (0, stat.S_IFDIR, stat.S_IFREG):
        return False
    if kind not in (0, stat.S_IFREG):
        raise _refused("has a member that is no regular file", name)
    if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
        raise _refused("has a member that is encrypted or packed in an unusual way", name)
    most = next((most for pattern, most in rules.allowed.items() if re.fullmatch(pattern, name)), None)
    if most is None:
        raise _refused("has a member that no evidence has", name)
    if info.file_size > most:
        raise _refused(f"has a member of more than {most} bytes", name)
    return True


def _refused(why: str, name: str = "") -> SecurityRefusal:
    named = f" ({name[:80]!a})" if name else ""
    return SecurityRefusal(
        "E-SEC-041",
        f"the artifact {why}{named}; nothing of it was used.",
        fix="Look at what the run of this change uploads.",
    )
