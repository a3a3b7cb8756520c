"""What a simulation prints: one line for each step as it ends, then the comment, the report and the time it took."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from tidegate.console import Console
from tidegate.simulator.act_log import Progress
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.runs import Run, Runs
from tidegate.simulator.scenario import Played, Scene

MARKS = {"success": "✓", "failure": "✗"}


class Teller:
    """Live progress: a heading for each run, a line for each step that has ended.

    Runs may go on at the same time, so every line says which change it is about.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._runs: set[int] = set()
        self._count = 0

    def say(self, text: str) -> None:
        """One line."""
        self._console.say(text)

    def announce(self, scene: Scene) -> None:
        """Say what happens next."""
        self._count += 1
        how = "pushed to the same pull request" if scene.again else "a pull request"
        self.say(f"{self._count}. {scene.name}: {how}{' from a fork' if scene.from_fork else ''}, “{scene.title}”")

    def tell(self, run: Run, progress: Progress) -> None:
        """Say that a step has ended (a start is not worth a line)."""
        if run.id not in self._runs:
            self._runs.add(run.id)
            self.say(f"  {_change(run)} {run.name} (on {run.event})")
        if progress.result:
            mark = MARKS.get(progress.result, "·")
            self.say(f"    {_change(run)} {mark} {progress.job} · {progress.step[:60]} {progress.seconds:>7.1f} s")


def _change(run: Run) -> str:
    """The pull request or the branch that a run is about."""
    return f"#{run.pull_requests[0]}" if run.pull_requests else run.head_branch


def steps(played: Sequence[Played]) -> list[dict[str, object]]:
    """Every step of every scene with its seconds."""
    return [
        {
            "scene": act.scene.name,
            "workflow": record.run.name,
            "event": record.run.event,
            "job": job.name,
            "step": step.name,
            "result": step.result,
            "seconds": round(step.seconds, 3),
        }
        for act in played
        for record in act.records
        for job in record.jobs
        for step in job.steps
    ]


def closing(played: Sequence[Played], reports: Sequence[Path]) -> list[str]:
    """The last comment in full, where the reports are, and what took how long."""
    lines = ["", "Time per step"]
    for act in played:
        calls = f"{act.requests} API requests, {act.writes} of them writes"
        lines.append(f"  {act.scene.name}: {act.seconds:.1f} s, {calls}")
        lines += [f"    {_seconds(row)} {row['job']} · {str(row['step'])[:60]}" for row in steps([act])]
    for act in played:
        for comment in act.comments:
            lines += ["", f"── comment on #{act.pull.number} after “{act.scene.title}” " + "─" * 30]
            lines += comment["body"].split("\n")
    return [*lines, "", *[f"report: {path}" for path in reports]]


def _seconds(row: dict[str, object]) -> str:
    return f"{row['seconds']:>6.1f} s"


def keep(folder: Path, played: Sequence[Played], runs: Runs) -> list[Path]:
    """Write comments, summaries, logs, reports and the times below `folder`: the HTML reports' paths."""
    shutil.rmtree(folder, ignore_errors=True)
    reports: list[Path] = []
    for number, act in enumerate(played, 1):
        place = folder / f"{number}-{act.scene.name}"
        place.mkdir(parents=True)
        for comment in act.comments:
            (place / "comment.md").write_text(comment["body"], encoding="utf-8")
        (place / "summary.md").write_text("\n".join(record.summary for record in act.records), encoding="utf-8")
        (place / "log.txt").write_text("\n".join(_log(record) for record in act.records), encoding="utf-8")
        reports += [_copied(file, place) for record in act.records for file in _pages(runs, record)]
    (folder / "steps.json").write_text(json.dumps(steps(played), indent=2) + "\n", encoding="utf-8")
    return reports


def _log(record: RunRecord) -> str:
    return "\n".join(line for job in record.jobs for line in [f"── {record.run.name} / {job.name}", *job.log])


def _pages(runs: Runs, record: RunRecord) -> list[Path]:
    return sorted(runs.artifact_folder(record.run.id).glob("*.html.raw"))


def _copied(file: Path, place: Path) -> Path:
    return Path(shutil.copyfile(file, place / file.stem))
