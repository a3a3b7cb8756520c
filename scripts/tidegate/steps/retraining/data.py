"""The training data with what live data has taught since: made by the contract's own program, beside the work tree.

The program runs in a second work tree of the branch's newest commit, in the model's own environment, on copies: what is
killed, fails or is not wanted in the end leaves nothing behind.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from tidegate.adapters import git, model_program
from tidegate.adapters.data import files as data_files
from tidegate.adapters.dvc import data as dvc_data
from tidegate.adapters.dvc import extension as dvc_extension
from tidegate.adapters.dvc import pointer as dvc_pointer
from tidegate.adapters.dvc.data import Content, Store
from tidegate.adapters.dvc.pointer import Pointer
from tidegate.console import visible
from tidegate.core.contract import Drift, Live, Model, Retrain
from tidegate.core.retraining.data import Extension
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal
from tidegate.settings import Settings
from tidegate.steps.drift import live as drift_live
from tidegate.steps.drift.live import Sources
from tidegate.steps.pipeline import model_at

SECONDS = 3600.0
"""How long the program may take."""
_SHOWN = 20
_NEVER = (".dvc/config.local", ".dvc/tmp", ".dvc/cache", ".tidegate", ".git")
Changes = Mapping[str, bytes | None]


@dataclass(frozen=True, kw_only=True)
class Where:
    """`base`: the commit to extend the data of. `live`, `labels`: where they are on this machine, or empty."""

    base: str
    live: str = ""
    labels: str = ""


@dataclass(frozen=True, kw_only=True)
class Extended:
    """The second work tree with the data extended, as long as it is there."""

    root: Path
    store: Store
    pointer: Pointer
    extension: Extension

    def push(self) -> None:
        """Bring what the pointer names now to DVC's remote. Raises InfrastructureError E-RTR-005."""
        dvc_extension.push(self.store, self.pointer)

    def changes(self) -> Changes:
        """Every file that Git sees changed in the tree. Raises SecurityRefusal E-RTR-006 for what is no plain file."""
        paths = git.changed_paths(self.root, "HEAD", None)
        return {path: _bytes(self.root / path, path) for path in paths if not _private(path)}


@contextmanager
def extended(
    settings: Settings, model: Model, drift: Drift, retrain: Retrain, where: Where, until: datetime
) -> Iterator[Extended]:
    """The tree in which the contract's program has extended the data with what was live before `until`.

    Raises InputError where the data or the program is not as it should be (its last lines in `log`), and what DVC's
    adapters raise where data cannot be had.
    """
    root = settings.workspace
    sources = drift_live.sources(settings, drift, where.live, where.labels)
    with git.work_tree(root, where.base) as tree, TemporaryDirectory(prefix="tidegate-live-") as scratch:
        wanted = dvc_pointer.read(git.show(root, where.base, model.data.tracked), model.data.tracked)
        dvc_extension.settle(
            root, tree, posixpath.dirname(wanted.path), lambda path: bool(git.blobs_at(root, where.base, path))
        )
        before = dvc_data.content(Store(root=root, environment=settings.environ, console=settings.console), wanted, {})
        environment = {**model_at.environment(settings, model, tree), "DVC_SITE_CACHE_DIR": str(Path(scratch) / "dvc")}
        store = Store(root=tree, environment=environment, console=settings.console)
        place = dvc_extension.lay_out(before, wanted, tree)
        with settings.console.group(f"Extending the data of {model.name}"):
            _run(settings, drift.live, retrain, store, _stands_for(sources, place, Path(scratch)), until)
        if dvc_extension.differs(store, wanted):
            dvc_extension.record(store, wanted)
        after = dvc_pointer.read((tree / wanted.path).read_bytes(), wanted.path)
        extension = _extension(wanted, before, after, dvc_extension.files_of(store, after))
        yield Extended(root=tree, store=store, pointer=after, extension=extension)


def _run(
    settings: Settings, live: Live, retrain: Retrain, store: Store, stands_for: Mapping[str, Path], until: datetime
) -> None:
    """The contract's program, with what the model's programs get and the password of a database that it may read."""
    words = tuple(word.replace("{until}", until.isoformat()) for word in retrain.command)
    wanted = (
        name for name in ("live", "labels") if name not in stands_for and any(f"{{{name}}}" in word for word in words)
    )
    if missing := next(wanted, ""):
        message = f"the program asks for {{{missing}}}, and the contract names no files of it."
        raise InputError("E-RTR-003", message, where="drift.retrain.command", fix="Leave it out, or name the files.")
    password = {name: settings.environ[name] for name in (live.password_from,) if name in settings.environ}
    given = {"PYTHONDONTWRITEBYTECODE": "1", **password}
    command = model_program.filled(words, stands_for)
    ended = model_program.run(store.root, command, store.environment, seconds=SECONDS, given=given)
    with store.console.foreign() as stream:
        for line in (ended.stdout + ended.stderr).splitlines()[-_SHOWN:]:
            print(visible(line), file=stream, flush=True)


def _stands_for(sources: Sources, data: Path, scratch: Path) -> dict[str, Path]:
    """Rows in a database are no files: its program knows where they are."""
    named = {"live": sources.live, "labels": sources.labels}
    return {"data": data, **{name: _gathered(paths, scratch / name) for name, paths in named.items() if paths}}


def _gathered(paths: Sequence[Path], folder: Path) -> Path:
    """One path for all of them: a folder of links where they are several, named as below what they have in common."""
    if len(paths) == 1:
        return paths[0].absolute()
    folder.mkdir(parents=True)
    names = [str(path.absolute()) for path in paths]
    common = Path(os.path.commonpath(names))
    for name in names:
        link = folder / Path(name).relative_to(common)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(name)
    return folder


def _extension(wanted: Pointer, before: Content, after: Pointer, content: Content) -> Extension:
    return Extension(
        pointer=wanted.path,
        before=wanted.digest,
        after=after.digest,
        files_before=dict(before.digests),
        files_after=dict(content.digests),
        rows=_rows(before, content),
    )


def _rows(before: Content, after: Content) -> tuple[int, int] | None:
    """Rows of both sides; None where a file is of a kind that is not read."""
    try:
        return _counted(before), _counted(after)
    except InputError as error:
        if error.code != "E-DAT-011":
            raise
        return None


def _counted(content: Content) -> int:
    return sum(data_files.shape(path, name).rows for name, path in content.paths.items())


def _private(path: str) -> bool:
    """What is this machine's own, wherever the DVC project lies."""
    return any(f"/{path}/".find(f"/{name}/") >= 0 for name in _NEVER)


def _bytes(place: Path, path: str) -> bytes | None:
    if place.is_symlink() or (place.exists() and not place.is_file()):
        raise SecurityRefusal("E-RTR-006", "is no plain file; the program that extends the data left it.", where=path)
    try:
        return place.read_bytes() if place.exists() else None
    except OSError as error:
        raise InfrastructureError("E-FIL-002", f"cannot be read: {error.strerror}.", where=path) from error
