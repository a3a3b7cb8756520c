"""Which workflows an event starts: `on:` with types, branches and paths, read as GitHub reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.simulator import schedule

DEFAULT_TYPES = {
    "pull_request": ("opened", "synchronize", "reopened"),
    "workflow_run": ("requested", "in_progress", "completed"),
}


def starts(
    workflow: Mapping[str, Any],
    event: str,
    *,
    action: str = "",
    branch: str = "",
    files: Sequence[str] = (),
    of: str = "",
) -> bool:
    """Whether the event starts the workflow.

    `branch` is the base branch of a pull request, the pushed branch, or the head branch of a workflow run; `files`
    the changed paths; `of` the name of the workflow that ran, or the line of a schedule that is due.
    """
    if event == "schedule":
        return of in schedule.lines(workflow)
    rules = _rules(workflow.get("on"), event)
    if rules is None:
        return False
    types = rules.get("types", DEFAULT_TYPES.get(event, ()))
    named = event != "workflow_run" or of in _listed(rules.get("workflows"))
    return named and (not types or action in _listed(types)) and _chosen(rules, branch, files)


def _rules(on: Any, event: str) -> Mapping[str, Any] | None:
    if isinstance(on, Mapping):
        return (on[event] or {}) if event in on else None
    return {} if event in _listed(on) else None


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else [] if value is None else [str(value)]


def _chosen(rules: Mapping[str, Any], branch: str, files: Sequence[str]) -> bool:
    if branch and "branches" in rules and not _matches(branch, _listed(rules["branches"])):
        return False
    if branch and "branches-ignore" in rules and _matches(branch, _listed(rules["branches-ignore"])):
        return False
    if "paths" in rules:
        return any(_matches(file, _listed(rules["paths"])) for file in files)
    if "paths-ignore" in rules:
        return not all(_matches(file, _listed(rules["paths-ignore"])) for file in files)
    return True


def _matches(text: str, patterns: Sequence[str]) -> bool:
    """GitHub's filter patterns: the last one that fits decides, ``!`` takes back."""
    chosen = False
    for pattern in patterns:
        if re.fullmatch(_expression(pattern.removeprefix("!")), text):
            chosen = not pattern.startswith("!")
    return chosen


def _expression(pattern: str) -> str:
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\+|\[[^\]]*\])", pattern)
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "?", "+": "+"}
    return "".join(known.get(part, part if part.startswith("[") else re.escape(part)) for part in parts)
