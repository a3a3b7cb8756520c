"""After a release was taken back: Git is asked to name what runs, and people are told. What runs is not touched here.

Every part may be done again, so a run that was killed between them is finished by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from tidegate.adapters import git
from tidegate.adapters.github import issues, proposals, pull_requests
from tidegate.adapters.github.session import Connection
from tidegate.core.answer import Annotation
from tidegate.core.release import incident as words
from tidegate.core.release.history import TakenBack
from tidegate.core.release.incident import Incident
from tidegate.core.release.release import Release, text
from tidegate.errors import InputError, TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment import environments
from tidegate.steps.deployment.deploying import state_folder
from tidegate.steps.deployment.environments import Wanted
from tidegate.steps.deployment.takeover import Ended
from tidegate.steps.deployment.targets import target_of
from tidegate.steps.github_connection import token
from tidegate.steps.proposing import propose

LABELS = ("tidegate", "incident")
Connect = Callable[[Settings], Connection]


class Options(Protocol):
    """Options of whoever takes back: how GitHub is reached, the branch to revert on, where releases are kept."""

    connect: Connect
    base: str
    state: str


@dataclass(kw_only=True)
class Told:
    """Addresses of the revert and the issue, empty where there is none, and what could not be done.

    `notes`: what is worth a line and fails nothing.
    """

    revert: str = ""
    issue: str = ""
    problems: list[TidegateError] = field(default_factory=list)
    notes: tuple[Annotation, ...] = ()

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """What could not be done, as warnings: the release is taken back all the same."""
        failed = (Annotation(level="warning", message=str(problem)) for problem in self.problems)
        return (*failed, *self.notes)

    @property
    def outputs(self) -> dict[str, str]:
        """For the workflow."""
        return {"revert": self.revert, "issue": self.issue}

    @contextmanager
    def trying(self) -> Iterator[None]:
        """One part, the failure of which must not keep the others from being done."""
        try:
            yield
        except TidegateError as error:
            self.problems.append(error)


def after_deployment(settings: Settings, wanted: Wanted, ended: Ended, options: Options) -> Told:
    """Have Git name again what runs, and tell people why the wanted release was taken back just now."""
    incident = Incident(
        environment=wanted.environment.name,
        left=wanted.release,
        back_to=_answering(settings, wanted, options.state),
        reason=ended.failed,
        measurements=tuple((found.outcome.value, found.sentence) for found in ended.measurements),
        history=tuple((entry.seconds, entry.action, entry.outcome) for entry in ended.history),
        page=page_of(settings),
    )
    return tell(settings, incident, options.connect, options.base)


def after_failure(settings: Settings, wanted: Wanted, failure: TakenBack, options: Options) -> Told:
    """The same for a release that an earlier run took back: what that run could not do any more is done now."""
    incident = Incident(
        environment=wanted.environment.name,
        left=wanted.release,
        back_to=_answering(settings, wanted, options.state),
        reason=failure.reason,
        by_hand=failure.by_hand,
        page=page_of(settings),
    )
    return tell(settings, incident, options.connect, options.base, only_missing=True)


def _answering(settings: Settings, wanted: Wanted, state: str) -> Release | None:
    """The release that answers most requests, as some commit named it; None where none is known.

    Where the target cannot be seen it is what came to run last.
    """
    name, left = wanted.environment.name, wanted.release.digests.get("release", "")
    try:
        serving = target_of(settings, wanted, state_folder(settings, state) / name).fleet().serving
        most = max(serving, key=lambda instance: instance.weight, default=None)
        digest = "" if most is None else most.release
    except TidegateError:
        ran = [entry.release for entry in environments.history(settings, wanted.release.model, name)]
        digest = next((release for release in reversed(ran) if release != left), "")
    return environments.released(settings, name, digest) if digest else None


def tell(
    settings: Settings,
    incident: Incident,
    connect: Connect,
    base: str,
    *,
    only_missing: bool = False,
    seen: Callable[[str], None] = lambda _name: None,
) -> Told:
    """The revert pull request and the incident issue. Without a token it is said what a person has to do instead.

    `base`: the branch that names what runs, the one that this run is for unless given. `only_missing`: those that are
    there stay as they are, for less is known now than when they were written. `seen` is called before each.
    """
    told = Told()
    if not token(settings):
        settings.console.say(f"no GitHub token: revert the commit that wrote {incident.path}, so that Git agrees")
        return told
    with told.trying():
        connection = connect(settings)
        seen("revert")
        with told.trying():
            there = _open_revert(connection, incident) if only_missing else ""
            told.revert = there or _revert(settings, connection, incident, base)
        seen("issue")
        known = issues.find(connection, incident.key) if only_missing else None
        told.issue = known.url if known else _issue(settings, connection, incident, told.revert)
    return told


def after_success(settings: Settings, wanted: Wanted, options: Options) -> Told:
    """Close a revert that is still open: Git and what runs agree, and its merge could only part them again."""
    told = Told()
    if not token(settings):
        return told
    with told.trying():
        connection = options.connect(settings)
        version, name = wanted.release.version, wanted.environment.name
        said = f"{name} runs version {version}, which Git names: this revert is not needed any more."
        for proposal in proposals.of_branch(connection, words.revert_branch(name)):
            if proposal.open:
                proposals.close(connection, proposal.number)
                pull_requests.create_comment(connection, proposal.number, said)
    return told


def page_of(settings: Settings) -> str:
    """The address of this run; empty outside of Actions."""
    environ = settings.environ
    parts = [environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return "{}/{}/actions/runs/{}".format(*parts) if all(parts) else ""


def _open_revert(connection: Connection, incident: Incident) -> str:
    return next((one.url for one in proposals.of_branch(connection, incident.branch) if one.open), "")


def _revert(settings: Settings, connection: Connection, incident: Incident, base: str) -> str:
    back_to = incident.back_to
    if back_to is None:
        return ""
    proposed = propose(
        settings,
        connection,
        branch=incident.branch,
        changes={incident.path: text(back_to).encode()},
        base=base or _branch(settings),
        title=words.revert_title(incident, back_to),
        body=words.revert_body(incident, back_to),
        message=words.revert_title(incident, back_to),
    )
    if proposed is None:
        settings.console.say(f"Git names version {back_to.version} for {incident.environment} already.")
        return ""
    settings.console.say(f"the revert is #{proposed.number}: {proposed.url}")
    return proposed.url


def _issue(settings: Settings, connection: Connection, incident: Incident, revert: str) -> str:
    issue = issues.upsert(
        connection,
        key=incident.key,
        title=words.issue_title(incident),
        body=words.issue_body(incident, revert),
        labels=LABELS,
        run=int(settings.environ.get("GITHUB_RUN_ID") or 0),
    )
    settings.console.say(f"the incident is #{issue.number}: {issue.url}")
    return issue.url


def _branch(settings: Settings) -> str:
    """The branch that this run is for. Raises InputError E-RBK-010 for a run that is for none."""
    environ = settings.environ
    named = environ.get("GITHUB_REF_NAME", "") if environ.get("GITHUB_REF_TYPE", "branch") == "branch" else ""
    found = named or git.branch(settings.workspace)
    if not found:
        message = "the revert needs a branch to be merged into, and this commit is checked out without one."
        raise InputError("E-RBK-010", message, fix="Name it with --base.")
    return found
