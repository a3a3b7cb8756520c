"""A second work tree in which a model's pipeline can be run with something replaced; the caller's own is never touched.

It uses the first one's DVC cache and remotes, so what was trained once anywhere is not trained again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tidegate.adapters import git
from tidegate.adapters.dvc import cache as dvc_cache
from tidegate.adapters.dvc import elsewhere
from tidegate.adapters.dvc.elsewhere import Brought
from tidegate.core.contract import Environment, Model
from tidegate.settings import EVIDENCE, Settings
from tidegate.steps.pipeline import model_at


@dataclass(frozen=True, kw_only=True)
class SecondTree:
    """A tree of the repository at `root`, with the model as its commit's contract describes it."""

    root: Path
    model: Model
    settings: Settings

    def trained(self, output: str) -> Brought:
        """Have `output` there, trained in the tree's own environment where it has to be."""
        environment = self._environment(self.model)
        return elsewhere.bring(self.root, self.model.path, output, environment, self.settings.console)

    def cached(self, output: str) -> Brought | str:
        """Have `output` there from DVC's cache alone, or why not."""
        environment = self._environment(replace(self.model, environment=Environment()))
        return elsewhere.from_cache(self.root, self.model.path, output, environment, self.settings.console)

    def _environment(self, model: Model) -> dict[str, str]:
        found = model_at.environment(self.settings, model, self.root)
        return {**found, "DVC_SITE_CACHE_DIR": str(self.root.parent / "state")}


@contextmanager
def of(settings: Settings, model: Model, commit: str | None) -> Iterator[SecondTree]:
    """A tree of `commit`, or of the caller's work tree as it is now for None; gone afterwards."""
    first = settings.workspace
    with git.work_tree(first, commit or git.head(first)) as root:
        if commit is None:
            _overlay(first, root)
        project = dvc_cache.project(first, model.path)
        dvc_cache.share(project, root / project.relative_to(first))
        yield SecondTree(root=root, model=model, settings=settings)


def _overlay(first: Path, second: Path) -> None:
    """Bring what the work tree has changed since its commit; what Git ignores stays behind."""
    for path in git.changed_paths(first, git.head(first), None):
        if PurePosixPath(path).parts[0] == EVIDENCE:
            continue
        source, target = first / path, second / path
        target.unlink(missing_ok=True)
        if source.is_file() or source.is_symlink():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
