"""Bringing a pipeline up to date with `dvc repro`, and knowing afterwards what was done."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tidegate.adapters.dvc import journal as dvc_journal
from tidegate.adapters.dvc import program as dvc_program
from tidegate.adapters.dvc.documents import parsed, recorded
from tidegate.adapters.dvc.journal import Command
from tidegate.console import Console
from tidegate.core.redaction import redacted
from tidegate.core.training.dvc_failure import REMOTE_UNUSABLE, failure, is_busy
from tidegate.core.training.pipeline import DEFINITION, RECORD, Record, sources_never_run
from tidegate.errors import InfrastructureError, InputError, TidegateError

LOCK_WAIT = 60.0
STAGE_FAILED = "E-DVC-030"
_EVIDENCE_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """One `dvc repro`: the stages' records before and after it, and the commands that it started."""

    before: Mapping[str, Record]
    after: Mapping[str, Record]
    commands: tuple[Command, ...]


def read_records(root: Path, folder: str) -> dict[str, Record]:
    """What `dvc.lock` in `folder` says now. Raises InputError E-DVC-001 to -003, E-DVC-006 without a `dvc.yaml`."""
    return recorded(_bytes(root / folder / RECORD), read_definition(root, folder), folder)


def read_definition(root: Path, folder: str) -> object:
    """The parsed `dvc.yaml` of `folder`."""
    where = f"{folder}/{DEFINITION}"
    data = _bytes(root / where)
    if data is None:
        raise InputError("E-DVC-006", "not found.", where=where, fix="Name the folder of the pipeline as `path`.")
    return parsed(data, where)


def reproduce(
    root: Path,
    folder: str,
    environment: Mapping[str, str],
    console: Console,
    *,
    targets: Sequence[str] = (),
    pull: bool = True,
    needed: Sequence[str] = (),
    lock_wait: float = LOCK_WAIT,
) -> Reproduction:
    """Run what is out of date of the pipeline in `root / folder`, or of its stages `targets`.

    With `pull`, what is missing need not be here unless a stage that has to run reads it: that is `needed`, which is
    fetched first (DVC itself looks for it in the wrong place when the stage has a `wdir`). Where the remote cannot be
    used, what DVC's cache holds has to do.
    Raises InputError when a stage fails (E-DVC-030, its last lines in `error.log`), InfrastructureError E-DVC-021 when
    another DVC process holds the project for more than `lock_wait` seconds, and what `core.dvc_failure` tells apart.
    """
    before = read_records(root, folder)
    at = _Pipeline(root=root, folder=folder, environment=environment, console=console, lock_wait=lock_wait)
    operands = ["--", *targets] if targets else []
    if not pull:
        commands = at.bring(["repro", *operands])
    else:
        try:
            fetch(root, needed, environment, console)
            first = sources_never_run(before, read_definition(root, folder))
            commands = at.bring(["repro", "--single-item", "--", *first]) if first else []
            commands += at.bring(["repro", "--pull", "--allow-missing", *operands])
        except TidegateError as error:
            if error.code not in REMOTE_UNUSABLE:
                raise
            commands = at.bring_offline(operands, error)
    return Reproduction(before=before, after=read_records(root, folder), commands=tuple(commands))


@dataclass(frozen=True, kw_only=True)
class _Pipeline:
    root: Path
    folder: str
    environment: Mapping[str, str]
    console: Console
    lock_wait: float

    def bring(self, arguments: Sequence[str]) -> list[Command]:
        """Run DVC, waiting for another one that is at work. The commands that it started; raises when it failed."""
        give_up = time.monotonic() + self.lock_wait
        with dvc_journal.kept(self.environment, dvc_program.added()) as (journal, watched):
            while True:
                ended = dvc_program.run(arguments, self.root / self.folder, watched, self.console)
                commands = journal.commands()
                if not ended.code:
                    return commands
                if commands or not is_busy(ended.lines) or time.monotonic() >= give_up:
                    raise _failed(ended, commands, f"{self.folder}/{DEFINITION}", self.lock_wait)
                self.console.say("Another DVC process is at work here; waiting for it.")
                time.sleep(min(1.0, self.lock_wait))

    def bring_offline(self, operands: Sequence[str], error: TidegateError) -> list[Command]:
        """As `bring`, with what the cache holds; raises the remote's `error` when that is not enough."""
        self.console.say(f"{error.message} Trying with what DVC's cache holds.")
        dvc_program.run(["checkout", "--allow-missing"], self.root / self.folder, self.environment, self.console)
        try:
            return self.bring(["repro", "--allow-missing", *operands])
        except TidegateError as second:
            raise second if second.code == STAGE_FAILED else error from second


def fetch(root: Path, paths: Sequence[str], environment: Mapping[str, str], console: Console) -> None:
    """Bring `paths` (from the root) into the work tree, from the cache or the remote. Raises as `reproduce` does."""
    if not paths:
        return
    ended = dvc_program.run(["pull", "--", *paths], root, environment, console)
    if ended.code:
        raise with_log(failure(ended.lines, ended.code, paths[0]), ended.lines)


def _failed(ended: dvc_program.Ended, commands: Sequence[Command], where: str, lock_wait: float) -> TidegateError:
    broken = next((command for command in commands if command.code != 0), None)
    if broken is not None:
        error: TidegateError = InputError(
            STAGE_FAILED, f"Stage {broken.stage} {_ending(broken.code)}.", where=where, fix="See its last lines."
        )
    elif is_busy(ended.lines):
        error = InfrastructureError(
            "E-DVC-021",
            f"Another DVC process has been at work here for more than {lock_wait:.0f} s.",
            where=where,
            fix="Wait for it to end, or stop it, then run again.",
        )
    else:
        error = failure(ended.lines, ended.code, where)
    return with_log(error, ended.lines)


def _ending(code: int | None) -> str:
    if code is None:
        return "was cut off"
    if code > 128:
        hint = ": out of memory, as a rule" if code == 137 else ""
        return f"was killed (signal {code - 128}{hint})"
    return f"failed (exit code {code})"


def with_log(error: TidegateError, lines: Sequence[str]) -> TidegateError:
    """The error, carrying the last lines of output for the report, without the credentials in them."""
    error.log = [redacted(line) for line in lines if line.strip()][-_EVIDENCE_LINES:]
    return error


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError("E-FIL-002", f"cannot be read: {error.strerror}.", where=str(path)) from error
