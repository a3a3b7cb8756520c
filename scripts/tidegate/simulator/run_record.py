"""What is known of a workflow run that has ended: its jobs, their logs and the time it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.simulator.act_log import JobRun
from tidegate.simulator.runs import Run


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One finished run: the API's record, its jobs, and the seconds it took."""

    run: Run
    jobs: list[JobRun]
    seconds: float

    @property
    def summary(self) -> str:
        """All job summaries, one after the other."""
        return "\n".join(job.summary for job in self.jobs if job.summary)

    def job(self, name: str) -> JobRun:
        """The job of that name. Raises KeyError naming those that are there."""
        found = next((job for job in self.jobs if job.name == name), None)
        if found is None:
            raise KeyError(f"no job {name!r} among {[job.name for job in self.jobs]}")
        return found


def skipped(workflow: Mapping[str, Any], ran: list[JobRun]) -> list[JobRun]:
    """Jobs that act says nothing about: their `if:` said no."""
    known = {job.id for job in ran}
    return [
        JobRun(id=name, name=str(job.get("name", name)), result="skipped")
        for name, job in workflow["jobs"].items()
        if name not in known and "uses" not in job
    ]


def keep_logs(folder: Path, jobs: list[JobRun]) -> None:
    """One file for each job."""
    for number, job in enumerate(jobs, 1):
        text = "\n".join([f"{job.name}: {job.result}", *job.log, ""])
        (folder / f"{number}-{job.id}.log").write_text(text, encoding="utf-8")
