"""The verdict as a document: the same bytes for the same evidence, no number that is none, and all its members."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from hold_outs import RMSE, classes, gate, model, numbers, parts
from tidegate.core.comparison.comparison import Comparison, compare
from tidegate.core.comparison.samples.sample import Output, Predictions
from tidegate.core.comparison.verdict import Policy, Side, result, verdict_bytes
from tidegate.core.evidence import Subject, strict_json


def document(found: Comparison) -> dict[str, Any]:
    sides = Side(kind="candidate", commit="a" * 40), Side(kind="base", commit="b" * 40)
    return result(found, *sides, Policy(source="base", digest="sha256:x", changed=False))


def test_the_verdict_has_the_same_bytes_whenever_it_says_the_same() -> None:
    def made() -> bytes:
        found = compare(model(RMSE, slices=("weather",)), numbers(1.01, slices=parts("a", "b")), numbers())
        return verdict_bytes("bike", Subject(commit="a" * 40), found, document(found))

    assert made() == made()
    parsed = strict_json(made().decode(), "verdict.json")
    assert (parsed["kind"], parsed["verdict"], parsed["schema"]) == ("verdict", parsed["verdict"], 1)


def test_a_document_holds_no_number_that_is_none() -> None:
    flat = Predictions(ids=np.arange(50), truth=np.ones(50), output=Output(prediction=np.linspace(0, 2, 50)))
    found = compare(model(gate("r2", "at_least", "0")), flat, flat)
    shown = document(found)
    assert shown["gates"][0]["candidate"] is None
    json.dumps(shown, allow_nan=False)


MEMBERS = {
    "sentence", "candidate", "champion", "rows", "clusters", "cluster", "alpha", "draws", "family", "metrics", "gates",
    "slices", "flips", "regressions", "policy",
}  # fmt: skip


def test_a_document_has_the_members_that_others_read() -> None:
    rule = gate("accuracy", "no_worse_by", "0.01", slices=("weather",))
    new = classes(0.85, seed=2, slices=parts("a", "b"))
    shown = document(compare(model(rule, slices=("weather",)), new, classes(0.9)))
    assert set(shown) == MEMBERS
    assert shown["candidate"] == {"commit": "a" * 40, "predictions": None, "artifacts": {}}
    assert set(shown["slices"][0]) == {
        "column", "value", "rows", "metric", "candidate", "champion", "difference", "interval", "judged",
    }  # fmt: skip
    assert set(shown["gates"][0]) == {
        "metric", "slice", "kind", "limit", "severity", "rows", "candidate", "champion", "difference", "interval",
        "interval_of", "level", "verdict", "sentence", "detectable", "rows_needed",
    }  # fmt: skip
    assert set(shown["flips"]) >= {"became_right", "became_wrong", "slices"}
