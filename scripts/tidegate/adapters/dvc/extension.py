"""More data behind a pointer, in a second work tree: what is there brought in, what was added recorded and pushed."""

from __future__ import annotations

import posixpath
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tidegate.adapters.dvc import cache as dvc_cache
from tidegate.adapters.dvc import data as dvc_data
from tidegate.adapters.dvc import program as dvc_program
from tidegate.adapters.dvc.data import Content, Store
from tidegate.adapters.dvc.pipeline import with_log
from tidegate.adapters.dvc.pointer import Pointer
from tidegate.adapters.dvc.trees import digest_of, folder_digest
from tidegate.core.training.dvc_failure import failure
from tidegate.errors import InfrastructureError, InputError, TidegateError

Kept = Callable[[str], bool]
"""Whether Git keeps files below a path (from the root)."""


def settle(root: Path, tree: Path, folder: str, kept: Kept) -> None:
    """Let the DVC project of `folder` in `tree` use the first tree's cache and remotes.

    A remote that is a folder which Git keeps is the tree's own: what is pushed there belongs to the commit.
    """
    project = dvc_cache.project(root, folder)
    other = tree / project.relative_to(root)
    dvc_cache.share(project, other)
    _own_remotes(root, tree, other, kept)


def _own_remotes(root: Path, tree: Path, project: Path, kept: Kept) -> None:
    from dvc.config import Config

    with Config(dvc_dir=str(project / ".dvc")).edit("local") as local:
        remotes: dict[str, dict[str, Any]] = local.get("remote", {})
        for options in remotes.values():
            with suppress(ValueError):
                path = Path(str(options.get("url", ""))).relative_to(root).as_posix()
                options["url"] = str(tree / path) if kept(path) else options["url"]


def lay_out(content: Content, wanted: Pointer, tree: Path) -> Path:
    """Copies of the data at its place in `tree`, which a program may change; that place."""
    place = tree / wanted.target
    for name, source in content.paths.items():
        target = place / name if wanted.is_folder else place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    if wanted.is_folder:
        place.mkdir(parents=True, exist_ok=True)
    return place


def differs(store: Store, wanted: Pointer) -> bool:
    """Whether what lies at the pointer's place may be anything else than it names; DVC is not started for that."""
    place = store.root / wanted.target
    if not wanted.is_folder:
        return digest_of(place) != wanted.digest
    paths = (path for path in place.rglob("*") if path.is_file())
    return folder_digest({path.relative_to(place).as_posix(): digest_of(path) or "" for path in paths}) != wanted.digest


def record(store: Store, wanted: Pointer) -> None:
    """Let the pointer name what lies at its place now. Raises as `pipeline.reproduce` does."""
    place = store.root / wanted.target
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        fix = "Let drift.retrain.command add to the data."
        raise InputError("E-RTR-004", "is empty after the program that extends it.", where=wanted.target, fix=fix)
    _dvc(store, wanted, "commit", "--force")


def push(store: Store, wanted: Pointer) -> None:
    """Have all that the pointer names on the remote, so that nobody meets a pointer to nothing.

    Raises InfrastructureError where it is not there afterwards: a later run makes up for it.
    """
    try:
        _dvc(store, wanted, "push")
    except TidegateError as error:
        told = InfrastructureError(
            "E-RTR-005", f"the data was not pushed: {error.message}", where=wanted.path, fix=error.fix
        )
        told.log = error.log
        raise told from error


def _dvc(store: Store, wanted: Pointer, *words: str) -> None:
    folder, name = posixpath.split(wanted.path)
    ended = dvc_program.run([*words, "--", name], store.root / folder, store.environment, store.console)
    if ended.code:
        raise with_log(failure(ended.lines, ended.code, wanted.path), ended.lines)


def files_of(store: Store, wanted: Pointer) -> Content:
    """The data that lies at the pointer's place, proven to be what it names."""
    found = dvc_data.in_work_tree(store, wanted)
    if found is None:
        raise InputError("E-RTR-004", "is not there after it was recorded.", where=wanted.target)
    return found
