"""From an event to finished runs: which workflows it starts, what each job may do, and what follows a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tidegate.errors import InputError
from tidegate.simulator import act, events, permissions, rendering, run_record, runner, triggers, workflow_yaml
from tidegate.simulator.act import Death
from tidegate.simulator.act_log import JobRun, Progress
from tidegate.simulator.front import GitHub
from tidegate.simulator.happenings import Happening
from tidegate.simulator.job_deployments import JobDeployments
from tidegate.simulator.live import Live
from tidegate.simulator.repository import Repository
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.runs import Run

SECONDS = 900

Tell = Callable[[Run, Progress], None]


@dataclass(kw_only=True)
class Dispatcher:
    """Runs workflows of one repository, those that one event starts at the same time.

    `environ` is what jobs inherit, `disabled` the files that do not run; `after` hears of every run that has ended, and
    says what came of what it did.
    """

    github: GitHub
    origin: Repository
    folder: Path
    environ: Mapping[str, str]
    program: Path
    toolkit: Path
    tell: Tell
    disabled: frozenset[str] = frozenset()
    seconds: float = SECONDS
    after: Callable[[Run], list[RunRecord]] = lambda _run: []
    live: Live = field(default_factory=Live)
    _preparing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        proxy = self.github.proxy
        self._deployments = JobDeployments(proxy.deployments, proxy.runs.find, self._page)
        proxy.gates.entered = self._deployments.entered

    def fire(self, happening: Happening, death: Death | None = None) -> list[RunRecord]:
        """Run every workflow that the event starts, and what those runs start, workflow by workflow."""
        checkout = self._checkout(happening.commit)
        chosen = list(self.chosen(happening))
        runs = [self._created(happening, file, workflow) for file, workflow in chosen]

        works = [
            partial(self._run, run, happening, checkout, file, workflow, death)
            for run, (file, workflow) in zip(runs, chosen, strict=True)
        ]
        return [record for records in self.live.together(*works) for record in records]

    def chosen(self, happening: Happening) -> list[tuple[Path, dict[str, Any]]]:
        """The workflow files that the event starts."""
        found = []
        for file, workflow in self._workflows(happening.commit):
            allowed = file.name not in self.disabled and happening.only in ("", file.name)
            if allowed and _starts(workflow, happening):
                found.append((file, workflow))
        return found

    def workflows(self, commit: str) -> list[dict[str, Any]]:
        """The workflow files of a commit, but for those that do not run."""
        return [workflow for file, workflow in self._workflows(commit) if file.name not in self.disabled]

    def _workflows(self, commit: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        for file in sorted((self._checkout(commit) / rendering.WORKFLOWS).glob("*.y*ml")):
            yield file, workflow_yaml.load(file.read_text(encoding="utf-8"), file.name)

    def hold(self, happening: Happening) -> list[Run]:
        """Register the runs of an event without starting them: they wait for somebody's approval."""
        runs = [self._created(happening, file, workflow) for file, workflow in self.chosen(happening)]
        for run in runs:
            run.finish("action_required")
        return runs

    def _checkout(self, commit: str) -> Path:
        """The rendered files of a commit; `$/` and `$GITHUB_SHA` mean these."""
        folder = self.folder / f"commits/{commit}"
        with self._preparing:
            if not folder.is_dir():
                self.origin.check_out(commit, folder, [name for name in rendering.SHIPPED if name != rendering.LINKED])
                self.origin.link(commit, rendering.LINKED, folder, self.folder / "trees")
                rendering.render(folder, self.github.repository, commit)
        return folder

    def _created(self, happening: Happening, file: Path, workflow: Mapping[str, Any]) -> Run:
        return self.github.runs.create(
            name=workflow.get("name", file.name),
            path=f"{rendering.WORKFLOWS}/{file.name}",
            event=happening.event,
            head_branch=happening.head_branch,
            head_sha=happening.head,
            repository=self.github.shown(),
            head_repository=self.github.shown(happening.head_repository),
            actor=happening.actor,
            pull_requests=happening.pull_requests,
            status="in_progress",
        )

    def _run(
        self,
        run: Run,
        happening: Happening,
        checkout: Path,
        file: Path,
        workflow: Mapping[str, Any],
        death: Death | None,
    ) -> list[RunRecord]:
        before, records = self.live.together(
            partial(self._follow, run, "requested"),
            lambda: [self._carry_out(run, happening, checkout, file, workflow, death)],
        )
        return [*before, *records, *self._follow(run, "completed"), *self.after(run)]

    def _follow(self, run: Run, action: str) -> list[RunRecord]:
        """Start what listens to this run, from the default branch as on GitHub."""
        if run.event == "workflow_run":
            return []
        main = str(self.origin.tip("main"))
        happening = Happening(
            event="workflow_run",
            action=action,
            payload=events.workflow_run(action, run, self.github.address),
            commit=main,
            ref="refs/heads/main",
            head=main,
            head_branch="main",
            head_repository=self.github.repository,
            filter_branch=run.head_branch,
            actor=run.actor,
            of=run.name,
        )
        return self.fire(happening)

    def _carry_out(
        self,
        run: Run,
        happening: Happening,
        checkout: Path,
        file: Path,
        workflow: Mapping[str, Any],
        death: Death | None,
    ) -> RunRecord:
        folder = self.folder / f"runs/{run.id}"
        folder.mkdir(parents=True)
        from_fork = happening.head_repository != self.github.repository
        for name, grants in self._grants(workflow, checkout).items():
            self.github.proxy.jobs[f"{run.id}-{name}"] = permissions.read_only(grants) if from_fork else grants
        job = act.Job(
            program=self.program,
            name=run.name,
            workflow=file,
            checkout=checkout,
            event=happening.event,
            payload=happening.payload,
            actor=happening.actor,
            token=self.github.token(),
            environ=self.environ,
            variables=self._variables(run, happening),
            repositories=rendering.local_repositories(checkout, self.github.repository, happening.commit, self.toolkit),
            folder=folder,
            machine=self.folder / runner.MACHINE,
        )
        outcome = act.run(
            job, seconds=self.seconds, tell=lambda progress: self.tell(run, progress), live=self.live, death=death
        )
        self.github.proxy.gates.finished(run.id)
        if not outcome.jobs and outcome.result == "failure":
            raise InputError("E-SIM-031", f"act cannot run it: {outcome.stray[-600:]}", where=run.path)
        jobs = outcome.jobs + run_record.skipped(workflow, outcome.jobs)
        run.finish(outcome.result)
        self._deployments.ended(run, jobs)
        self._show(run, jobs)
        run_record.keep_logs(folder, jobs)
        return RunRecord(run=run, jobs=jobs, seconds=outcome.seconds)

    def _grants(
        self, workflow: Mapping[str, Any], checkout: Path, limit: Mapping[str, str] | None = None
    ) -> dict[str, dict[str, str]]:
        """Grants by job id, those of called workflows included."""
        found = permissions.job_grants(workflow, limit)
        for name, job in workflow["jobs"].items():
            called = rendering.called_workflow(str(job.get("uses", "")), checkout, self.toolkit)
            if called:
                inner = workflow_yaml.load(called.read_text(encoding="utf-8"), called.name)
                found |= self._grants(inner, checkout, found[name])
        return found

    def _variables(self, run: Run, happening: Happening) -> dict[str, str]:
        """What the runner sets and act does not know or gets wrong."""
        return {
            "GITHUB_SERVER_URL": self.github.address,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_GRAPHQL_URL": self.github.graphql_url,
            "GITHUB_REPOSITORY": self.github.repository,
            "GITHUB_REPOSITORY_OWNER": self.github.owner,
            "GITHUB_REPOSITORY_ID": str(run.repository["id"]),
            "GITHUB_RUN_ID": str(run.id),
            "GITHUB_RUN_NUMBER": str(run.number),
            "GITHUB_RUN_ATTEMPT": str(run.attempt),
            "GITHUB_TRIGGERING_ACTOR": happening.actor,
            "GITHUB_WORKFLOW_REF": f"{self.github.repository}/{run.path}@{happening.ref}",
            "GITHUB_WORKFLOW_SHA": happening.commit,
            "GITHUB_RETENTION_DAYS": "90",
            "RUNNER_ENVIRONMENT": "self-hosted",
            "RUNNER_NAME": "simulated",
        }

    def _page(self, run: Run) -> str:
        return f"{self.github.address}/{self.github.repository}/actions/runs/{run.id}"

    def _show(self, run: Run, jobs: list[JobRun]) -> None:
        """Every job is a check run of the commit, which is how GitHub shows it."""
        for job in jobs:
            body = {
                "name": job.name,
                "head_sha": run.head_sha,
                "status": "completed",
                "conclusion": job.result,
                "details_url": self._page(run),
            }
            self.github.ask("POST", f"/repos/{self.github.repository}/check-runs", body, login=permissions.BOT)


def _starts(workflow: Mapping[str, Any], happening: Happening) -> bool:
    return triggers.starts(
        workflow,
        happening.event,
        action=happening.action,
        branch=happening.filter_branch,
        files=happening.files,
        of=happening.of,
    )
