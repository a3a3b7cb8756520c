"""Whose turn it is to deploy: one run at a time in an environment, and the newest commit's before all others.

A run first says which commit it is for; a newer commit's claim replaces an older one's, never the other way round. The
run that is at work looks at the claim before every action, and leaves the rest to the newer one.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tidegate.adapters import files
from tidegate.errors import InfrastructureError, Superseded

_PAUSE = 0.1


class Turn:
    """The turn of `commit` in the environment that keeps its state in `folder`.

    `contains(newer, older)`: whether the history of one commit contains the other.
    """

    def __init__(self, folder: Path, commit: str, contains: Callable[[str, str], bool]) -> None:
        self._folder, self._commit, self._contains = folder, commit, contains
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self, patience: float) -> Iterator[None]:
        """Claim the turn and wait for it.

        Raises Superseded when a newer commit has claimed it, InfrastructureError E-DEP-031 after `patience` seconds.
        """
        with self._locked("claim", patience):
            self._claim()
        with self._locked("deploying", patience):
            self.check()
            yield

    def check(self) -> None:
        """Raises Superseded when another commit has claimed the turn since."""
        claimed = self._claimed()
        if claimed != self._commit:
            raise self._superseded(claimed)

    def _claim(self) -> None:
        claimed = self._claimed()
        if claimed and claimed != self._commit and not self._contains(self._commit, claimed):
            raise self._superseded(claimed)
        files.write_atomically(self._folder / "claimed", f"{self._commit}\n".encode())

    def _claimed(self) -> str:
        path = self._folder / "claimed"
        return path.read_text(encoding="utf-8").strip() if path.is_file() else ""

    def _superseded(self, claimed: str) -> Superseded:
        message = f"commit {self._commit[:12]} is not newer than {claimed[:12]}, which is or was deployed here."
        return Superseded("E-DEP-030", message, fix="Revert on the branch to go back: that is a newer commit.")

    @contextmanager
    def _locked(self, name: str, patience: float) -> Iterator[None]:
        """A lock that the system frees when its holder dies."""
        deadline = time.monotonic() + patience
        with (self._folder / f"{name}.lock").open("a") as stream:
            while True:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        message = f"another deployment did not end within {patience:g} s."
                        raise InfrastructureError(
                            "E-DEP-031", message, fix="Look at its job, then run again."
                        ) from None
                    time.sleep(_PAUSE)
            yield
