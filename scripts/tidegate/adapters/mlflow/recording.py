"""MLflow: one run a training, in a store inside the workspace or on the server that the caller names.

The server's part is done by `recorder.py`, a process of its own; importing MLflow costs seconds, so nothing is
started where the run is known to be on record already.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tidegate.adapters.mlflow import program
from tidegate.core.training.tracking import (
    FILE_TAG,
    INPUTS_TAG,
    SECONDS_TAG,
    Recorded,
    Run,
    checked_uri,
    shown_uri,
)
from tidegate.errors import InfrastructureError

_RECORDER = Path(__file__).with_name("recorder.py")


def address(folder: Path, environ: Mapping[str, str]) -> str:
    """Where runs go: the caller's `MLFLOW_TRACKING_URI`, else a SQLite store in `folder`. Raises InputError."""
    given = environ.get("MLFLOW_TRACKING_URI", "").strip()
    return checked_uri(given) if given else _embedded(folder)


def _store(folder: Path) -> Path:
    return folder / "mlflow.db"


def _embedded(folder: Path) -> str:
    return f"sqlite:///{_store(folder)}"


def _shown(folder: Path) -> str:
    """The embedded store as seen from the repository's root, where `mlflow ui` would be started."""
    return f"sqlite:///{folder.parent.name}/{_store(folder).relative_to(folder.parent)}"


def on_record(folder: Path, environ: Mapping[str, str], inputs: str) -> Recorded | None:
    """The finished run of these `inputs` in the embedded store; None where it has none, or a server has to be asked."""
    uri = address(folder, environ)
    if uri != _embedded(folder) or not _store(folder).is_file():
        return None
    query = (
        "select runs.run_uuid from runs join tags on tags.run_uuid = runs.run_uuid"
        " where tags.key = ? and tags.value = ? and runs.status = 'FINISHED' and runs.lifecycle_stage = 'active'"
        " order by runs.start_time desc limit 1"
    )
    models = "select model_id from logged_models where source_run_id = ? order by creation_timestamp_ms desc limit 1"
    try:
        with closing(sqlite3.connect(f"file:{_store(folder)}?mode=ro", uri=True)) as store:
            run = store.execute(query, (INPUTS_TAG, inputs)).fetchone()
            model = store.execute(models, run).fetchone() if run else None
    except sqlite3.Error:
        return None
    if run is None:
        return None
    return Recorded(run_id=run[0], tracking_uri=_shown(folder), model_uri=f"models:/{model[0]}" if model else None)


def training_seconds(folder: Path, environ: Mapping[str, str], model_file: str) -> float | None:
    """Seconds of the newest training in the embedded store that made `model_file` (its digest); None where unknown."""
    if address(folder, environ) != _embedded(folder) or not _store(folder).is_file():
        return None
    query = (
        "select took.value from tags made join tags took on took.run_uuid = made.run_uuid"
        " join runs on runs.run_uuid = made.run_uuid"
        " where made.key = ? and made.value = ? and took.key = ? and runs.status = 'FINISHED'"
        " order by runs.start_time desc limit 1"
    )
    try:
        with closing(sqlite3.connect(f"file:{_store(folder)}?mode=ro", uri=True)) as store:
            found = store.execute(query, (FILE_TAG, model_file, SECONDS_TAG)).fetchone()
        seconds = float(found[0]) if found else 0.0
    except (sqlite3.Error, TypeError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def record(folder: Path, environ: Mapping[str, str], run: Run) -> Recorded:
    """Log `run` and return where it is. Raises InfrastructureError E-MLF-001 naming the store or server, and why."""
    uri = address(folder, environ)
    embedded = uri == _embedded(folder)
    if embedded:
        folder.mkdir(parents=True, exist_ok=True)
    request = {
        "tracking_uri": uri,
        "artifacts": (folder / "artifacts").as_uri() if embedded else None,
        "new_store": str(_store(folder)) if embedded and not _store(folder).exists() else None,
        "run": run.document(),
    }
    answer = _asked(request, environ, uri)
    place = _shown(folder) if embedded else shown_uri(uri)
    return Recorded(run_id=answer["run_id"], tracking_uri=place, model_uri=answer["model_uri"])


def _asked(request: Mapping[str, Any], environment: Mapping[str, str], uri: str) -> dict[str, Any]:
    answer = program.asked(_RECORDER, request, environment)
    if "error" in answer:
        raise _failed(uri, answer["error"], environment)
    return answer


def _failed(uri: str, said: str, environment: Mapping[str, str]) -> InfrastructureError:
    cause = program.cause(said, uri, environment)
    return InfrastructureError(
        "E-MLF-001",
        f"the run cannot be recorded at {shown_uri(uri)}: {cause}",
        fix="Start the server or mend MLFLOW_TRACKING_URI, then run train-model again: nothing has to be trained anew.",
    )
