"""What Git says about an environment: how it is run, which release it is meant to run, and what came to run there."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date

from tidegate.adapters import git, release_file
from tidegate.adapters.contract import environment_file
from tidegate.core.contract import is_name
from tidegate.core.deployment.environment import Environment, closed
from tidegate.core.release.history import CameToRun, TakenBack, came_to_run, message, standing, taken_back, tried
from tidegate.core.release.release import Release
from tidegate.core.release.tags import assignment_tags, failure_tags, next_assignment, next_failure
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps import github_connection

FOLDER = "environments"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An environment and the release that `commit` names for it, or a rollback brings back.

    `instead_of`: digest of the release that a rollback leaves; empty for a deployment.
    """

    environment: Environment
    release: Release
    commit: str
    instead_of: str = ""


def wanted(settings: Settings, name: str) -> Wanted:
    """What HEAD says; what only the work tree says does not count.

    Raises InputError E-ENV-002 for an environment that is not there, E-REL-002 for one without a release, and what is
    wrong with either file.
    """
    commit = git.head(settings.workspace)
    environment = environment_at(settings, name, commit)
    release = release_at(settings, name, commit)
    if release is None:
        fix = "promote-model writes it when a model was merged."
        raise InputError("E-REL-002", "is not in this commit.", where=f"{FOLDER}/{name}/release.yaml", fix=fix)
    return Wanted(environment=environment, release=release, commit=commit)


def environment_at(settings: Settings, name: str, commit: str) -> Environment:
    """The environment as a commit describes it."""
    if not is_name(name):
        raise InputError("E-ENV-002", f"{name[:80]!r} cannot be the name of an environment.")
    path = f"{FOLDER}/{name}/environment.yaml"
    data = git.show(settings.workspace, commit, path)
    if data is None:
        raise InputError("E-ENV-002", "is not in this commit.", where=path, fix="Add it, commit, and run again.")
    return environment_file.parse(data, path, name)


def release_at(settings: Settings, name: str, commit: str) -> Release | None:
    """The release that a commit names for an environment; None where it names none."""
    path = f"{FOLDER}/{name}/release.yaml"
    data = git.show(settings.workspace, commit, path)
    return None if data is None else release_file.parse(data, path)


def check_open(environment: Environment, today: date) -> None:
    """Raises InputError E-DEP-032 when no release may take over in the environment on that day."""
    if reason := closed(environment, today):
        fix = f"Change {FOLDER}/{environment.name}/environment.yaml by a pull request."
        raise InputError("E-DEP-032", f"{reason}.", fix=fix)


def check_proven(settings: Settings, found: Wanted) -> None:
    """Raises InputError E-DEP-033 when the release did not come to run in the environment that goes before."""
    before = found.environment.after
    if before is None:
        return
    release = found.release.digests.get("release", "")
    if all(entry.release != release for entry in history(settings, found.release.model, before)):
        message = f"version {found.release.version} has not proven itself in {before}."
        raise InputError("E-DEP-033", message, fix=f"Deploy it to {before} first; its success leaves a tag.")


def asked_by(settings: Settings, environment: str) -> str:
    """The commit that last changed an environment's files; empty where the history at hand does not show it."""
    return next(iter(git.commits_of(settings.workspace, f"{FOLDER}/{environment}", most=1)), "")


def history(settings: Settings, model: str, environment: str) -> list[CameToRun]:
    """What came to run in an environment, oldest first; tags that somebody else made are left out."""
    names = git.tags(settings.workspace, f"{model}#{environment}#*")
    found = [
        came_to_run(tag, git.tag_message(settings.workspace, tag)) for tag in assignment_tags(model, environment, names)
    ]
    return [entry for entry in found if entry is not None]


def failures(settings: Settings, model: str, environment: str) -> list[TakenBack]:
    """What was taken back in an environment, oldest first."""
    tags = failure_tags(model, environment, git.tags(settings.workspace, f"{model}!{environment}!*"))
    found = [taken_back(tag, git.tag_message(settings.workspace, tag)) for tag in tags]
    return [entry for entry in found if entry is not None]


def tried_before(settings: Settings, found: Wanted) -> TakenBack | None:
    """The failure of the wanted release that nobody has answered by a commit to the environment's files since."""
    model, name = found.release.model, found.environment.name
    known = standing(history(settings, model, name), failures(settings, model, name))
    return tried(found.release.digests.get("release", ""), asked_by(settings, name), known)


def record(settings: Settings, found: Wanted, *, push: bool) -> str:
    """Tag the release's commit as what came to run in the environment, unless its newest tag says so already."""
    release, name = found.release, found.environment.name
    digest = release.digests.get("release", "")
    entries = history(settings, release.model, name)
    if entries and (entries[-1].version, entries[-1].release) == (release.version, digest):
        tag = entries[-1].tag
    else:
        tag = next_assignment(release.model, name, git.tags(settings.workspace, f"{release.model}#{name}#*"))
        asked = asked_by(settings, name)
        said = message(release.version, digest, wanted_by=found.commit, asked_by=asked, instead_of=found.instead_of)
        git.annotate(settings.workspace, tag, release.commit, said)
    if push:
        github_connection.push(settings, f"refs/tags/{tag}")
    return tag


def record_failure(
    settings: Settings, environment: str, release: Release, reason: str, *, push: bool, by_hand: bool = False
) -> str:
    """Tag the release's commit as taken back in the environment, unless a tag that stands says so already.

    A tag that was made and not pushed is pushed by the next run.
    """
    digest, asked = release.digests.get("release", ""), asked_by(settings, environment)
    entries = history(settings, release.model, environment)
    known = standing(entries, failures(settings, release.model, environment))
    same = [failure for failure in known if (failure.release, failure.asked_by) == (digest, asked)]
    if same:
        tag = same[-1].tag
    else:
        tag = next_failure(release.model, environment, git.tags(settings.workspace, f"{release.model}!{environment}!*"))
        after = entries[-1].number if entries else 0
        said = message(release.version, digest, asked_by=asked, after=after, reason=reason, by_hand=by_hand)
        git.annotate(settings.workspace, tag, release.commit, said)
    if push:
        github_connection.push(settings, f"refs/tags/{tag}")
    return tag


def released(settings: Settings, environment: str, digest: str) -> Release | None:
    """The release with a digest, from the newest commit that named it for the environment; None where none did."""
    path = f"{FOLDER}/{environment}/release.yaml"
    for commit in git.commits_of(settings.workspace, path):
        with contextlib.suppress(InputError):  # a file that somebody broke names nothing
            found = release_at(settings, environment, commit)
            if found is not None and found.digests.get("release") == digest:
                return found
    return None
