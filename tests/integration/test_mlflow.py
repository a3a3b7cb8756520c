"""Runs in the real MLflow, read back with its real client."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pipelines import environment
from tidegate.adapters.mlflow import recording as mlflow
from tidegate.core.training.tracking import ModelFile, Recorded, Run
from tidegate.errors import InfrastructureError

# MLflow's own: its use of SQLAlchemy, and what it says about its own types when it is imported.
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"), pytest.mark.slow]


def run_with(model: Path | None, *, inputs: str = "sha256:aa", **changes: Any) -> Run:
    values: dict[str, Any] = {
        "experiment": "demand",
        "name": "demand abc",
        "params": {"train.rate": "0.1", "weights[0]": "1"},
        "metrics": {"rmse": 1.5, "error (%)": 3.0},
        "tags": {"tidegate.inputs": inputs, "tidegate.commit": "abc"},
        "model": model
        and ModelFile(path=str(model), sha256="sha256:00", output="predicted", requirements=("onnxruntime==1.20.0",)),
    }
    return Run(**{**values, **changes})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recorded]:
    """A store with one run in it, whose model is ONNX under a name that does not say so."""
    folder = tmp_path_factory.mktemp("workspace") / ".tidegate" / "mlflow"
    return folder, mlflow.record(folder, environment(), run_with(_onnx(folder.parent.parent / "model.bin")))


def _onnx(path: Path) -> Path:
    import onnx
    from onnx import TensorProto, helper

    takes = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, 300])
    gives = helper.make_tensor_value_info("predicted", TensorProto.FLOAT, [None, 1])
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [300, 1], [float(number) for number in range(300)])
    node = helper.make_node("MatMul", ["features", "weights"], ["predicted"])
    graph = helper.make_graph([node], "sum", [takes], [gives], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), str(path))
    return path


def client(folder: Path) -> Any:
    from mlflow.tracking import MlflowClient

    return MlflowClient(tracking_uri=f"sqlite:///{folder}/mlflow.db")


def test_an_onnx_model_is_logged_with_its_own_signature_and_the_locks_requirements(
    store: tuple[Path, Recorded],
) -> None:
    from mlflow.models import Model

    folder, recorded = store
    run = client(folder).get_run(recorded.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"train.rate": "0.1", "weights_0_": "1"}
    assert run.data.metrics == {"rmse": 1.5, "error ___": 3.0}
    (files,) = folder.glob("artifacts/models/*/artifacts")
    model = Model.load(str(files))
    assert set(model.flavors) == {"onnx", "python_function"}
    assert model.signature is not None
    assert [(one.name, str(one.type), one.shape) for one in model.signature.inputs] == [
        ("features", "float32", (-1, 300))
    ]
    assert [one.name for one in model.signature.outputs] == ["predicted"]
    assert "onnxruntime==1.20.0" in (files / "requirements.txt").read_text().splitlines()
    assert model.metadata == {"sha256": "sha256:00"}
    assert (files / "model.onnx").read_bytes() == (folder.parent.parent / "model.bin").read_bytes()
    assert recorded.model_uri == f"models:/{model.model_id}"
    assert {path.name for path in folder.iterdir()} == {"mlflow.db", "artifacts"}


def test_the_logged_model_loads_and_predicts_as_mlflow_models_do(store: tuple[Path, Recorded]) -> None:
    import numpy as np
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc import load_model

    folder, _ = store
    (files,) = folder.glob("artifacts/models/*/artifacts")
    loaded = load_model(str(files))
    rows = np.ones((2, 300), dtype=np.float32)
    assert [row[0] for row in loaded.predict({"features": rows})["predicted"]] == [sum(range(300))] * 2
    with pytest.raises(MlflowException, match="shape"):
        loaded.predict({"features": rows[:, :3]})


def test_a_run_on_record_is_found_without_importing_mlflow(store: tuple[Path, Recorded]) -> None:
    folder, recorded = store
    assert mlflow.on_record(folder, environment(), "sha256:aa") == recorded
    assert mlflow.on_record(folder, environment(), "sha256:bb") is None
    assert mlflow.on_record(folder.parent, environment(), "sha256:aa") is None


def test_a_server_is_asked_for_the_run_of_the_same_inputs(store: tuple[Path, Recorded], tmp_path: Path) -> None:
    """The store's address stands for a server's: it is not the embedded one of this workspace."""
    folder, recorded = store
    elsewhere = {**environment(), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    assert mlflow.on_record(tmp_path, elsewhere, "sha256:aa") is None
    again = mlflow.record(tmp_path, elsewhere, run_with(None, unless_recorded=True))
    assert (again.run_id, again.model_uri) == (recorded.run_id, recorded.model_uri)


def test_a_pickle_is_logged_as_bytes_and_never_loaded(tmp_path: Path) -> None:
    from mlflow.models import Model

    traitor = tmp_path / "model.onnx"
    target = tmp_path / "loaded"
    traitor.write_bytes(f"\x80\x04cbuiltins\nopen\n(V{target}\nVw\ntR.".encode("latin-1"))
    folder = tmp_path / ".tidegate" / "mlflow"
    recorded = mlflow.record(folder, environment(), run_with(traitor))
    assert recorded.model_uri
    (files,) = folder.glob("artifacts/models/*/artifacts")
    assert (files / "model.onnx").read_bytes() == traitor.read_bytes()
    model = Model.load(str(files))
    assert set(model.flavors) == {"file"}
    assert model.signature is not None
    assert [one.name for one in model.signature.outputs] == ["predicted"]
    assert not target.exists()


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"MLFLOW_TRACKING_URI": "http://user:hunter22@127.0.0.1:9"}, "http://127.0.0.1:9"),
        (
            {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_TRACKING_TOKEN": "hunter22hunter22"},
            "http://127.0.0.1:9",
        ),
        ({"MLFLOW_TRACKING_URI": "sqlite:////proc/none/mlflow.db"}, "sqlite:////proc/none/mlflow.db"),
    ],
    ids=["credentials in the address", "token", "store"],
)
def test_what_cannot_be_used_is_named_without_credentials(
    tmp_path: Path, variables: dict[str, str], named: str
) -> None:
    impatient = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", **variables}
    with pytest.raises(InfrastructureError, match="cannot be recorded") as error:
        mlflow.record(tmp_path, {**environment(), **impatient}, run_with(None))
    assert (error.value.code, error.value.exit_code) == ("E-MLF-001", 3)
    assert named in str(error.value)
    assert "hunter22" not in str(error.value)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that gives every request the same answer; its address, with credentials."""
    code, body = request.param

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as listening:
        thread = Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://user:hunter22@127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("server", "words"),
    [((200, b"<html>sign in</html>"), "not in a valid JSON format"), ((401, b"no"), "error code 401")],
    ids=["a page", "not allowed"],
    indirect=["server"],
)
def test_what_a_server_says_instead_is_told(tmp_path: Path, server: str, words: str) -> None:
    with pytest.raises(InfrastructureError) as error:
        mlflow.record(tmp_path, {**environment(), "MLFLOW_TRACKING_URI": server}, run_with(None))
    assert words in str(error.value)
    assert "hunter22" not in str(error.value)
