"""A schedule of drift checks that has stopped is told by the next report, the next merge, and by `tidegate status`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fixtures.merges import Merge, pull_request
from fixtures.report_job import ReportJob, finished_run, following_job, pull_request_job
from fixtures.rollbacks import Yard, yard
from tidegate.adapters import workflow_files
from tidegate.commands import status
from tidegate.core.answer import Answer, Verdict
from tidegate.core.github.heartbeat import Pulse
from tidegate.simulator import faults
from tidegate.simulator.front import GitHub

PATH = ".github/workflows/model-drift.yml"
FILE = """on:
  schedule:
    - cron: "23 4 * * *"
jobs:
  detect:
    steps:
      - uses: a/b/actions/detect-drift@0
"""
CALL = """on: {schedule: [{cron: '1 2 * * 1'}, {cron: '1 2 * * 4'}]}
jobs: {detect: {uses: a/b/.github/workflows/model-drift.yml@0}}
"""
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def days(*ago: int) -> list[str]:
    """Runs so many days ago, the latest last."""
    return [
        f"{(NOW - timedelta(days=day)).replace(hour=4, minute=40).isoformat()}" for day in sorted(ago, reverse=True)
    ]


def told(answer: Answer) -> list[tuple[str, str]]:
    return [(note.level, note.message) for note in answer.annotations if "model-drift" in note.message]


# Every pull request: the half of its run that may read runs.


@pytest.fixture
def report(github: GitHub, tmp_path: Path) -> ReportJob:
    job = pull_request_job(github, tmp_path, from_fork=True)
    return following_job(job, finished_run(job))


def scheduled(report: ReportJob, *ago: float) -> None:
    for day in sorted(ago, reverse=True):
        moment = (datetime.now(UTC) - timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
        repository = report.github.shown()
        report.github.runs.create(
            name="Model drift",
            path=PATH,
            event="schedule",
            head_branch="main",
            head_sha=report.head,
            repository=repository,
            head_repository=repository,
            created_at=moment,
            status="completed",
            conclusion="failure",
        )


def test_the_next_report_warns_of_a_schedule_that_stopped(report: ReportJob) -> None:
    scheduled(report, 9, 10, 11, 12)
    answer = report.post("--from-run", model=None)
    ((level, message),) = told(answer)
    assert level == "warning"
    assert "is due and does not run: 8 runs are missing" in message
    assert 'gh workflow run "model-drift.yml"' in message
    assert "Schedules: " in (answer.summary or "")


def test_the_next_report_warns_of_a_schedule_that_github_disabled(report: ReportJob) -> None:
    scheduled(report, 1, 2)
    report.github.runs.states[PATH] = "disabled_inactivity"
    assert "disabled by GitHub after 60 days" in told(report.post("--from-run", model=None))[0][1]


@pytest.mark.parametrize("ago", [(0.2, 1.2, 2.2), ()], ids=["it runs", "there is none"])
def test_a_schedule_that_runs_and_none_are_not_talked_about(report: ReportJob, ago: tuple[float, ...]) -> None:
    scheduled(report, *ago)
    assert told(report.post("--from-run", model=None)) == []


def test_a_token_that_may_not_read_runs_reports_all_the_same(report: ReportJob) -> None:
    scheduled(report, 9, 10, 11)
    report.github.faults.add(faults.answer(403, path="/actions/workflows", message="Resource not accessible"))
    answer = report.post("--from-run", model=None)
    (note,) = [note for note in answer.annotations if "schedules" in note.message]
    assert (note.level, answer.exit_code) == ("notice", 0)
    assert "actions: read" in note.message


# Every merge.


@pytest.fixture
def merge(tmp_path: Path) -> Merge:
    found = pull_request(tmp_path)
    found.fake.world.now = NOW.timestamp()
    found.elsewhere({PATH: FILE})
    return found


@pytest.mark.parametrize(
    ("ago", "state", "said"),
    [
        ((0, 1, 2), "active", []),
        ((1, 2), "active", ["notice"]),
        ((3, 4), "active", ["warning"]),
        ((), "active", ["warning"]),
        ((0,), "disabled_manually", ["warning"]),
    ],
    ids=["it runs", "one was dropped", "it stopped", "it never ran", "somebody disabled it"],
)
def test_a_merge_tells_how_the_schedule_is(merge: Merge, ago: tuple[int, ...], state: str, said: list[str]) -> None:
    merge.fake.schedules.add(PATH, *days(*ago), state=state)
    merge.judged()
    merge.merge()
    answer = merge.promote()
    assert answer.verdict is Verdict.PASS
    assert [level for level, _ in told(answer)] == said


def test_a_github_out_of_order_stops_no_promotion(merge: Merge) -> None:
    merge.judged()
    merge.merge()
    merge.fake.faults.add(faults.answer(500, path="/actions/workflows", times=9))
    answer = merge.promote()
    assert answer.verdict is Verdict.PASS
    assert [note.level for note in answer.annotations if "could not be seen" in note.message] == ["notice"]


def test_a_repository_without_a_schedule_asks_github_nothing_about_one(tmp_path: Path) -> None:
    merge = pull_request(tmp_path)
    merge.judged()
    merge.merge()
    merge.promote()
    assert not [one.path for one in merge.fake.asked if "/actions/workflows" in one.path]


# `tidegate status`.


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Yard]:
    found = yard(tmp_path)
    found.fake.world.now = NOW.timestamp()
    found.shop.project.write(PATH, FILE)
    found.shop.project.commit("a schedule")
    (found.shop.state / "staging").mkdir(parents=True)
    yield found
    found.close()


def test_status_shows_a_schedule_that_runs(here: Yard) -> None:
    here.fake.schedules.add(PATH, *days(0, 1, 2))
    here.fake.delivery.left(9000, b"evidence", "drift-model", created_at=days(0)[0])
    answer = here.run(status)
    assert (answer.verdict, answer.exit_code) == (Verdict.PASS, 0), answer.sentence
    assert answer.sentence.splitlines()[-1].startswith(
        f"schedule: {PATH} runs; its newest scheduled run began 2026-11-24"
    )
    assert [one["pulse"] for one in (answer.data or {})["schedules"]] == [Pulse.BEATS]  # type: ignore[attr-defined]


STOPPED = {
    "sixty idle days": ((3,), "disabled_inactivity", "gh workflow enable"),
    "dropped runs": ((3, 4, 5), "active", "3 runs are missing"),
    "disabled by hand": ((0,), "disabled_manually", "gh workflow enable"),
}


@pytest.mark.parametrize(("ago", "state", "said"), STOPPED.values(), ids=STOPPED.keys())
def test_status_is_no_agreement_where_checks_have_stopped(
    here: Yard, ago: tuple[int, ...], state: str, said: str
) -> None:
    here.fake.schedules.add(PATH, *days(*ago), state=state)
    answer = here.run(status)
    assert (answer.verdict, answer.exit_code, said in answer.sentence) == (Verdict.FAIL, 1, True), answer.sentence
    assert here.run(status, environment="staging").exit_code == 0


def test_status_tells_runs_that_leave_no_evidence(here: Yard) -> None:
    here.fake.schedules.add(PATH, *days(0, 1, 2))
    here.fake.delivery.left(9000, b"evidence", "drift-model", created_at=days(9)[0])
    answer = here.run(status)
    assert "runs and leaves no evidence: the newest is of 2026-11-15" in answer.sentence
    assert answer.exit_code == 1


def test_status_does_not_know_what_a_token_may_not_read(here: Yard) -> None:
    here.fake.faults.add(faults.answer(403, path="/actions/workflows", message="Resource not accessible"))
    answer = here.run(status)
    assert (answer.verdict, answer.exit_code) == (Verdict.ERROR, 3)
    assert "schedule: UNKNOWN: E-GH-011" in answer.sentence
    assert "Add `actions: read`" in answer.sentence


def test_status_without_a_token_says_nothing_about_schedules(here: Yard) -> None:
    here.token = False
    assert "schedule" not in here.run(status).sentence
    assert here.fake.asked == []


# Which files count.


FILES = {
    "a schedule of its own": (FILE, ("23 4 * * *",)),
    "a call of the workflow": (CALL, ("1 2 * * 1", "1 2 * * 4")),
    "no schedule": (FILE.replace("schedule:", "schedules:"), "absent"),
    "a schedule of something else": (FILE.replace("detect-drift", "checkout"), "absent"),
    "no list of events": ("on: push\n# actions/detect-drift", "absent"),
    "a line that is none": (FILE.replace("23 4", "99 4"), None),
    "no YAML": ("on: [actions/detect-drift", None),
    "a list": ("- actions/detect-drift", None),
}


@pytest.mark.parametrize(("text", "lines"), FILES.values(), ids=FILES.keys())
def test_schedules_of_files(text: str, lines: object) -> None:
    assert workflow_files.schedules({PATH: text}).get(PATH, "absent") == lines
    assert workflow_files.schedules({"README.md": text}) == {}


def test_our_own_schedule_is_seen() -> None:
    texts = {str(path): path.read_text(encoding="utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}
    found = workflow_files.schedules(texts)
    assert [Path(path).name for path in found] == ["model-drift.yml"]
