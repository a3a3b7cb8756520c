"""Putting a training on record in MLflow: what is logged, and when there is nothing new to log."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tidegate import __version__
from tidegate.adapters import files
from tidegate.adapters.mlflow import recording as mlflow
from tidegate.core.contract import Model
from tidegate.core.evidence import Subject
from tidegate.core.training.tracking import (
    FILE_TAG,
    INPUTS_TAG,
    SECONDS_TAG,
    ModelFile,
    Recorded,
    Run,
    requirements,
)
from tidegate.settings import Settings
from tidegate.steps.pipeline import pipeline_run, subject
from tidegate.steps.pipeline.pipeline_run import Trained

FOLDER = "mlflow"
_LOCK_LIMIT = 16 * 1024 * 1024
_PULL_REQUEST = re.compile(r"refs/pull/(\d+)/")
_FROM_RUNNER = {
    "GITHUB_REPOSITORY": "tidegate.repository",
    "GITHUB_RUN_ID": "tidegate.run",
    "GITHUB_RUN_ATTEMPT": "tidegate.run_attempt",
    "GITHUB_HEAD_REF": "tidegate.branch",
}


def of(
    settings: Settings, model: Model, trained: Trained, about: Subject, metrics: Mapping[str, float], *, new: bool
) -> Recorded | None:
    """The run of this training, logged unless the same inputs are on record; None when there is nothing `new` either.

    Raises InfrastructureError when the store or the server cannot be used.
    """
    folder = settings.evidence / FOLDER
    inputs = subject.inputs_digest(about)
    again = trained.changed
    if not again and (known := mlflow.on_record(folder, settings.environ, inputs)):
        settings.console.say(f"On record already: MLflow run {known.run_id}.")
        return known
    if not again and not new:
        settings.console.say("Nothing new for the record: no stage ran, and the base has the same inputs.")
        return None
    if trained.produced.model:
        pipeline_run.have(settings, model, trained, [trained.produced.model])
    run = Run(
        experiment=settings.environ.get("MLFLOW_EXPERIMENT_NAME") or model.name,
        name=f"{model.name} {(about.commit or 'uncommitted')[:12]}",
        params=subject.params_of(settings, model, None),
        metrics=metrics,
        tags={**_tags(settings, model, about, inputs), **_made(settings, trained)},
        model=_model_file(settings, model, trained),
        unless_recorded=not again,
    )
    with settings.console.group("Recording the run in MLflow"):
        return mlflow.record(folder, settings.environ, run)


def _tags(settings: Settings, model: Model, about: Subject, inputs: str) -> dict[str, str]:
    lineage = {
        "commit": about.commit,
        "tree": about.tree,
        "data": about.data,
        "params": about.params,
        "environment": about.environment,
    }
    pull_request = _PULL_REQUEST.match(settings.environ.get("GITHUB_REF", ""))
    found = {
        INPUTS_TAG: inputs,
        "tidegate.model": model.name,
        "tidegate.version": __version__,
        "mlflow.source.name": "tidegate train-model",
        "mlflow.source.git.commit": about.commit,
        "tidegate.pull_request": pull_request[1] if pull_request and settings.in_actions else None,
        **{f"tidegate.{name}": value for name, value in lineage.items()},
        **{tag: settings.environ.get(name) for name, tag in _FROM_RUNNER.items() if settings.in_actions},
    }
    return {name: value for name, value in found.items() if value}


def _made(settings: Settings, trained: Trained) -> dict[str, str]:
    """Which file the training made, and how long the stage that wrote it took: later models are compared with that."""
    path = trained.produced.model
    place = files.inside(settings.workspace, path) if path else None
    if path is None or place is None or not place.is_file():
        return {}
    writer = next((name for name, record in trained.records.items() if path in record.outs), None)
    took = next((stage.seconds for stage in trained.stages if stage.name == writer), None)
    return {FILE_TAG: files.sha256(place), **({} if took is None else {SECONDS_TAG: f"{took:.3f}"})}


def _model_file(settings: Settings, model: Model, trained: Trained) -> ModelFile | None:
    path = trained.produced.model
    place = files.inside(settings.workspace, path) if path else None
    if place is None or not place.is_file():
        settings.console.say("No model file is logged: name it in dvc.yaml under `artifacts` (type: model).")
        return None
    lock = model.environment.lock
    text = files.read_text(settings.workspace / lock, limit=_LOCK_LIMIT, shown=lock) if lock else ""
    return ModelFile(
        path=str(place),
        sha256=files.sha256(place),
        output=model.evaluation.prediction,
        requirements=requirements(text),
    )
