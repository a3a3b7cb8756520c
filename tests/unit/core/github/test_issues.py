"""Which of several issues stays, whose it is, and what is left to write."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.github.issues import LONGEST, Issue, Plan, drafted, outdated, own, plan

US, VISITOR = "github-actions[bot]", "visitor"
DRAFT = drafted("drift/bike-demand", "Drift", "It drifts.", 7)


def issue(number: int, body: str = DRAFT.body, **members: object) -> Issue:
    found = Issue(number=number, url=f"https://x/{number}", open=True, title="Drift", body=body, author=US)
    return replace(found, **members)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("issues", "expected"),
    [
        ([], Plan(create=True)),
        ([issue(1)], Plan(kept=issue(1))),
        ([issue(1, DRAFT.body.replace("\n", "\r\n"))], Plan(kept=issue(1, DRAFT.body.replace("\n", "\r\n")))),
        ([issue(1, open=False)], Plan(edit=True, kept=issue(1, open=False))),
        ([issue(1, title="Old")], Plan(edit=True, kept=issue(1, title="Old"))),
        ([issue(1, author=VISITOR)], Plan(create=True)),
        ([issue(1, author=None)], Plan(create=True)),
        ([issue(1, f" {DRAFT.body}")], Plan(create=True)),
        ([issue(1, f"Look:\n{DRAFT.body}")], Plan(create=True)),
        ([issue(1, drafted("drift/other", "Drift", "x", 7).body)], Plan(create=True)),
        ([issue(4), issue(2)], Plan(kept=issue(2), twice=(issue(4),))),
        ([issue(4), issue(2, outdated(issue(2)))], Plan(kept=issue(4))),
    ],
    ids=[
        "none",
        "as it should be",
        "other line ends",
        "closed: opened again",
        "another title",
        "somebody else's",
        "a deleted account's",
        "not at the first byte",
        "quoted",
        "another key",
        "two: the lower number stays",
        "one was given up",
    ],
)
def test_what_is_left_to_do(issues: list[Issue], expected: Plan) -> None:
    assert plan(issues, US, DRAFT) == expected


@pytest.mark.parametrize(("theirs", "edits"), [(6, True), (7, True), (8, False)])
def test_what_a_later_run_wrote_stays(theirs: int, edits: bool) -> None:
    there = issue(1, drafted(DRAFT.key, "Drift", "It drifts more.", theirs).body)
    assert plan([there], US, DRAFT).edit is edits


@given(st.lists(st.integers(1, 9), unique=True, min_size=1, max_size=4))
def test_everybody_keeps_the_same_one_in_whatever_order_they_see_them(numbers: list[int]) -> None:
    kept = {plan(map(issue, order), US, DRAFT).kept for order in permutations(numbers)}
    assert kept == {issue(min(numbers))}


@pytest.mark.parametrize("key", ["", "a b", "a-->b", "a--b", "x" * 201, "a\nb"])
def test_a_key_that_could_leave_its_marker_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the key"):
        drafted(key, "t", "b", 1)


@given(st.text(max_size=300), st.integers(0, 10**17))
def test_a_body_is_found_again_whatever_it_says(body: str, run: int) -> None:
    draft = drafted("rollback/production", "t", body, run)
    found = issue(1, draft.body)
    assert (found.key, found.run) == (draft.key, run)
    assert own([issue(1, outdated(found))], US, draft.key) == []


def test_what_is_too_long_is_cut_between_lines_and_says_so() -> None:
    draft = drafted("k", "t", "a line\n" * 20_000, 1)
    assert len(draft.body) <= LONGEST
    assert draft.body.endswith("a line\n\n*The rest was too long for GitHub and was left out.*")
