"""Bring the model's pipeline up to date, say which stages ran and why, and put the run on record."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.errors import InfrastructureError
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.core.contract import Model
    from tidegate.core.evidence import Subject
    from tidegate.core.training.tracking import Recorded
    from tidegate.core.training.training import Change
    from tidegate.steps.pipeline.pipeline_run import Trained

Recorder = Callable[..., "Recorded | None"]
SUMMARY = "Run the stages that are out of date, say why, and record the run."
PLOTS = "plots"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate train-model`."""
    parser.add_argument("--base", default="", metavar="REF", help="compare parameters with this commit's")


def run(settings: Settings, options: argparse.Namespace, record: Recorder | None = None) -> Answer:
    """Train what has to be trained; evidence is written once the training is whole, whatever MLflow does then.

    `record` puts the run on record, `run_record.of` unless given.
    """
    from tidegate.adapters import pipeline_files
    from tidegate.adapters.contract import file as contract_file
    from tidegate.adapters.mlflow import recording as mlflow
    from tidegate.steps.pipeline import base, pipeline_run, run_record, subject

    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)
    mlflow.address(settings.evidence, settings.environ)  # one that no server has is told before hours of training
    since = base.resolve(settings, options.base)
    if settings.dry_run:
        return _foretold(settings, model)
    _forget(settings)
    trained = pipeline_run.bring_up_to_date(settings, model)
    metrics = pipeline_files.claimed(settings.workspace, trained.produced.metrics)
    left = pipeline_files.copy_pictures(settings.workspace, trained.produced.pictures, settings.evidence / PLOTS)
    about = subject.of(settings, model, trained.in_git)
    result = _result(settings, trained, metrics, _changes(settings, model, since))
    _leave(settings, model, about, {**result, "mlflow": None})
    new = since is None or bool(subject.touched_since(settings, model, since))
    run_of = partial(record or run_record.of, settings, model, trained, about, metrics, new=new)
    recorded, warnings = _on_record(run_of)
    result["mlflow"] = recorded.document() if recorded else None
    _leave(settings, model, about, result)
    return _answer(trained, result, [*(f"not shown: {why}" for why in left), *warnings])


def _foretold(settings: Settings, model: Model) -> Answer:
    from tidegate.steps.pipeline import pipeline_run

    found = pipeline_run.look(settings, model).doubts
    shown = "; ".join(found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")
    sentence = f"would ask DVC to train: {shown}" if found else "nothing to train: every stage is up to date"
    return Answer(verdict=Verdict.SKIPPED, sentence=sentence, data={"doubts": list(found)})


def _forget(settings: Settings) -> None:
    """What an earlier training left must not be taken for this one's, should this one be killed."""
    for stale in ("train-model.json", "compare-models.json", "verdict.json"):
        (settings.evidence / stale).unlink(missing_ok=True)


def _changes(settings: Settings, model: Model, since: str | None) -> list[Change]:
    """Parameters that differ from the base's."""
    from tidegate.core.training.training import changes
    from tidegate.steps.pipeline import subject

    if since is None:
        return []
    return changes(subject.params_of(settings, model, since), subject.params_of(settings, model, None))


def _result(settings: Settings, trained: Trained, metrics: dict[str, float], changes: list[Change]) -> dict[str, Any]:
    from dataclasses import asdict

    from tidegate.adapters import pipeline_files

    return {
        "stages": [stage.document() for stage in trained.stages],
        "params": [asdict(change) for change in changes],
        "metrics": metrics,
        "artifacts": pipeline_files.described(settings.workspace, [*trained.outputs, *trained.produced.metrics]),
        "seconds": round(trained.seconds, 3),
    }


def _on_record(run_of: Callable[[], Recorded | None]) -> tuple[Recorded | None, list[str]]:
    """A server that is away costs the record, not the training: it is said, and the next run makes up for it."""
    try:
        return run_of(), []
    except InfrastructureError as error:
        return None, [str(error)]


def _leave(settings: Settings, model: Model, about: Subject, result: dict[str, Any]) -> None:
    from tidegate.adapters import evidence
    from tidegate.core.evidence import Evidence

    found = Evidence(command="train-model", model=model.name, outcome=Verdict.PASS, subject=about, result=result)
    evidence.write(settings.evidence, found)


def _answer(trained: Trained, result: dict[str, Any], warnings: list[str]) -> Answer:
    from tidegate.core.training.training import sentence

    said = sentence(trained.stages, trained.seconds)
    recorded = result["mlflow"]
    outputs = {"changed": str(trained.changed).lower(), "run-id": recorded["run_id"] if recorded else ""}
    notes = tuple(Annotation(level="warning", message=warning) for warning in warnings)
    return Answer(verdict=Verdict.PASS, sentence=said, outputs=outputs, annotations=notes, data=result)
