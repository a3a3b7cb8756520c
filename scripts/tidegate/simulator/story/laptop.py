"""What people do on their own machine, with the same commands: train before they push, and the very first release."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidegate.errors import InfrastructureError
from tidegate.simulator.live import Live

SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Laptop:
    """A clone of the repository in `folder`; `environ` is the machine's."""

    folder: Path
    origin: str
    environ: Mapping[str, str]
    live: Live

    def clone(self) -> None:
        """Have the repository here, with somebody's name on what is committed."""
        self._run(["git", "clone", "--quiet", self.origin, str(self.folder)], Path("/"))
        for key, value in (("user.name", "Ada"), ("user.email", "ada@users.noreply.github.com")):
            self._run(["git", "config", key, value], self.folder)

    def tidegate(self, *arguments: str) -> str:
        """One command of the toolkit that the repository has: its answer."""
        return self._run([str(self.folder / "scripts/run.sh"), *arguments], self.folder)

    def git(self, *arguments: str) -> str:
        """One Git command here, with what the remote has now."""
        self._run(["git", "fetch", "--quiet", "--tags", "origin"], self.folder)
        return self._run(["git", *arguments], self.folder)

    def commit(self, message: str, paths: Sequence[str]) -> None:
        """Commit files to `main` and push them."""
        self._run(["git", "add", "--", *paths], self.folder)
        self._run(["git", "commit", "--quiet", f"--message={message}"], self.folder)
        self._run(["git", "push", "--quiet", "origin", "HEAD:refs/heads/main"], self.folder)

    def train(self, branch: str, edits: Mapping[str, str], message: str) -> None:
        """Change files, train, push a branch: with `dvc.lock`, and the model in the remote inside the repository."""
        for path, text in edits.items():
            (self.folder / path).write_text(text, encoding="utf-8")
        self.tidegate("train-model")
        self._share_outputs()
        self._run(["git", "add", "--all"], self.folder)
        self._run(["git", "commit", "--quiet", f"--message={message}"], self.folder)
        self._run(["git", "push", "--quiet", "origin", f"HEAD:refs/heads/{branch}"], self.folder)

    def _share_outputs(self) -> None:
        """All that `dvc push` does where the remote is a folder: what the cache has and the remote lacks goes there."""
        cache, remote = self.folder / ".dvc/cache/files/md5", self.folder / ".dvc/storage/files/md5"
        for file in cache.glob("*/*"):
            target = remote / file.parent.name / file.name
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)

    def _run(self, command: Sequence[str], where: Path) -> str:
        process = subprocess.Popen(
            command,
            cwd=where,
            env={**self.environ, "GIT_CONFIG_NOSYSTEM": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            with self.live.running(process):
                said, wrong = process.communicate(timeout=SECONDS)
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
        if process.returncode:
            last = wrong.decode(errors="replace").strip()[-400:]
            raise InfrastructureError("E-SIM-042", f"{Path(command[0]).name} {' '.join(command[1:3])} failed: {last}")
        return said.decode(errors="replace").strip()
