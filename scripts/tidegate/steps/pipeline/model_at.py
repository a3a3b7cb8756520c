"""A model as it was at another commit: its work tree with its outputs in place, and the environment of its lock."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from tidegate.adapters import git, model_environment
from tidegate.adapters.dvc import past_tree
from tidegate.adapters.dvc.past import Past
from tidegate.core.contract import Model
from tidegate.settings import Settings


def checkout(
    settings: Settings, model: Model, commit: str, outputs: Iterable[str] | None = None
) -> AbstractContextManager[Path]:
    """A temporary work tree of `commit`, with what the model's pipeline wrote there restored (None) or only `outputs`.

    `model` is the model as that commit's contract describes it. Raises InputError, InfrastructureError or
    SecurityRefusal saying what cannot be had; every byte is checked against `dvc.lock`.
    """
    return past_tree.tree_at(past(settings, model, commit), model.path, outputs, settings.console)


def environment(settings: Settings, model: Model, tree: Path) -> dict[str, str]:
    """The variables under which that tree's programs run: from the lock that the tree itself has, if it has one."""
    lock = model.environment.lock
    there = lock if lock is not None and (tree / lock).exists() else None
    return model_environment.mapping(tree, there, settings.environ, settings.console)


def past(settings: Settings, model: Model, commit: str) -> Past:
    """The commit through the eyes of Git and DVC."""
    return Past(
        root=settings.workspace,
        read=partial(git.show, settings.workspace, commit),
        listing=partial(git.blobs_at, settings.workspace, commit),
        work_tree=partial(git.work_tree, settings.workspace, commit),
        environment=partial(environment, settings, model),
    )
