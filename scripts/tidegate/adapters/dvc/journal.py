"""Which stages' commands ran, for how long and how they ended, independent of what they print.

DVC's messages and a training script's lines come out of the same pipe, so a log line that looks like DVC's own would
be believed. DVC starts every command through `$SHELL`: ours notes start and end as files and has the real one work.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_WRAPPER = """#!/bin/sh
note={folder}/$$
while [ -e "$note.stage" ]; do note=${{note}}x; done
printf %s "$DVC_STAGE" > "$note.stage"
unset {hidden}
{shell_variable}
{shell} "$@"
code=$?
printf %s "$code" > "$note.end"
exit "$code"
"""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command of a stage; `code` is None when it was cut off."""

    stage: str
    seconds: float
    code: int | None


@dataclass(frozen=True)
class Journal:
    """The folder of notes of one DVC run."""

    folder: Path

    def commands(self) -> list[Command]:
        """Every command that was started, in order."""
        stages = sorted(self.folder.glob("notes/*.stage"), key=lambda note: note.stat().st_mtime_ns)
        return [_command(note) for note in stages]


def _command(note: Path) -> Command:
    end = note.with_suffix(".end")
    code = end.read_text() if end.exists() else ""
    seconds = (end.stat().st_mtime_ns - note.stat().st_mtime_ns) / 1e9 if end.exists() else 0.0
    return Command(
        stage=note.read_text(encoding="utf-8", errors="replace"),
        seconds=seconds,
        code=int(code) if code.isdigit() else None,
    )


@contextmanager
def kept(environment: Mapping[str, str], hidden: Sequence[str]) -> Iterator[tuple[Journal, dict[str, str]]]:
    """A journal, and `environment` with the shell that keeps it. Stages see neither it nor the `hidden` variables."""
    with TemporaryDirectory(prefix="tidegate-stages-") as name:
        folder = Path(name)
        (folder / "notes").mkdir()
        shell = environment.get("SHELL") or "/bin/sh"
        # The file's name is the real shell's: DVC passes zsh, bash and fish options of their own.
        wrapper = folder / (Path(shell).name or "sh")
        wrapper.write_text(_written(folder / "notes", shell, environment, hidden), encoding="utf-8")
        wrapper.chmod(0o700)
        yield Journal(folder), {**environment, "SHELL": str(wrapper)}


def _written(notes: Path, shell: str, environment: Mapping[str, str], hidden: Sequence[str]) -> str:
    ours = [name for name in hidden if name not in environment]
    return _WRAPPER.format(
        folder=shlex.quote(str(notes)),
        hidden=" ".join(ours) or "note_unused",
        shell_variable=f"SHELL={shlex.quote(shell)}; export SHELL" if environment.get("SHELL") else "unset SHELL",
        shell=shlex.quote(shell),
    )
