"""How much memory is left to this process: the least of what the machine, its container and its own limits leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

COPIES = 4
"""Times the size of its columns that a table takes at most while it is checked: as a frame, and as masks and sorts."""
_CONTAINER = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60


def free() -> int | None:
    """Bytes, None where nobody knows."""
    return min(_left(), default=None)


def _left() -> Iterator[int]:
    if (machine := _line("/proc/meminfo", "MemAvailable:")) is not None:
        yield machine
    limit, used = (_number(_CONTAINER / name) for name in ("memory.max", "memory.current"))
    if limit is not None and used is not None and limit < _UNLIMITED:
        yield max(limit - used, 0)
    yield from _address_space()


def _address_space() -> Iterator[int]:
    try:
        import resource
    except ImportError:
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    used = _line("/proc/self/status", "VmSize:")
    if limit != resource.RLIM_INFINITY and used is not None:
        yield max(limit - used, 0)


def _line(path: str, name: str) -> int | None:
    """A number of kilobytes in a file of /proc, in bytes."""
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), None)


def _number(path: Path) -> int | None:
    try:
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
