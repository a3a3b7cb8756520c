"""The half of the MLflow adapter that imports MLflow: a program of its own, a run as JSON in, where it is as JSON out.

MLflow is configured by environment variables, prints to standard output and keeps threads. In a process of its own it
gets the environment that the caller meant, none of its output is taken for ours, and a hanging server can be given up.
Nothing here ever unpickles: a model is recognised by what is in its file, and logged as that.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def main() -> int:
    """Record the run on standard input; the last line of standard output says where, or what went wrong."""
    answers, sys.stdout = sys.stdout, sys.stderr
    request = json.load(sys.stdin)
    try:
        answer = _record(request)
    except Exception as error:  # noqa: BLE001 - whatever a server or a store does is told to the parent in one line
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
    return 1 if "error" in answer else 0


def _record(request: Mapping[str, Any]) -> dict[str, Any]:
    import mlflow
    from mlflow.tracking import MlflowClient

    if request["new_store"]:
        _make_store(Path(request["new_store"]))
    mlflow.set_tracking_uri(request["tracking_uri"])
    client = MlflowClient()
    run = request["run"]
    experiment = _experiment(client, run["experiment"], request["artifacts"])
    if run["unless_recorded"] and (known := _known(client, experiment, run["tags"])):
        return known
    started = client.create_run(experiment, run_name=run["name"], tags=run["tags"])
    run_id: str = started.info.run_id
    try:
        _log_values(client, run_id, run["params"], run["metrics"])
        model_uri = _log_model(client, experiment, run_id, run["model"]) if run["model"] else None
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")
    return {"run_id": run_id, "model_uri": model_uri}


def _make_store(place: Path) -> None:
    """Make an empty SQLite store: beside its name, so that being killed leaves none half made.

    MLflow does it by some hundred migrations, each flushed to disk; until the store has its name that is for nothing.
    """
    from mlflow.tracking import MlflowClient
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    building = place.with_name(f"{place.name}.{os.getpid()}")
    event.listen(Engine, "connect", _without_waiting_for_the_disk)
    try:
        MlflowClient(tracking_uri=f"sqlite:///{building}").search_experiments(max_results=1)
        building.replace(place)
    finally:
        event.remove(Engine, "connect", _without_waiting_for_the_disk)
        building.unlink(missing_ok=True)


def _without_waiting_for_the_disk(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _experiment(client: Any, name: str, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=artifacts))
        except MlflowException:
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def _known(client: Any, experiment: str, tags: Mapping[str, str]) -> dict[str, Any] | None:
    inputs = tags["tidegate.inputs"]
    query = f"tags.`tidegate.inputs` = '{inputs}' and attributes.status = 'FINISHED'"
    runs = client.search_runs([experiment], query, max_results=1)
    if not runs:
        return None
    models = runs[0].outputs.model_outputs if runs[0].outputs else []
    return {"run_id": runs[0].info.run_id, "model_uri": f"models:/{models[0].model_id}" if models else None}


def _log_values(client: Any, run_id: str, params: Mapping[str, str], metrics: Mapping[str, float]) -> None:
    from mlflow.entities import Metric, Param

    now = int(time.time() * 1000)
    parameters = [Param(name, value) for name, value in params.items()]
    values = [Metric(name, value, now, 0) for name, value in metrics.items()]
    # A server takes 100 parameters and 1000 metrics at once.
    for first in range(0, len(parameters), 100):
        client.log_batch(run_id, params=parameters[first : first + 100])
    for first in range(0, len(values), 1000):
        client.log_batch(run_id, metrics=values[first : first + 1000])


def _log_model(client: Any, experiment: str, run_id: str, model: Mapping[str, Any]) -> str:
    from mlflow.entities import LoggedModelOutput, LoggedModelStatus

    logged = client.create_logged_model(experiment, name="model", source_run_id=run_id)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        described = {
            "artifact_path": logged.artifact_location,
            "metadata": {"sha256": model["sha256"]},
            "model_id": logged.model_id,
            "model_uuid": logged.model_id,
            "run_id": run_id,
            **_described(model, folder),
        }
        _write_description(folder, described, model["requirements"])
        client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    client.log_outputs(run_id, [LoggedModelOutput(logged.model_id, 0)])
    return str(logged.model_uri)


def _described(model: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Put the model's file into `folder`, byte for byte as it was judged; its flavours and signature.

    MLflow's own `save_model` would write an ONNX model anew, and needs pandas and an ONNX runtime to do so.
    """
    source = Path(model["path"])
    onnx_model = _onnx(source)
    if onnx_model is None:
        file = Path(shutil.copy(source, folder))
        outputs = [{"type": "double", "name": model["output"] or "prediction", "required": True}]
        return {"flavors": {"file": {"path": file.name}}, "signature": _signature(None, outputs)}
    _copy_onnx(onnx_model, source, folder / "model.onnx")
    return {"flavors": _onnx_flavors(), "signature": _onnx_signature(onnx_model)}


def _onnx(path: Path) -> Any:
    """The model, if the content is ONNX whatever the file's name; None for anything else, which is not loaded."""
    import onnx

    with path.open("rb") as stream:
        if stream.read(1) != b"\x08":  # the tag of a model's first field
            return None
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception:  # noqa: BLE001 - a file that is no ONNX fails in as many ways as there are other formats
        return None
    return model if model.ir_version > 0 and len(model.graph.node) > 0 else None


def _copy_onnx(model: Any, source: Path, target: Path) -> None:
    """The file, with the files beside it in which it keeps large weights."""
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    shutil.copyfile(source, target)
    for name in {ExternalDataInfo(weight).location for weight in model.graph.initializer if uses_external_data(weight)}:
        beside = (source.parent / name).resolve()
        if not beside.is_relative_to(source.parent.resolve()):
            raise ValueError(f"the model's weights {name!r} lie outside its folder")
        (target.parent / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(beside, target.parent / name)


def _onnx_flavors() -> dict[str, Any]:
    import onnx

    return {
        "onnx": {
            "code": None,
            "data": "model.onnx",
            "onnx_session_options": None,
            "onnx_version": onnx.__version__,
            "providers": ["CUDAExecutionProvider", "CPUExecutionProvider"],
        },
        "python_function": {
            "data": "model.onnx",
            "env": {"virtualenv": "python_env.yaml"},
            "loader_module": "mlflow.onnx",
            "python_version": platform.python_version(),
        },
    }


def _onnx_signature(model: Any) -> dict[str, Any] | None:
    weights = {weight.name for weight in model.graph.initializer}
    takes = [found for value in model.graph.input if value.name not in weights and (found := _tensor(value))]
    gives = [found for value in model.graph.output if (found := _tensor(value))]
    return _signature(takes, gives) if takes or gives else None


def _tensor(value: Any) -> dict[str, Any] | None:
    """A tensor's specification; None for the maps and sequences that some converters put out."""
    from onnx import helper

    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not tensor.elem_type:
        return None
    shape = [size.dim_value if size.HasField("dim_value") else -1 for size in tensor.shape.dim] or [-1]
    kind = helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    return {"name": value.name, "type": "tensor", "tensor-spec": {"dtype": kind, "shape": shape}}


def _signature(takes: list[dict[str, Any]] | None, gives: list[dict[str, Any]]) -> dict[str, Any]:
    """As an MLmodel file has it: each side as JSON in a text."""
    sides = {"inputs": takes, "outputs": gives, "params": None}
    return {side: json.dumps(specification) if specification else None for side, specification in sides.items()}


def _write_description(folder: Path, described: Mapping[str, Any], requirements: Sequence[str]) -> None:
    import mlflow
    import yaml

    pinned = [f"mlflow=={mlflow.__version__}", *requirements]
    created = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    document = {**described, "mlflow_version": mlflow.__version__, "utc_time_created": created}
    python = {
        "python": platform.python_version(),
        "build_dependencies": ["pip"],
        "dependencies": ["-r requirements.txt"],
    }
    (folder / "MLmodel").write_text(yaml.safe_dump(document, sort_keys=True), encoding="utf-8")
    (folder / "python_env.yaml").write_text(yaml.safe_dump(python, sort_keys=False), encoding="utf-8")
    (folder / "requirements.txt").write_text("".join(f"{line}\n" for line in pinned), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
