"""Bringing a model's pipeline up to date in the work tree: at no cost where nothing has to be done, and checked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters import files, model_environment
from tidegate.adapters.dvc import outputs as dvc_outputs
from tidegate.adapters.dvc import pipeline as dvc_pipeline
from tidegate.adapters.dvc.pipeline import Reproduction
from tidegate.adapters.dvc.trees import WorkTree
from tidegate.core.contract import Model
from tidegate.core.training.freshness import doubts, to_be_read
from tidegate.core.training.pipeline import (
    PARAMETERS,
    Definition,
    Record,
    defined_only,
    definitions,
    normal,
    stage_names,
    trimmed,
)
from tidegate.core.training.produced import Produced, produced
from tidegate.core.training.training import Outputs, Stage, report
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings

_NAMES_DVC = re.compile(r"(?m)^dvc(\[[^\]]*\])?\s*==")
_LOCK_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Found:
    """The pipeline as it is in the work tree. `doubts`: why it is not proven to be up to date; none when it is.

    `absent`: whether anything recorded is not here; `needed`: that of it which has to be read if DVC is started.
    """

    records: Mapping[str, Record]
    outputs: Outputs
    absent: bool
    needed: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The pipeline after it was brought up to date; `in_git` are the outputs that Git keeps."""

    stages: tuple[Stage, ...]
    produced: Produced
    records: Mapping[str, Record]
    in_git: frozenset[str]
    seconds: float

    @property
    def outputs(self) -> dict[str, str]:
        """Path -> recorded digest of everything that the stages write."""
        return {path: digest for record in self.records.values() for path, digest in record.outs.items()}

    @property
    def changed(self) -> bool:
        """Whether any stage ran or was restored."""
        return any(stage.why for stage in self.stages)


def look(settings: Settings, model: Model) -> Found:
    """What the work tree holds, without starting DVC. Raises InputError for records and sources that are not whole."""
    root, folder = settings.workspace, model.path
    defined = dvc_pipeline.read_definition(root, folder)
    names = stage_names(defined)
    recorded = defined_only(dvc_pipeline.read_records(root, folder), defined)
    settled = _settled(settings, folder, defined, {*recorded, *names})
    records = trimmed(recorded, settled)
    dvc_outputs.require_sources(root, records, _in_git(settled))
    unlike = dvc_outputs.unlike_recorded(root, folder, records)
    missing = dvc_outputs.missing(root, records)
    stale = doubts(recorded, defined, folder, WorkTree(root))
    for path, known in unlike.items():
        why = f"{path} {'differs from dvc.lock' if known else 'is too large to tell'}"
        stale.setdefault(_writer(records, path), []).append(why)
    return Found(
        records=recorded,
        outputs=Outputs(changed=[path for path, known in unlike.items() if known], missing=missing),
        absent=bool(missing or set(names) - set(records)),
        needed=tuple(dvc_outputs.fetchable(root, to_be_read(records, settled, stale), records)),
        doubts=tuple(reason for why in stale.values() for reason in why),
    )


def _writer(records: Mapping[str, Record], path: str) -> str:
    return next(name for name, record in records.items() if path in record.outs)


def bring_up_to_date(settings: Settings, model: Model) -> Trained:
    """Run the stages that are out of date and have the model's predictions, metrics and pictures in the work tree.

    DVC is not even started where `dvc.lock` provably holds. Raises what `adapters.dvc_pipeline` and
    `adapters.model_environment` raise, and SecurityRefusal for files with other bytes than recorded.
    """
    started = time.monotonic()
    root, folder = settings.workspace, model.path
    found = look(settings, model)
    done = Reproduction(before=found.records, after=found.records, commands=())
    if found.doubts:
        done = _reproduced(settings, model, found)
    defined = dvc_pipeline.read_definition(root, folder)
    after = defined_only(done.after, defined)
    settled = _settled(settings, folder, defined, after)
    records = trimmed(after, settled)
    if found.doubts:
        dvc_outputs.verify(root, folder, _handed_out(root, records, done))
    trained = Trained(
        stages=report(found.records, after, _seconds(done), found.outputs, stage_names(defined)),
        produced=produced(defined, folder, records),
        records=records,
        in_git=_in_git(settled),
        seconds=time.monotonic() - started,
    )
    predictions = model.evaluation.predictions
    named = filter(None, (predictions, model.evaluation.model, model.evaluation.rows))
    have(settings, model, trained, [*named, *trained.produced.metrics, *trained.produced.pictures])
    if not files.inside(root, predictions).exists():
        fix = "Let a stage write it, or name the file that one writes as evaluation.predictions."
        raise InputError("E-MET-001", "not found after training.", where=predictions, fix=fix)
    return trained


def have(settings: Settings, model: Model, trained: Trained, wanted: Iterable[str]) -> None:
    """Have those of `wanted` that stages write in the work tree, fetched where they are missing, and check them."""
    root = settings.workspace
    missing = [path for path in dict.fromkeys(wanted) if path in trained.outputs and not (root / path).exists()]
    if not missing:
        return
    with settings.console.group(f"Fetching {', '.join(missing)}"):
        dvc_pipeline.fetch(root, missing, _environment_for_fetching(settings, model), settings.console)
    dvc_outputs.verify(root, model.path, {path: trained.outputs[path] for path in missing})
    if lost := [path for path in missing if not (root / path).exists()]:
        fix = "Push them from where they are (dvc push)."
        raise InfrastructureError("E-DVC-010", f"DVC fetched everything but {', '.join(lost)}.", fix=fix)


def _reproduced(settings: Settings, model: Model, found: Found) -> Reproduction:
    root, folder = settings.workspace, model.path
    environment = model_environment.mapping(root, model.environment.lock, settings.environ, settings.console)
    with settings.console.group(f"Training {model.name}"):
        return dvc_pipeline.reproduce(
            root, folder, environment, settings.console, pull=found.absent, needed=found.needed
        )


def _environment_for_fetching(settings: Settings, model: Model) -> dict[str, str]:
    """The model's environment is needed only where it brings its own DVC (with a remote's plugin, say)."""
    lock = model.environment.lock
    text = files.read_text(settings.workspace / lock, limit=_LOCK_LIMIT, shown=lock) if lock else ""
    own = lock if _NAMES_DVC.search(text) else None
    return model_environment.mapping(settings.workspace, own, settings.environ, settings.console)


def _handed_out(root: Path, records: Mapping[str, Record], done: Reproduction) -> dict[str, str]:
    """Path -> digest of what came from DVC and not from a stage that just wrote it: DVC itself does not check it."""
    ran = {command.stage for command in done.commands}
    given: dict[str, str] = {}
    for name, record in records.items():
        if name in ran:
            given.update({path: digest for path, digest in record.deps.items() if dvc_outputs.tracked(root, path)})
        else:
            given.update(record.outs)
    return given


def _seconds(done: Reproduction) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for command in done.commands:
        seconds[command.stage] = seconds.get(command.stage, 0.0) + command.seconds
    return seconds


def _settled(settings: Settings, folder: str, defined: Any, names: Iterable[str]) -> dict[str, Definition]:
    parameters = WorkTree(settings.workspace).document(normal(folder, PARAMETERS))
    return definitions(names, defined, folder, parameters)


def _in_git(settled: Mapping[str, Definition]) -> frozenset[str]:
    return frozenset(path for stage in settled.values() for path in stage.in_git)
