"""The evidence in a promotion pull request, collected when there is one to write: verdict, what ran, who decides.

None of it decides anything here, so what cannot be had is said to be missing and keeps nothing from being proposed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tidegate.adapters import evidence as store
from tidegate.adapters import git
from tidegate.adapters.github import artifacts, deployments
from tidegate.adapters.github.address import PUBLIC
from tidegate.adapters.github.session import Connection
from tidegate.core.evidence import digest
from tidegate.core.github import owners, run_artifacts
from tidegate.core.release import promotion_text
from tidegate.core.release.promotion import verdict_in
from tidegate.core.release.promotion_text import Evidence, Shown
from tidegate.core.release.release import Release
from tidegate.errors import TidegateError
from tidegate.settings import Settings
from tidegate.steps.deployment import environments
from tidegate.steps.release import reviewing
from tidegate.steps.release.promotion_writing import Change, Wish

_MOST_STEPS = 12
_MOST_FAILURES = 3


def titled(
    settings: Settings, wish: Wish, change: Change, named: Release | None, verdict: Mapping[str, Any] | None = None
) -> Change:
    """The change with the words of its pull request; `named` is what the environment is meant to run until then."""
    release, environment = change.release, change.environment

    def body(refused: str) -> str:
        connection = wish.connect()
        known, why = (verdict, "") if verdict is not None else _verdict(connection, release, wish.download)
        server = (settings.environ.get("GITHUB_SERVER_URL") or PUBLIC).rstrip("/")
        evidence = Evidence(
            release=release,
            environment=environment.name,
            before=named,
            page=f"{server}/{connection.repository}",
            verdict=known,
            without_verdict=why,
            shown=None if environment.after is None else _shown(settings, environment.after, release),
            refused=refused,
            taken_back=_taken_back(settings, environment.name, release),
            owners=_owners(settings, change.path),
            reviewers=_reviewers(connection, environment.name),
        )
        return promotion_text.body(evidence)

    return replace(change, title=promotion_text.title(release, environment.name), body=body)


def _verdict(
    connection: Connection, release: Release, download: Callable[..., bytes]
) -> tuple[Mapping[str, Any] | None, str]:
    """The very verdict that the release names, from the run that left it; or why it cannot be shown."""
    run = release.origin.get("run", "")
    if not run.isdecimal():
        return None, "the release names no run"
    name = f"{run_artifacts.PREFIX}{release.model}"
    try:
        found = [one for one in artifacts.listed(connection, int(run)) if one.name == name and not one.expired]
        if len(found) != 1:
            return None, f"run {run} has no such artifact any more" if not found else f"run {run} has several"
        data = reviewing.of_run(connection, found[0], download).get(reviewing.VERDICT, b"")
        if digest(data) != release.digests.get("verdict"):
            return None, f"what run {run} has is another one"
        return verdict_in(data.decode("utf-8-sig"), reviewing.VERDICT, release.model), ""
    except (TidegateError, UnicodeDecodeError) as error:
        return None, f"run {run}: {error}"


def _shown(settings: Settings, environment: str, release: Release) -> Shown:
    """What the deployment to the environment before left in this workspace, if it was one of this very release."""
    try:
        found = store.read(settings.evidence, "deploy-model")
    except TidegateError:
        found = None
    result = found.result if found and found.model == release.model else {}
    if (result.get("environment"), result.get("version")) != (environment, release.version):
        return Shown(environment=environment)
    return Shown(
        environment=environment,
        sentences=tuple(_texts(result.get("measurements"), "sentence")),
        steps=tuple(_texts(result.get("history"), "outcome"))[-_MOST_STEPS:],
    )


def _texts(entries: Any, name: str) -> list[str]:
    rows = entries if isinstance(entries, list) else []
    return [str(row[name]) for row in rows if isinstance(row, Mapping) and row.get(name)]


def _taken_back(settings: Settings, environment: str, release: Release) -> tuple[str, ...]:
    """Why this very release was taken back where it is to go, as far as this clone has the tags."""
    failures = environments.failures(settings, release.model, environment)
    return tuple(one.reason for one in failures if one.release == release.digests.get("release"))[-_MOST_FAILURES:]


def _owners(settings: Settings, path: str) -> tuple[str, ...]:
    head = git.head(settings.workspace)
    found = (git.show(settings.workspace, head, place) for place in owners.PLACES)
    text = next((data for data in found if data is not None), b"")
    return owners.owners(text.decode("utf-8", "replace"), path)


def _reviewers(connection: Connection, environment: str) -> tuple[str, ...] | None:
    try:
        return deployments.reviewers(connection, environment)
    except TidegateError:
        return None
