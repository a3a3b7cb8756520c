"""`tidegate train-model` in a real repository with real DVC: one test an outcome."""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines import Project, environment, project
from tidegate.commands import train_model
from tidegate.console import Console
from tidegate.core.answer import Answer
from tidegate.errors import InfrastructureError, InputError, Problems, SecurityRefusal, TidegateError
from tidegate.settings import Settings

PROGRAM = Path(train_model.__file__).parents[1] / "__main__.py"
# A server that refuses at once: the port of the discard service on a machine that has none.
AWAY = {"MLFLOW_TRACKING_URI": "http://user:hunter22@127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return project(tmp_path / "project")


def settings_of(here: Project, *, actions: bool = False, dry_run: bool = False, **variables: str) -> Settings:
    return Settings(
        workspace=here.root,
        config="tidegate.yaml",
        model=None,
        environ={**environment(), **variables},
        console=Console(stream=io.StringIO(), actions=actions),
        dry_run=dry_run,
    )


def train(here: Project, settings: Settings | None = None, base: str = "") -> Answer:
    """Without a record in MLflow, which takes seconds."""
    options = argparse.Namespace(base=base)
    return train_model.run(settings or settings_of(here), options, record=lambda *_, **__: None)


def train_for_the_record(here: Project, settings: Settings) -> Answer:
    return train_model.run(settings, argparse.Namespace(base=""))


def evidence(here: Project) -> Any:
    return here.json(".tidegate/train-model.json")


def states(here: Project) -> dict[str, str]:
    return {stage["name"]: stage["state"] for stage in evidence(here)["result"]["stages"]}


def edit_code(here: Project) -> None:
    here.write("model/steps.py", here.read("model/steps.py") + "# read by people only\n")


def said(settings: Settings) -> str:
    assert isinstance(settings.console.stream, io.StringIO)
    return settings.console.stream.getvalue()


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


# What cannot be found out --------------------------------------------------------------------------------------------


def failing(here: Project) -> TidegateError:
    with pytest.raises(TidegateError) as error:
        train(here)
    assert not (here.root / ".tidegate/train-model.json").exists()
    return error.value


def test_a_failing_stage_is_an_error_with_its_last_lines(here: Project) -> None:
    script = "import sys\n[print('epoch', n) for n in range(40)]\nsys.exit('out of luck: password=hunter22')\n"
    here.write("model/steps.py", script)
    error = failing(here)
    assert isinstance(error, InputError)
    assert error.code == "E-DVC-030"
    assert error.message == "Stage prepare failed (exit code 1)."
    assert len(error.log) == 20
    assert "out of luck: password=[redacted]" in error.log
    assert "epoch 39" in error.log


def test_a_killed_stage_is_named_as_killed(here: Project) -> None:
    here.write("model/steps.py", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert "killed (signal 9: out of memory, as a rule)" in failing(here).message


def test_conflict_markers_in_the_lock_are_an_error_with_the_line(here: Project) -> None:
    here.write("model/dvc.lock", here.read("model/dvc.lock") + "<<<<<<< ours\n")
    error = failing(here)
    assert (error.code, error.exit_code) == ("E-DVC-002", 2)
    assert re.fullmatch(r"model/dvc\.lock:\d+", error.where)


def test_a_deleted_script_is_an_error_and_not_unchanged(here: Project) -> None:
    here.forget_outputs()
    here.forget("model/steps.py")
    error = failing(here)
    assert (error.code, error.where) == ("E-DVC-013", "model/steps.py")


def test_a_metrics_file_that_git_lost_is_an_error_and_not_unchanged(here: Project) -> None:
    here.forget("model/reports/metrics.json")
    assert failing(here).where == "model/reports/metrics.json"


def test_a_pipeline_without_definition_is_an_error(here: Project) -> None:
    here.forget("model/dvc.yaml")
    assert (error := failing(here)).code == "E-DVC-006"
    assert error.where == "model/dvc.yaml"


def test_what_dvc_says_about_a_broken_definition_is_passed_on(here: Project) -> None:
    here.replace("model/dvc.yaml", "deps: [build/prepared.csv, steps.py]", "deps: [artifacts/model.json]")
    error = failing(here)
    assert (error.code, error.exit_code, error.where) == ("E-DVC-009", 2, "model/dvc.yaml")
    assert "both a dependency and an output" in error.message


@pytest.mark.parametrize(
    ("written", "code"),
    [("NaN", "E-MET-004"), ("Infinity", "E-MET-004"), ("'high'", "E-MET-005"), ("None", "E-MET-005")],
)
def test_a_metric_that_is_no_finite_number_never_passes(here: Project, written: str, code: str) -> None:
    value = f"float('{written}')" if code == "E-MET-004" else written
    here.replace("model/steps.py", '"mae": round(error, 6)', f'"mae": {value}')
    error = failing(here)
    assert error.code == code
    assert error.where == "model/reports/metrics.json /mae"
    assert error.exit_code == (1 if code == "E-MET-004" else 2)


def test_damaged_bytes_from_the_cache_are_refused(here: Project) -> None:
    digest = here.recorded("reports/predictions.csv")
    cached = here.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
    cached.chmod(0o644)
    cached.write_bytes(b"x" + cached.read_bytes()[1:])
    cached.chmod(0o444)
    here.forget("model/reports/predictions.csv")
    error = failing(here)
    assert isinstance(error, SecurityRefusal)
    assert (error.code, error.where) == ("E-DVC-011", "model/reports/predictions.csv")


def test_training_on_damaged_data_is_refused(here: Project) -> None:
    january = (here.root / "data/2024-01.csv").read_bytes()
    stored = next(
        path for path in (here.root / ".dvc/storage").rglob("*") if path.is_file() and path.read_bytes() == january
    )
    stored.chmod(0o644)
    stored.write_bytes(stored.read_bytes().replace(b"2024-01-02", b"2024-01-03"))
    stored.chmod(0o444)
    here.replace(".dvc/config", "verify = true", "verify = false")
    edit_code(here)
    here.forget_outputs()
    here.forget_cache()
    error = failing(here)
    assert (error.code, error.where) == ("E-DVC-011", "data")


def test_a_remote_without_the_objects_is_infrastructure(here: Project) -> None:
    here.forget_outputs()
    here.forget_cache()
    here.forget(".dvc/storage")
    error = failing(here)
    assert isinstance(error, InfrastructureError)
    assert error.code == "E-DVC-010"


def test_a_remote_whose_plugin_is_missing_is_named(here: Project) -> None:
    here.forget_outputs()
    here.forget_cache()
    here.replace(".dvc/config", "url = storage", "url = s3://bucket/models")
    assert (error := failing(here)).code == "E-DVC-008"
    assert "dvc-s3" in error.message


def test_a_remote_that_refuses_does_not_matter_where_the_cache_has_everything(here: Project, tmp_path: Path) -> None:
    """A fork's run has no credentials; the runner's cache may hold what it needs."""
    here.forget_outputs()
    here.replace("model/params.yaml", "offset: 0.5", "offset: 2.5")
    program = tmp_path / "bin" / "dvc"
    program.parent.mkdir()
    refusal = "case \"$*\" in *pull*) echo 'ERROR: Unable to locate credentials'; exit 255;; esac"
    program.write_text(f'#!/bin/sh\n{refusal}\nexec {sys.executable} -I -m dvc "$@"\n')
    program.chmod(0o755)
    settings = settings_of(here, PATH=f"{program.parent}{os.pathsep}{environment()['PATH']}")
    assert train(here, settings).sentence.startswith("trained: 2 of 3 stages ran")
    assert "Trying with what DVC's cache holds" in said(settings)

    here.replace("model/params.yaml", "offset: 2.5", "offset: 3.5")
    here.forget_outputs()
    here.forget_cache()
    with pytest.raises(InputError, match="Unable to locate credentials"):
        train(here, settings)


def test_every_wrong_metric_is_told_at_once(here: Project) -> None:
    here.replace("model/steps.py", '"rows": len(found)', '"rows": None, "names": ["a"]')
    error = failing(here)
    assert isinstance(error, Problems)
    assert [problem.where.split(" ")[1] for problem in error.problems] == ["/rows", "/names"]


# Hostile and untimely ------------------------------------------------------------------------------------------------


def test_a_training_log_can_neither_command_the_runner_nor_be_taken_for_dvcs_own(here: Project) -> None:
    lines = [
        "::error::boo",
        "::set-output name=a::b",
        "Stage 'train' didn't change, skipping",
        "\x1b[31mred\r::add-mask::e",
    ]
    here.replace("model/steps.py", 'print("mean"', f'[print(line) for line in {lines!r}]; print("mean"')
    settings = settings_of(here, actions=True)
    train(here, settings)
    assert states(here)["train"] == "ran"
    inside = False
    token = ""
    commands = 0
    for line in said(settings).splitlines():
        if line.startswith("::stop-commands::"):
            inside, token = True, line.removeprefix("::stop-commands::")
        elif inside and line == f"::{token}::":
            inside = False
        elif line.startswith(("::error", "::set-output", "::add-mask")):
            assert inside, line
            commands += 1
    assert commands >= 3
    assert "\x1b" not in said(settings)


def test_stages_see_the_callers_shell_and_none_of_our_variables(here: Project) -> None:
    here.replace("model/dvc.yaml", "python3 steps.py prepare", "env > build.env && python3 steps.py prepare")
    settings = settings_of(here, SHELL="/bin/sh", OWN="theirs")
    clean = {name: value for name, value in settings.environ.items() if not name.startswith("DVC_")}
    train(here, settings_of(here, SHELL="/bin/sh", OWN="theirs"))
    seen = dict(line.split("=", 1) for line in here.read("model/build.env").splitlines() if "=" in line)
    assert seen["SHELL"] == "/bin/sh"
    assert seen["OWN"] == "theirs"
    assert seen["PATH"] == clean["PATH"]
    assert not [name for name in seen if "TIDEGATE" in name]


@pytest.fixture
def stopping(here: Project) -> Iterator[Path]:
    """A training that lasts until a file appears, which ends with the test at the latest."""
    gate = here.root / "go"
    waiting = "while not os.path.exists('../go') and time.time() < end: time.sleep(0.02)\n"
    first = "import os, pathlib, time\npathlib.Path('../started').touch()\nend = time.time() + 60\n"
    here.write("model/steps.py", first + waiting + here.read("model/steps.py"))
    yield gate
    gate.touch()


def started(here: Project) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", str(PROGRAM), "train-model", "-C", str(here.root)]
    process = subprocess.Popen(
        command, env={**environment(), **AWAY}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    until = time.monotonic() + 60
    while not (here.root / "started").exists():
        assert time.monotonic() < until, "the training did not start"
        assert process.poll() is None, process.communicate()[0].decode()
        time.sleep(0.05)
    return process


def test_a_killed_training_leaves_no_evidence_and_the_next_one_converges(here: Project, stopping: Path) -> None:
    train(here, settings_of(here, dry_run=True))
    here.write(".tidegate/train-model.json", "what an earlier training left")
    process = started(here)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (here.root / ".tidegate/train-model.json").exists()
    stopping.touch()  # what was left behind goes on, and ends
    assert train(here).sentence.startswith("trained: ")
    assert states(here)["evaluate"] == "ran"


def test_an_interrupted_training_stops_everything_that_it_started(here: Project, stopping: Path) -> None:
    process = started(here)
    assert any("steps.py" in command for command in here.processes())
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=30)[0].decode()
    assert process.returncode == 130, output
    assert "interrupted" in output
    error = here.json(".tidegate/train-model.json")["error"]
    assert isinstance(error, dict)
    assert error["exit_code"] == 130
    assert here.processes() == []


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
