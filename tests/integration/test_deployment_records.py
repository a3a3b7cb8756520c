"""One record per deployment on GitHub, in step with what happened, and never in the way of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.fake_github import FakeGitHub
from tidegate.console import Console
from tidegate.core.deployment.environment import Environment
from tidegate.core.release.release import Release
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, Superseded
from tidegate.settings import Settings
from tidegate.simulator import faults
from tidegate.steps.deployment.deployment_records import recorded
from tidegate.steps.deployment.environments import Wanted
from tidegate.steps.deployment.takeover import Ended

COMMIT = "c" * 40
PAGE = "https://github.com/harbour/bike-demand/actions/runs/77"
JOB = {
    "GITHUB_TOKEN": "ghs_secret",
    "GITHUB_REPOSITORY": "harbour/bike-demand",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_RUN_ID": "77",
    "GITHUB_SHA": COMMIT,
}


@pytest.fixture
def fake() -> FakeGitHub:
    return FakeGitHub()


def record(
    fake: FakeGitHub,
    work: Callable[[], Ended] = Ended,
    *,
    version: str = "7",
    url: str = "https://bike.example",
    environ: dict[str, str] | None = None,
) -> tuple[str, ...]:
    """A deployment of a version; what could not be recorded."""
    settings = Settings(
        workspace=Path("/nowhere"),
        config="tidegate.yaml",
        model=None,
        environ={**JOB, **(environ or {})},
        console=Console(stream=io.StringIO()),
    )
    digest = "sha256:" + version * 64
    release = Release(model="bike", version=version, commit="d" * 40, digests={"release": digest})
    environment = Environment(name="production", target="process", address="127.0.0.1:1", url=url)
    wanted = Wanted(environment=environment, release=release, commit=COMMIT)
    _, notes = recorded(settings, wanted, lambda _settings: fake.connection(), work)
    return tuple(note.message for note in notes)


def test_a_success_is_told_with_page_and_address(fake: FakeGitHub) -> None:
    seen: list[list[str]] = []

    def work() -> Ended:
        seen.append(fake.delivery.said(1))
        return Ended()

    assert record(fake, work) == ()
    assert seen == [["in_progress"]]
    (made,) = fake.delivery.deployments
    assert (made["environment"], made["sha"]) == ("production", COMMIT)
    assert made["payload"]["tidegate"]["version"] == "7"
    last = fake.delivery.statuses[1][-1]
    assert last == {
        "state": "success",
        "description": "version 7: runs",
        "log_url": PAGE,
        "environment_url": "https://bike.example",
    }


def test_the_release_before_becomes_inactive_when_the_new_one_runs_and_not_when_it_is_taken_back(
    fake: FakeGitHub,
) -> None:
    record(fake)
    record(fake, lambda: Ended(failed="too slow"), version="8", environ={"GITHUB_RUN_ID": "78"})
    assert fake.delivery.said(1) == ["in_progress", "success"]
    assert fake.delivery.said(2) == ["in_progress", "failure"]
    record(fake, version="9", environ={"GITHUB_RUN_ID": "79"})
    assert fake.delivery.said(3) == ["in_progress", "success"]
    assert fake.delivery.said(2) == ["in_progress", "failure"]


def test_two_good_releases_one_after_the_other(fake: FakeGitHub) -> None:
    record(fake)
    record(fake, version="8", environ={"GITHUB_RUN_ID": "78"})
    assert fake.delivery.said(1) == ["in_progress", "success", "inactive"]


def test_the_record_that_github_made_for_the_job_is_used(fake: FakeGitHub) -> None:
    fake.delivery.deployed("production", COMMIT)
    fake.delivery.statuses[1].append({"state": "in_progress", "log_url": f"{PAGE}/job/5"})
    record(fake)
    assert len(fake.delivery.deployments) == 1
    assert fake.delivery.said(1) == ["in_progress", "in_progress", "success"]


def test_another_run_s_record_of_the_same_commit_is_not(fake: FakeGitHub) -> None:
    fake.delivery.deployed("production", COMMIT)
    fake.delivery.statuses[1].append({"state": "success", "log_url": f"{PAGE}8/job/5"})
    record(fake)
    assert len(fake.delivery.deployments) == 2


def test_a_second_attempt_of_the_run_goes_on_with_its_record(fake: FakeGitHub) -> None:
    record(fake, lambda: Ended(open="120 requests more"))
    assert fake.delivery.said(1) == ["in_progress", "in_progress"]
    record(fake)
    assert len(fake.delivery.deployments) == 1


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Superseded("E-DEP-030", "a newer one"), "inactive"),
        (SecurityRefusal("E-SEC-061", "another digest"), "error"),
        (InfrastructureError("E-DEP-031", "no turn"), "error"),
        (KeyboardInterrupt(), "error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else value,
)
def test_a_deployment_that_could_not_be_done_says_so(fake: FakeGitHub, error: BaseException, state: str) -> None:
    def work() -> Ended:
        raise error

    with pytest.raises(type(error)):
        record(fake, work)
    assert fake.delivery.said(1) == ["in_progress", state]


def test_whoever_was_interrupted_waits_for_nobody(fake: FakeGitHub) -> None:
    def work() -> Ended:
        fake.faults.add(faults.answer(503, path="/statuses", times=9))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(fake, work)
    assert fake.world.waited == []


def test_without_a_token_nobody_is_asked(fake: FakeGitHub) -> None:
    assert record(fake, environ={"GITHUB_TOKEN": ""}) == ()
    assert fake.asked == []


@pytest.mark.parametrize("status", [403, 404])
def test_without_the_permission_one_line_names_it_and_the_release_runs(fake: FakeGitHub, status: int) -> None:
    words = "Resource not accessible by integration"
    fake.faults.add(faults.answer(status, message=words, path="/deployments", times=99))
    (told,) = record(fake)
    assert "Add `deployments: write` to the job's permissions." in told
    assert "\n" not in told


WIRE = {
    "502 before": faults.answer(502, method="POST", path="/deployments"),
    "502 after": faults.answer(502, committed=True, method="POST", path="/deployments$"),
    "reset after": faults.reset(committed=True, method="POST", path="/deployments$"),
    "truncated": faults.truncated(method="POST", path="/deployments$"),
    "secondary limit": faults.secondary_limit(retry_after=3, method="POST", path="/deployments"),
    "the status": faults.answer(503, method="POST", path="/statuses"),
}


@pytest.mark.parametrize("name", WIRE)
def test_each_fault_leaves_one_record_that_says_success(fake: FakeGitHub, name: str) -> None:
    fake.faults.add(WIRE[name])
    assert record(fake) == ()
    assert len(fake.delivery.deployments) == 1
    assert fake.delivery.said(1)[-1] == "success"


def test_a_github_that_is_down_is_told_and_changes_nothing(fake: FakeGitHub) -> None:
    fake.faults.add(faults.answer(503, path="/deployments", times=999))
    (told,) = record(fake)
    assert "E-GH-014" in told


def test_a_token_that_must_not_be_sent_changes_nothing(fake: FakeGitHub) -> None:
    def connect(_settings: Settings) -> object:
        raise InputError("E-GH-010", "the token has characters that no token has.")

    settings = Settings(
        workspace=Path("/nowhere"),
        config="tidegate.yaml",
        model=None,
        environ=JOB,
        console=Console(stream=io.StringIO()),
    )
    release = Release(model="bike", version="7", commit="d" * 40)
    environment = Environment(name="production", target="process", address="127.0.0.1:1")
    wanted = Wanted(environment=environment, release=release, commit=COMMIT)
    ended, notes = recorded(settings, wanted, connect, Ended)  # type: ignore[arg-type]
    assert ended == Ended()
    assert "E-GH-010" in notes[0].message
