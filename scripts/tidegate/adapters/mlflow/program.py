"""How MLflow is spoken to: by programs of ours that import it, one question as JSON in, one answer as JSON out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidegate.core.training.tracking import shown_uri, without

_TIMEOUT = 1800
_ALWAYS = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
# MLflow's own patience with a server that is away is many minutes.
_UNLESS_SET = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_CREDENTIALS = ("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")


def asked(program: Path, request: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """The answer; its member ``error`` says why there is none."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(program)],
            input=json.dumps(request).encode(),
            env={**_UNLESS_SET, **environment, **_ALWAYS},
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"error": type(error).__name__}
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        said = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        return {"error": said or f"exit code {done.returncode}"}
    return answer


def cause(said: str, uri: str, environment: Mapping[str, str]) -> str:
    """What went wrong in one line, without credentials."""
    secrets = [environment.get(name, "") for name in _CREDENTIALS]
    return " ".join(without(said.replace(uri, shown_uri(uri)), secrets).split())[:300]
