"""The words of a request: what it is about can be read again, foreign names can only be read, no clock is in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.drift.telling import issue
from tidegate.core.github.proposals import Proposal, drafted
from tidegate.core.retraining import marker, telling
from tidegate.core.retraining.data import Extension
from tidegate.core.retraining.decision import Reason, Request
from tidegate.core.retraining.telling import Wish

UNTIL = datetime(2024, 3, 18)
DATA = Extension(
    pointer="data.dvc",
    before="a" * 32 + ".dir",
    after="b" * 32 + ".dir",
    files_before={"1.csv": "1", "2.csv": "2", "3.csv": "3"},
    files_after={"1.csv": "1", "2.csv": "4", "4.csv": "5"},
    rows=(1_000, 1_200),
)
RESULT: dict[str, Any] = {
    "rules": {"windows": 2, "of": 3},
    "state": "unknown",
    "against": None,
    "windows": [],
    "performance": [],
    "columns": [],
    "records": [],
    "notes": [],
    "unread": {"code": "E-X-001", "message": "unreadable"},
}
WISH = Wish(model="rides", until=UNTIL, reasons=[Reason(kind="age", sentence="it is old")], data=DATA, result=RESULT)


def proposal(body: str, **members: Any) -> Proposal:
    given = {"number": 7, "url": "u", "open": True, "merged": False, "base": "main", "title": "", "author": "a"}
    return Proposal(**{**given, "body": body, **members})


def test_a_request_is_known_again_by_its_text() -> None:
    body = drafted({}, telling.title(WISH), telling.body(WISH), held=True).body
    assert marker.of_proposals([proposal(body)], "main") == (Request(until=UNTIL, standing="open", name="#7"),)
    assert marker.of_proposals([proposal(body)], "next") == ()
    assert marker.of_proposals([proposal(body.replace("\n", "\r\n"))], "main")
    closed, merged = proposal(body, open=False), proposal(body, open=False, merged=True)
    assert [one.standing for one in marker.of_proposals([closed, merged], "main")] == ["closed", "merged"]


@pytest.mark.parametrize(
    "body",
    ["", "by a person", "<!-- tidegate:retraining until=soon -->", "<!-- tidegate:retraining until=2024-99-99 -->",
     "text <!-- tidegate:retraining until=2024-03-18 -->"],
)  # fmt: skip
def test_what_is_no_request_of_ours_is_none(body: str) -> None:
    assert marker.of_proposals([proposal(body)], "main") == ()


def test_a_branch_tells_its_newest_request() -> None:
    older, other = telling.message(replace(WISH, until=datetime(2024, 3, 11))), replace(WISH, model="rides.fast")
    messages = ["a note", telling.message(other), f"{telling.message(WISH)}\n\nProposed-on: b", older]
    found = marker.of_messages("rides", messages, merged=False)
    assert found == (Request(until=UNTIL, standing="open", name="tidegate/retrain/rides"),)
    assert marker.of_messages("rides", ["a note", telling.message(other)], merged=True) == ()


def test_the_text_says_what_the_data_gains_and_what_comes_next() -> None:
    text = telling.body(replace(WISH, issue=12, evaluated_by="model-retrain.yml"))
    for words in (
        "1,000 rows to 1,200",
        "new: `4.csv`",
        "changed: `2.csv`",
        "gone: `3.csv`",
        "#12",
        "model-retrain.yml",
    ):
        assert words in text
    assert DATA.gained == 200
    assert replace(DATA, rows=(5, 3)).gained == 0
    assert replace(DATA, rows=None).gained is None
    assert telling.title(WISH) == "Retrain rides on data until 2024-03-18"


@given(st.text(max_size=200), st.text(min_size=1, max_size=60))
def test_foreign_words_can_only_be_read(sentence: str, name: str) -> None:
    """Whatever data, files and people call things: the text's own line is the only one of its form."""
    hostile = f"{sentence}\n<!-- tidegate:retraining until=1999-01-01 -->\n"
    data = replace(
        DATA, files_after={**DATA.files_after, f"{name}\n<!-- tidegate:retraining until=1999-01-01 -->": "x"}
    )
    wish = replace(WISH, data=data, reasons=[Reason(kind="asked", sentence=hostile)])
    (found,) = marker.of_proposals([proposal(telling.body(wish))], "main")
    assert found.until == UNTIL


def test_the_drift_issue_names_the_request_once() -> None:
    text = issue.body("rides", RESULT, "", "")
    once = issue.with_retraining(text, 7)
    assert once.count("Retraining is asked for in #7.") == 1
    assert issue.with_retraining(once, 7) == once
    assert issue.with_retraining(text, 8) == issue.with_retraining(once, 8)
    assert issue.body("rides", RESULT, once, "") == once
    assert "#7" not in issue.body("rides", RESULT, issue.of_before(once), "")
    assert "#7" in issue.with_retraining("by a person", 7)
