"""What the candidate is held against: the champion's predictions and numbers, proven to be the champion's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from tidegate.adapters import files, git, pipeline_files
from tidegate.adapters.dvc import documents as dvc_documents
from tidegate.adapters.dvc import trees as dvc_trees
from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.conclusion import is_identical, is_the_same_numbers
from tidegate.core.comparison.metrics import METRICS
from tidegate.core.comparison.metrics.totals import Totals
from tidegate.core.comparison.provenance import artifacts, scored_twice
from tidegate.core.comparison.samples.pairing import Unlike, pair
from tidegate.core.comparison.samples.rescored import Rescored, rescored
from tidegate.core.comparison.samples.sample import Predictions, Sample
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.contract import Model
from tidegate.core.training.pipeline import DEFINITION, RECORD, UNKNOWN, Record
from tidegate.core.training.produced import Produced, produced
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import champion


@dataclass(frozen=True, kw_only=True)
class Champions:
    """Where a champion's files come from.

    `output`: a file of its pipeline as it was at a commit, restored or made again. `rescore`: what that commit's model
    (the second; the first is the one that judges) says about the candidate's rows, or the reason why it cannot be
    asked; None where nothing offers that.
    """

    output: Callable[[Settings, Model, str, str], Path]
    rescore: Callable[[Settings, Model, Model, str, Predictions], Theirs | str] | None = None


@dataclass(frozen=True, kw_only=True)
class Theirs:
    """The champion's predictions, the file that they are in, and how the rows changed where it was asked anew."""

    predictions: Predictions
    path: Path
    rescored: Rescored | None = None


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """What `dvc.lock` recorded and `dvc.yaml` names, at a commit or in the work tree."""

    stages: Mapping[str, Record]
    produced: Produced


def files_of_champion(settings: Settings, judge: Model, commit: str) -> list[str]:
    """What a comparison reads of the champion: predictions, numbers, hold-out rows, the packaged model."""
    theirs = champion.model_at(settings, judge.name, commit) or judge
    written = pipeline_at(settings, theirs, commit)
    named = theirs.evaluation
    wanted = [named.model or judge.evaluation.model, *written.produced.metrics, named.predictions, named.rows]
    known = {path for record in written.stages.values() for path in record.outs}
    return [path for path in wanted if path is not None and path in known]


def candidate_of(settings: Settings, judge: Model, recorded: Mapping[str, str]) -> Predictions:
    """The work tree's predictions, which must be those that its pipeline wrote, as far as `dvc.lock` records them.

    Raises InputError E-MET-021 when they are others, and what `tables.read` raises.
    """
    shown = judge.evaluation.predictions
    path, wanted = files.inside(settings.workspace, shown), recorded.get(shown, UNKNOWN)
    before = files.sha256(path) if path.is_file() else ""
    if path.is_file() and not wanted.endswith(UNKNOWN) and wanted != f"md5:{dvc_trees.digest_of(path)}":
        fix = "Run tidegate train-model, which makes it again and records it."
        raise InputError("E-MET-021", "is not the file that dvc.lock records.", where=shown, fix=fix)
    found = tables.read(path, judge.evaluation, task_of(judge), shown=shown)
    files.require_same(before or found.digest, found.digest, shown)
    return found


def predictions_of(
    settings: Settings, judge: Model, commit: str, candidate: Predictions, champions: Champions
) -> Theirs | str:
    """The champion's predictions of the candidate's rows, or the reason why there are none to compare with.

    Raises InfrastructureError where trying again may help, SecurityRefusal for bytes that are not those recorded.
    """
    theirs = champion.model_at(settings, judge.name, commit) or judge
    output = theirs.evaluation.predictions
    try:
        path = champions.output(settings, theirs, commit, output)
        found = tables.read(path, theirs.evaluation, task_of(judge), shown=f"{output} at {commit[:12]}")
    except InputError as error:
        return f"the champion's predictions cannot be had: {error}"
    if found.digest == candidate.digest and (why := _scored_twice(settings, judge, commit)):
        return why
    unlike = pair(candidate, found)
    if isinstance(unlike, Sample) and is_the_same_numbers(unlike) and (why := _scored_twice(settings, judge, commit)):
        return why
    if champions.rescore is None or not isinstance(unlike, Unlike):
        return Theirs(predictions=found, path=path)
    again = champions.rescore(settings, judge, theirs, commit, candidate)
    if isinstance(again, str):
        changed = f"the hold-out changed: {'; '.join(unlike.reasons)}"
        return f"{changed}; the champion cannot be asked about the new rows: {again}"
    sample = pair(candidate, again.predictions)
    if isinstance(sample, Sample) and is_identical(sample) and (why := _scored_twice(settings, judge, commit)):
        return why
    return replace(again, rescored=rescored(candidate, found))


def totals_of(settings: Settings, judge: Model, commit: str | None, champions: Champions) -> Totals:
    """The numbers that both pipelines claim, where a gate needs one that rows do not give; else none.

    Raises InputError or Problems for a candidate's metrics file that cannot be trusted.
    """
    measured = {name for name, metric in judge.metrics.items() if metric.measured}
    if all(gate.metric in METRICS or gate.metric in measured for gate in judge.gates):
        return Totals()
    names = pipeline_at(settings, judge, None).produced.metrics
    mine = pipeline_files.claimed(settings.workspace, names)
    shown = ", ".join(names) or f"{judge.path}/{DEFINITION}"
    return Totals(candidate=mine, champion=_champions_totals(settings, judge, commit, champions), name=shown)


def _champions_totals(
    settings: Settings, judge: Model, commit: str | None, champions: Champions
) -> Mapping[str, float] | None:
    """None where there is no champion; nothing where its files cannot be had, so that its gates stay undecided."""
    if commit is None:
        return None
    names = pipeline_at(settings, judge, commit).produced.metrics
    try:
        folders = {_root(champions.output(settings, judge, commit, name), name) for name in names}
        return pipeline_files.claimed(folders.pop(), names) if len(folders) == 1 else {}
    except InputError:
        return {}


def _root(path: Path, name: str) -> Path:
    """The folder from which `path` is called `name`."""
    return path.parents[len(PurePosixPath(name).parts) - 1]


def pipeline_at(settings: Settings, model: Model, commit: str | None) -> Pipeline:
    """The model's pipeline at a commit, or in the work tree for None; empty where there is none."""
    place = f"{model.path}/{DEFINITION}"
    defined = dvc_documents.parsed(_bytes(settings, commit, place), place)
    stages = dvc_documents.recorded(_bytes(settings, commit, f"{model.path}/{RECORD}"), defined, model.path)
    return Pipeline(stages=stages, produced=produced(defined, model.path, stages))


def artifacts_at(settings: Settings, model: Model, commit: str | None) -> dict[str, str]:
    """Path → digest of what the model's pipeline wrote, as recorded at a commit; nothing for no commit."""
    return {} if commit is None else artifacts(pipeline_at(settings, model, commit).stages)


def _bytes(settings: Settings, commit: str | None, path: str) -> bytes | None:
    if commit is not None:
        return git.show(settings.workspace, commit, path)
    place = settings.workspace / path
    return place.read_bytes() if place.is_file() else None


def artifacts_at_hand(settings: Settings, model: Model) -> dict[str, str]:
    """The same of the work tree."""
    return artifacts(pipeline_at(settings, model, None).stages)


def _scored_twice(settings: Settings, model: Model, commit: str) -> str:
    """Why equal predictions cannot come from two models; empty where they can."""
    now, before = (pipeline_at(settings, model, which) for which in (None, commit))
    named = model.evaluation
    file = named.model or now.produced.model
    twice = scored_twice(now.stages, before.stages, named.predictions, file, named.rows)
    if not twice:
        return ""
    return f"the predictions are the champion's own although {', '.join(twice)} changed: one model was scored twice"
