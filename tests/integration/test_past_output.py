"""Outputs as they were at another commit, with real Git and DVC."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipelines import Project, environment, project
from tidegate.console import Console
from tidegate.core.contract import DataSource, Environment, Evaluation, Model
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal
from tidegate.settings import Settings
from tidegate.steps.pipeline import past_output

PREDICTIONS = "model/reports/predictions.csv"


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


def settings_of(here: Project) -> Settings:
    console = Console(stream=io.StringIO())
    return Settings(workspace=here.root, config="tidegate.yaml", model=None, environ=environment(), console=console)


def model_of(lock: str | None = None) -> Model:
    return Model(
        name="demand",
        path="model",
        data=DataSource(tracked="data.dvc", expectations="model/expectations"),
        evaluation=Evaluation(predictions=PREDICTIONS, id="id", target="sold", prediction="predicted"),
        gates=(),
        environment=Environment(lock=lock),
    )


def at(here: Project, commit: str, output: str = PREDICTIONS) -> tuple[str, str]:
    """The output's text at the commit, and what was said about its origin."""
    settings = settings_of(here)
    found = past_output.at(settings, model_of(), commit, output).read_text()
    assert isinstance(settings.console.stream, io.StringIO)
    return found, settings.console.stream.getvalue().strip().splitlines()[-1].split(": ")[1]


def test_it_comes_from_the_cache_when_the_lock_belongs_to_the_commit(here: Project) -> None:
    before, then = here.read(PREDICTIONS), here.git("rev-parse", "HEAD")
    here.write(PREDICTIONS, "something newer")
    assert at(here, then) == (before, "from DVC's cache")


def test_a_file_kept_in_git_comes_from_git(here: Project) -> None:
    found, origin = at(here, here.git("rev-parse", "HEAD"), "model/reports/metrics.json")
    assert (found, origin) == (here.read("model/reports/metrics.json"), "from Git")


def test_it_is_fetched_alone_when_the_cache_lacks_it(here: Project) -> None:
    before = here.read(PREDICTIONS)
    here.forget_cache()
    assert at(here, here.git("rev-parse", "HEAD")) == (before, "from DVC's remote")
    objects = [path for path in (here.root / ".dvc/cache/files").rglob("*") if path.is_file()]
    assert len(objects) == 1


def test_it_is_made_again_when_the_lock_is_older_than_the_parameters(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    stale = here.commit()
    assert "predicted" in (found := at(here, stale))[0]
    assert found[1] == "made again from that commit"
    assert found[0] != here.read(PREDICTIONS)


def test_made_again_on_a_bare_clone_it_fetches_only_what_the_stages_read(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    stale = here.commit()
    here.forget_outputs()
    here.forget_cache()
    assert at(here, stale)[1] == "made again from that commit"
    assert not (here.root / "data").exists()
    data = here.read("data.dvc").split("md5: ")[1].split(".dir")[0]
    assert not (here.root / ".dvc/cache/files/md5" / data[:2] / f"{data[2:]}.dir").exists()


def test_the_work_tree_and_its_lock_stay_as_they_were(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    stale = here.commit()
    at(here, stale)
    assert here.git("status", "--porcelain") == ""
    assert len(here.git("worktree", "list").splitlines()) == 1


def test_a_damaged_object_in_the_cache_is_replaced_from_the_remote(here: Project) -> None:
    before, digest = here.read(PREDICTIONS), here.recorded("reports/predictions.csv")
    cached = here.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    cached.chmod(0o644)
    cached.write_bytes(b"x" + cached.read_bytes()[1:])
    assert at(here, here.git("rev-parse", "HEAD")) == (before, "from DVC's remote")


def test_damaged_bytes_on_an_unverified_remote_are_refused(here: Project) -> None:
    digest = here.recorded("reports/predictions.csv")
    here.forget_cache()
    here.replace(".dvc/config", "verify = true", "verify = false")
    stored = here.root / ".dvc/storage/files/md5" / digest[:2] / digest[2:]
    stored.chmod(0o644)
    stored.write_bytes(b"x" + stored.read_bytes()[1:])
    stored.chmod(0o444)  # DVC takes a read-only file's name for its content
    commit = here.commit("a remote that is not verified")
    with pytest.raises(SecurityRefusal, match="other bytes") as refusal:
        at(here, commit)
    assert refusal.value.code == "E-DVC-011"


def test_a_remote_that_lost_the_object_is_named_as_the_cause(here: Project) -> None:
    digest = here.recorded("reports/predictions.csv")
    here.forget_cache()
    (here.root / ".dvc/storage/files/md5" / digest[:2] / digest[2:]).unlink()
    with pytest.raises(InfrastructureError, match="1 object") as error:
        at(here, here.commit("the object is gone"))
    assert error.value.code == "E-DVC-010"


def test_an_output_that_no_stage_writes_is_an_error(here: Project) -> None:
    with pytest.raises(InputError) as error:
        at(here, here.git("rev-parse", "HEAD"), "model/reports/other.csv")
    assert error.value.code == "E-DVC-031"


def test_a_commit_whose_lock_has_conflict_markers_is_refused(here: Project) -> None:
    here.write("model/dvc.lock", "<<<<<<< ours\n" + here.read("model/dvc.lock"))
    with pytest.raises(InputError, match="conflict markers") as error:
        at(here, here.commit())
    assert error.value.where == "model/dvc.lock:1"


def test_that_commits_own_environment_lock_decides(here: Project) -> None:
    """A commit that had no lock yet is reproduced with the caller's own programs."""
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    stale = here.commit()
    here.write("model/requirements.txt", "not installable")
    assert past_output.at(settings_of(here), model_of(lock="model/requirements.txt"), stale, PREDICTIONS).is_file()
