"""Code or data, in a real pipeline: from DVC's run cache, trained on request, or said why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines import Project
from seeded import PREDICT, add_month, add_newest_month, change, compare, result, seeded, trainings
from tidegate.core.answer import Verdict

OFFSET = ("model/params.yaml", "offset: 0.5", "offset: 1.5")


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return seeded(tmp_path / "project")


def attribution(here: Project) -> Any:
    return result(here).get("attribution")


def both_changed(here: Project) -> None:
    add_month(here)
    change(here, OFFSET)


def parts(here: Project) -> dict[str, float]:
    (mae,) = [one for one in attribution(here)["metrics"] if one["name"] == "mae"]
    return {"whole": mae["difference"], **{name: mae[name]["value"] for name in ("code", "data", "interaction")}}


def test_nothing_is_trained_unasked_and_the_report_is_told_how_to_ask(here: Project) -> None:
    both_changed(here)
    compare(here)
    assert trainings(here) == []
    assert attribution(here) == {
        "changed": ["code", "data"],
        "why_not": "new code on the base's data is not in DVC's cache (stage train never ran like that); "
        "`tidegate compare-models --attribute` trains it",
    }
    assert "attribution" not in here.json(".tidegate/verdict.json")["result"]  # type: ignore[operator]


def test_on_request_both_models_in_between_are_trained_once(here: Project) -> None:
    both_changed(here)
    compare(here, "--attribute")
    assert len(trainings(here)) == 2
    found = parts(here)
    assert found["code"] + found["data"] == pytest.approx(found["whole"], rel=1e-15)
    assert found["data"] > found["code"] > 0, "a month of other sales does more than one unit"
    assert attribution(here)["predictions"].keys() == {"new_code", "new_data"}
    first = here.read(".tidegate/verdict.json")
    assert here.git("status", "--porcelain") == ""
    assert here.git("worktree", "list").count("\n") == 0
    assert (here.root / "data/2023-12.csv").exists()
    compare(here)
    assert len(trainings(here)) == 2, "now they are in the cache"
    assert here.read(".tidegate/verdict.json") == first


def test_models_that_earlier_commits_trained_come_from_the_run_cache(here: Project) -> None:
    """A branch that brought the data first and the code later, and once had the code alone."""
    change(here, OFFSET)
    here.git("checkout", "--quiet", "-B", "change", "main")
    here.dvc("checkout", "--quiet")
    add_month(here)
    change(here)
    change(here, OFFSET)
    compare(here)
    assert trainings(here) == []
    assert parts(here)["whole"] == pytest.approx(parts(here)["code"] + parts(here)["data"], rel=1e-15)


def test_the_contract_may_ask_for_training(tmp_path: Path) -> None:
    here = seeded(tmp_path / "project", "      attribution: true\n")
    both_changed(here)
    compare(here)
    assert len(trainings(here)) == 2


def test_the_contract_may_ask_for_nothing(tmp_path: Path) -> None:
    here = seeded(tmp_path / "project", "      attribution: false\n")
    both_changed(here)
    compare(here)
    assert attribution(here) is None


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("code", "only the code changed, so all of the difference comes from it"),
        ("data", "only the data changed, so all of the difference comes from it"),
        ("nothing", "neither code nor data differs from the champion's"),
    ],
)
def test_where_not_both_changed_it_says_so_when_asked_and_nothing_otherwise(
    here: Project, what: str, words: str
) -> None:
    if what == "data":
        add_month(here)
    if what != "nothing":
        change(here, *([OFFSET] if what == "code" else []))
    here.write("model/README.md", "prose trains nothing\n")
    here.commit()
    compare(here)
    assert attribution(here) is None
    compare(here, "--attribute")
    assert attribution(here)["why_not"] == words
    assert trainings(here) == []


def test_a_program_counts_as_code(here: Project) -> None:
    add_month(here)
    change(here, ("model/steps.py", "% 5 - 2", "% 5 - 1"))
    compare(here, "--attribute")
    assert parts(here)["code"] != 0


def test_models_of_other_rows_cannot_be_split_without_a_predict_command(here: Project) -> None:
    """A newer month moves the hold-out: the champion itself was measured on other rows, and nothing is compared."""
    add_newest_month(here)
    change(here, OFFSET)
    assert compare(here, "--attribute").verdict is Verdict.INCOMPARABLE
    assert attribution(here) is None


def test_models_of_other_rows_are_asked_about_the_candidates(tmp_path: Path) -> None:
    here = seeded(tmp_path / "project", PREDICT)
    add_newest_month(here)
    change(here, OFFSET)
    compare(here, "--attribute")
    assert result(here)["rows"] == 84
    assert parts(here)["whole"] == pytest.approx(parts(here)["code"] + parts(here)["data"], rel=1e-15)


def test_training_that_fails_leaves_a_verdict_and_a_reason(here: Project) -> None:
    both_changed(here)
    answer = compare(here, "--attribute", FAILS_AT="7")
    assert answer.verdict is not Verdict.ERROR
    assert attribution(here)["why_not"].startswith("new code on the base's data cannot be had: E-DVC-030 ")


def test_the_base_has_no_data_to_put_under_the_new_code(here: Project) -> None:
    """The pointer is new in this change: what the base was trained on cannot be told apart."""
    here.git("checkout", "--quiet", "main")
    here.git("rm", "--quiet", "--cached", "data.dvc")
    (here.root / "data.dvc").rename(here.root.parent / "data.dvc")
    here.git("commit", "--quiet", "--message", "without its pointer")
    here.git("checkout", "--quiet", "-B", "change")
    (here.root.parent / "data.dvc").rename(here.root / "data.dvc")
    both_changed(here)
    compare(here, "--attribute")
    assert "data.dvc is not there, so its data cannot be put under other code" in attribution(here)["why_not"]
