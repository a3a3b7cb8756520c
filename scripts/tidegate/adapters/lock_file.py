"""One process at a time: a lock that the system lets go of when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tidegate.errors import InfrastructureError, InputError


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock `path` as long as the body runs.

    Raises InputError E-DRF-041 where another process holds it, InfrastructureError E-FIL-001 where it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = path.open("wb")
    except OSError as error:
        raise InfrastructureError("E-FIL-001", f"cannot be written: {error.strerror}.", where=str(path)) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            fix = "Stop it, or give each its own --state."
            raise InputError(
                "E-DRF-041", "another process follows with this state.", where=str(path), fix=fix
            ) from None
        yield
