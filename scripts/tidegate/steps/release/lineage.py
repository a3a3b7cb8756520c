"""The lineage of a version from Git alone, and from GitHub as well where there is a token."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tidegate.adapters import git
from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.github import merges, reviews
from tidegate.adapters.github.session import Connection
from tidegate.core.contract import Model
from tidegate.core.release.lineage import Change, Event, Lineage
from tidegate.core.release.release import Release
from tidegate.core.release.reviewed import merged_by
from tidegate.core.release.tags import version_tag
from tidegate.errors import InputError, TidegateError
from tidegate.settings import Settings
from tidegate.steps.comparison import reference
from tidegate.steps.deployment import environments, standing
from tidegate.steps.deployment.environments import FOLDER
from tidegate.steps.github_connection import token

_NO_TOKEN = "who approved it, and its pull request unless a promotion wrote that down (set GITHUB_TOKEN)"


@dataclass(frozen=True, kw_only=True)
class _Reviewed:
    """What GitHub says; `unknown` is what it did not."""

    pull_request: str = ""
    approvers: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def traced(settings: Settings, version: str, connect: Callable[[Settings], Connection]) -> Lineage:
    """All that is known of a version. Raises InputError E-LIN-001 for one that no commit and no tag knows."""
    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)
    names = standing.names(settings)
    tag = version_tag(model.name, version)
    known = git.tags(settings.workspace, tag)
    release = _release(settings, names, model, version) or _tagged(settings, model, version, known)
    reviewed = _reviewed(settings, release, connect)
    gaps = (*_gaps(settings, release), *reviewed.unknown)
    return Lineage(
        release=release,
        tag=tag if known else None,
        change=_change(settings, release.commit),
        merge=_merge(settings, release.commit),
        parameters=_parameters(settings, model, release.commit),
        pull_request=release.origin.get("pull_request", "") or reviewed.pull_request,
        run=release.origin.get("run", ""),
        mlflow_run=release.origin.get("mlflow_run", ""),
        approvers=reviewed.approvers,
        events=_events(settings, names, release),
        unknown=gaps,
    )


def _release(settings: Settings, names: list[str], model: Model, version: str) -> Release | None:
    """The version as some commit of any environment named it."""
    for name in names:
        for commit in git.commits_of(settings.workspace, f"{FOLDER}/{name}/release.yaml"):
            with contextlib.suppress(InputError):
                found = environments.release_at(settings, name, commit)
                if found is not None and (found.model, found.version) == (model.name, version):
                    return found
    return None


def _tagged(settings: Settings, model: Model, version: str, known: tuple[str, ...]) -> Release:
    """The version as its tag alone knows it."""
    commit = git.commit_of(settings.workspace, f"refs/tags/{known[0]}") if known else None
    if commit is None:
        prefix = f"{model.name}@v"
        there = [tag.removeprefix(prefix) for tag in git.tags(settings.workspace, f"{prefix}*")]
        message = f"there is no version {version[:80]!r} of {model.name}; there are {', '.join(there[-20:]) or 'none'}."
        raise InputError("E-LIN-001", message, fix="Fetch the tags (git fetch --tags), or name one of these.")
    return Release(model=model.name, version=version, commit=commit)


def _change(settings: Settings, commit: str) -> Change | None:
    if git.commit_of(settings.workspace, commit) is None:
        return None
    return Change(commit=commit, **git.described(settings.workspace, commit))


def _merge(settings: Settings, commit: str) -> Change | None:
    found = git.merged_with(settings.workspace, commit)
    return None if found is None else Change(commit=found, **git.described(settings.workspace, found))


def _parameters(settings: Settings, model: Model, commit: str) -> dict[str, dict[str, object]]:
    """As `dvc.lock` recorded them, of all stages together."""
    if git.commit_of(settings.workspace, commit) is None:
        return {}
    found: dict[str, dict[str, object]] = {}
    for record in reference.pipeline_at(settings, model, commit).stages.values():
        for file, values in record.params.items():
            found.setdefault(file, {}).update(values)
    return found


def _events(settings: Settings, names: list[str], release: Release) -> tuple[Event, ...]:
    """What happened to it, oldest first."""
    found = [event for name in names for event in (*_ran(settings, name, release), *_left(settings, name, release))]
    return tuple(sorted(found, key=lambda event: event.when))


def _ran(settings: Settings, name: str, release: Release) -> Iterator[Event]:
    for entry in environments.history(settings, release.model, name):
        if _is(release, entry.version, entry.release):
            yield Event(environment=name, tag=entry.tag, ran=True, **git.tagged(settings.workspace, entry.tag))


def _left(settings: Settings, name: str, release: Release) -> Iterator[Event]:
    for entry in environments.failures(settings, release.model, name):
        if _is(release, entry.version, entry.release):
            made = git.tagged(settings.workspace, entry.tag)
            yield Event(environment=name, tag=entry.tag, ran=False, reason=entry.reason, **made)


def _is(release: Release, version: str, digest: str) -> bool:
    """Whether an entry is about the release; the digest decides where it is known."""
    return release.version == version and release.digests.get("release", digest) == digest


def _reviewed(settings: Settings, release: Release, connect: Callable[[Settings], Connection]) -> _Reviewed:
    if not token(settings):
        return _Reviewed(unknown=(_NO_TOKEN,))
    number = release.origin.get("pull_request", "")
    try:
        connection = connect(settings)
        if not number.isdigit():
            number = str(merged_by(merges.pull_requests_of(connection, release.commit), release.commit).number)
        return _Reviewed(pull_request=number, approvers=reviews.approvers(connection, int(number)))
    except TidegateError as error:
        return _Reviewed(pull_request=number, unknown=(f"who approved it ({error})",))


def _gaps(settings: Settings, release: Release) -> list[str]:
    gaps = []
    if not release.digests:
        gaps.append("its data, digests and metrics: no commit of this clone names it in a release.yaml")
    if git.commit_of(settings.workspace, release.commit) is None:
        gaps.append("its code: the commit is not in this clone (check out with fetch-depth: 0)")
    return gaps
