"""The half of the registry's adapter that imports MLflow: a program of its own, one question in, one answer out.

``register`` has a version stand for a release, once; ``claim`` says which commit wants it in an environment; ``move``
moves aliases. Each answers with the model's claims and aliases as they are then. ``named`` asks what an alias names,
and writes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

RELEASE_TAG = "tidegate.release"
VERSION_TAG = "tidegate.version"


def main() -> int:
    """Answer the question on standard input; the last line of standard output is the answer."""
    answers, sys.stdout = sys.stdout, sys.stderr
    request = json.load(sys.stdin)
    try:
        answer = _answered(request)
    except Exception as error:  # noqa: BLE001 - whatever a server or a store does is told to the parent in one line
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
    return 1 if "error" in answer else 0


def _answered(request: Mapping[str, Any]) -> dict[str, Any]:
    import mlflow
    from mlflow.tracking import MlflowClient

    mlflow.set_tracking_uri(request["tracking_uri"])
    client, name = MlflowClient(), request["model"]
    if "named" in request:
        return {"version": _named(client, name, request["named"])}
    version = request.get("version") or _registered(client, name, request)
    if "claim" in request:
        client.set_registered_model_tag(name, request["claim"], version)
    for alias, to in request.get("aliases", {}).items():
        client.set_registered_model_alias(name, alias, to)
    for tag in request.get("forget", ()):
        client.delete_registered_model_tag(name, tag)
    found = client.get_registered_model(name)
    return {
        "version": version,
        "tags": dict(found.tags),
        "aliases": {key: str(to) for key, to in found.aliases.items()},
    }


def _named(client: Any, name: str, alias: str) -> str:
    """The release's version that an alias names; empty where there is no such alias. Nothing is written."""
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(name, alias).tags.get(VERSION_TAG, "another"))
    except MlflowException as error:
        if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            raise
        return ""


def _registered(client: Any, name: str, request: Mapping[str, Any]) -> str:
    """The version that stands for the release: the oldest where two were made at once."""
    _have(client, name)
    known = client.search_model_versions(f"name = '{name}' and tags.`{RELEASE_TAG}` = '{request['tags'][RELEASE_TAG]}'")
    if not known:
        made = client.create_model_version(name, **_source(client, name, request), tags=request["tags"])
        return str(made.version)
    return str(min((one.version for one in known), key=int))


def _have(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException:
        client.get_registered_model(name)  # there it is, or this says why not


def _source(client: Any, name: str, request: Mapping[str, Any]) -> dict[str, str]:
    """Where the model's files are: the training's own on this server; else the release itself, logged now.

    A server takes a logged model only with its id beside it; a store does not ask.
    """
    from mlflow.exceptions import MlflowException

    try:
        run = client.get_run(request["run"]) if request["run"] else None
    except MlflowException:
        run = None  # it was recorded elsewhere
    models = run.outputs.model_outputs if run is not None and run.outputs else []
    if run is not None and models:
        logged = models[0].model_id
        return {"source": f"models:/{logged}", "run_id": run.info.run_id, "model_id": logged}
    experiment = client.get_experiment_by_name(name)
    identity = experiment.experiment_id if experiment is not None else client.create_experiment(name)
    title = f"release {request['tags']['tidegate.version']}"
    made = client.create_run(identity, run_name=title, tags=request["tags"]).info
    client.log_artifacts(made.run_id, request["folder"], "release")
    client.set_terminated(made.run_id, "FINISHED")
    return {"source": f"{made.artifact_uri}/release", "run_id": made.run_id}


if __name__ == "__main__":
    sys.exit(main())
