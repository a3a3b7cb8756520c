"""A verdict file is a stranger's until every member that a promotion reads has its kind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tidegate.core.answer import Verdict
from tidegate.core.evidence import Subject
from tidegate.core.release.promotion import release_of, verdict_in
from tidegate.errors import InputError

WHOLE: dict[str, Any] = {
    "kind": "verdict",
    "model": "bike",
    "verdict": "pass",
    "subject": {},
    "result": {"candidate": {"artifacts": {"model.onnx": "md5:1"}}, "metrics": [{"name": "rmse", "candidate": 1.5}]},
}


def with_result(**members: Any) -> dict[str, Any]:
    return {**WHOLE, "result": {**WHOLE["result"], **members}}


def test_a_whole_one_is_read() -> None:
    assert verdict_in(json.dumps(WHOLE), "verdict.json", "bike") == WHOLE
    without = {**WHOLE, "result": {"candidate": {}}}
    assert verdict_in(json.dumps(without), "verdict.json", "bike") == without


@pytest.mark.parametrize(
    "document",
    [
        [],
        "verdict",
        {**WHOLE, "kind": "evidence"},
        {**WHOLE, "model": "car"},
        {**WHOLE, "verdict": True},
        {**WHOLE, "subject": None},
        {**WHOLE, "result": []},
        with_result(candidate=None),
        with_result(candidate={"artifacts": ["md5:1"]}),
        with_result(candidate={"artifacts": {"a": ["md5:1"]}}),
        with_result(metrics={"rmse": 1}),
        with_result(metrics=[["rmse", 1]]),
        with_result(metrics=[{"name": 7}]),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_what_is_not_whole_is_no_verdict(document: Any) -> None:
    with pytest.raises(InputError) as caught:
        verdict_in(json.dumps(document), "verdict.json", "bike")
    assert caught.value.code == "E-PRO-001"
    assert caught.value.where == "verdict.json"


@pytest.mark.parametrize("value", [None, True, "1.5", [1.5], {"value": 1.5}])
def test_a_metric_that_is_no_number_is_left_out(value: Any) -> None:
    document = with_result(metrics=[{"name": "rmse", "candidate": value}, {"name": "mae", "candidate": 2}])
    subject = Subject(commit="b" * 40, tree="t", data="md5:" + "d" * 32, params="p", environment="e", policy="y")
    judged = {"tree": "t", "data": subject.data, "params": "p", "environment": "e", "policy": "y"}
    digests = {"release": "sha256:" + "1" * 64, "model": "sha256:" + "2" * 64, "recorded": "md5:1"}
    release = release_of({**document, "subject": judged}, "sha256:" + "4" * 64, subject, "7", digests, {"run": "9"})
    assert release.metrics == {"mae": 2.0}
    assert release.origin == {"run": "9"}
    assert document["verdict"] == Verdict.PASS
