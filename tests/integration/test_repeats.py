"""Repeats with other seeds in a real pipeline: trained once, kept by DVC, never in the caller's work tree."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines import Project
from seeded import NOTES, PREDICT, REPEATS, add_newest_month, change, compare, result, seeded, settings_of, trainings
from tidegate.commands import compare_models
from tidegate.core.answer import Verdict
from tidegate.errors import InputError

PROGRAM = Path(compare_models.__file__).parents[1] / "__main__.py"
JITTER = ("model/params.yaml", "seed: 7", "seed: 8")


@pytest.fixture
def here(tmp_path: Path) -> Project:
    return seeded(tmp_path / "project", REPEATS)


def test_a_change_of_the_seed_is_judged_with_two_more_trainings_of_each(here: Project) -> None:
    change(here, JITTER)
    answer = compare(here)
    found = result(here)["seed_noise"]
    assert answer.verdict is not Verdict.FAIL
    assert found["parameter"] == "train.seed"
    assert trainings(here) == ["1008", "2008", "1007", "2007"]
    assert found["candidate"]["seed"] == 8
    assert [one["seed"] for one in found["champion"]["repeats"]] == [1007, 2007]
    assert found["same_recipe"] is True
    (mae,) = [metric for metric in found["metrics"] if metric["name"] == "mae"]
    assert len(set(mae["candidate"]["values"])) == 3
    assert mae["seeds"] > 0
    assert result(here)["gates"][0]["seeds"] == mae["seeds"]


def test_the_second_time_trains_nothing_and_says_the_same(here: Project) -> None:
    change(here, JITTER)
    compare(here)
    first, verdict = trainings(here), here.read(".tidegate/verdict.json")
    assert here.git("status", "--porcelain") == ""
    assert here.git("worktree", "list").count("\n") == 0
    assert "seed: 8" in here.read("model/params.yaml")
    compare(here)
    assert trainings(here) == first
    assert here.read(".tidegate/verdict.json") == verdict
    (run,) = compare(here, "--replay", ".tidegate").data["runs"]  # type: ignore[index]
    assert run["refused"] is None, "what was kept gives the verdict's own bytes again"


def test_a_candidate_that_was_merged_brings_its_repeats_along(here: Project) -> None:
    change(here, JITTER)
    compare(here)
    here.git("checkout", "--quiet", "main")
    here.git("merge", "--quiet", "--ff-only", "change")
    here.git("checkout", "--quiet", "-b", "next")
    change(here, ("model/params.yaml", "offset: 0.5", "offset: 0.6"))
    before = len(trainings(here))
    compare(here)
    assert trainings(here)[before:] == ["1008", "2008"], "only the new recipe's"


def test_what_is_not_committed_is_part_of_the_candidate(here: Project) -> None:
    """On a laptop the candidate is the work tree: its repeats have its edits."""
    here.replace("model/params.yaml", "offset: 0.5", "offset: 9.5")
    here.write("model/notes.py", "# a new file\n")
    here.dvc("repro", "--quiet", at="model")
    compare(here)
    (mae,) = [metric for metric in result(here)["seed_noise"]["metrics"] if metric["name"] == "mae"]
    assert result(here)["seed_noise"]["same_recipe"] is False
    values = mae["candidate"]["values"]
    assert max(values) - min(values) < min(abs(new - old) for new in values for old in mae["champion"]["values"])


def test_a_worse_recipe_still_fails(here: Project) -> None:
    change(here, ("model/params.yaml", "offset: 0.5", "offset: 60.5"))
    answer = compare(here)
    assert answer.verdict is Verdict.FAIL
    assert answer.sentence.startswith("not promotable: mae is worse by ")


def test_nothing_is_trained_where_both_models_say_the_same(here: Project) -> None:
    here.write("notes.md", "nothing of the model changed\n")
    here.commit()
    assert compare(here).sentence == "ready to promote; identical to the champion"
    assert trainings(here) == []
    assert "seed_noise" not in result(here)


def test_nothing_is_trained_where_no_gate_compares_with_the_champion(tmp_path: Path) -> None:
    here = seeded(tmp_path / "project", REPEATS)
    here.git("checkout", "--quiet", "main")
    here.replace("tidegate.yaml", "no_worse_by: 1", "at_most: 50")
    here.commit()
    here.git("checkout", "--quiet", "-B", "change")
    change(here, JITTER)
    compare(here)
    assert trainings(here) == []


def test_without_repeats_in_the_bases_contract_a_change_cannot_ask_for_them(tmp_path: Path) -> None:
    here = seeded(tmp_path / "project")
    here.replace("tidegate.yaml", "      cluster: day\n", "      cluster: day\n" + REPEATS)
    change(here, JITTER)
    compare(here)
    assert trainings(here) == []
    assert result(here)["policy"]["changed"] is True


def broken(tmp_path: Path, *edits: tuple[str, str, str], repeats: str = REPEATS) -> Project:
    """The project with something edited before the champion is trained anew."""
    here = seeded(tmp_path / "project", repeats)
    here.git("checkout", "--quiet", "main")
    change(here, *edits)
    here.git("checkout", "--quiet", "-B", "change")
    return here


@pytest.mark.parametrize(
    ("parameter", "code", "words"),
    [
        ("train.sed", "E-DVC-040", "has no parameter 'train.sed'; it has: train.offset, train.seed. Did you mean"),
        ("train", "E-DVC-041", "not a whole number from 0"),
        ("train.offset", "E-DVC-041", "train.offset is 0.5, not a whole number from 0"),
    ],
    ids=["unknown", "a-mapping", "no-whole-number"],
)
def test_a_parameter_that_is_no_seed_is_named(tmp_path: Path, parameter: str, code: str, words: str) -> None:
    here = seeded(tmp_path / "project", REPEATS.replace("train.seed", parameter))
    change(here, JITTER)
    with pytest.raises(InputError) as caught:
        compare(here)
    assert (caught.value.code, caught.value.where) == (code, "model/params.yaml")
    assert words in str(caught.value)
    assert trainings(here) == []


def test_a_parameter_that_no_stage_reads_is_told_before_all_repeats_are_the_same(tmp_path: Path) -> None:
    unread = ("model/params.yaml", "train:\n", "shuffle: 3\ntrain:\n")
    here = broken(tmp_path, unread, repeats=REPEATS.replace("train.seed", "shuffle"))
    change(here, JITTER)
    with pytest.raises(InputError, match="no stage depends on shuffle") as caught:
        compare(here)
    assert caught.value.code == "E-DVC-042"


def test_a_seed_that_decides_which_rows_are_held_out_is_refused(tmp_path: Path) -> None:
    split = (
        "model/dvc.yaml",
        "cmd: python3 steps.py prepare ../data build\n    deps: [../data, steps.py]\n",
        "cmd: python3 steps.py prepare ../data build ${train.seed}\n"
        "    deps: [../data, steps.py]\n    params: [train]\n",
    )
    held_out = ("model/steps.py", "def prepare(source, target):\n", "def prepare(source, target, seed):\n")
    some = (
        "model/steps.py",
        "    last = max",
        "    found = [row for row in found if (int(row['id']) + int(seed)) % 9]\n    last = max",
    )
    here = broken(tmp_path, split, held_out, some)
    change(here, ("model/params.yaml", "offset: 0.5", "offset: 0.6"))
    with pytest.raises(InputError, match=r"the model with train.seed 1007 was measured on other rows: ") as caught:
        compare(here)
    assert caught.value.code == "E-MET-027"


def test_a_champion_of_an_older_hold_out_is_repeated_and_asked_about_the_new_one(tmp_path: Path) -> None:
    here = seeded(tmp_path / "project", REPEATS + PREDICT)
    add_newest_month(here)
    change(here, ("model/params.yaml", "offset: 0.5", "offset: 0.6"))
    compare(here)
    found = result(here)
    assert found["rows"] == 84
    assert [one["seed"] for one in found["seed_noise"]["champion"]["repeats"]] == [1007, 2007]
    (mae,) = [metric for metric in found["seed_noise"]["metrics"] if metric["name"] == "mae"]
    assert len(set(mae["champion"]["values"])) == 3
    assert mae["champion"]["values"][0] == found["gates"][0]["champion"]


def test_a_repeat_whose_training_fails_is_told_with_its_seed(here: Project) -> None:
    change(here, JITTER)
    with pytest.raises(InputError, match=r"with train.seed 2008: Stage train failed \(exit code 1\)") as caught:
        compare(here, FAILS_AT="2008")
    assert caught.value.code == "E-DVC-030"
    assert any("no memory left" in line for line in caught.value.log)


def test_a_champion_that_cannot_be_trained_with_another_seed_is_incomparable(here: Project) -> None:
    change(here, JITTER)
    answer = compare(here, FAILS_AT="2007")
    assert answer.verdict is Verdict.INCOMPARABLE
    assert answer.sentence.startswith(
        "incomparable: the champion cannot be trained with another seed: E-DVC-030 model/dvc.yaml with train.seed 2007"
    )


def test_killed_in_the_middle_the_work_tree_is_as_it_was(here: Project) -> None:
    change(here, JITTER)
    slow = (
        "model/steps.py",
        "    sold = [",
        "    import time; time.sleep(float(os.environ.get('SLOW', 0)))\n    sold = [",
    )
    here.replace(*slow)
    here.dvc("repro", "--quiet", at="model")
    here.commit()
    before = here.git("rev-parse", "HEAD")
    environ = dict(settings_of(here, SLOW="60").environ)
    command = [sys.executable, "-I", str(PROGRAM), "compare-models", "--base", "main"]
    started = subprocess.Popen(
        command, cwd=here.root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    end = time.monotonic() + 60
    while not trainings(here) and time.monotonic() < end:
        time.sleep(0.1)
    os.killpg(started.pid, signal.SIGKILL)
    started.communicate()
    _end_training(here)
    assert trainings(here) == ["1008"]
    assert here.git("status", "--porcelain") == ""
    assert (here.git("rev-parse", "HEAD"), "seed: 8" in here.read("model/params.yaml")) == (before, True)
    here.replace(slow[0], slow[2], slow[1])
    here.dvc("repro", "--quiet", at="model")
    assert compare(here).verdict is not Verdict.FAIL, "what was left behind is in nobody's way"


def _end_training(here: Project) -> None:
    """DVC runs in a session of its own, which a kill of ours does not reach."""
    import psutil

    for process in psutil.process_iter():
        try:
            if process.environ().get("TRAININGS") == str(here.root.parent / NOTES):
                process.kill()
        except psutil.Error:
            continue
