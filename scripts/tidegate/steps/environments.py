"""What Git says about an environment: how it is run, which release it is meant to run, and what came to run there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tidegate.adapters import git, release_file
from tidegate.adapters.contract import environment_file
from tidegate.core.contract import is_name
from tidegate.core.deployment.environment import Environment, closed
from tidegate.core.release.release import Release
from tidegate.core.release.tags import assignment_tags, next_assignment
from tidegate.errors import InputError
from tidegate.settings import Settings

FOLDER = "environments"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An environment and the release that `commit` names for it."""

    environment: Environment
    release: Release
    commit: str


@dataclass(frozen=True, kw_only=True)
class CameToRun:
    """One entry of an environment's history: the tag, and the version and release digest that its message names."""

    tag: str
    version: str
    release: str


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


def history(settings: Settings, model: str, environment: str) -> list[CameToRun]:
    """What came to run in an environment, oldest first; tags that somebody else made are left out."""
    names = git.tags(settings.workspace, f"{model}#{environment}#*")
    found = [
        _entry(tag, git.tag_message(settings.workspace, tag)) for tag in assignment_tags(model, environment, names)
    ]
    return [entry for entry in found if entry is not None]


def record(settings: Settings, found: Wanted, *, push: bool) -> str:
    """Tag the release's commit as what came to run in the environment, unless its newest tag says so already."""
    release, name = found.release, found.environment.name
    digest = release.digests.get("release", "")
    entries = history(settings, release.model, name)
    if entries and (entries[-1].version, entries[-1].release) == (release.version, digest):
        tag = entries[-1].tag
    else:
        tag = next_assignment(release.model, name, git.tags(settings.workspace, f"{release.model}#{name}#*"))
        message = json.dumps({"version": release.version, "release": digest, "wanted_by": found.commit})
        git.annotate(settings.workspace, tag, release.commit, message)
    if push:
        git.push(settings.workspace, f"refs/tags/{tag}")
    return tag


def _entry(tag: str, message: str) -> CameToRun | None:
    try:
        document: Any = json.loads(message)
    except ValueError:
        return None
    if not isinstance(document, Mapping):
        return None
    version, release = document.get("version"), document.get("release")
    if not isinstance(version, str) or not isinstance(release, str):
        return None
    return CameToRun(tag=tag, version=version, release=release)
