"""Which model is the champion, and what happens where it, its rows or its predictions cannot be had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from comparisons import PREDICTIONS, Repository, run_git, table
from tidegate.adapters.tables import reading as tables
from tidegate.core.answer import Verdict
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.comparison.reference import Theirs


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


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

    def rescore(settings: Settings, judge: Any, model: Any, commit: str, rows: Any) -> Any:
        asked.append(commit)
        path = repository.folder / PREDICTIONS
        return Theirs(predictions=tables.read(path, model.evaluation, "regression", shown="re-scored"), path=path)

    answer = repository.compare(rescore=rescore)
    assert answer.sentence == "ready to promote; identical to the champion"
    assert asked == list(repository.champions)
    assert repository.result["champion"]["rescored"] == {"rows": 2856, "new": 0, "gone": 24, "changed": 0}


def test_a_champion_that_cannot_score_the_new_rows_says_why(repository: Repository) -> None:
    repository.champion(table())
    repository.candidate(table(0.9).slice(24))
    answer = repository.compare(rescore=lambda *_: "the champion's predict command failed: exit code 3")
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence.startswith("incomparable: the hold-out changed: 24 ids only in the champion's file (")
    assert answer.sentence.endswith("asked about the new rows: the champion's predict command failed: exit code 3")


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


def test_the_base_is_the_pull_requests(repository: Repository, tmp_path: Path) -> None:
    old = repository.champion(table())
    run_git(repository.folder, "checkout", "-q", "main")
    repository.champion(table(0.5))
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": old}}}))
    repository.candidate(table(0.9))
    repository.compare(environ={"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": str(event)})
    assert repository.result["champion"]["commit"] == old


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
