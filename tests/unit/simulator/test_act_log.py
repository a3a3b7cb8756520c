from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.simulator.act_log import LogReader, Progress

JOB = {
    "job": "Model/Evaluate bikes-1 ",
    "jobID": "evaluate",
    "matrix": {"model": "bikes"},
    "msg": "",
    "step": "x",
}


def _read(*entries: dict[str, Any] | str) -> tuple[LogReader, list[Progress]]:
    told: list[Progress] = []
    reader = LogReader("Model", told.append)
    for entry in entries:
        reader.feed(entry if isinstance(entry, str) else json.dumps({**JOB, **entry}))
    return reader, told


def _main(step: str = "0", **more: Any) -> dict[str, Any]:
    return {"stepID": [step], "stage": "Main", "step": "Train model", **more}


def test_steps_have_names_seconds_and_results() -> None:
    reader, told = _read(
        _main(msg="⭐ Run Main Train model"),
        _main(stepResult="success", executionTime=1_500_000_000),
        {"jobResult": "success"},
    )
    [job] = reader.jobs.values()
    assert (job.id, job.name, job.result) == ("evaluate", "Evaluate bikes", "success")
    assert [(step.name, step.result, step.seconds) for step in job.steps] == [("Train model", "success", 1.5)]
    assert [progress.result for progress in told] == ["", "success"]


def test_what_a_composite_action_does_inside_is_not_a_step_of_the_job() -> None:
    inner = {"stepID": ["0", "1"], "stage": "Main", "step": "inner", "stepResult": "success", "executionTime": 1}
    reader, told = _read(inner, {"stepID": ["0", "1"], "command": "summary", "content": "twice"})
    [job] = reader.jobs.values()
    assert job.steps == []
    assert job.summary == ""
    assert told == []


def test_summary_outputs_and_annotations_are_kept() -> None:
    reader, _ = _read(
        {"stepID": ["a"], "command": "summary", "content": "# Fine\n\n"},
        {"stepID": ["a"], "command": "set-output", "name": "verdict", "arg": "pass"},
        {"stepID": ["a", "b"], "command": "error", "arg": "bad", "kvPairs": {"file": "x.py", "line": "3"}},
    )
    [job] = reader.jobs.values()
    assert job.summary == "# Fine\n"
    assert job.outputs == {"a": {"verdict": "pass"}}
    assert [(note.level, note.message, note.file, note.line) for note in job.annotations] == [
        ("error", "bad", "x.py", 3)
    ]


def test_a_failure_that_is_tolerated_says_so() -> None:
    reader, _ = _read(_main(msg="Failed but continue next step"), _main(stepResult="failure", executionTime=1))
    [job] = reader.jobs.values()
    assert [(step.result, step.tolerated) for step in job.steps] == [("failure", True)]


def test_a_job_that_never_ended_was_cancelled() -> None:
    reader, _ = _read(_main(msg="⭐ Run Main Train model"))
    assert [job.result for job in reader.jobs.values()] == ["cancelled"]


def test_lines_outside_of_jobs_are_kept_apart() -> None:
    reader, _ = _read("panic: no such file", json.dumps({"msg": "Couldn't get a valid docker connection"}))
    assert reader.stray == ["panic: no such file"]
    assert reader.jobs == {}


def test_the_log_has_what_the_steps_printed() -> None:
    reader, _ = _read(
        _main(msg="⭐ Run Main Train model"), _main(msg="hello\n", raw_output=True), _main(msg="exit status 3")
    )
    [job] = reader.jobs.values()
    assert job.log == ["▸ Train model", "hello", "exit status 3"]


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ({"job": "Model/Plan", "matrix": {}}, ["Plan"]),
        ({"job": "Model/tidegate / bikes-2 "}, ["tidegate / bikes"]),
        ({"job": "call/Called/inner", "matrix": {}}, ["call / inner"]),
    ],
)
def test_jobs_are_named_as_on_github(entry: dict[str, Any], names: list[str]) -> None:
    reader, _ = _read(entry)
    assert [job.name for job in reader.jobs.values()] == names


def test_a_job_that_only_calls_a_workflow_is_none() -> None:
    reader = LogReader("Model", lambda progress: None)
    reader.feed(json.dumps({"job": "Model/call", "jobID": "call", "msg": "LocalRepositoryCache matched"}))
    assert reader.jobs == {}
