"""A model's output as it was at another commit: the champion's predictions, wired together for any command."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tidegate.adapters import git, model_environment
from tidegate.adapters.dvc import past as dvc_past
from tidegate.core.contract import Model
from tidegate.settings import Settings


def at(settings: Settings, model: Model, commit: str, output: str) -> Path:
    """The file `output` (path from the repository's root, written by the model's pipeline) as it was at `commit`.

    Taken from Git, DVC's cache or its remote where `dvc.lock` of that commit provably belongs to it, and made again
    otherwise, in a temporary work tree and with that commit's own environment lock. Every byte is checked.
    Raises InputError, InfrastructureError or SecurityRefusal saying which of these failed.
    """

    def environment(tree: Path) -> dict[str, str]:
        lock = model.environment.lock
        there = lock if lock is not None and (tree / lock).exists() else None
        return model_environment.mapping(tree, there, settings.environ, settings.console)

    past = dvc_past.Past(
        root=settings.workspace,
        read=partial(git.show, settings.workspace, commit),
        listing=partial(git.blobs_at, settings.workspace, commit),
        work_tree=partial(git.work_tree, settings.workspace, commit),
        environment=environment,
    )
    destination = settings.evidence / "champion" / commit / output
    how = dvc_past.output_at(past, model.path, output, destination, settings.console)
    settings.console.say(f"{output} at {commit[:12]}: {_SOURCES[how]}")
    return destination


_SOURCES = {
    "git": "from Git",
    "cache": "from DVC's cache",
    "remote": "from DVC's remote",
    "reproduced": "made again from that commit",
}
