"""The schedules that a repository's workflow files ask for, as far as they are schedules of checks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tidegate.core.github import cron

_OURS = re.compile(r"actions/(?:detect-drift|request-retraining)\b|model-drift\.ya?ml")
"""Their actions, or the workflow that has them: called by the repository's own schedule as a rule."""


def schedules(texts: Mapping[str, str]) -> dict[str, tuple[str, ...] | None]:
    """The cron lines of each workflow file that checks drift by schedule; None where its lines cannot be read."""
    return {
        path: lines
        for path, text in sorted(texts.items())
        if path.endswith((".yml", ".yaml")) and _OURS.search(text) and (lines := _lines(text)) != ()
    }


def _lines(text: str) -> tuple[str, ...] | None:
    import yaml

    try:
        # Every value as it is written, for in YAML 1.1 the key `on` would be a truth; this loader makes texts only.
        document: Any = yaml.load(text, yaml.BaseLoader)  # noqa: S506
        on = document["on"]
        given = on.get("schedule", ()) if isinstance(on, dict) else ()
        lines = tuple(str(entry["cron"]) for entry in given)
        for line in lines:
            cron.parsed(line)
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        return None
    return lines
