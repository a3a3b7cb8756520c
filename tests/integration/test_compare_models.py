"""`tidegate compare-models` in repositories as pull requests bring them: one test per outcome."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.adapters import evidence as store
from tidegate.adapters.tables import reading as tables
from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Answer, Verdict
from tidegate.core.evidence import digest
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.reference import Champions

MAIN = Path(__file__).parents[2] / "scripts" / "tidegate" / "__main__.py"
PREDICTIONS = "model/reports/predictions.parquet"
CONTRACT = """\
version: 1
models:
  bike:
    path: model
    data: {tracked: data.dvc, expectations: model/expectations}
    evaluation:
      predictions: model/reports/predictions.parquet
      id: instant
      target: rentals
      prediction: predicted
      cluster: date
      slices: [weather]
    gates:
      - {metric: rmse, no_worse_by: 1%}
      - {metric: mae, at_most: 60}
"""
DAYS, HOURS = 120, 24


def table(scale: float = 1.0, *, noise: float = 0.0, **replaced: Any) -> pa.Table:
    """A hold-out of 120 days whose predictions are off by a fixed error times `scale`, plus seeded noise."""
    random = np.random.default_rng(0)
    rows = DAYS * HOURS
    truth = random.integers(0, 500, rows)
    error = np.repeat(random.normal(0, 15, DAYS), HOURS) + random.normal(0, 40, rows)
    columns = {
        "instant": np.arange(rows),
        "rentals": truth,
        "predicted": truth + scale * error + np.random.default_rng(1).normal(0, 1, rows) * noise,
        "date": [f"2012-{day:03}" for day in np.repeat(np.arange(DAYS), HOURS)],
        "weather": np.random.default_rng(2).choice(["clear", "mist"], rows),
    }
    return pa.table({**columns, **replaced})


def run_git(folder: Path, *arguments: str) -> str:
    identity = {f"GIT_{role}_{part}": "a@b" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    variables = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=True).stdout.strip()


class Repository:
    """A repository on disk with a champion on `main` and a candidate in the work tree of `change`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "repository"
        self.folder.mkdir()
        self.champions: dict[str, Path] = {}
        run_git(self.folder, "init", "-q", "-b", "main")
        self.write("tidegate.yaml", CONTRACT)
        self.write(".gitignore", "model/reports/\n.tidegate/\n")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, **lock: str) -> str:
        if lock:
            self.write("model/dvc.lock", lock_file(**lock))
        run_git(self.folder, "add", ".")
        run_git(self.folder, "commit", "-qm", "change", "--allow-empty")
        return run_git(self.folder, "rev-parse", "HEAD")

    def champion(self, predictions: pa.Table, **lock: str) -> str:
        """Commit a model to `main` and start the branch `change` from it."""
        found = self.commit(**(lock or {"model": "1" * 32}))
        self.champions[found] = self.folder.parent / f"{found}.parquet"
        pq.write_table(predictions, self.champions[found])
        run_git(self.folder, "checkout", "-qB", "change")
        return found

    def candidate(self, predictions: pa.Table) -> None:
        (self.folder / PREDICTIONS).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(predictions, self.folder / PREDICTIONS)

    def compare(self, *arguments: str, environ: Mapping[str, str] | None = None, **collaborators: Any) -> Answer:
        settings = Settings(
            workspace=self.folder,
            config="tidegate.yaml",
            model=None,
            environ=environ or {},
            console=Console(stream=io.StringIO()),
            dry_run="--dry-run" in arguments,
        )
        parser = argparse.ArgumentParser()
        compare_models.configure(parser)
        options = parser.parse_args([argument for argument in arguments if argument != "--dry-run"])
        given = {"output": lambda settings, model, commit, output: self.champions[commit], **collaborators}
        return compare_models.run(settings, options, Champions(**given))

    @property
    def result(self) -> Mapping[str, Any]:
        found = store.read(self.folder / ".tidegate", "compare-models")
        assert found is not None
        return found.result


def lock_file(**artifacts: str) -> str:
    """What DVC records of two stages: one that writes a model, one that writes predictions from it."""
    model = artifacts.get("model", "1" * 32)
    predictions = {"hash": "md5", "md5": artifacts["predictions"], "size": 1} if "predictions" in artifacts else {}
    return json.dumps(
        {
            "schema": "2.0",
            "stages": {
                "train": {"cmd": "x", "outs": [{"path": "model.onnx", "hash": "md5", "md5": model, "size": 1}]},
                "evaluate": {
                    "cmd": "y",
                    "deps": [{"path": "model.onnx", "hash": "md5", "md5": model, "size": 1}],
                    "outs": [{"path": "reports/predictions.parquet", **predictions}],
                },
            },
        }
    )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_better_candidate_is_ready_to_promote(repository: Repository) -> None:
    base = repository.champion(table())
    repository.candidate(table(0.9))
    answer = repository.compare()
    assert (answer.verdict, answer.sentence) == (Verdict.PASS, "ready to promote")
    assert repository.result["champion"]["kind"] == "base"
    assert repository.result["champion"]["commit"] == base
    assert repository.result["clusters"] == DAYS
    assert repository.result["policy"] == {
        "from": "base",
        "digest": repository.result["policy"]["digest"],
        "changed": False,
    }


def test_a_worse_candidate_is_not_promotable_and_the_sentence_says_by_how_much(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(1.1))
    answer = repository.compare()
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence == "not promotable: rmse is worse by 4.2, limit 1% (0.4)"
    assert [note.level for note in answer.annotations] == ["error"]
    assert repository.result["gates"][0]["verdict"] == "fail"
    assert [row["id"] for row in repository.result["regressions"]]


def test_a_candidate_that_cannot_be_told_apart_from_its_limit_is_undecided(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(1.0, noise=7))
    answer = repository.compare()
    assert answer.verdict is Verdict.UNDECIDED
    assert answer.sentence.startswith("undecided: rmse is ")
    assert "more rows would settle it" in answer.sentence
    assert repository.result["gates"][0]["rows_needed"] > 0


def test_other_rows_are_incomparable(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.9).slice(24))
    answer = repository.compare()
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence == ("incomparable: the hold-out changed: 24 ids only in the champion's file (0, 1, 2, …)")
    assert repository.result["metrics"] == []


def test_other_truth_is_incomparable(repository: Repository) -> None:
    truth = table()["rentals"].to_numpy().copy()
    truth[5] += 1
    repository.champion(table())
    repository.candidate(table(0.9, rentals=truth))
    answer = repository.compare()
    assert answer.verdict is Verdict.INCOMPARABLE
    assert "truth changed for 1 of 2,880 rows (5: " in answer.sentence


def test_the_champion_may_score_the_new_rows_itself(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.9).slice(24))
    asked = []

    def rescore(settings: Settings, model: Any, commit: str, rows: Any) -> Any:
        asked.append(commit)
        return tables.read(repository.folder / PREDICTIONS, model.evaluation, "regression", shown="re-scored")

    answer = repository.compare(rescore=rescore)
    assert answer.sentence == "ready to promote; identical to the champion"
    assert asked == list(repository.champions)


def test_a_champion_that_cannot_score_the_new_rows_says_why(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.9).slice(24))
    answer = repository.compare(rescore=lambda *_: "the champion's predict command failed: exit code 3")
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence == "incomparable: the champion's predict command failed: exit code 3"


def test_the_first_model_is_judged_by_the_absolute_gates_alone(repository: Repository) -> None:
    repository.commit()
    run_git(repository.folder, "checkout", "-qB", "change")
    repository.candidate(table())
    answer = repository.compare()
    assert answer.verdict is Verdict.PASS
    assert answer.sentence == ("ready to promote; there is no champion yet, so rmse no_worse_by 1% was not asked")
    assert repository.result["champion"] == {
        "kind": "none",
        "commit": None,
        "version": None,
        "predictions": None,
        "artifacts": {},
    }
    assert repository.result["gates"][0]["verdict"] == "skipped"


def test_the_first_model_with_relative_gates_only_is_undecided(repository: Repository) -> None:
    repository.write("tidegate.yaml", CONTRACT.replace("      - {metric: mae, at_most: 60}\n", ""))
    repository.commit()
    run_git(repository.folder, "checkout", "-qB", "change")
    repository.candidate(table())
    answer = repository.compare()
    assert answer.verdict is Verdict.UNDECIDED
    assert answer.sentence.startswith("undecided: no gate could be judged; there is no champion yet")


def test_a_first_model_that_misses_an_absolute_gate_fails(repository: Repository) -> None:
    repository.commit()
    run_git(repository.folder, "checkout", "-qB", "change")
    repository.candidate(table(2.5))
    assert repository.compare().sentence.startswith("not promotable: mae is 85")


def test_what_production_runs_is_the_champion(repository: Repository) -> None:
    released = repository.champion(table(0.5))
    release = f"model: bike\nversion: 7\ncommit: {released}\n"
    repository.write("environments/staging/release.yaml", release.replace("7", "8").replace(released, "0" * 40))
    repository.write("environments/production/release.yaml", release)
    run_git(repository.folder, "checkout", "-q", "main")
    base = repository.champion(table())
    repository.candidate(table(0.9))
    assert repository.compare("--base", base).verdict is Verdict.FAIL
    assert repository.result["champion"]["kind"] == "release"
    assert repository.result["champion"]["commit"] == released
    assert repository.result["champion"]["version"] == "7"


def test_another_models_release_is_not_the_champion(repository: Repository) -> None:
    repository.write("environments/production/release.yaml", f"model: taxi\nversion: 7\ncommit: {'0' * 40}\n")
    base = repository.champion(table())
    repository.candidate(table(0.9))
    repository.compare()
    assert repository.result["champion"]["commit"] == base


def test_a_release_that_the_change_writes_does_not_choose_the_champion(repository: Repository) -> None:
    base = repository.champion(table())
    repository.write("environments/production/release.yaml", f"model: bike\nversion: 9\ncommit: {'0' * 40}\n")
    repository.candidate(table(0.9))
    repository.compare()
    assert repository.result["champion"]["commit"] == base


def test_a_broken_release_file_is_an_error_that_names_it(repository: Repository) -> None:
    repository.write("environments/production/release.yaml", "model: bike\nversion: 9\ncommit: HEAD\n")
    repository.champion(table())
    repository.candidate(table())
    with pytest.raises(InputError, match="commit 'HEAD' is no full commit id") as caught:
        repository.compare()
    assert caught.value.where == "environments/production/release.yaml"


@pytest.mark.parametrize(
    "edit",
    [
        ("no_worse_by: 1%", "no_worse_by: 50%"),
        ("{metric: rmse, no_worse_by: 1%}", "{metric: rmse, no_worse_by: 1%, severity: warn}"),
        ("      - {metric: rmse, no_worse_by: 1%}\n", ""),
        ("      cluster: date\n", ""),
        ("prediction: predicted", "prediction: better"),
    ],
    ids=["looser", "warn", "removed", "no clusters", "another column"],
)
def test_a_change_that_edits_its_own_judge_is_judged_by_the_old_one(
    repository: Repository, edit: tuple[str, str]
) -> None:
    repository.champion(table())
    repository.candidate(table(1.1))
    repository.write("tidegate.yaml", CONTRACT.replace(*edit))
    answer = repository.compare()
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence.startswith("not promotable: rmse is worse by 4.2")
    assert repository.result["policy"]["changed"] is True
    assert repository.result["policy"]["from"] == "base"


def test_a_model_that_is_new_in_the_contract_brings_its_own_policy_and_says_so(repository: Repository) -> None:
    repository.write("tidegate.yaml", CONTRACT.replace("bike:", "taxi:"))
    repository.commit()
    run_git(repository.folder, "checkout", "-qB", "change")
    repository.write("tidegate.yaml", CONTRACT)
    repository.candidate(table())
    repository.compare()
    assert repository.result["policy"]["from"] == "workspace"
    assert repository.result["policy"]["changed"] is True


def test_one_model_scored_twice_is_found_out(repository: Repository) -> None:
    """Equal bytes from different models: the classic mistake, which would always pass."""
    repository.champion(table(), model="a" * 32)
    repository.candidate(table())
    repository.write("model/dvc.lock", lock_file(model="b" * 32))
    answer = repository.compare()
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence == (
        "incomparable: the predictions are the champion's own although model/model.onnx changed: "
        "one model was scored twice"
    )


def test_equal_predictions_of_an_equal_model_are_called_identical(repository: Repository) -> None:
    repository.champion(table(), model="a" * 32)
    repository.candidate(table())
    assert repository.compare().sentence == "ready to promote; identical to the champion"
    for side in ("candidate", "champion"):
        assert repository.result[side]["artifacts"]["model/model.onnx"] == f"md5:{'a' * 32}"
    assert repository.result["candidate"]["predictions"] == repository.result["champion"]["predictions"]


def test_predictions_that_the_pipeline_did_not_write_are_refused(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.9))
    repository.write("model/dvc.lock", lock_file(predictions="0" * 32))
    with pytest.raises(InputError, match=r"is not the file that dvc\.lock records") as caught:
        repository.compare()
    assert (caught.value.code, caught.value.where) == ("E-MET-021", PREDICTIONS)
    found = hashlib.md5((repository.folder / PREDICTIONS).read_bytes(), usedforsecurity=False).hexdigest()
    repository.write("model/dvc.lock", lock_file(predictions=found, model="b" * 32))
    assert repository.compare().verdict is Verdict.PASS


def test_both_files_digests_are_recorded_and_differ(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.9))
    repository.compare()
    ours, theirs = repository.result["candidate"]["predictions"], repository.result["champion"]["predictions"]
    assert ours == digest((repository.folder / PREDICTIONS).read_bytes())
    assert ours != theirs


def test_a_champion_that_cannot_be_had_is_incomparable_with_the_reason(repository: Repository) -> None:
    def gone(*_: Any) -> Path:
        raise InputError("E-DVC-030", "Stage train failed (exit code 1).", where="model/dvc.yaml")

    repository.champion(table())
    repository.candidate(table(0.9))
    answer = repository.compare(output=gone)
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence == (
        "incomparable: the champion's predictions cannot be had: "
        "E-DVC-030 model/dvc.yaml Stage train failed (exit code 1)."
    )


def test_a_remote_that_does_not_answer_is_an_error_not_a_verdict(repository: Repository) -> None:
    def unreachable(*_: Any) -> Path:
        raise InfrastructureError("E-DVC-040", "the remote does not answer.")

    repository.champion(table())
    repository.candidate(table(0.9))
    with pytest.raises(InfrastructureError):
        repository.compare(output=unreachable)


def test_predictions_that_are_not_numbers_pass_nothing(repository: Repository) -> None:
    predicted = table(0.9)["predicted"].to_numpy().copy()
    predicted[[3, 8]] = [np.nan, np.inf]
    repository.champion(table())
    repository.candidate(table(predicted=predicted))
    answer = repository.compare()
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence == "not promotable: 2 of 2,880 predictions are not finite numbers (ids 3, 8)"


def test_the_same_evidence_gives_the_same_bytes(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.95))
    names = [repository.folder / ".tidegate" / name for name in ("verdict.json", "compare-models.json")]
    first = repository.compare()
    bytes_of_first = [name.read_bytes() for name in names]
    again = repository.compare()
    assert [name.read_bytes() for name in names] == bytes_of_first
    assert first.outputs == again.outputs == {"verdict-digest": digest(bytes_of_first[0])}


def test_the_order_of_rows_in_the_file_does_not_matter(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.95))
    repository.compare()
    first = {name: repository.result[name] for name in ("gates", "metrics", "slices")}
    shuffled = table(0.95).take(np.random.default_rng(5).permutation(DAYS * HOURS))
    repository.candidate(shuffled)
    repository.compare()
    assert {name: repository.result[name] for name in first} == first


REVENUE = CONTRACT.replace(
    "      - {metric: mae, at_most: 60}\n",
    "      - {metric: revenue, no_worse_by: 0.01}\n    metrics: {revenue: {direction: higher, minimum: 0}}\n",
)
METRICS = "model/reports/metrics.json"


def with_revenue(repository: Repository, now: str, before: str | None) -> Answer:
    """A better candidate, and the numbers that both pipelines claim."""
    repository.write("tidegate.yaml", REVENUE)
    stage = {"cmd": "y", "metrics": ["reports/metrics.json"]}
    repository.write("model/dvc.yaml", json.dumps({"stages": {"evaluate": stage}}))
    base = repository.champion(table())
    repository.candidate(table(0.9))
    repository.write(METRICS, now)
    then = repository.folder.parent / "then"

    def output(settings: Settings, model: Any, commit: str, name: str) -> Path:
        if name == PREDICTIONS:
            return repository.champions[base]
        if before is None:
            raise InputError("E-DVC-031", "is written by no stage of that commit's pipeline.", where=name)
        (then / name).parent.mkdir(parents=True, exist_ok=True)
        (then / name).write_text(before)
        return then / name

    return repository.compare(output=output)


def test_a_number_of_the_pipelines_own_is_a_gate_too(repository: Repository) -> None:
    answer = with_revenue(repository, '{"revenue": 0.90, "rmse": 1}', '{"revenue": 0.91}')
    assert (answer.verdict, answer.sentence) == (Verdict.PASS, "ready to promote")
    assert repository.result["gates"][1]["difference"] == pytest.approx(-0.01)
    assert repository.result["gates"][1]["interval"] is None


def test_a_number_of_the_pipelines_own_can_fail(repository: Repository) -> None:
    answer = with_revenue(repository, '{"revenue": 0.89}', '{"revenue": 0.91}')
    assert answer.sentence == (
        "not promotable: revenue is worse by 0.020, limit 0.010 (one number without rows: no interval)"
    )


def test_a_number_that_the_champion_never_had_is_undecided(repository: Repository) -> None:
    answer = with_revenue(repository, '{"revenue": 0.89}', None)
    assert answer.verdict is Verdict.UNDECIDED
    assert "the champion has no value of revenue" in answer.sentence


def test_a_number_that_a_gate_needs_and_nobody_wrote_is_an_error(repository: Repository) -> None:
    with pytest.raises(InputError, match="gate needs 'revenue'; present: rmse") as caught:
        with_revenue(repository, '{"rmse": 1}', '{"revenue": 0.91}')
    assert (caught.value.code, caught.value.where) == ("E-MET-006", METRICS)


def test_an_earlier_verdict_does_not_outlive_a_failure(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.9))
    assert repository.compare().verdict is Verdict.PASS
    (repository.folder / PREDICTIONS).write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError):
        repository.compare()
    assert list((repository.folder / ".tidegate").iterdir()) == []


def test_a_dry_run_writes_nothing(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table())
    repository.compare("--dry-run")
    assert not (repository.folder / ".tidegate").exists()


def test_the_base_is_the_pull_requests(repository: Repository, tmp_path: Path) -> None:
    old = repository.champion(table())
    run_git(repository.folder, "checkout", "-q", "main")
    repository.champion(table(0.5))
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": old}}}))
    repository.candidate(table(0.9))
    repository.compare(environ={"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event)})
    assert repository.result["champion"]["commit"] == old


def command(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and the answer as `--json -` prints it."""
    given = [sys.executable, str(MAIN), "compare-models", "-C", str(folder), "--json", "-", *arguments]
    done = subprocess.run(given, capture_output=True, text=True, timeout=120, check=False, cwd=folder)
    return done.returncode, json.loads(done.stdout)


COLUMNS = ("--id", "instant", "--target", "rentals", "--prediction", "predicted")


@pytest.fixture
def files(tmp_path: Path) -> Callable[[pa.Table, pa.Table], tuple[str, ...]]:
    def write(candidate: pa.Table, champion: pa.Table) -> tuple[str, ...]:
        pq.write_table(candidate, tmp_path / "new.parquet")
        pq.write_table(champion, tmp_path / "old.parquet")
        return "--candidate", str(tmp_path / "new.parquet"), "--champion", str(tmp_path / "old.parquet")

    return write


Files = Callable[[pa.Table, pa.Table], tuple[str, ...]]


def test_two_files_are_compared_outside_any_repository(files: Files, tmp_path: Path) -> None:
    named = files(table(1.1), table())
    gate = ("--metric", "rmse", "--no-worse-by", "1%", "--cluster", "date", "--slices", "weather")
    code, answer = command(tmp_path, *named, *COLUMNS, *gate)
    assert (code, answer["verdict"]) == (1, "fail")
    assert answer["sentence"] == "not promotable: rmse is worse by 4.2, limit 1% (0.4)"
    assert {part["value"] for part in answer["slices"]} == {"clear", "mist"}
    assert answer["champion"]["kind"] == "file"
    assert not (tmp_path / ".tidegate").exists()


def test_two_files_are_compared_by_a_contract(files: Files, tmp_path: Path) -> None:
    (tmp_path / "tidegate.yaml").write_text(CONTRACT)
    code, answer = command(tmp_path, *files(table(0.9), table()))
    assert (code, answer["sentence"]) == (0, "ready to promote")
    assert [gate["metric"] for gate in answer["gates"]] == ["rmse", "mae"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--metric", "rsme", "--at-most", "1"), "E-ARG-010"),
        (("--metric", "rmse"), "E-ARG-011"),
        (("--metric", "rmse", "--no-worse-by", "much"), "E-ARG-012"),
        (("--metric", "rmse", "--no-worse-by", "-1"), "E-ARG-012"),
        (("--metric", "rmse", "--at-most", "5%"), "E-ARG-012"),
        (("--metric", "rmse", "--at-most", "nan"), "E-ARG-012"),
    ],
    ids=["unknown metric", "no limit", "no number", "negative", "percent of nothing", "nan"],
)
def test_options_that_make_no_gate_are_refused(
    files: Files, tmp_path: Path, arguments: tuple[str, ...], code: str
) -> None:
    exit_code, answer = command(tmp_path, *files(table(), table(1.1)), *COLUMNS, *arguments)
    assert exit_code == 2
    assert answer["sentence"].startswith(code)


def test_one_file_given_twice_is_refused(files: Files, tmp_path: Path) -> None:
    new = files(table(), table())[1]
    arguments = ("--candidate", new, "--champion", new, "--metric", "rmse", "--no-worse-by", "1%")
    code, answer = command(tmp_path, *arguments, *COLUMNS)
    assert code == 2
    assert answer["sentence"].startswith("E-ARG-014")


def test_one_file_without_the_other_is_refused(files: Files, tmp_path: Path) -> None:
    code, answer = command(tmp_path, *files(table(), table())[:2])
    assert code == 2
    assert answer["sentence"].startswith("E-ARG-013")


def test_a_base_that_a_depth_one_clone_lacks_is_fetched_alone(tmp_path: Path) -> None:
    origin = Repository(tmp_path)
    base = origin.champion(table())
    origin.commit()
    origin.commit()
    run_git(origin.folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    clone = tmp_path / "clone"
    run_git(tmp_path, "clone", "-q", "--depth=1", "--branch=change", origin.folder.as_uri(), str(clone))
    assert run_git(clone, "rev-list", "--all", "--count") == "1"
    shallow = Repository.__new__(Repository)
    shallow.folder, shallow.champions = clone, origin.champions
    shallow.candidate(table(0.9))
    assert shallow.compare("--base", base).verdict is Verdict.PASS
    assert run_git(clone, "cat-file", "-t", base) == "commit"
    assert run_git(clone, "rev-list", "--all", "--count") == "1"
