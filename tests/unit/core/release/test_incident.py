"""What people read after a release was taken back, and that no word of a release can act in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.hostile import HOSTILE
from fixtures.rendering import github_html
from tidegate.core.github.issues import drafted
from tidegate.core.release.incident import Incident, issue_body, issue_title, revert_body, revert_title
from tidegate.core.release.release import Release

ONE, TWO = (
    Release(
        model="bike-demand",
        version=version,
        commit=version * 40,
        digests={"release": f"sha256:{version * 64}", "verdict": f"sha256:{'f' * 64}"},
    )
    for version in "12"
)
INCIDENT = Incident(
    environment="production",
    left=TWO,
    back_to=ONE,
    reason="40 of 60 requests failed",
    measurements=[("failure", "40 of 60 requests failed"), ("inconclusive", "the latency | is open")],
    history=[(0.1, "start", "version 2"), (3.0, "look", "40 of 60 requests failed")],
    page="https://github.com/harbour/bike-demand/actions/runs/7",
)


def test_the_revert_says_what_its_merge_does_and_on_what_evidence() -> None:
    body = revert_body(INCIDENT, ONE)
    assert revert_title(INCIDENT, ONE) == "production back to bike-demand 1"
    assert body.startswith("**production runs bike-demand 1 again**, since version 2 was taken back by itself.")
    assert "its merge changes nothing of what runs" in body
    html = github_html(body)
    assert html.count("<tr>") == 3 + 3
    assert "<code>the latency | is open</code>" in html
    assert INCIDENT.page in html


@pytest.mark.parametrize(
    ("incident", "revert", "said"),
    [
        (INCIDENT, "https://x/pull/3", ["Version 1 answers every request", "merge https://x/pull/3"]),
        (INCIDENT, "", ["revert the commit that wrote `environments/production/release.yaml`"]),
        (replace(INCIDENT, back_to=None), "", ["No release that Git knows answers in production", "promote a release"]),
        (replace(INCIDENT, by_hand=True), "", ["was rolled back by hand in production"]),
    ],
    ids=["with a revert", "without one", "the first release ever", "by hand"],
)
def test_the_issue_says_what_to_do(incident: Incident, revert: str, said: list[str]) -> None:
    body = issue_body(incident, revert)
    for part in said:
        assert part in body
    how = "rolled back" if incident.by_hand else "taken back"
    assert issue_title(incident) == f"bike-demand 2 was {how} in production"


def test_one_issue_per_release_and_environment() -> None:
    keys = {
        INCIDENT.key,
        replace(INCIDENT, environment="staging").key,
        replace(INCIDENT, left=ONE).key,
        replace(INCIDENT, reason="other", page="", by_hand=True).key,
    }
    assert len(keys) == 3
    assert drafted(replace(INCIDENT, environment="a--b").key, "t", "b", 1)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_word_of_a_run_acts(text: str) -> None:
    _inert(text)


@given(st.text(max_size=80))
def test_nor_any_other(text: str) -> None:
    _inert(text)


def _inert(text: str) -> None:
    """The same elements in the same order, whatever the words are."""
    hostile = replace(INCIDENT, reason=text, measurements=[("failure", text)], history=[(1.0, "look", text)])
    plain = replace(INCIDENT, reason="x", measurements=[("failure", "x")], history=[(1.0, "look", "x")])
    for body in (lambda one: revert_body(one, ONE), lambda one: issue_body(one, "")):
        assert _tags(body(hostile)) == _tags(body(plain))


def _tags(markdown: str) -> list[str]:
    html = github_html(markdown)
    return [part.partition(">")[0] for part in html.split("<")[1:]]
