"""act's JSON log read into jobs and steps: what ran, how long, how it ended, what it said and summarised."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tidegate.core.answer import Annotation


@dataclass(frozen=True, kw_only=True)
class StepRun:
    """One step of a job; `tolerated` when it failed under `continue-on-error`."""

    name: str
    result: str
    seconds: float
    tolerated: bool = False


@dataclass(kw_only=True)
class JobRun:
    """One job (of a matrix: one combination). `result` is success, failure, cancelled or skipped."""

    id: str
    name: str
    result: str = "cancelled"
    steps: list[StepRun] = field(default_factory=list)
    summary: str = ""
    annotations: list[Annotation] = field(default_factory=list)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Time its steps took."""
        return sum(step.seconds for step in self.steps)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A step starts (`result` is empty) or has ended."""

    job: str
    step: str
    result: str = ""
    seconds: float = 0.0


class LogReader:
    """Feed it act's lines about a workflow of that name; `jobs` grows in the order in which they start."""

    def __init__(self, workflow: str, tell: Callable[[Progress], None]) -> None:
        self._workflow = workflow
        self.jobs: dict[str, JobRun] = {}
        self.stray: list[str] = []
        self._tell = tell
        self._tolerated: set[tuple[str, str]] = set()

    def feed(self, line: str) -> None:
        """Take in one line."""
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            self.stray.append(line)
        elif "job" not in entry:
            self.stray += [text for text in [str(entry.get("msg", line))] if "docker connection" not in text]
        else:
            self._entry(entry)

    def _entry(self, entry: Mapping[str, Any]) -> None:
        key = entry["job"].strip()
        job = self.jobs.get(key)
        if job is None and "step" not in entry:
            return  # a job that only calls a workflow
        if job is None:
            name = _name(key, self._workflow, bool(entry.get("matrix")))
            job = self.jobs[key] = JobRun(id=str(entry.get("jobID", "")), name=name)
        message, step = str(entry.get("msg", "")), entry.get("stepID") or []
        if "jobResult" in entry:
            job.result = entry["jobResult"]
        if entry.get("raw_output"):
            job.log.append(message.rstrip("\n"))
        elif "command" in entry:
            self._command(job, entry, step)
        elif len(step) == 1 and entry.get("stage") == "Main":
            self._step(job, key, entry, message)

    def _step(self, job: JobRun, key: str, entry: Mapping[str, Any], message: str) -> None:
        name = str(entry.get("step", "")).strip().split("\n")[0]
        mark = (key, entry["stepID"][0])
        if message.startswith("⭐ Run Main"):
            job.log.append(f"▸ {name}")
            self._tell(Progress(job=job.name, step=name))
        elif message.startswith("Failed but continue"):
            self._tolerated.add(mark)
        elif "stepResult" in entry and entry["stepResult"] != "skipped":
            seconds = entry.get("executionTime", 0) / 1e9
            run = StepRun(name=name, result=entry["stepResult"], seconds=seconds, tolerated=mark in self._tolerated)
            job.steps.append(run)
            self._tell(Progress(job=job.name, step=name, result=run.result, seconds=seconds))
        elif "stepResult" not in entry and not message.startswith("LocalRepositoryCache"):
            job.log.append(message.strip())

    def _command(self, job: JobRun, entry: Mapping[str, Any], step: list[str]) -> None:
        kind = entry["command"]
        if kind == "summary" and len(step) == 1:
            job.summary += entry["content"].rstrip("\n") + "\n"
        elif kind == "set-output" and len(step) == 1:
            job.outputs.setdefault(step[0], {})[entry["name"]] = entry["arg"]
        elif kind in ("notice", "warning", "error"):
            place = entry.get("kvPairs") or {}
            line = place.get("line", "")
            job.annotations.append(
                Annotation(
                    level=kind,
                    message=entry["arg"],
                    file=place.get("file"),
                    line=int(line) if line.isdecimal() else None,
                )
            )


def _name(key: str, workflow: str, in_matrix: bool) -> str:
    """A job's name as GitHub shows it: act puts the workflow's before it, and a number behind the jobs of a matrix."""
    name = key.removeprefix(f"{workflow}/")
    if name == key:  # calling job / called workflow / job
        caller, _, rest = key.partition("/")
        name = f"{caller} / {rest.partition('/')[2]}"
    return re.sub(r"-\d+$", "", name) if in_matrix else name
