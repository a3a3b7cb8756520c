"""What a retraining's decision rests on: the drift check's evidence, and what was asked for before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tidegate.adapters import evidence as store
from tidegate.adapters import git
from tidegate.adapters.github import proposals as github
from tidegate.adapters.github.session import Connection
from tidegate.core.contract import Drift, Model
from tidegate.core.drift.telling.report import blocks as telling_blocks
from tidegate.core.retraining import marker
from tidegate.core.retraining.decision import Request, Seen
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.deployment import environments
from tidegate.steps.github_connection import origin

_COMMAND = "detect-drift"
_STATES = ("calm", "watch", "drift", "unknown")


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The drift check: its document, what of it matters here, and the end of its latest window."""

    result: Mapping[str, Any]
    seen: Seen
    until: datetime | None


def evidence(settings: Settings, model: Model, folder: str) -> Mapping[str, Any]:
    """The result of the drift check whose evidence is in `folder` (or the usual one).

    Raises InputError E-RTR-001 where there is none, E-RTR-002 for another model's or one that is not whole, and what
    reading evidence raises.
    """
    place = settings.workspace / folder if folder else settings.evidence
    shown = f"{folder or '.tidegate'}/{_COMMAND}.json"
    found = store.read(place, _COMMAND)
    if found is None:
        raise InputError("E-RTR-001", "is not there.", where=shown, fix="Run tidegate detect-drift first.")
    if found.model != model.name:
        fix = "Name the model that it is about, or the folder of the other one's."
        raise InputError("E-RTR-002", f"is about {found.model[:80]!r}, not {model.name!r}.", where=shown, fix=fix)
    try:
        _required(found.result)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"is no drift check: {error!r:.120}."
        raise InputError("E-RTR-002", message, where=shown, fix="Run tidegate detect-drift again.") from None
    return found.result


def _required(result: Mapping[str, Any]) -> None:
    """Raises what Python raises where anything is missing that a decision rests on."""
    if result["state"] not in _STATES:
        raise ValueError(f"the state {str(result['state'])[:40]!r}")
    for name, kind in {"sentence": str, "windows": list, "records": list, "columns": list, "rules": Mapping}.items():
        if not isinstance(result[name], kind):
            raise TypeError(f"{name} is {type(result[name]).__name__}")
    against = result["against"]
    commit = None if against is None else against["commit"]
    if commit is not None and not re.fullmatch("[0-9a-f]{40,64}", commit):
        raise ValueError(f"the commit {str(commit)[:60]!r}")
    _until(result)
    telling_blocks("", result)


def checked(settings: Settings, model: Model, drift: Drift, result: Mapping[str, Any], base: str) -> Checked:
    """A drift check held against what the environment is to run at the commit `base`.

    Raises InfrastructureError E-GIT-005 where the commit of the release that it is about cannot be had.
    """
    against = result["against"] or {}
    commit = against.get("commit")
    seen = Seen(
        state=result["state"],
        sentence=result["sentence"],
        trained=None if commit is None else _made(settings, git.ensure_commit(settings.workspace, commit)),
        moved_on="" if result["against"] is None else _moved_on(settings, model, drift, against.get("version"), base),
    )
    return Checked(result=result, seen=seen, until=_until(result))


def _until(result: Mapping[str, Any]) -> datetime | None:
    """The end of the latest window; None where no window is over."""
    windows = result["windows"]
    return datetime.fromisoformat(windows[-1]["end"]).replace(tzinfo=None) if windows else None


def _made(settings: Settings, commit: str) -> datetime:
    seconds = git.commit_time(settings.workspace, commit)
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def _moved_on(settings: Settings, model: Model, drift: Drift, version: str | None, base: str) -> str:
    """Why the evidence is about the past: the environment is to run another release by now."""
    release = environments.release_at(settings, drift.environment, base)
    wanted = release.version if release is not None and release.model == model.name else None
    if wanted == version:
        return ""
    then, now = (f"version {one}" if one else "no release" for one in (version, wanted))
    return f"the evidence is about {then}, and {drift.environment} is to run {now}"


def requests(settings: Settings, link: Connection | None, model: str, base: str, tip: str) -> tuple[Request, ...]:
    """What was asked for: pull requests on GitHub; without one, the model's branch on the remote.

    `base`: the branch it goes into, whose newest commit is `tip`.
    """
    branch = marker.branch(model)
    if link is not None:
        return marker.of_proposals(github.of_branch(link, branch), base)
    remote, ref = origin(settings), f"refs/heads/{branch}"
    there = remote.refs(ref).get(ref)
    if there is None:
        return ()
    if git.commit_of(settings.workspace, there) is None:
        remote.fetch(ref)
    merged = git.is_ancestor(settings.workspace, there, tip)
    messages = [one.message for one in remote.written("" if merged else tip, there)]
    return marker.of_messages(model, messages, merged=merged)
