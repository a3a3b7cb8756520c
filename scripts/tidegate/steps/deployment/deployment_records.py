"""GitHub's record of a deployment, kept in step with the deployment itself.

A job of a GitHub environment has a record already, which GitHub makes and ends by the job's result; it is used, so that
there is one. Nothing that goes wrong here keeps a release from taking over: it is told at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from tidegate.adapters.github import deployments as github
from tidegate.adapters.github.refusal import Unknown
from tidegate.adapters.github.session import Connection
from tidegate.core.answer import Annotation
from tidegate.core.github import deployments as core
from tidegate.core.github.deployments import Deployment
from tidegate.errors import Superseded, TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment.environments import Wanted
from tidegate.steps.deployment.takeover import Ended
from tidegate.steps.deployment.taking_back import page_of
from tidegate.steps.github_connection import token

_LOOKED_AT = 3
Connect = Callable[[Settings], Connection]


@dataclass(kw_only=True)
class Record:
    """The record of one deployment; without a token there is none, and nothing is asked."""

    settings: Settings
    wanted: Wanted
    connect: Connect
    problems: list[TidegateError] = field(default_factory=list)
    connection: Connection | None = None
    own: Deployment | None = None

    def begin(self) -> None:
        """Find or make the record, and say that it has begun."""
        if not token(self.settings):
            return
        with self._trying():
            self.connection = self.connect(self.settings)
            self.own = self._of_job(self.connection) or self._made(self.connection)
            self._say("in_progress", "taking over")

    def end(self, state: str, sentence: str) -> None:
        """Say how it ended; after a success our record before it is no longer what runs."""
        with self._trying():
            self._say(state, sentence)
            if state == "success":
                self._leave_the_one_before()

    def hurry(self) -> None:
        """Whoever was interrupted has seconds: from now on nothing is asked twice."""
        if self.connection is not None:
            self.connection.patience = replace(self.connection.patience, tries=(), budget=0.0, gap=0.0)

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """What could not be told to GitHub, in one line each."""
        return tuple(Annotation(level="warning", message=str(problem)) for problem in self.problems[:1])

    @contextmanager
    def _trying(self) -> Iterator[None]:
        try:
            yield
        except TidegateError as error:
            self.problems.append(error)

    def _say(self, state: str, sentence: str) -> None:
        if self.connection is None or self.own is None:
            return
        said = f"version {self.wanted.release.version}: {sentence}"
        log, url = page_of(self.settings), self.wanted.environment.url
        github.say(self.connection, self.own.id, state, description=said, log=log, url=url)

    def _of_job(self, connection: Connection) -> Deployment | None:
        """The record that this job has already: ours of an earlier attempt, or the one that GitHub made for it."""
        run = self.settings.environ.get("GITHUB_RUN_ID", "")
        commit = self.settings.environ.get("GITHUB_SHA") or self.wanted.commit
        if not run:
            return None
        known = github.listed(connection, self.wanted.environment.name, commit)[:_LOOKED_AT]
        page = f"/actions/runs/{run}/"
        for one in known:
            if one.of_run(run) or any(page in f"{said.log}/" for said in github.states(connection, one.id)):
                return one
        return None

    def _made(self, connection: Connection) -> Deployment:
        """A new record, and only one although GitHub may not answer."""
        for pause in connection.patience.tries:
            try:
                return self._create(connection)
            except Unknown as error:
                connection.wait(pause, error)
                if there := self._of_job(connection):
                    return there
        return self._create(connection)

    def _create(self, connection: Connection) -> Deployment:
        release, name = self.wanted.release, self.wanted.environment.name
        kept = core.payload(
            release.digests.get("release", ""), release.version, self.settings.environ.get("GITHUB_RUN_ID", "")
        )
        commit = self.settings.environ.get("GITHUB_SHA") or self.wanted.commit
        words = f"{release.model} {release.version}"
        return github.create(connection, commit=commit, environment=name, description=words, payload=kept)

    def _leave_the_one_before(self) -> None:
        if self.connection is None or self.own is None or not self.own.release:
            return  # GitHub does it for records that it made itself
        before = core.before(github.listed(self.connection, self.wanted.environment.name), self.own.id)
        states = github.states(self.connection, before.id) if before else []
        if before and states and states[0].state == "success":
            said = f"replaced by version {self.wanted.release.version}"
            github.say(self.connection, before.id, "inactive", description=said, log="", url="")


def recorded(
    settings: Settings, wanted: Wanted, connect: Connect, deploy: Callable[[], Ended]
) -> tuple[Ended, tuple[Annotation, ...]]:
    """What the deployment came to, with its record begun before and ended after; and what could not be recorded."""
    record = Record(settings=settings, wanted=wanted, connect=connect)
    record.begin()
    try:
        ended = deploy()
    except Superseded:
        record.end("inactive", "a newer commit has taken over")
        raise
    except BaseException as error:
        if not isinstance(error, Exception):
            record.hurry()
        record.end("error", error.message if isinstance(error, TidegateError) else "interrupted")
        raise
    record.end(*_state(ended))
    return ended, record.annotations


def _state(ended: Ended) -> tuple[str, str]:
    if ended.failed:
        return "failure", f"taken back: {ended.failed}"
    return ("in_progress", f"undecided: {ended.open}") if ended.open else ("success", "runs")
