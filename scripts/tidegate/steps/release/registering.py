"""The registry says what runs: after the environment does, and never an older release in the place of a newer one."""

from __future__ import annotations

import contextlib

from tidegate.adapters import git
from tidegate.adapters.mlflow import registry
from tidegate.adapters.mlflow.registry import Registry, State
from tidegate.core.release import claims
from tidegate.core.release.release import Release
from tidegate.errors import InfrastructureError, TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment.environments import Wanted
from tidegate.steps.github_connection import origin
from tidegate.steps.release import promoting
from tidegate.steps.release.releasing import FOLDER

CHAMPION = "champion"
_LOOKS = 4


def kept_in_step(settings: Settings, wanted: Wanted) -> str:
    """Register what came to run and have the environment's alias name it; what came of that, in words.

    Nothing is asked without MLFLOW_TRACKING_URI. Raises InfrastructureError E-MLF-003 where the registry cannot be
    used: what runs stays, and the next run makes up for it.
    """
    release = wanted.release
    place = registry.of(release.model, settings.environ)
    if place is None:
        return ""
    folder = settings.evidence / FOLDER / release.model / release.version
    key = claims.key(wanted.environment.name, wanted.commit)
    run = release.origin.get("mlflow_run", "")
    found = place.claim(_lineage(settings, release), run=run, folder=str(folder), key=key)
    return _settled(settings, wanted, place, found)


def _settled(settings: Settings, wanted: Wanted, place: Registry, found: State) -> str:
    """Move aliases until they say what the newest claim says."""
    own, name = found.version, wanted.environment.name
    for _ in range(_LOOKS):
        known = claims.claims(found.tags, name)
        _fetched(settings, [commit for commit in known if commit != wanted.commit])
        standing = claims.newest(known, wanted.commit, lambda newer, older: _contains(settings, newer, older))
        version = known.get(standing, own)
        moves = {alias: version for alias in _aliases(settings, name) if found.aliases.get(alias) != version}
        if not moves:
            _forget(settings, place, name, found, standing)
            if standing != wanted.commit:
                return f"the registry's alias {name} stays at {version}: commit {standing[:12]} is newer"
            return f"version {version} of the registry's {place.model} is its {name}"
        found = place.move(own, moves)
    message = f"the alias {name} of {place.model} keeps changing."
    raise InfrastructureError("E-MLF-004", message, fix="Run deploy-model again when no other is at work.")


def _forget(settings: Settings, place: Registry, name: str, found: State, standing: str) -> None:
    """Take claims away that can never stand again; not doing so costs a line in the registry."""
    known = claims.claims(found.tags, name)
    old = claims.outlived(known, standing, lambda newer, older: _contains(settings, newer, older))
    if len(old) > 1:  # one is kept, so that every deployment does not cost another question
        with contextlib.suppress(TidegateError):
            place.move(found.version, {}, [claims.key(name, commit) for commit in old])


def _aliases(settings: Settings, environment: str) -> list[str]:
    """The environment's own, and `champion` for one after which no other comes."""
    last = not promoting.following(settings, environment)
    return [environment, *([CHAMPION] if last and environment != CHAMPION else [])]


def _contains(settings: Settings, newer: str, older: str) -> bool:
    return git.is_ancestor(settings.workspace, older, newer)


def _fetched(settings: Settings, commits: list[str]) -> None:
    """Have commits that were pushed after this was checked out; what no remote has any more claims nothing."""
    for commit in commits:
        if git.commit_of(settings.workspace, commit) is None:
            with contextlib.suppress(TidegateError):
                origin(settings).fetch(git.checked_ref(commit))


def _lineage(settings: Settings, release: Release) -> dict[str, str]:
    """Tags by which a version of the registry leads back to what it was made of."""
    found = {
        "tidegate.version": release.version,
        "tidegate.commit": release.commit,
        "tidegate.repository": settings.environ.get("GITHUB_REPOSITORY", ""),
        **{f"tidegate.{name}": value for name, value in release.digests.items()},
        **{f"tidegate.{name}": value for name, value in release.origin.items()},
    }
    return {name: value for name, value in found.items() if value}
