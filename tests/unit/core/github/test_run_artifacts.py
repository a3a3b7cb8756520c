"""What a run left, and everything that is no evidence (row G06, fault B5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tidegate.core.github import run_artifacts
from tidegate.core.github.event import OtherRun
from tidegate.core.github.run_artifacts import LARGEST, MOST_MODELS, Artifact

STARTED = datetime(2026, 11, 23, 8, tzinfo=UTC)
RUN = OtherRun(event="pull_request", conclusion="success", started=STARTED, pull_requests=())
GOOD = Artifact(id=1, name="tidegate-bike-demand", bytes=10_000, expired=False, created=STARTED + timedelta(minutes=3))


@pytest.mark.parametrize("conclusion", ["success", "failure"])
def test_evidence_of_a_run_that_went_to_its_end_counts(conclusion: str) -> None:
    found = run_artifacts.find([GOOD], replace(RUN, conclusion=conclusion))
    assert found.artifacts == {"bike-demand": GOOD}
    assert not found.missing


@pytest.mark.parametrize(
    "conclusion",
    ["cancelled", "skipped", "stale", "action_required", "timed_out", "startup_failure", "neutral", "surprise", None],
)
def test_evidence_of_any_other_run_does_not(conclusion: str | None) -> None:
    found = run_artifacts.find([GOOD], replace(RUN, conclusion=conclusion))
    assert not found.artifacts
    assert found.missing["bike-demand"]


UNUSABLE = {
    "expired": [replace(GOOD, expired=True)],
    "two of the same name": [GOOD, replace(GOOD, id=2)],
    "too large": [replace(GOOD, bytes=LARGEST + 1)],
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_artifact_that_is_not_whole_and_single_does_not_count(name: str) -> None:
    found = run_artifacts.find(UNUSABLE[name], RUN)
    assert not found.artifacts
    assert list(found.missing) == ["bike-demand"]


def test_an_artifact_of_an_earlier_attempt_counts_only_where_everything_succeeded() -> None:
    old = replace(GOOD, created=STARTED - timedelta(hours=1))
    assert run_artifacts.find([old], RUN).artifacts
    assert "earlier attempt" in run_artifacts.find([old], replace(RUN, conclusion="failure")).missing["bike-demand"]


@pytest.mark.parametrize(
    "name",
    [
        "evidence",
        "tidegate",
        "tidegate-",
        "details-bike-demand",
        "tidegate-../../etc",
        "tidegate-.hidden",
        "tidegate-a b",
        "tidegate-all models",
        "tidegate-" + "a" * 65,
        "tidegate-a\nb",
        "report.html",
    ],
)
def test_a_name_that_no_model_has_is_passed_over(name: str) -> None:
    found = run_artifacts.find([replace(GOOD, name=name)], RUN)
    assert not found.artifacts
    assert not found.missing


def test_a_run_cannot_make_us_report_on_any_number_of_models() -> None:
    found = run_artifacts.find([replace(GOOD, id=n, name=f"tidegate-m{n:03}") for n in range(200)], RUN)
    assert len(found.artifacts) == MOST_MODELS
    assert found.left_out == 200 - MOST_MODELS
