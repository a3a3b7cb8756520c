"""The check run's words, and that doubt never reads as a success."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.answer import Verdict
from tidegate.core.github import checks
from tidegate.core.github.checks import Check, CheckKey


@pytest.mark.parametrize(
    ("verdict", "conclusion"),
    [
        (Verdict.PASS, "success"),
        (Verdict.FAIL, "failure"),
        (Verdict.UNDECIDED, "failure"),
        (Verdict.INCOMPARABLE, "failure"),
        (Verdict.ERROR, "failure"),
        (Verdict.SKIPPED, "neutral"),
    ],
)
def test_only_a_pass_is_a_success(verdict: Verdict, conclusion: str) -> None:
    assert checks.conclusion_of(verdict) == conclusion


@given(
    model=st.text(st.characters(blacklist_characters="\n"), min_size=1, max_size=64),
    run=st.integers(1, 10**17),
    attempt=st.integers(1, 10**8),
)
def test_the_external_id_holds_the_whole_key(model: str, run: int, attempt: int) -> None:
    key = CheckKey(model=model, run=run, attempt=attempt)
    assert checks.key_of(key.external_id) == key


@pytest.mark.parametrize("text", ["", "tidegate", "tidegate/0/1/m", "tidegate/1/1/", "other/1/1/m", "tidegate/1/x/m"])
def test_an_external_id_of_others_is_no_key(text: str) -> None:
    assert checks.key_of(text) is None


def check(identity: int, *, status: str = "completed", conclusion: str | None = "success", run: int = 1) -> Check:
    return Check(id=identity, key=CheckKey(model="m", run=run, attempt=1), status=status, conclusion=conclusion)


def test_of_several_the_last_one_shows() -> None:
    assert checks.of_run([check(2), check(7), check(5), check(9, run=2)], 1, 1)["m"].id == 7


@pytest.mark.parametrize(
    ("status", "conclusion", "is_open"),
    [
        ("queued", None, True),
        ("in_progress", None, True),
        ("completed", "action_required", True),
        ("completed", "success", False),
        ("completed", "failure", False),
        ("completed", "cancelled", False),
    ],
)
def test_a_check_that_waits_is_open(status: str, conclusion: str | None, is_open: bool) -> None:
    assert check(1, status=status, conclusion=conclusion).open is is_open


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ([], Verdict.SKIPPED),
        ([Verdict.PASS], Verdict.PASS),
        ([Verdict.PASS, Verdict.SKIPPED], Verdict.PASS),
        ([Verdict.PASS, Verdict.UNDECIDED], Verdict.UNDECIDED),
        ([Verdict.FAIL, Verdict.UNDECIDED, Verdict.PASS], Verdict.FAIL),
        ([Verdict.ERROR, Verdict.FAIL], Verdict.ERROR),
    ],
)
def test_several_models_together_are_as_good_as_the_worst(verdicts: list[Verdict], worst: Verdict) -> None:
    assert checks.worst(verdicts) is worst


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out", "", None])
def test_a_check_that_is_no_success_is_no_pass(conclusion: str | None) -> None:
    assert checks.shown_by(check(1, conclusion=conclusion)) is Verdict.FAIL
