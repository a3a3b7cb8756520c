"""Whether a schedule still runs: nobody is told when one stops, so whatever runs next has to notice.

GitHub disables the schedules of a public repository after 60 days without activity, drops runs when it is busy, and
starts others late. A single run that is missing is weather; two in a row are a schedule that has stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median

from tidegate.core.github import cron
from tidegate.core.report.untrusted import brief

IDLE = timedelta(days=60)
"""Without activity for so long, the schedules of a public repository are disabled."""
WARNED = timedelta(days=50)
GRACE = timedelta(hours=3)
"""How late a run may be before it counts as missing."""
FEWEST_RUNS = 3
"""From how many runs on their distances say how often a schedule is due, where its file cannot be read."""
_MISSING = 2
_HELD = ("waiting", "action_required")


class Pulse(StrEnum):
    """How a schedule is."""

    BEATS = "beats"
    LATE = "late"
    ENDING = "ending"
    HELD = "held"
    BROKEN = "broken"
    SILENT = "silent"
    NEVER = "never"
    DISABLED = "disabled"
    STOPPED = "stopped"

    @property
    def well(self) -> bool:
        """Whether checks are made; a late run and one that will end some day are no alarm."""
        return self in (Pulse.BEATS, Pulse.LATE, Pulse.ENDING)


@dataclass(frozen=True, kw_only=True)
class ScheduledRun:
    """When a run began, and what became of it: a conclusion, or the state of one that is not over."""

    started: datetime
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One workflow as GitHub tells it. `runs` are those that its schedule started, newest first.

    `crons`: the lines of its file, None where the file could not be read. `evidence`: when the newest evidence of a
    check was kept, None where that is not known.
    """

    path: str
    state: str
    created: datetime
    runs: tuple[ScheduledRun, ...] = ()
    crons: tuple[str, ...] | None = None
    evidence: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What GitHub counts idle days from; nothing is disabled in a private repository."""

    pushed: datetime
    private: bool


@dataclass(frozen=True, kw_only=True)
class Beat:
    """The answer about one schedule. `fix` is empty where nothing has to be done."""

    path: str
    pulse: Pulse
    sentence: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{brief(self.path)} {self.sentence}{' ' + self.fix if self.fix else ''}"


def judged(schedule: Schedule, activity: Activity, now: datetime) -> Beat:
    """How a schedule is at `now`. All times know their zone."""
    name = schedule.path.rpartition("/")[2]
    enable = f'Enable it: gh workflow enable "{brief(name)}".'
    by_hand = f'Start it by hand: gh workflow run "{brief(name)}".'
    pulse, said = _pulse(schedule, activity, now)
    fixes = {
        Pulse.DISABLED: enable,
        Pulse.STOPPED: enable if schedule.state != "active" else by_hand,
        Pulse.NEVER: by_hand,
        Pulse.SILENT: "Look at its newest run.",
        Pulse.BROKEN: "Look at its newest run.",
        Pulse.HELD: "Approve it, or find out why it is held.",
        Pulse.ENDING: "A push counts as activity.",
    }
    return Beat(path=schedule.path, pulse=pulse, sentence=said, fix=fixes.get(pulse, ""))


def _pulse(schedule: Schedule, activity: Activity, now: datetime) -> tuple[Pulse, str]:
    last = _last(schedule, now)
    if schedule.state == "disabled_inactivity":
        return Pulse.STOPPED, f"was disabled by GitHub after 60 days without activity; {last}."
    if schedule.state == "disabled_fork":
        return Pulse.DISABLED, "does not run in a fork until somebody enables it."
    if schedule.state != "active":
        return Pulse.DISABLED, f"is disabled ({brief(schedule.state)}); {last}."
    if schedule.runs and schedule.runs[0].outcome in _HELD:
        return Pulse.HELD, f"is held: its newest scheduled run waits for an approval since {_day(schedule.runs[0])}."
    if schedule.runs and schedule.runs[0].outcome == "startup_failure":
        return Pulse.BROKEN, f"cannot start: {last}, and GitHub could not read it."
    missed = _missed(schedule, now)
    if missed >= _MISSING:
        pulse = Pulse.STOPPED if schedule.runs else Pulse.NEVER
        return pulse, f"is due and does not run: {_count(missed)} missing; {last}."
    return _of_running(schedule, activity, now, missed, last)


def _of_running(schedule: Schedule, activity: Activity, now: datetime, missed: int, last: str) -> tuple[Pulse, str]:
    """Of one that runs: does it leave anything, and how long will it?"""
    if _silent(schedule):
        return Pulse.SILENT, f"runs and leaves no evidence: the newest is of {schedule.evidence:%Y-%m-%d}; {last}."
    idle = now - activity.pushed
    if not activity.private and idle >= WARNED:
        ends = activity.pushed + IDLE
        return Pulse.ENDING, f"will be disabled by GitHub on {ends:%Y-%m-%d}: {idle.days} days without activity."
    if missed:
        return Pulse.LATE, f"is late: one run is missing; {last}."
    return Pulse.BEATS, f"runs; {last}."


def _missed(schedule: Schedule, now: datetime) -> int:
    """Runs that should have begun since the newest did, and had time enough to."""
    since = schedule.runs[0].started if schedule.runs else schedule.created
    if schedule.crons is not None:
        return len(cron.due([cron.parsed(line) for line in schedule.crons], since, now - GRACE))
    usual = _usual(schedule.runs)
    return 0 if usual is None else max(int((now - GRACE - since) / usual), 0)


def _usual(runs: Sequence[ScheduledRun]) -> timedelta | None:
    """The middle distance between runs; None where there are too few to say."""
    if len(runs) < FEWEST_RUNS:
        return None
    apart = [(later.started - earlier.started).total_seconds() for later, earlier in pairwise(runs)]
    return timedelta(seconds=max(median(apart), 60.0))


def _silent(schedule: Schedule) -> bool:
    """Two runs are over since there was evidence: it used to be kept."""
    over = [run for run in schedule.runs if run.outcome in ("success", "failure")]
    kept = schedule.evidence
    return kept is not None and sum(run.started > kept for run in over) >= _MISSING


def _last(schedule: Schedule, now: datetime) -> str:
    if not schedule.runs:
        return "it has never run by its schedule"
    ago = (now - schedule.runs[0].started).days
    when = "today" if ago <= 0 else "yesterday" if ago == 1 else f"{ago} days ago"
    return f"its newest scheduled run began {_day(schedule.runs[0])} ({when})"


def _day(run: ScheduledRun) -> str:
    return f"{run.started:%Y-%m-%d}"


def _count(missed: int) -> str:
    return f"{missed:,} runs are"
