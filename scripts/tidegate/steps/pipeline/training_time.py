"""How long a model was trained: of this run's by its evidence, of any other by the record that names its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.adapters import evidence as store
from tidegate.adapters import git
from tidegate.adapters.mlflow import recording as mlflow
from tidegate.core.contract import Model
from tidegate.errors import TidegateError
from tidegate.settings import Settings
from tidegate.steps.comparison import reference
from tidegate.steps.pipeline import run_record


def of_candidate(settings: Settings, model: Model, model_digest: str) -> float | None:
    """Seconds of the stage that wrote the packaged model, None where it is not known to have run."""
    return _by_evidence(settings, model, model_digest) or on_record(settings, model_digest)


def on_record(settings: Settings, model_digest: str | None) -> float | None:
    """Seconds of the newest training on record in the embedded MLflow store that made a file with this digest."""
    if model_digest is None:
        return None
    return mlflow.training_seconds(settings.evidence / run_record.FOLDER, settings.environ, model_digest)


def _by_evidence(settings: Settings, model: Model, model_digest: str) -> float | None:
    """Only of a training at this very commit, and only when the file is the one that it left."""
    try:
        found = store.read(settings.evidence, "train-model")
    except TidegateError:
        return None
    if found is None or found.model != model.name or found.subject.commit != git.head(settings.workspace):
        return None
    left = {entry.get("path"): entry.get("sha256") for entry in _entries(found.result, "artifacts")}
    if left.get(model.evaluation.model) != model_digest:
        return None
    return _stage_seconds(settings, model, found.result)


def _stage_seconds(settings: Settings, model: Model, result: Mapping[str, Any]) -> float | None:
    records = reference.pipeline_at(settings, model, None).stages
    writer = next((name for name, record in records.items() if model.evaluation.model in record.outs), None)
    told = next((stage.get("seconds") for stage in _entries(result, "stages") if stage.get("name") == writer), None)
    return float(told) if isinstance(told, int | float) and not isinstance(told, bool) and told > 0 else None


def _entries(result: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    entries = result.get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
