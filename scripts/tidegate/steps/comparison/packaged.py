"""The packaged models that are timed and tested: the candidate's as its pipeline wrote it, the champion's by Git."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tidegate.adapters import files
from tidegate.adapters.dvc import trees as dvc_trees
from tidegate.core.contract import Model
from tidegate.core.training.pipeline import UNKNOWN
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import champion
from tidegate.steps.comparison.champion import Judged

Output = Callable[[Settings, Model, str, str], Path]


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """Both files; `champion` is None where there is none, or none that can be had: `why_not`.

    `theirs`: the champion's model as the contract of its `commit` has it.
    """

    candidate: Path
    champion: Path | None = None
    why_not: str = ""
    theirs: Model | None = None
    commit: str | None = None

    @property
    def models(self) -> list[Path]:
        """Those that are there, candidate first."""
        return [self.candidate, *([] if self.champion is None else [self.champion])]


def of(
    settings: Settings, judged: Judged, commit: str | None, recorded: Mapping[str, str], output: Output
) -> Packaged | str | None:
    """The work tree's model and that of `commit`; a text says why there is no candidate, None that nobody named one.

    `recorded` is what the candidate's pipeline wrote, by path. Raises SecurityRefusal for bytes of the champion's that
    are not those recorded.
    """
    name = judged.model.evaluation.model or judged.judge.evaluation.model
    if name is None:
        return None
    candidate = files.inside(settings.workspace, name)
    if not candidate.is_file():
        return f"the packaged model {name} is not there"
    wanted = recorded.get(name, UNKNOWN)
    if not wanted.endswith(UNKNOWN) and wanted != f"md5:{dvc_trees.digest_of(candidate)}":
        return f"the packaged model {name} is not the file that dvc.lock records"
    if commit is None:
        return Packaged(candidate=candidate)
    theirs = champion.model_at(settings, judged.model.name, commit) or judged.judge
    try:
        path = output(settings, theirs, commit, theirs.evaluation.model or name)
    except (InputError, InfrastructureError) as error:
        return Packaged(candidate=candidate, why_not=f"the champion's model cannot be had: {error}")
    return Packaged(candidate=candidate, champion=path, theirs=theirs, commit=commit)
