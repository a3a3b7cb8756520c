"""What only a follower knows, as Prometheus's text: sums and alarms by question, and whether the log can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tidegate.core.drift.following import Plan, Track, Tracks
from tidegate.core.drift.telling.metrics import Sample, line

GAUGES = {
    "follow_alarm": "1 while a column looks unlike the reference for longer than chance would have it.",
    "follow_score": "The question's sum as a share of the threshold at which it alarms.",
    "follow_files": "Files that lie there: counted, or not readable.",
    "follow_open_rows": "Rows in the window that is not over.",
    "follow_last_row_timestamp_seconds": "Time of the latest row, in the data's own time.",
    "follow_looked_timestamp_seconds": "When the log was last looked at.",
}
COUNTERS = {
    "follow_rows_total": "Rows of the log that were counted.",
    "follow_rows_left_out_total": "Rows without a time, outside the times that count, or too late for a step.",
    "follow_steps_total": "Steps that were judged.",
    "follow_alarms_total": "Alarms that were raised.",
}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a follower is; `last` is the latest row's time. `left_out` by reason, `files` by state."""

    rows: int = 0
    steps: int = 0
    raised: int = 0
    open_rows: int = 0
    last: datetime | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, int] = field(default_factory=dict)


def text(model: str, plan: Plan, tracks: Tracks, progress: Progress, now: float) -> str:
    """All of a follower's own metrics; `now` in seconds since 1970."""
    lines: list[str] = []
    samples = [*_of_tracks(plan, tracks), *_of_progress(progress, now)]
    for kind, metrics in (("gauge", GAUGES), ("counter", COUNTERS)):
        for name, told in metrics.items():
            mine = [(labels, value) for of, labels, value in samples if of == name]
            if mine:
                lines += [f"# HELP tidegate_drift_{name} {told}", f"# TYPE tidegate_drift_{name} {kind}"]
                lines += [line(name, {"model": model, **labels}, value) for labels, value in mine]
    return "\n".join(lines) + "\n"


def _of_tracks(plan: Plan, tracks: Tracks) -> Iterator[Sample]:
    for column, subjects in plan.asked.items():
        for subject in subjects:
            track, labels = tracks.get((column, subject), Track()), {"column": column, "subject": subject}
            yield "follow_alarm", labels, float(track.alarm is not None)
            yield "follow_score", labels, track.score / plan.test.threshold


def _of_progress(progress: Progress, now: float) -> Iterator[Sample]:
    yield "follow_rows_total", {}, progress.rows
    yield "follow_steps_total", {}, progress.steps
    yield "follow_alarms_total", {}, progress.raised
    yield "follow_open_rows", {}, progress.open_rows
    yield "follow_looked_timestamp_seconds", {}, now
    if progress.last is not None:
        yield "follow_last_row_timestamp_seconds", {}, progress.last.replace(tzinfo=UTC).timestamp()
    for reason, rows in progress.left_out.items():
        yield "follow_rows_left_out_total", {"reason": reason}, rows
    for state, files in progress.files.items():
        yield "follow_files", {"state": state}, files
