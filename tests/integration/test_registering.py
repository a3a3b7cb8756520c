"""MLflow's registry is told what runs, by a real store; a late, older deployment changes nothing there."""

from __future__ import annotations

import io
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipelines import Project, environment
from tidegate.adapters.mlflow.registry import Registry, State
from tidegate.console import Console
from tidegate.core.deployment.environment import Environment
from tidegate.core.release.claims import key
from tidegate.core.release.release import Release
from tidegate.errors import InfrastructureError
from tidegate.settings import Settings
from tidegate.steps.deployment.environments import Wanted
from tidegate.steps.release import registering

SCRIPTS = Path(__file__).parents[2] / "scripts"
ENVIRONMENT = "target: process\naddress: 127.0.0.1:1\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "here")
    made.root.mkdir()
    made.git("init", "--quiet", "--initial-branch", "main")
    made.write("environments/staging/environment.yaml", ENVIRONMENT)
    made.write("environments/production/environment.yaml", ENVIRONMENT + "after: staging\n")
    made.write(".gitignore", "/.tidegate/\n")
    made.commit("first")
    return made


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store, made without waiting for the disk."""
    make = "import sys; from pathlib import Path; from tidegate.adapters.mlflow.recorder import _make_store"
    place = tmp_path_factory.mktemp("store") / "mlflow.db"
    program = f"{make}; _make_store(Path({str(place)!r}))"
    started = [sys.executable, "-W", "ignore", "-c", program]
    subprocess.run(started, cwd=SCRIPTS, check=True, capture_output=True, timeout=600)
    return place


@pytest.fixture
def store(empty: Path, tmp_path: Path) -> Path:
    """One of this test's own."""
    return Path(shutil.copy(empty, tmp_path / "mlflow.db"))


def settings(project: Project, uri: str) -> Settings:
    return Settings(
        workspace=project.root,
        config="tidegate.yaml",
        model=None,
        environ={**environment(), "MLFLOW_TRACKING_URI": uri, "GITHUB_REPOSITORY": "harbour/bike-demand"},
        console=Console(stream=io.StringIO()),
    )


def wanted(project: Project, version: str, name: str = "production") -> Wanted:
    """A commit that wants a version, whose folder is built."""
    project.write(f".tidegate/releases/bike/{version}/model.onnx", f"model {version}")
    release = Release(
        model="bike",
        version=version,
        commit="d" * 40,
        digests={"release": "sha256:" + version * 64, "verdict": "sha256:" + "f" * 64},
        origin={"pull_request": "12", "run": "77"},
    )
    after = "staging" if name == "production" else None
    described = Environment(name=name, target="process", address="127.0.0.1:1", after=after)
    project.write("wanted.txt", version)
    return Wanted(environment=described, release=release, commit=project.commit(f"version {version}"))


def test_what_runs_is_registered_with_its_lineage_and_an_older_deployment_comes_too_late(
    project: Project, store: Path
) -> None:
    first, second = wanted(project, "1"), wanted(project, "2")
    assert registering.kept_in_step(settings(project, ""), first) == ""
    uri = f"sqlite:///{store}"
    said = registering.kept_in_step(settings(project, uri), second)
    assert said == "version 1 of the registry's bike is its production"
    late = registering.kept_in_step(settings(project, uri), first)
    assert "alias production stays at 1" in late
    with closing(sqlite3.connect(store)) as opened, opened:
        opened.execute("delete from registered_model_aliases where alias = 'champion'")
    assert registering.kept_in_step(settings(project, uri), second) == said

    assert rows(store, "select alias, version from registered_model_aliases") == {"production": 1, "champion": 1}
    assert rows(store, "select version, name from model_versions") == {1: "bike", 2: "bike"}
    tags = rows(store, "select key, value from model_version_tags where version = 1")
    assert tags["tidegate.version"] == "2"
    assert tags["tidegate.pull_request"] == "12"
    assert tags["tidegate.verdict"] == "sha256:" + "f" * 64


def rows(store: Path, query: str) -> dict[object, object]:
    with closing(sqlite3.connect(store)) as opened:
        return dict(opened.execute(query).fetchall())


def test_a_registry_that_is_down_is_made_up_for_by_the_next_run(project: Project, store: Path) -> None:
    deployed = wanted(project, "3", "staging")
    down = settings(project, "http://127.0.0.1:9")
    quick = {**down.environ, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_TRACKING_PASSWORD": "hunter2"}
    with pytest.raises(InfrastructureError, match="does not say yet what runs") as caught:
        registering.kept_in_step(
            Settings(
                workspace=down.workspace,
                config=down.config,
                model=None,
                environ=quick,
                console=down.console,
            ),
            deployed,
        )
    assert caught.value.code == "E-MLF-003"
    assert "hunter2" not in str(caught.value)
    up = settings(project, f"sqlite:///{store}")
    assert registering.kept_in_step(up, deployed) == "version 1 of the registry's bike is its staging"


class Meddled(Registry):
    """A registry in which a newer deployment is faster, right after ours wrote."""

    def move(self, version: str, aliases: object, forget: object = ()) -> State:
        del version, forget
        STATE["aliases"] |= aliases  # type: ignore[operator]
        STATE["tags"] |= MEDDLING
        return State(version="1", tags=dict(STATE["tags"]), aliases=dict(STATE["aliases"]))


STATE: dict[str, dict[str, str]] = {}
MEDDLING: dict[str, str] = {}


def test_whoever_writes_last_puts_right_what_it_wrote_too_early(project: Project) -> None:
    first, second = wanted(project, "1", "staging"), wanted(project, "2", "staging")
    STATE.update(tags={key("staging", first.commit): "1"}, aliases={})
    MEDDLING.update({key("staging", second.commit): "2"})
    place = Meddled(uri="sqlite://", model="bike", environ={})
    found = State(version="1", tags=dict(STATE["tags"]), aliases={})
    said = registering._settled(settings(project, "sqlite://"), first, place, found)
    assert STATE["aliases"] == {"staging": "2"}
    assert said.endswith("is newer")
