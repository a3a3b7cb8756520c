"""What `train-model` did, as the report reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tidegate.core.report.reading import Reader


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One stage of the pipeline: ``ran``, ``restored`` from the run cache or ``unchanged``, and why."""

    name: str
    state: str
    why: tuple[str, ...]
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter that differs from the base's."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One output file and its digest."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Training:
    """All of it; `claimed` are the pipeline's own metrics, which no gate trusts."""

    stages: tuple[Stage, ...]
    parameters: tuple[Parameter, ...]
    claimed: Mapping[str, float]
    artifacts: tuple[Artifact, ...]
    mlflow_run: str | None
    mlflow_model: str | None
    seconds: float


def read(result: Mapping[str, object]) -> Training:
    """The result of `train-model`. Raises Malformed."""
    root = Reader(result)
    mlflow = root.inner_or_none("mlflow")
    return Training(
        stages=tuple(
            Stage(
                name=item.text("name"),
                state=item.text("state"),
                why=item.texts("why"),
                seconds=item.number_or_none("seconds"),
            )
            for item in root.each("stages")
        ),
        parameters=tuple(
            Parameter(name=item.text("name"), before=item.text_or_none("before"), after=item.text_or_none("after"))
            for item in root.each("params")
        ),
        claimed=root.numbers("metrics"),
        artifacts=tuple(
            Artifact(path=item.text("path"), sha256=item.text("sha256"), size=item.whole("bytes"))
            for item in root.each("artifacts")
        ),
        mlflow_run=mlflow.text_or_none("run_id") if mlflow else None,
        mlflow_model=mlflow.text_or_none("model_uri") if mlflow else None,
        seconds=root.number("seconds"),
    )
