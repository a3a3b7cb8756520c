"""The schema of retraining evidence is shut; test_request_retraining.py asks it of what real requests leave."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fixtures.members import at, members
from tidegate.core.answer import Verdict
from tidegate.core.contract import Budget, Retrain
from tidegate.core.evidence import Evidence, Subject
from tidegate.core.retraining.data import Extension
from tidegate.core.retraining.decision import Request, Seen, decide
from tidegate.steps.proposing import Proposed
from tidegate.steps.retraining.history import Checked
from tidegate.steps.retraining.leaving import document
from tidegate.steps.retraining.news import News
from tidegate.steps.retraining.request import Outcome

SCHEMA = json.loads((Path(__file__).parents[2] / "scripts" / "tidegate" / "retraining.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
UNTIL = datetime(2024, 3, 18)
DAY = timedelta(days=1)
POLICY = Retrain(command=("a",), cooldown=DAY, older_than=DAY, labelled_rows=3, at_most=Budget(requests=3, per=9 * DAY))
SEEN = Seen(state="drift", sentence="it drifts", trained=UNTIL - 9 * DAY)
HISTORY = (Request(until=UNTIL - 5 * DAY, standing="closed", name="#1"),)
DATA = Extension(
    pointer="data.dvc",
    before="a",
    after="b",
    files_before={"1": "a", "2": "a"},
    files_after={"2": "b", "3": "a"},
    rows=(1, 2),
)


def outcome() -> Outcome:
    """A request with everything that there can be."""
    return Outcome(
        base="main",
        branch="tidegate/retrain/m",
        checked=Checked(result={}, seen=SEEN, until=UNTIL),
        history=HISTORY,
        decision=decide(POLICY, SEEN, HISTORY, UNTIL, gained=5),
        data=DATA,
        commit="c" * 40,
        proposed=Proposed(number=2, url="https://github.com/harbour/bike-demand/pull/2", created=True, held=True),
        news=News(evaluation="started", notes=("a note",)),
    )


def evidence(found: Outcome, policy: Retrain = POLICY) -> dict[str, Any]:
    result = document(found, policy)
    whole = Evidence(
        command="request-retraining", model="m", outcome=Verdict.PASS, subject=Subject(commit="c" * 40), result=result
    )
    read = json.loads(json.dumps(whole.document()))
    assert isinstance(read, dict)
    return read


WHOLE = evidence(outcome())


def test_the_schema_is_a_schema_and_holds() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert [f"{error.json_path} {error.message}" for error in VALIDATOR.iter_errors(WHOLE)] == []
    assert [one["kind"] for one in WHOLE["result"]["reasons"]] == ["drift", "age", "rows"]


def test_it_holds_where_nothing_was_done() -> None:
    nothing = replace(
        outcome(),
        checked=Checked(result={}, seen=SEEN, until=None),
        history=(),
        data=None,
        commit="",
        proposed=None,
        news=News(),
    )
    small = replace(POLICY, older_than=None, labelled_rows=None, at_most=None)
    assert list(VALIDATOR.iter_errors(evidence(nothing, small))) == []


@pytest.mark.parametrize("pointer", list(members(WHOLE)), ids=lambda pointer: "/".join(map(str, pointer)))
def test_a_member_that_is_missing_unknown_or_of_another_kind_is_seen(pointer: tuple[Any, ...]) -> None:
    without, other, more = copy.deepcopy(WHOLE), copy.deepcopy(WHOLE), copy.deepcopy(WHOLE)
    del at(without, pointer[:-1])[pointer[-1]]
    at(other, pointer[:-1])[pointer[-1]] = {"an": "object"}
    at(more, pointer[:-1])["praise"] = "much"
    assert not VALIDATOR.is_valid(without)
    assert not VALIDATOR.is_valid(other)
    assert not VALIDATOR.is_valid(more)
