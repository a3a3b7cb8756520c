"""Work trees of other commits with their outputs in place, with real Git and DVC."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipelines import Project, environment, project
from tidegate.console import Console
from tidegate.core.contract import DataSource, Evaluation, Model
from tidegate.errors import InputError, SecurityRefusal
from tidegate.settings import Settings
from tidegate.steps.pipeline import model_at

ARTIFACT, PREDICTIONS, BUILT = "model/artifacts/model.json", "model/reports/predictions.csv", "model/build/prepared.csv"
MODEL = Model(
    name="demand",
    path="model",
    data=DataSource(tracked="data.dvc", expectations="model/expectations"),
    evaluation=Evaluation(predictions=PREDICTIONS, id="id", target="sold", prediction="predicted"),
    gates=(),
)


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


def settings_of(here: Project) -> Settings:
    console = Console(stream=io.StringIO())
    return Settings(workspace=here.root, config="tidegate.yaml", model=None, environ=environment(), console=console)


def test_everything_that_the_stages_wrote_is_there_as_it_was(here: Project) -> None:
    then, before = here.git("rev-parse", "HEAD"), {path: here.read(path) for path in (ARTIFACT, PREDICTIONS, BUILT)}
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    here.dvc("repro", "--quiet", at="model")
    here.commit()
    with model_at.checkout(settings_of(here), MODEL, then) as tree:
        assert {path: (tree / path).read_text() for path in before} == before
        assert (tree / "model/params.yaml").read_text() != here.read("model/params.yaml")
        assert (tree / "model/reports/plots/errors.svg").is_file()
    assert not tree.exists()
    assert len(here.git("worktree", "list").splitlines()) == 1


def test_only_the_outputs_that_are_asked_for_are_restored(here: Project) -> None:
    with model_at.checkout(settings_of(here), MODEL, here.git("rev-parse", "HEAD"), [ARTIFACT]) as tree:
        assert (tree / ARTIFACT).is_file()
        assert not (tree / BUILT).exists()


def test_they_come_from_the_remote_where_the_cache_lacks_them(here: Project) -> None:
    before = here.read(ARTIFACT)
    here.forget_cache()
    with model_at.checkout(settings_of(here), MODEL, here.git("rev-parse", "HEAD"), [ARTIFACT]) as tree:
        assert (tree / ARTIFACT).read_text() == before


def test_a_lock_that_is_older_than_the_parameters_is_not_believed(here: Project) -> None:
    before = here.read(ARTIFACT)
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    stale = here.commit()
    with model_at.checkout(settings_of(here), MODEL, stale, [ARTIFACT]) as tree:
        assert (tree / ARTIFACT).read_text() != before
        assert not (tree / PREDICTIONS).exists()


def test_what_was_never_recorded_is_made(here: Project) -> None:
    (here.root / "model/dvc.lock").unlink()
    with model_at.checkout(settings_of(here), MODEL, here.commit(), [ARTIFACT]) as tree:
        assert (tree / ARTIFACT).read_text() == here.read(ARTIFACT)


def test_a_damaged_object_is_refused(here: Project) -> None:
    digest = here.recorded("artifacts/model.json")
    here.forget_cache()
    here.replace(".dvc/config", "verify = true", "verify = false")
    stored = here.root / ".dvc/storage/files/md5" / digest[:2] / digest[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"x" + stored.read_bytes()[1:])
    stored.chmod(0o444)
    commit = here.commit("a remote that is not verified")
    with (
        pytest.raises(SecurityRefusal, match="other bytes"),
        model_at.checkout(settings_of(here), MODEL, commit, [ARTIFACT]),
    ):
        pytest.fail("damaged bytes were handed out")


def test_an_output_of_no_stage_is_an_error(here: Project) -> None:
    commit = here.git("rev-parse", "HEAD")
    with (
        pytest.raises(InputError, match="written by no stage") as error,
        model_at.checkout(settings_of(here), MODEL, commit, ["model/other.json"]),
    ):
        pytest.fail("there is no such output")
    assert error.value.code == "E-DVC-031"
