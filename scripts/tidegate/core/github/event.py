"""What happened, on which commit, and whose it is: a GitHub event, read strictly and by its official form only.

Everything that a report is addressed by (repository, pull request, commit, run) comes from here and from nothing that
a pull request can write. A member that is missing or of another type is named by its JSON pointer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tidegate.core.report.reading import Malformed, Reader
from tidegate.errors import InputError, Problems, TidegateError

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/[A-Za-z0-9._-]{1,100}")
_READ_ONLY_AUTHORS = frozenset({"dependabot[bot]"})


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository by its number, which a rename does not change, and its ``owner/name``."""

    id: int
    name: str

    @property
    def owner(self) -> str:
        """The login of the person or organisation."""
        return self.name.partition("/")[0]


@dataclass(frozen=True, kw_only=True)
class Job:
    """The job we are in, as the runner says: repository, commit checked out, run and attempt."""

    repository: str
    repository_id: int | None
    commit: str
    run: int
    attempt: int


@dataclass(frozen=True, kw_only=True)
class OtherRun:
    """The run that a `workflow_run` event is about. `conclusion` is None until it has ended."""

    event: str
    conclusion: str | None
    started: datetime
    pull_requests: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class GitHubEvent:
    """One event.

    `head` is the newest commit of the change, `measured` the commit that jobs check out where the event knows it;
    `run` and `attempt` are those of the run that measures: for a `workflow_run` not ours but the one it is about.
    """

    name: str
    action: str
    repository: Repository
    run: int
    attempt: int
    head: str
    measured: str | None = None
    head_ref: str | None = None
    head_repository: Repository | None = None
    base: str | None = None
    base_ref: str | None = None
    pull_request: int | None = None
    author: str | None = None
    of: OtherRun | None = None

    @property
    def fork(self) -> bool:
        """Whether the commits come from elsewhere, also where that is deleted by now."""
        return self.head_repository is None or self.head_repository.id != self.repository.id

    @property
    def read_only(self) -> bool:
        """Whether GitHub takes the right to write from this run's token, whatever the workflow asks for."""
        return self.name == "pull_request" and (self.fork or self.author in _READ_ONLY_AUTHORS)


def job(environ: Mapping[str, str]) -> Job:
    """The job from the variables that a runner sets. Raises Problems E-GH-004 naming every one that is unusable."""
    problems: list[TidegateError] = []

    def shaped(name: str, shape: str, expected: str) -> str:
        value = environ.get(name, "")
        if not re.fullmatch(shape, value):
            problems.append(InputError("E-GH-004", f"is {value[:80]!r}; expected {expected}.", where=name))
        return value

    repository = shaped("GITHUB_REPOSITORY", _REPOSITORY.pattern, "owner/name")
    commit = shaped("GITHUB_SHA", _COMMIT.pattern, "a commit id")
    run = shaped("GITHUB_RUN_ID", "[1-9][0-9]{0,17}", "a number from 1")
    attempt = shaped("GITHUB_RUN_ATTEMPT", "[1-9][0-9]{0,8}", "a number from 1")
    identity = shaped("GITHUB_REPOSITORY_ID", "[1-9][0-9]{0,17}|", "a number from 1")
    if problems:
        raise Problems(problems)
    return Job(
        repository=repository,
        repository_id=int(identity) if identity else None,
        commit=commit,
        run=int(run),
        attempt=int(attempt),
    )


def parse(name: str, document: object, here: Job) -> GitHubEvent:
    """The event `name` from its payload, as seen by the job `here`.

    Raises InputError E-GH-002 (an event we have no use for), E-GH-003 (a member is missing or wrong), E-GH-005 (the
    payload is about another repository than the job).
    """
    parser = _PARSERS.get(name)
    if parser is None:
        raise _unsupported(name)
    if not isinstance(document, dict):
        raise InputError("E-GH-003", f"is {type(document).__name__}; expected an object.", where=f"{name} event /")
    try:
        event = parser(name, Reader(document), here)
    except Malformed as error:
        pointer, _, words = str(error).partition(": ")
        raise InputError(
            "E-GH-003",
            f"{words}.",
            where=f"{name} event {pointer}",
            fix="Pass the payload as GitHub wrote it to GITHUB_EVENT_PATH.",
        ) from None
    _same_repository(event, here)
    return event


def _pull_request(name: str, payload: Reader, here: Job) -> GitHubEvent:
    pull = payload.inner("pull_request")
    head, base = pull.inner("head"), pull.inner("base")
    author = pull.inner_or_none("user")
    number = _positive(payload, "number")
    if _positive(pull, "number") != number:
        raise Malformed(f"/pull_request/number: expected {number} as in /number, found {pull.members['number']}")
    return GitHubEvent(
        name=name,
        action=payload.text("action"),
        repository=_repository(payload, "repository"),
        run=here.run,
        attempt=here.attempt,
        head=_commit(head, "sha"),
        measured=here.commit,
        head_ref=head.text("ref"),
        head_repository=_repository_or_none(head, "repo"),
        base=_commit(base, "sha"),
        base_ref=base.text("ref"),
        pull_request=number,
        author=author.text("login") if author else None,
    )


def _workflow_run(name: str, payload: Reader, _here: Job) -> GitHubEvent:
    run = payload.inner("workflow_run")
    repository = _repository(payload, "repository")
    if _repository(run, "repository").id != repository.id:
        raise Malformed(f"/workflow_run/repository/id: expected {repository.id} as in /repository/id, found another")
    return GitHubEvent(
        name=name,
        action=payload.text("action"),
        repository=repository,
        run=_positive(run, "id"),
        attempt=_positive(run, "run_attempt"),
        head=_commit(run, "head_sha"),
        head_ref=run.text_or_none("head_branch"),
        head_repository=_repository_or_none(run, "head_repository"),
        of=OtherRun(
            event=run.text("event"),
            conclusion=run.text_or_none("conclusion"),
            started=_time(run, "run_started_at"),
            pull_requests=tuple(_positive(pull, "number") for pull in run.each("pull_requests")),
        ),
    )


def _merge_group(name: str, payload: Reader, here: Job) -> GitHubEvent:
    group = payload.inner("merge_group")
    repository = _repository(payload, "repository")
    return GitHubEvent(
        name=name,
        action=payload.text("action"),
        repository=repository,
        run=here.run,
        attempt=here.attempt,
        head=_commit(group, "head_sha"),
        measured=here.commit,
        head_ref=group.text("head_ref"),
        head_repository=repository,
        base=_commit(group, "base_sha"),
        base_ref=group.text("base_ref"),
    )


def _no_change(name: str, payload: Reader, here: Job) -> GitHubEvent:
    """Events that are about the commit they run on: there is no pull request to report to."""
    repository = _repository(payload, "repository")
    return GitHubEvent(
        name=name,
        action="",
        repository=repository,
        run=here.run,
        attempt=here.attempt,
        head=here.commit,
        measured=here.commit,
        head_repository=repository,
    )


def _ordered(name: str, payload: Reader, here: Job) -> GitHubEvent:
    """A workflow that was started by hand, about the pull request whose number it was given, if it was given one.

    Whoever starts it chooses the number: its head has to be the commit that was measured, or nothing is written there.
    """
    given = payload.members.get("inputs")
    said = given.get("pull-request") if isinstance(given, Mapping) else None
    found = re.fullmatch("[1-9][0-9]{0,8}", said) if isinstance(said, str) else None
    return replace(_no_change(name, payload, here), pull_request=int(found[0]) if found else None)


_PARSERS: dict[str, Callable[[str, Reader, Job], GitHubEvent]] = {
    "pull_request": _pull_request,
    "workflow_run": _workflow_run,
    "merge_group": _merge_group,
    "push": _no_change,
    "schedule": _no_change,
    "workflow_dispatch": _ordered,
    "repository_dispatch": _no_change,
}


def _unsupported(name: str) -> InputError:
    known = ", ".join(_PARSERS)
    if name == "pull_request_target":
        fix = "Use pull_request, and workflow_run for what a fork's token may not do: it never meets a fork's code."
        return InputError("E-GH-002", "event 'pull_request_target' is not supported.", fix=fix)
    return InputError("E-GH-002", f"event {name[:80]!r} is not supported; use {known}.")


def _same_repository(event: GitHubEvent, here: Job) -> None:
    """A rename in between changes the name and not the number, so the number counts where the runner tells it."""
    same = (
        event.repository.name.lower() == here.repository.lower()
        if here.repository_id is None
        else event.repository.id == here.repository_id
    )
    if not same:
        raise InputError(
            "E-GH-005",
            f"is {event.repository.name[:80]!r}, but this job runs in {here.repository!r}.",
            where=f"{event.name} event /repository/full_name",
        )


def _commit(reader: Reader, name: str) -> str:
    text = reader.text(name)
    if not _COMMIT.fullmatch(text) or not text.strip("0"):
        raise Malformed(f"{reader.pointer}/{name}: expected a commit id, found {text[:60]!r}")
    return text


def _positive(reader: Reader, name: str) -> int:
    number = reader.whole(name)
    if number == 0:
        raise Malformed(f"{reader.pointer}/{name}: expected a number from 1, found 0")
    return number


def _time(reader: Reader, name: str) -> datetime:
    text = reader.text(name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Malformed(f"{reader.pointer}/{name}: expected a time with its zone, found {text[:60]!r}")
    return moment


def _repository(reader: Reader, name: str) -> Repository:
    inner = reader.inner(name)
    full_name = inner.text("full_name")
    if not _REPOSITORY.fullmatch(full_name):
        raise Malformed(f"{inner.pointer}/full_name: expected owner/name, found {full_name[:60]!r}")
    return Repository(id=_positive(inner, "id"), name=full_name)


def _repository_or_none(reader: Reader, name: str) -> Repository | None:
    """None where it is null: a fork that was deleted. An absent member is no such thing."""
    if name in reader.members and reader.members[name] is None:
        return None
    return _repository(reader, name)
