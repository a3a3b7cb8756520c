"""What a job waits for before its first step: its turn in its concurrency groups, and its environment's reviewers.

`act` knows neither. Every step's shell asks here first (see `runner.SHELL`); what is asked again is answered the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

State = Literal["waiting", "approved", "rejected"]
Decision = Literal["", "approved", "rejected"]


@dataclass(frozen=True, kw_only=True)
class Protection:
    """How an environment is protected: one of `reviewers` must approve each job; the run's actor may if `by_author`."""

    reviewers: tuple[str, ...] = ()
    by_author: bool = True


@dataclass(kw_only=True)
class Wait:
    """A job at the gate of an environment, and what became of it; `comment` is the reviewer's."""

    run: int
    job: str
    environment: str
    actor: str
    state: State = "waiting"
    by: str = ""
    comment: str = ""


@dataclass
class Gates:
    """All environments and concurrency groups of one repository.

    `decide` is how the people behave who are asked: approved, rejected, or nothing yet. `entered` hears of every job
    that goes through a gate for the first time.
    """

    environments: dict[str, Protection] = field(default_factory=dict)
    waits: list[Wait] = field(default_factory=list)
    decide: Callable[[Wait], Decision] = lambda _wait: ""
    entered: Callable[[Wait], None] = lambda _wait: None
    _queues: dict[str, list[int]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def ask(self, run: int, job: str, actor: str, environment: str, groups: Iterable[str]) -> State:
        """Whether the job may start now. Each group is one run's at a time, in the order in which they asked."""
        with self._lock:
            for group in groups:
                queue = self._queues.setdefault(group, [])
                if run not in queue:
                    queue.append(run)
                if queue[0] != run:
                    return "waiting"
            return self._reviewed(run, job, actor, environment) if environment else "approved"

    def review(self, run: int, environment: str, decision: State, *, by: str, comment: str = "") -> list[Wait]:
        """A reviewer's answer for all jobs of a run that wait for an environment: these jobs. None: not allowed."""
        with self._lock:
            found = [wait for wait in self.waiting(run) if wait.environment == environment and self.may(wait, by)]
            for wait in found:
                self._settle(wait, decision, by, comment)
            return found

    def waiting(self, run: int | None = None) -> list[Wait]:
        """Jobs (of a run) that nobody has reviewed yet."""
        with self._lock:
            return [wait for wait in self.waits if wait.state == "waiting" and run in (None, wait.run)]

    def may(self, wait: Wait, login: str) -> bool:
        """Whether somebody may review a job."""
        rule = self.environments.get(wait.environment, Protection())
        return login in rule.reviewers and (rule.by_author or login != wait.actor)

    def finished(self, run: int) -> None:
        """A run is over: its groups are free for the next, and nothing of it waits any more."""
        with self._lock:
            for queue in self._queues.values():
                if run in queue:
                    queue.remove(run)
            for wait in self.waiting(run):
                wait.state = "rejected"

    def _reviewed(self, run: int, job: str, actor: str, environment: str) -> State:
        key = (run, job, environment)
        wait = next((found for found in self.waits if (found.run, found.job, found.environment) == key), None)
        if wait is None:
            wait = Wait(run=run, job=job, environment=environment, actor=actor)
            self.waits.append(wait)
            # An environment nobody set up comes to be when a job names it, as on GitHub.
            if not self.environments.setdefault(environment, Protection()).reviewers:
                self._settle(wait, "approved", "", "")
        if wait.state == "waiting" and (decision := self.decide(wait)):
            reviewer = next((login for login in self.environments[environment].reviewers if self.may(wait, login)), "")
            if reviewer:
                self._settle(wait, decision, reviewer, "")
        return wait.state

    def _settle(self, wait: Wait, state: State, by: str, comment: str) -> None:
        wait.state, wait.by, wait.comment = state, by, comment
        if state == "approved":
            self.entered(wait)
