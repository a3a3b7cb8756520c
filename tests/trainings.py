"""`train-model` as tests call it on a small real project, and what it left."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import pytest

from pipelines import Project, environment
from tidegate.commands import train_model
from tidegate.console import Console
from tidegate.core.answer import Answer
from tidegate.errors import TidegateError
from tidegate.settings import Settings

PROGRAM = Path(train_model.__file__).parents[1] / "__main__.py"
# A server that refuses at once: the port of the discard service on a machine that has none.
AWAY = {"MLFLOW_TRACKING_URI": "http://user:hunter22@127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


def settings_of(here: Project, *, actions: bool = False, dry_run: bool = False, **variables: str) -> Settings:
    return Settings(
        workspace=here.root,
        config="tidegate.yaml",
        model=None,
        environ={**environment(), **variables},
        console=Console(stream=io.StringIO(), actions=actions),
        dry_run=dry_run,
    )


def train(here: Project, settings: Settings | None = None, base: str = "") -> Answer:
    """Without a record in MLflow, which takes seconds."""
    options = argparse.Namespace(base=base)
    return train_model.run(settings or settings_of(here), options, record=lambda *_, **__: None)


def train_for_the_record(here: Project, settings: Settings) -> Answer:
    return train_model.run(settings, argparse.Namespace(base=""))


def evidence(here: Project) -> Any:
    return here.json(".tidegate/train-model.json")


def states(here: Project) -> dict[str, str]:
    return {stage["name"]: stage["state"] for stage in evidence(here)["result"]["stages"]}


def edit_code(here: Project) -> None:
    here.write("model/steps.py", here.read("model/steps.py") + "# read by people only\n")


def said(settings: Settings) -> str:
    assert isinstance(settings.console.stream, io.StringIO)
    return settings.console.stream.getvalue()


def failing(here: Project) -> TidegateError:
    with pytest.raises(TidegateError) as error:
        train(here)
    assert not (here.root / ".tidegate/train-model.json").exists()
    return error.value
