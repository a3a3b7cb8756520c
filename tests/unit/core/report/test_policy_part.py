"""What stands at the top about the rules: edited, excused, and numbers that are only claimed."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.evidence import changed, evidence_set
from fixtures.rendering import context
from tidegate.core.answer import Verdict
from tidegate.core.evidence import Evidence
from tidegate.core.report import build

COMPARE = "compare-models"
WAIVER = {"standing": "active", "reason": "new sensors", "owner": "@forecast", "until": "2026-12-31"}
Found = dict[str, Evidence | None]


def with_waiver(found: Found, day: str | None = "2026-11-23", **changes: Any) -> Found:
    """The failing gate of a set of evidence with a waiver about it, and the outcome that the command would leave."""
    found = changed(found, COMPARE, "gates", 0, "waiver", value={**WAIVER, **changes})
    return changed(found, COMPARE, "waivers", value={"day": day, "unused": []})


def passing(found: Found) -> Found:
    from dataclasses import replace

    old = found[COMPARE]
    assert old is not None
    return {**found, COMPARE: replace(old, outcome=Verdict.PASS)}


def top(markdown: str) -> str:
    """Everything before the first table."""
    return markdown[: markdown.index("\n|")]


def test_a_waived_gate_stays_visible_and_is_explained_at_the_top() -> None:
    report = build(passing(with_waiver(evidence_set("fail"))), context())
    assert report.verdict is Verdict.PASS
    markdown = report.markdown()
    assert "1 gate does not hold and is waived" in top(markdown)
    for words in ("`@forecast`", "`new sensors`", "`2026-12-31`"):
        assert words in top(markdown)
    assert "fail<br>waived until `2026-12-31`" in markdown
    assert "1 gate waived" in report.sentence
    assert report.html()


@pytest.mark.parametrize(
    ("standing", "words"),
    [("expired", "it has expired"), ("too_long", "it reaches too far ahead"), ("undated", "nothing says which day")],
)
def test_a_waiver_that_does_not_count_is_told_and_the_gate_blocks(standing: str, words: str) -> None:
    report = build(with_waiver(evidence_set("fail"), standing=standing), context())
    assert report.verdict is Verdict.FAIL
    assert "A waiver that does not count" in top(report.markdown())
    assert words in top(report.markdown())


@pytest.mark.parametrize(
    ("day", "changes"),
    [
        ("2027-01-01", {}),
        (None, {}),
        ("2026-11-23", {"until": "2027-02-22"}),
        ("yesterday", {}),
        ("2026-11-23", {"until": "for ever"}),
        ("2026-11-23", {"standing": "expired"}),
    ],
    ids=["run out", "no day", "too far", "no date", "no end", "expired"],
)
def test_a_pass_that_rests_on_a_waiver_that_cannot_count_is_not_believed(day: str | None, changes: Any) -> None:
    assert build(passing(with_waiver(evidence_set("fail"), day, **changes)), context()).verdict is Verdict.ERROR


def test_a_waiver_of_another_form_is_never_a_pass() -> None:
    assert build(passing(with_waiver(evidence_set("fail"), standing="granted")), context()).verdict is Verdict.ERROR
    assert build(passing(with_waiver(evidence_set("fail"), owner=7)), context()).verdict is Verdict.ERROR


def test_edits_of_the_policy_are_listed() -> None:
    edits = ["gate weakened: `mae` @team", "waiver added: x", "alpha was 0.05, is now 0.1", "one more"]
    found = changed(evidence_set("policy_changed"), COMPARE, "policy", "edits", value=edits)
    told = top(build(found, context()).markdown())
    assert "This change edits the policy" in told
    assert "waiver added: x" in told
    assert "and 1 more edit" in told


def confirmation(altered: bool, standing: str, **counts: int) -> dict[str, Any]:
    return {
        "hold_out": {"altered": altered, "new": 0, "gone": 0, "changed": 0, "file": altered, "why_not": "", **counts},
        "answers": {"standing": standing, "rows": 10, "differ": 3, "why": "3 of 10 predictions are others"},
        "edited": ["model/train.py", "model/a.py", "model/b.py", "model/c.py"],
    }


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (confirmation(True, "confirmed", new=84, changed=2), ["alters the hold-out", "84 new, 2 with another truth"]),
        (confirmation(True, "unasked"), ["alters the hold-out", "in a file of other bytes"]),
        (confirmation(False, "claimed"), ["own claim", "`model/train.py`", "and 1 more", "3 of 10 predictions"]),
    ],
    ids=["rows", "bytes", "claimed"],
)
def test_what_a_change_could_have_forged_is_told_at_the_top(block: dict[str, Any], words: list[str]) -> None:
    told = top(build(changed(evidence_set("pass"), COMPARE, "confirmation", value=block), context()).markdown())
    assert not [one for one in words if one not in told], told


def test_confirmed_numbers_need_no_words() -> None:
    block = confirmation(False, "confirmed")
    with_it = build(changed(evidence_set("pass"), COMPARE, "confirmation", value=block), context()).markdown()
    assert with_it == build(evidence_set("pass"), context()).markdown()


def test_edited_expectations_are_named() -> None:
    found = changed(evidence_set("pass"), "validate-data", "edited", value=["values", "<b>", "c", "d"])
    told = top(build(found, context()).markdown())
    assert "This change edits the expectations" in told
    assert "`values`" in told
    assert "and 1 more" in told
