"""What a training did, and the sentence about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tidegate.core.training.pipeline import Record
from tidegate.core.training.training import Change, Outputs, Stage, State, changes, flat, report, sentence

PREPARE = Record(name="prepare", cmd="p", deps={"data": "d.dir", "p.py": "1"}, outs={"ready.csv": "r"})
TRAIN = Record(
    name="train", cmd="t 0.1", deps={"ready.csv": "r"}, outs={"model": "m"}, params={"model/params.yaml": {"rate": 0.1}}
)
BEFORE = {"prepare": PREPARE, "train": TRAIN}


def done(after: dict[str, Record], ran: dict[str, float] | None = None, **outputs: Any) -> dict[str, Stage]:
    found = report(BEFORE, after, ran or {}, Outputs(**outputs), ("prepare", "train"))
    return {stage.name: stage for stage in found}


def why(stage: Stage) -> list[str]:
    return [reason.text for reason in stage.why]


def test_records_that_stay_are_unchanged_stages() -> None:
    assert [stage.state for stage in done(BEFORE).values()] == [State.UNCHANGED, State.UNCHANGED]


def test_a_stage_ran_because_of_what_differs_between_its_records() -> None:
    new = replace(TRAIN, cmd="t 0.2", params={"model/params.yaml": {"rate": 0.2}}, deps={"ready.csv": "s"})
    prepare = replace(PREPARE, deps={"data": "e.dir", "q.py": "2"}, outs={"ready.csv": "s"})
    stages = done({"prepare": prepare, "train": new}, {"prepare": 1.0, "train": 2.0})
    assert why(stages["prepare"]) == ["data changed", "p.py is no dependency any more", "q.py is a new dependency"]
    assert why(stages["train"]) == ["params.yaml: rate 0.1 -> 0.2", "ready.csv changed (by stage prepare)"]
    assert stages["train"].document() == {
        "name": "train",
        "state": "ran",
        "why": why(stages["train"]),
        "seconds": 2.0,
    }


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (replace(TRAIN, cmd="t harder"), "its command changed"),
        (replace(TRAIN, outs={"model": "m", "more": "x"}), "it has other outputs"),
        (TRAIN, "it runs every time"),
    ],
    ids=["command", "outputs", "always"],
)
def test_other_reasons_to_run(after: Record, expected: str) -> None:
    assert why(done({"prepare": PREPARE, "train": after}, {"train": 1.0})["train"]) == [expected]


def test_lost_outputs_are_a_reason_to_run_and_fetched_ones_none_to_be_restored() -> None:
    assert why(done(BEFORE, {"train": 1.0}, missing=["model"])["train"]) == ["its output model was missing"]
    assert done(BEFORE, missing=["model"])["train"].state is State.UNCHANGED


def test_an_edited_output_without_a_run_was_restored() -> None:
    stage = done(BEFORE, changed=["model"])["train"]
    assert (stage.state, why(stage)) == (State.RESTORED, ["its output model had been changed"])


def test_a_new_record_without_a_run_was_restored() -> None:
    assert (
        done({**BEFORE, "train": replace(TRAIN, outs={"model": "n"}, deps={"ready.csv": "s"})})["train"].state
        == "restored"
    )


def test_stages_of_other_pipelines_and_of_a_foreach_have_their_place() -> None:
    each = {name: replace(TRAIN, name=name) for name in ("train@b", "train@a")}
    stages = report(
        {}, {**each, "prepare": PREPARE}, {"../shared/dvc.yaml:fetch": 1.0}, Outputs(), ("prepare", "train")
    )
    assert [stage.name for stage in stages] == ["../shared/dvc.yaml:fetch", "prepare", "train@b", "train@a"]
    assert why(stages[1]) == ["it never ran before"]


def test_the_sentence_names_causes_and_not_consequences() -> None:
    stages = done(
        {
            "prepare": replace(PREPARE, deps={"data": "e.dir", "p.py": "1"}, outs={"ready.csv": "s"}),
            "train": replace(TRAIN, deps={"ready.csv": "s"}),
        },
        {"train": 2.0},
    )
    assert sentence(list(stages.values()), 6.14) == "trained: 1 of 2 stages ran, 1 restored (data changed) in 6.1 s"


def test_the_sentence_is_cut_after_two_causes() -> None:
    new = replace(TRAIN, params={"params.yaml": {"a": 1, "b": 2, "c": 3}})
    before = {"train": replace(TRAIN, params={"params.yaml": {"a": 0, "b": 0, "c": 0}})}
    stages = report(before, {"train": new}, {"train": 1.0}, Outputs())
    why = "params.yaml: a 0 -> 1; params.yaml: b 0 -> 2; and 1 more"
    assert sentence(stages, 6.16) == f"trained: 1 of 1 stage ran ({why}) in 6.2 s"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([], "nothing to train: the pipeline has no stages"),
        (["unchanged"], "nothing to train: the one stage is up to date"),
        (["unchanged"] * 3, "nothing to train: all 3 stages are up to date"),
        (["ran", "unchanged"], "trained: 1 of 2 stages ran in 6.1 s"),
        (["ran", "restored", "unchanged"], "trained: 1 of 3 stages ran, 1 restored in 6.1 s"),
        (["restored"], "restored: 1 of 1 stage came from the run cache in 6.1 s"),
    ],
)
def test_the_sentence_counts(states: list[str], expected: str) -> None:
    assert (
        sentence([Stage(name=str(number), state=State(state)) for number, state in enumerate(states)], 6.14) == expected
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b 1 -> 2"]),
        ({}, {"a": None}, ["a is new: null"]),
        ({"a": "x"}, {}, ["a is gone"]),
        ({"a": 1}, {"a": 1.0}, ["a 1 -> 1.0"]),
        ({"a": [1, 2]}, {"a": [2, 1]}, ["a [1, 2] -> [2, 1]"]),
        ({"a": True}, {"a": True}, []),
        ({"a": {"b": 1}}, {"a": 1}, ["a is new: 1", "a.b is gone"]),
    ],
    ids=repr,
)
def test_parameters_are_compared_by_dotted_name(before: Any, after: Any, expected: list[str]) -> None:
    assert [str(change) for change in changes(before, after)] == expected


def test_flat_values_are_text() -> None:
    assert flat({"a": {"b": "x", "c": [1]}, "d": {}, 1: 0.5}) == {"a.b": "x", "a.c": "[1]", "1": "0.5"}
    assert Change(name="a", before=None, after="1") == changes({}, {"a": 1})[0]
