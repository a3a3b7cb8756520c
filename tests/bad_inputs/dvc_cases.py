"""Pipelines, locks, remotes and tracking servers that cannot be used: rows X01 to X05 and X09 of the catalogue."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from bad_inputs.cases import Case
from bad_inputs.deploy_cases import staging
from pipelines import Project, project

TRAIN = ("train-model",)
SECRET = "hunter2swordfish"
SECONDS = 120.0
"""DVC starts several times in one case; how long that takes is its own affair."""


def pipeline(change: Callable[[Project], object]) -> Callable[[Path], None]:
    """A small real project with a pipeline that ran, and one change."""

    def build(folder: Path) -> None:
        with tempfile.TemporaryDirectory() as place:
            made = project(Path(place) / "project")
            shutil.rmtree(folder)
            shutil.copytree(made.root, folder, symlinks=True)
        change(Project(folder))

    return build


def _edited(path: str, old: str, new: str) -> Callable[[Project], object]:
    return lambda here: here.replace(path, old, new)


def _conflict(here: Project) -> None:
    text = here.read("model/dvc.lock")
    here.write("model/dvc.lock", f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")


def _hash_that_nothing_has(here: Project) -> None:
    lines = here.read("model/dvc.lock").splitlines()
    at = next(place for place, line in enumerate(lines) if "path: artifacts/model.json" in line)
    digest = next(place for place in range(at, at + 4) if "md5: " in lines[place])
    lines[digest] = lines[digest].split("md5: ")[0] + "md5: not-a-hash"
    here.write("model/dvc.lock", "\n".join(lines) + "\n")


def _lost_everywhere(here: Project) -> None:
    here.forget_cache()
    here.forget_outputs()
    shutil.rmtree(here.root / ".dvc/storage")


def _no_remote(here: Project) -> None:
    here.forget_cache()
    here.forget_outputs()
    name = here.dvc("remote", "list").split()[0]
    here.dvc("remote", "remove", name)


def _bad(id: str, title: str, change: Callable[[Project], object], exit: int, code: str, *mentions: str) -> Case:  # noqa: A002
    return Case(
        id=id,
        title=title,
        build=pipeline(change),
        arguments=TRAIN,
        exit=exit,
        code=code,
        mentions=mentions,
        seconds=SECONDS,
    )


_PIPELINES = (
    _bad(
        "X01-absent",
        "no pipeline",
        lambda here: (here.root / "model/dvc.yaml").unlink(),
        2,
        "E-DVC-006",
        "dvc.yaml",
    ),
    _bad(
        "X01-parse",
        "a pipeline that is no YAML",
        lambda here: here.write("model/dvc.yaml", "stages: [\n"),
        2,
        "E-DVC-001",
        "dvc.yaml",
    ),
    _bad(
        "X01-cycle",
        "a pipeline that bites its tail",
        _edited("model/dvc.yaml", "deps: [../data, steps.py]", "deps: [../data, steps.py, artifacts/model.json]"),
        2,
        "E-DVC-009",
        "both a dependency and an output",
    ),
    _bad(
        "X01-missing-dep",
        "a stage that reads what is not there",
        _edited("model/dvc.yaml", "deps: [../data, steps.py]", "deps: [../data, steps.py, nowhere.csv]"),
        2,
        "E-DVC-009",
        "nowhere.csv",
    ),
    _bad(
        "X01-parameter",
        "a pipeline whose parameter nobody set",
        _edited("model/dvc.yaml", "${train.offset}", "${train.nothing}"),
        2,
        "E-DVC-009",
        "train.nothing",
    ),
    _bad("X02-conflict", "a lock with conflict markers", _conflict, 2, "E-DVC-002", "model/dvc.lock:1"),
    Case(
        id="X02-hash",
        title="a lock whose hash is none: what it belongs to is made again",
        build=pipeline(_hash_that_nothing_has),
        arguments=TRAIN,
        exit=0,
        mentions=("its output model/artifacts/model.json had been changed",),
        seconds=SECONDS,
    ),
    _bad("X03-no-remote", "outputs nowhere and no remote", _no_remote, 2, "E-DVC-007"),
    _bad("X04-incomplete", "a remote that lost its objects", _lost_everywhere, 3, "E-DVC-010"),
)


def _tracking(id: str, title: str, uri: str) -> Case:  # noqa: A002
    return Case(
        id=id,
        title=title,
        build=pipeline(lambda here: None),
        arguments=TRAIN,
        exit=2,
        code="E-MLF-002",
        forbids=(SECRET,),
        environ={"MLFLOW_TRACKING_URI": uri},
        seconds=SECONDS,
    )


_TRACKING = (
    _tracking("X05-scheme", "a tracking address of a scheme that is none", f"htp:/me:{SECRET}@nowhere"),
    _tracking("X05-port", "a tracking address with a port that is none", f"http://me:{SECRET}@nowhere:99999"),
    _tracking("X05-no-scheme", "a tracking address without a scheme", f"me:{SECRET}@nowhere"),
)
_ROLLBACK = Case(
    id="X09-no-history",
    title="a rollback where nothing ran before",
    build=staging(),
    arguments=("rollback-release", "--environment", "staging"),
    exit=2,
    code="E-RBK-001",
)
_ROLLBACK_NOWHERE = Case(
    id="X09-no-environment",
    title="a rollback of an environment that is not there",
    build=staging(),
    arguments=("rollback-release", "--environment", "moon"),
    exit=2,
    code="E-ENV-002",
)
_ROLLBACK_VERSION = Case(
    id="A14-version",
    title="a rollback to a version that never ran",
    build=staging(),
    arguments=("rollback-release", "--environment", "staging", "--to", "latest"),
    exit=2,
    code="E-RBK-002",
)
CASES = (*_PIPELINES, *_TRACKING, _ROLLBACK, _ROLLBACK_NOWHERE, _ROLLBACK_VERSION)
