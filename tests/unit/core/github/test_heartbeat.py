"""How a schedule is, as a table: what GitHub says of the workflow, its runs, the repository; and what follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tidegate.core.github.heartbeat import Activity, Pulse, Schedule, ScheduledRun, judged

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAILY = ("23 4 * * *",)
PATH = ".github/workflows/model-drift.yml"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def ran(*days: float, outcome: str = "success") -> tuple[ScheduledRun, ...]:
    """Runs so many days ago, at the hour of the schedule."""
    return tuple(
        ScheduledRun(started=ago(day).replace(hour=4, minute=51), outcome=outcome if day == days[0] else "success")
        for day in days
    )


CASES: dict[str, tuple[dict[str, Any], Pulse, str]] = {
    "it ran this morning": ({"runs": ran(0, 1, 2)}, Pulse.BEATS, "began 2026-11-24 (today)"),
    "drift makes its runs fail, and they are runs": ({"runs": ran(0, outcome="failure")}, Pulse.BEATS, "runs"),
    "it runs right now": ({"runs": ran(0, outcome="in_progress")}, Pulse.BEATS, "runs"),
    "one run was dropped": ({"runs": ran(1, 2, 3)}, Pulse.LATE, "one run is missing"),
    "this morning's is late by less than three hours": (
        {"runs": ran(1), "now": NOW.replace(hour=7)},
        Pulse.BEATS,
        "(yesterday)",
    ),
    "two runs were dropped": ({"runs": ran(2, 3)}, Pulse.STOPPED, "2 runs are missing"),
    "it has been silent for a month": ({"runs": ran(30)}, Pulse.STOPPED, "30 runs are missing"),
    "a weekly one ran five days ago": (
        {"runs": ran(5), "crons": ("0 4 * * 4",)},
        Pulse.BEATS,
        "began 2026-11-19 (5 days ago)",
    ),
    "sixty idle days": (
        {"runs": ran(3), "state": "disabled_inactivity"},
        Pulse.STOPPED,
        "disabled by GitHub after 60 days",
    ),
    "sixty idle days, and it never ran": ({"state": "disabled_inactivity"}, Pulse.STOPPED, "it has never run"),
    "somebody disabled it": ({"runs": ran(0), "state": "disabled_manually"}, Pulse.DISABLED, "disabled_manually"),
    "a fork": ({"state": "disabled_fork"}, Pulse.DISABLED, "in a fork"),
    "a state that nobody knows yet": ({"runs": ran(0), "state": "paused"}, Pulse.DISABLED, "(paused)"),
    "merged today, its first run is still to come": ({"created": ago(0.1)}, Pulse.BEATS, "it has never run"),
    "merged last week, and nothing happened": ({"created": ago(7)}, Pulse.NEVER, "7 runs are missing"),
    "held as suspicious": ({"runs": ran(0, outcome="action_required")}, Pulse.HELD, "waits for an approval"),
    "held since last month": ({"runs": ran(30, outcome="waiting")}, Pulse.HELD, "since 2026-10-25"),
    "its file is broken": ({"runs": ran(0, outcome="startup_failure")}, Pulse.BROKEN, "cannot start"),
    "it runs and leaves nothing": ({"runs": ran(0, 1, 2), "evidence": ago(5)}, Pulse.SILENT, "newest is of 2026-11-19"),
    "its runs are cancelled, which leaves nothing either": (
        {"runs": ran(0, outcome="cancelled"), "evidence": ago(5)},
        Pulse.BEATS,
        "runs",
    ),
    "evidence of this morning": ({"runs": ran(0, 1, 2), "evidence": ago(0)}, Pulse.BEATS, "runs"),
    "no evidence is known, which says nothing": ({"runs": ran(0, 1, 2), "evidence": None}, Pulse.BEATS, "runs"),
    "fifty idle days": ({"runs": ran(0), "pushed": ago(52)}, Pulse.ENDING, "disabled by GitHub on 2026-12-02"),
    "fifty idle days in private": ({"runs": ran(0), "pushed": ago(52), "private": True}, Pulse.BEATS, "runs"),
    "a file nobody can read, daily by its runs": (
        {"runs": ran(3, 4, 5, 6), "crons": None},
        Pulse.STOPPED,
        "3 runs are missing",
    ),
    "a file nobody can read, weekly by its runs": ({"runs": ran(8, 15, 22), "crons": None}, Pulse.LATE, "late"),
    "a file nobody can read, too few runs to say": ({"runs": ran(9, 10), "crons": None}, Pulse.BEATS, "9 days ago"),
}  # fmt: skip


@pytest.mark.parametrize(("given", "pulse", "said"), CASES.values(), ids=CASES.keys())
def test_pulse(given: dict[str, Any], pulse: Pulse, said: str) -> None:
    asked = {"path": PATH, "state": "active", "created": ago(200), "crons": DAILY, **given}
    now, pushed, private = asked.pop("now", NOW), asked.pop("pushed", ago(1)), asked.pop("private", False)
    beat = judged(Schedule(**asked), Activity(pushed=pushed, private=private), now)
    assert (beat.pulse, said in beat.sentence) == (pulse, True), beat
    assert bool(beat.fix) == (not pulse.well or pulse is Pulse.ENDING)


def test_the_fix_is_a_line_that_can_be_typed() -> None:
    stopped = Schedule(path=PATH, state="disabled_inactivity", created=ago(99), crons=DAILY)
    beat = judged(stopped, Activity(pushed=ago(61), private=False), NOW)
    assert str(beat).endswith('Enable it: gh workflow enable "model-drift.yml".')
    assert str(beat).startswith(PATH)


def test_a_schedule_of_every_five_minutes_is_given_three_hours() -> None:
    often = Schedule(path=PATH, state="active", created=ago(99), crons=("*/5 * * * *",))
    for hours, pulse in ((2.9, Pulse.BEATS), (3.05, Pulse.LATE), (4, Pulse.STOPPED)):
        run = ScheduledRun(started=NOW - timedelta(hours=hours), outcome="success")
        one = Schedule(**{**vars(often), "runs": (run,)})
        assert judged(one, Activity(pushed=ago(1), private=False), NOW).pulse is pulse


def test_names_from_elsewhere_stay_inert() -> None:
    hostile = Schedule(
        path=".github/workflows/x\n::error::y.yml", state="off\n::warning::", created=ago(1), crons=DAILY
    )
    assert "\n" not in str(judged(hostile, Activity(pushed=ago(1), private=False), NOW))
