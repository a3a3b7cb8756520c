"""The deployment that GitHub records by itself for every job that names an environment."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tidegate.simulator.act_log import JobRun
from tidegate.simulator.deployments import Deployment, Deployments
from tidegate.simulator.gates import Wait
from tidegate.simulator.permissions import BOT
from tidegate.simulator.runs import Run

_ENDS = {"success": "success", "failure": "failure", "cancelled": "error"}


class JobDeployments:
    """One for each job and environment. `page` gives the address of a run's page."""

    def __init__(self, deployments: Deployments, find: Callable[[int], Run | None], page: Callable[[Run], str]) -> None:
        self._deployments = deployments
        self._find = find
        self._page = page
        self._open: list[tuple[Wait, Deployment]] = []

    def entered(self, wait: Wait) -> None:
        """A job went through the gate: its deployment is under way."""
        run = self._find(wait.run)
        made = None if run is None else self._deployments.create(run.head_sha, wait.environment, BOT)
        if run is not None and made is not None:
            self._deployments.say(made, "in_progress", BOT, log_url=self._page(run))
            self._open.append((wait, made))

    def ended(self, run: Run, jobs: Iterable[JobRun]) -> None:
        """The run is over: how each of its jobs ended is how its deployment ended."""
        results = {job.id: job.result for job in jobs}
        for wait, made in [entry for entry in self._open if entry[0].run == run.id]:
            self._open.remove((wait, made))
            state = _ENDS.get(results.get(wait.job, "cancelled"), "error")
            self._deployments.say(made, state, BOT, log_url=self._page(run))
