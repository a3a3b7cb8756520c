"""The promotion pull request says what is known, and nothing that others chose is more than words in it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.hostile import HOSTILE
from tidegate.core.release.promotion_text import Evidence, Shown, body, title
from tidegate.core.release.release import Release

RELEASE = Release(
    model="bike-demand",
    version="7",
    commit="4f1c9a2" + "0" * 33,
    digests={"release": "sha256:" + "1" * 64, "verdict": "sha256:" + "4" * 64},
    metrics={"rmse": 71.3},
    origin={"pull_request": "128", "run": "99120"},
)
GATE = {"metric": "rmse", "slice": None, "verdict": "pass", "sentence": "71.3 is at most 75"}
EVIDENCE = Evidence(
    release=RELEASE,
    environment="production",
    before=replace(RELEASE, version="6"),
    page="https://github.com/harbour/bike",
    verdict={"result": {"gates": [GATE]}},
    shown=Shown(environment="staging", sentences=("0 of 100 failed",)),
    owners=("@harbour/release",),
    reviewers=("grace",),
)


def test_all_that_a_reviewer_needs_is_there() -> None:
    text = body(EVIDENCE)
    assert title(RELEASE, "production") == "Promote bike-demand 7 to production"
    for words in (
        "is ready for production**, which is meant to run version 6 now",
        "judged in #128 by [run 99120](https://github.com/harbour/bike/actions/runs/99120)",
        "| `rmse` | pass | `71.3 is at most 75` |",
        "### What staging showed\n\n- `0 of 100 failed`",
        "| `verdict` | `sha256:4444",
        "`@harbour/release`",
        "waits for a reviewer of production: `grace`",
        "`rollback-release --environment production`",
    ):
        assert words in text, words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"before": None}, "which is meant to run nothing now"),
        ({"verdict": None, "without_verdict": "it expired"}, "cannot be shown here (`it expired`); its digest is"),
        ({"taken_back": ("too slow",)}, "**It was taken back in production before**: `too slow`"),
        ({"refused": "GH006"}, "the branch's rules refused it: `GH006`"),
        ({"shown": Shown(environment="staging")}, "It came to run there"),
        ({"reviewers": None}, "may have required reviewers"),
        ({"reviewers": ()}, "has no required reviewers; without them, merging this decides alone"),
        ({"owners": ()}, "whoever may merge here"),
        ({"verdict": {"result": {"gates": []}}}, "no gate was asked"),
        ({"verdict": {"result": {"gates": [GATE] * 70}}}, "10 more gates"),
        ({"verdict": {"result": {"gates": {"a": 1}}}}, "no gate was asked"),
        ({"verdict": {"result": {"gates": [{**GATE, "slice": {"column": "season", "value": 2}}]}}}, "season"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], words: str) -> None:
    assert words in body(replace(EVIDENCE, **changes))


def rendered(hostile: str) -> str:
    """The text as GitHub shows it, with something hostile wherever somebody has a say."""
    gate = {"metric": hostile, "slice": {"column": hostile, "value": hostile}, "verdict": hostile, "sentence": hostile}
    evidence = replace(
        EVIDENCE,
        release=replace(
            RELEASE,
            digests={hostile: hostile},
            metrics={hostile: 1.0},
            origin={"pull_request": hostile, "run": hostile},
        ),
        verdict={"result": {"gates": [gate]}},
        shown=Shown(environment="staging", sentences=(hostile,), steps=(hostile,)),
        refused=hostile,
        taken_back=(hostile,),
        owners=(hostile,),
        reviewers=(hostile,),
    )
    return str(cmarkgfm.github_flavored_markdown_to_html(body(evidence)))


def shape(page: str) -> list[str]:
    """The elements, without those of code, whose inside is only words."""
    return re.findall(r"<(?!code|/code|a )[a-z0-9]+", re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL))


HARMLESS = shape(rendered("harmless"))


@pytest.mark.parametrize("hostile", [text for text in HOSTILE.values() if text])
def test_hostile_words_change_nothing_of_the_form(hostile: str) -> None:
    assert shape(rendered(hostile)) == HARMLESS


@given(st.text(min_size=1, max_size=60))
def test_no_words_change_anything_of_the_form(hostile: str) -> None:
    assert shape(rendered(hostile)) == HARMLESS
