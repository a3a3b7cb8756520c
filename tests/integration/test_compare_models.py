"""`tidegate compare-models` in repositories as pull requests bring them: one test per outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from comparisons import CONTRACT, DAYS, HOURS, PREDICTIONS, Repository, run_git, table
from tidegate.core.answer import Verdict
from tidegate.core.evidence import digest
from tidegate.errors import InputError


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
