"""Which commit a change is compared with: the one the event names, or where this branch left the default one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tidegate.adapters import git
from tidegate.errors import InfrastructureError
from tidegate.settings import Settings

_DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_EVENT_POINTERS = (("pull_request", "base", "sha"), ("merge_group", "base_sha"), ("before",))
_NO_COMMIT = "0" * 40


def resolve(settings: Settings, option: str = "") -> str | None:
    """Full id of the base commit, present in the clone (fetched alone if need be), or None when there is none.

    Order: `option` (a ref), the event's base, the merge base of HEAD and the default branch.
    Raises InfrastructureError when a named base cannot be had.
    """
    if option:
        return git.ensure_commit(settings.workspace, option)
    if named := _named_by_event(settings):
        return _of_event(settings.workspace, named)
    here = git.head(settings.workspace)
    for branch in _DEFAULT_BRANCHES:
        if commit := git.commit_of(settings.workspace, branch):
            return git.merge_base(settings.workspace, here, commit) or commit
    return None


def _of_event(repository: Path, named: str) -> str:
    """The event's base; where it cannot be fetched (no credentials), what the checked-out merge was made with."""
    try:
        return git.ensure_commit(repository, named)
    except InfrastructureError:
        merged_into = git.commit_of(repository, "HEAD^1") if git.commit_of(repository, "HEAD^2") else None
        if merged_into is None:
            raise
        return merged_into


def _named_by_event(settings: Settings) -> str:
    path = settings.environ.get("GITHUB_EVENT_PATH", "")
    if not settings.in_actions or not path or not Path(path).is_file():
        return ""
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    found = next((sha for pointer in _EVENT_POINTERS if (sha := _at(event, pointer))), "")
    return "" if found == _NO_COMMIT else found


def _at(document: Any, pointer: tuple[str, ...]) -> str:
    for member in pointer:
        document = document.get(member) if isinstance(document, dict) else None
    return document if isinstance(document, str) else ""
