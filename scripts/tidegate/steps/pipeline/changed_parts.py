"""What a change and its champion differ in: code, data, or one parameter and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from tidegate.adapters import git
from tidegate.adapters.dvc import documents
from tidegate.core.comparison.change.attribution import BOTH
from tidegate.core.contract import Model
from tidegate.core.training.pipeline import DEFINITION, PARAMETERS, RECORD
from tidegate.settings import Settings
from tidegate.steps.comparison import reference
from tidegate.steps.pipeline import subject


@dataclass(frozen=True, kw_only=True)
class Sides:
    """The work tree's model, as the contract that judges has it, and the champion's at `commit`, as its own has it."""

    settings: Settings
    judge: Model
    theirs: Model
    commit: str


def code_and_data(sides: Sides) -> tuple[str, ...]:
    """Which of ``code`` (all that trains but the data: programs, parameters, environment) and ``data`` differ."""
    code = bool(_changed_sources(sides))
    data = _data(sides, sides.judge, None) != _data(sides, sides.theirs, sides.commit)
    return tuple(name for name, differs in zip(BOTH, (code, data), strict=True) if differs)


def only(sides: Sides, parameter: str) -> bool:
    """Whether nothing that could train another model differs, but for the value of `parameter` (or not even that).

    Any file of the model's counts, also one that no stage names.
    """
    if code_and_data(sides) not in ((), BOTH[:1]):
        return False
    parameters = f"{sides.judge.path}/{PARAMETERS}"
    touched = {*subject.touched_since(sides.settings, sides.judge, sides.commit), *_changed_sources(sides)}
    others = [path for path in touched if not _under(path, _written(sides))]
    if set(others) - {parameters}:
        return False
    now, before = (subject.params_of(sides.settings, sides.judge, at) for at in (None, sides.commit))
    return {**now, parameter: ""} == {**before, parameter: ""}


def content(settings: Settings, commit: str | None, path: str) -> bytes | None:
    """A file at a commit, or of the work tree for None; None where there is none."""
    if commit is not None:
        return git.show(settings.workspace, commit, path)
    place = settings.workspace / path
    return place.read_bytes() if place.is_file() else None


def _changed_sources(sides: Sides) -> list[str]:
    sources = _sources(sides)
    paths = git.changed_paths(sides.settings.workspace, sides.commit, None)
    return [path for path in paths if path != sides.judge.data.tracked and _under(path, sources)]


def _data(sides: Sides, model: Model, commit: str | None) -> dict[str, str]:
    path = model.data.tracked
    return dict(documents.pointed(documents.parsed(content(sides.settings, commit, path), path)))


def _sources(sides: Sides) -> set[str]:
    """What the stages of either side read and none writes, the pipeline itself, and the environment's lock."""
    found: set[str] = set()
    for model, at in ((sides.judge, None), (sides.theirs, sides.commit)):
        stages = reference.pipeline_at(sides.settings, model, at).stages.values()
        written = {path for stage in stages for path in stage.outs}
        found |= {path for stage in stages for path in stage.deps} - written
        found |= {f"{model.path}/{name}" for name in (DEFINITION, PARAMETERS)}
        found |= {model.environment.lock} if model.environment.lock else set()
    return found


def _written(sides: Sides) -> set[str]:
    """What pipelines write and Git may keep."""
    stages = reference.pipeline_at(sides.settings, sides.judge, None).stages.values()
    return {f"{sides.judge.path}/{RECORD}", *(path for stage in stages for path in stage.outs)}


def _under(path: str, roots: Iterable[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(root) for root in roots)
