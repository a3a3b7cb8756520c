"""The two models' numbers come from different artifacts, provably: the classic mistake is to score one twice."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from comparisons import CONTRACT, PREDICTIONS, Repository, lock_file, table
from tidegate.core.answer import Verdict
from tidegate.core.evidence import digest
from tidegate.errors import InputError


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


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


def test_one_model_scored_twice_is_found_out_although_the_files_differ(repository: Repository) -> None:
    """A stage that scores the champion's model writes a file of its own: other bytes, the same numbers."""
    repository.champion(table(), model="a" * 32)
    pq.write_table(table(), repository.folder.parent / "again.parquet", compression="zstd")
    repository.candidate(pq.read_table(repository.folder.parent / "again.parquet").take(list(reversed(range(2880)))))
    repository.write("model/dvc.lock", lock_file(model="b" * 32))
    answer = repository.compare()
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence.endswith("although model/model.onnx changed: one model was scored twice")


def test_two_models_may_agree_about_every_class(repository: Repository) -> None:
    """Classes are few: on some hundred rows two good models say the same of each, and nothing is wrong."""
    contract = CONTRACT.replace("rmse, no_worse_by: 1%", "accuracy, no_worse_by: 1%")
    repository.write("tidegate.yaml", contract.replace("mae, at_most: 60", "f1_macro, at_least: 0.3"))
    said = ["yes" if row % 3 else "no" for row in range(2880)]
    classes = table(rentals=["yes" if row % 4 else "no" for row in range(2880)], predicted=said)
    repository.champion(classes, model="a" * 32)
    repository.candidate(classes.append_column("note", [["new"] * 2880]))
    repository.write("model/dvc.lock", lock_file(model="b" * 32))
    answer = repository.compare()
    assert answer.sentence == "ready to promote; identical to the champion"
    ours, theirs = (repository.result[side] for side in ("candidate", "champion"))
    assert ours["predictions"] != theirs["predictions"]
    assert ours["artifacts"]["model/model.onnx"] != theirs["artifacts"]["model/model.onnx"]


def test_the_digests_of_both_models_are_those_of_different_files(repository: Repository) -> None:
    repository.champion(table(), model="a" * 32)
    repository.candidate(table(0.9))
    repository.write("model/dvc.lock", lock_file(model="b" * 32))
    repository.compare()
    assert {repository.result[side]["artifacts"]["model/model.onnx"] for side in ("candidate", "champion")} == {
        f"md5:{'a' * 32}",
        f"md5:{'b' * 32}",
    }
