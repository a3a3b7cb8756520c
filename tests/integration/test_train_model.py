"""`tidegate train-model` in a real repository with real DVC: one test an outcome."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipelines import Project, environment, project
from tidegate.errors import InputError
from trainings import (
    AWAY,
    edit_code,
    evidence,
    settings_of,
    states,
    train,
    train_for_the_record,
)


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


@pytest.fixture
def no_dvc(tmp_path: Path) -> Mapping[str, str]:
    """A PATH whose `dvc` tells that it was started."""
    program = tmp_path / "bin" / "dvc"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}{os.pathsep}{environment()['PATH']}"}


# Nothing to do -------------------------------------------------------------------------------------------------------


def test_an_up_to_date_pipeline_is_known_without_starting_dvc(here: Project, no_dvc: Mapping[str, str]) -> None:
    answer = train(here, settings_of(here, **no_dvc))
    assert answer.sentence == "nothing to train: all 3 stages are up to date"
    assert answer.verdict.exit_code == 0
    assert set(states(here).values()) == {"unchanged"}
    assert evidence(here)["result"]["mlflow"] is None


def test_a_change_that_touches_no_input_trains_nothing(here: Project, no_dvc: Mapping[str, str]) -> None:
    here.write("README.md", "words")
    here.write("model/README.md", "more words")
    here.commit()
    assert train(here, settings_of(here, **no_dvc)).sentence.startswith("nothing to train")


def test_a_fresh_clone_without_data_fetches_only_the_predictions(here: Project) -> None:
    here.forget_outputs()
    here.forget_cache()
    assert train(here).sentence.startswith("nothing to train")
    assert here.read("model/reports/predictions.csv").startswith("id,day,sold,predicted")
    assert not (here.root / "data").exists()
    assert not (here.root / "model/build").exists()


def test_the_evidence_says_what_it_is_about(here: Project) -> None:
    train(here)
    found = evidence(here)
    assert found["model"] == "demand"
    assert found["outcome"] == "pass"
    assert found["subject"]["commit"] == here.git("rev-parse", "HEAD")
    assert found["subject"]["data"] == "md5:" + here.read("data.dvc").split("md5: ")[1].split("\n")[0]
    assert found["subject"]["tree"].startswith("sha256:")
    assert found["result"]["metrics"] == here.json("model/reports/metrics.json")
    artifacts = {item["path"]: item for item in found["result"]["artifacts"]}
    assert artifacts["model/artifacts/model.json"]["bytes"] == (here.root / "model/artifacts/model.json").stat().st_size


def test_the_tree_digest_ignores_the_record_and_prose_and_knows_every_input(here: Project) -> None:
    def tree() -> str | None:
        train(here)
        found: str | None = evidence(here)["subject"]["tree"]
        return found

    first = tree()
    here.write("model/notes.md", "words")
    assert tree() == first
    here.commit()
    assert tree() == first
    edit_code(here)
    assert tree() is None
    here.commit("a script, and the record of the training")
    assert tree() not in (None, first)


# Something to do -----------------------------------------------------------------------------------------------------


def test_a_stale_stage_says_why_it_ran(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    answer = train(here)
    pattern = r"trained: 2 of 3 stages ran \(params.yaml: train.offset 0.5 -> 2.5\) in \d+\.\d s"
    assert re.fullmatch(pattern, answer.sentence)
    assert states(here) == {"prepare": "unchanged", "train": "ran", "evaluate": "ran"}
    why = {stage["name"]: stage["why"] for stage in evidence(here)["result"]["stages"]}
    assert why["evaluate"] == ["model/artifacts/model.json changed (by stage train)"]
    assert all(stage["seconds"] > 0 for stage in evidence(here)["result"]["stages"] if stage["state"] == "ran")


def test_changed_code_and_data_are_named(here: Project) -> None:
    edit_code(here)
    here.write("data/2024-03.csv", "id,day,sold\n900,2024-03-01,11\n")
    here.dvc("add", "--quiet", "data")
    train(here)
    assert states(here) == {"prepare": "ran", "train": "ran", "evaluate": "ran"}
    assert evidence(here)["result"]["stages"][0]["why"] == ["data changed", "model/steps.py changed"]


def test_what_was_trained_before_is_restored_from_the_run_cache(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    train(here)
    here.replace("model/params.yaml", "offset: 2.5", "offset: 0.5")
    answer = train(here)
    assert answer.sentence.startswith("restored: 2 of 3 stages came from the run cache (params.yaml: train.offset 2.5")
    assert states(here) == {"prepare": "unchanged", "train": "restored", "evaluate": "restored"}
    assert here.git("status", "--porcelain") == ""


def test_an_output_edited_by_hand_is_put_right(here: Project) -> None:
    before = here.read("model/reports/predictions.csv")
    here.write("model/reports/predictions.csv", "better numbers")
    train(here)
    assert here.read("model/reports/predictions.csv") == before
    assert states(here)["evaluate"] == "restored"
    why = evidence(here)["result"]["stages"][2]["why"]
    assert why == ["its output model/reports/predictions.csv had been changed"]


def test_a_first_training_without_a_lock_file_runs_everything(here: Project) -> None:
    here.forget("model/dvc.lock", "data")
    here.forget_cache()
    train(here)
    assert set(states(here).values()) == {"ran"}
    assert evidence(here)["result"]["stages"][0]["why"] == ["it never ran before"]


def test_a_stale_stage_on_a_fresh_clone_fetches_what_it_reads_and_no_raw_data(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    here.forget_outputs()
    here.forget_cache()
    assert train(here).sentence.startswith("trained: 2 of 3 stages ran")
    assert not (here.root / "data").exists()


def test_parameters_are_compared_with_the_base(here: Project) -> None:
    base = here.git("rev-parse", "HEAD")
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    here.replace("model/params.yaml", "seed: 1", "names: [a, b]")
    here.replace("model/dvc.yaml", "params: [train.offset, seed]", "params: [train.offset]")
    train(here, base=base)
    assert evidence(here)["result"]["params"] == [
        {"name": "train.offset", "before": "0.5", "after": "2.5"},
        {"name": "names", "before": None, "after": '["a", "b"]'},
        {"name": "seed", "before": "1", "after": None},
    ]


def test_a_dry_run_says_what_it_would_do_and_does_not(here: Project, no_dvc: Mapping[str, str], tmp_path: Path) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    answer = train(here, settings_of(here, dry_run=True, **no_dvc))
    assert answer.sentence.startswith("would ask DVC to train: stage train has another command")
    assert not (here.root / ".tidegate").exists()
    assert not (tmp_path / "started").exists()


def test_pictures_are_copied_for_the_report_within_limits(here: Project, tmp_path: Path) -> None:
    folder = here.root / "model/reports/plots"
    (folder / "big.svg").write_text("<svg" + " " * 1024 * 1024)
    (folder / "false.png").write_text("<svg")
    (tmp_path / "secret.svg").write_text("<svg")
    (folder / "link.svg").symlink_to(tmp_path / "secret.svg")
    here.replace("model/dvc.yaml", "    plots: [{reports/plots: {cache: false}}]\n", "")
    answer = train(here)
    assert [path.name for path in (here.root / ".tidegate/plots").iterdir()] == ["errors.svg"]
    warnings = sorted(note.message for note in answer.annotations if note.message.startswith("not shown"))
    assert [warning.split(": ")[2] for warning in warnings] == [
        "larger than 1048576 bytes",
        "its content is no such picture",
        "it is a link that leaves the workspace",
    ]


def test_a_script_that_is_deleted_together_with_its_mention_is_no_loss(here: Project) -> None:
    here.write("model/lib.py", "")
    here.replace("model/dvc.yaml", "deps: [../data, steps.py]", "deps: [../data, steps.py, lib.py]")
    train(here)
    here.replace("model/dvc.yaml", "deps: [../data, steps.py, lib.py]", "deps: [../data, steps.py]")
    here.forget("model/lib.py")
    assert train(here).verdict.exit_code == 0
    assert set(states(here).values()) == {"unchanged"}  # DVC's own rule for a dependency less


def test_a_new_stage_that_reads_nothing_runs_although_data_is_missing(here: Project) -> None:
    """`dvc repro --allow-missing` alone would skip it, and what reads its output would fail."""
    here.replace("model/dvc.yaml", "stages:\n", "stages:\n  more:\n    cmd: touch more.txt\n    outs: [more.txt]\n")
    here.replace("model/dvc.yaml", "deps: [../data, steps.py]", "deps: [../data, steps.py, more.txt]")
    here.forget_outputs()
    here.forget_cache()
    train(here)
    assert states(here) == {"more": "ran", "prepare": "ran", "train": "unchanged", "evaluate": "unchanged"}


def test_a_stage_that_is_gone_is_neither_missed_nor_shown(here: Project, no_dvc: Mapping[str, str]) -> None:
    here.replace("model/dvc.yaml", "stages:\n", "stages:\n  more:\n    cmd: touch more.txt\n    outs: [more.txt]\n")
    train(here)
    assert "more" in states(here)
    here.replace("model/dvc.yaml", "  more:\n    cmd: touch more.txt\n    outs: [more.txt]\n", "")
    here.forget("model/more.txt")
    assert train(here, settings_of(here, **no_dvc)).sentence == "nothing to train: all 3 stages are up to date"
    assert set(states(here)) == {"prepare", "train", "evaluate"}


def test_files_that_dvc_ignores_are_no_damage(here: Project) -> None:
    """DVC leaves them out of a folder's digest, whether Git keeps the folder or DVC does."""
    here.write(".dvcignore", "*.tmp\n")
    here.write("model/lib/a.py", "one")
    here.replace("model/dvc.yaml", "deps: [../data, steps.py]", "deps: [../data, steps.py, lib]")
    train(here)
    for path in ("model/lib/x.tmp", "data/x.tmp", "model/reports/plots/x.tmp"):
        here.write(path, "left by an editor")
    assert train(here).sentence == "nothing to train: all 3 stages are up to date"
    here.write("model/lib/a.py", "two")
    train(here)
    assert evidence(here)["result"]["stages"][0]["why"] == ["model/lib changed"]


# The record ----------------------------------------------------------------------------------------------------------


def test_a_tracking_server_that_is_away_costs_the_record_and_not_the_training(here: Project) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    answer = train_for_the_record(here, settings_of(here, **AWAY))
    assert answer.verdict.exit_code == 0
    assert answer.sentence.startswith("trained: 2 of 3 stages ran")
    (warning,) = (note.message for note in answer.annotations)
    assert warning.startswith("E-MLF-001 the run cannot be recorded at http://127.0.0.1:9")
    assert "hunter22" not in warning
    assert evidence(here)["result"]["mlflow"] is None
    assert evidence(here)["result"]["stages"][1]["state"] == "ran"


def test_an_address_that_no_server_has_is_refused_before_any_training(here: Project, no_dvc: Mapping[str, str]) -> None:
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    with pytest.raises(InputError, match="E-MLF-002") as error:
        train(here, settings_of(here, MLFLOW_TRACKING_URI="https://user:hunter22@", **no_dvc))
    assert "hunter22" not in str(error.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # MLflow's own use of SQLAlchemy
def test_the_run_is_recorded_and_read_back_with_the_real_client(here: Project) -> None:
    from mlflow.tracking import MlflowClient

    here.write("model/dvc.yaml", here.read("model/dvc.yaml") + DECLARED)
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    here.commit()
    train_for_the_record(here, settings_of(here))
    recorded, subject = evidence(here)["result"]["mlflow"], evidence(here)["subject"]
    assert recorded["tracking_uri"] == "sqlite:///.tidegate/mlflow/mlflow.db"
    client = MlflowClient(tracking_uri=f"sqlite:///{here.root}/.tidegate/mlflow/mlflow.db")
    run = client.get_run(recorded["run_id"])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"train.offset": "2.5", "seed": "1"}
    assert run.data.metrics == here.json("model/reports/metrics.json")
    tags = run.data.tags
    assert tags["tidegate.commit"] == tags["mlflow.source.git.commit"] == here.git("rev-parse", "HEAD")
    assert {name: tags[f"tidegate.{name}"] for name in ("data", "params", "tree")} == {
        name: subject[name] for name in ("data", "params", "tree")
    }
    model = client.get_logged_model(run.outputs.model_outputs[0].model_id)
    assert recorded["model_uri"] == model.model_uri
    assert {item.path for item in client.list_logged_model_artifacts(model.model_id)} >= {"MLmodel", "model.json"}

    again = train_for_the_record(here, settings_of(here))
    assert again.outputs["run-id"] == recorded["run_id"], "the same inputs are one run"
    assert len(client.search_runs([run.info.experiment_id])) == 1


DECLARED = "artifacts:\n  demand: {path: artifacts/model.json, type: model}\n"
