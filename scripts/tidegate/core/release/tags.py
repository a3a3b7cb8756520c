"""Names of versions in Git: annotated tags that tools for Git registries (GTO) read too.

``bike-demand@v7`` is a version; ``bike-demand#staging#12`` says that, as the twelfth thing to happen there, the version
at that tag's commit came to run in staging. ``bike-demand!staging!3``, which is ours alone, is the third that was taken
back there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_VERSION = re.compile(r"(?P<model>[^@#]+)@v(?P<number>[1-9][0-9]{0,8})")
_FAILED = re.compile(r"(?P<model>[^@#!]+)!(?P<environment>[^@#!]+)!(?P<number>[1-9][0-9]{0,8})")
_ASSIGNED = re.compile(r"(?P<model>[^@#]+)#(?P<environment>[^@#]+)#(?P<number>[1-9][0-9]{0,8})")


def version_tag(model: str, version: str) -> str:
    """The tag of a version."""
    return f"{model}@v{version}"


def next_version(model: str, tags: Iterable[str]) -> str:
    """The number after the highest that the model has."""
    return str(max(_numbers(_VERSION, tags, model=model), default=0) + 1)


def version_of(model: str, tag: str) -> str | None:
    """The version that a tag of the model names; None for other tags."""
    found = _VERSION.fullmatch(tag)
    return found["number"] if found and found["model"] == model else None


def assignment_tags(model: str, environment: str, tags: Iterable[str]) -> list[str]:
    """Tags of what came to run in an environment, oldest first."""
    numbers = sorted(_numbers(_ASSIGNED, tags, model=model, environment=environment))
    return [f"{model}#{environment}#{number}" for number in numbers]


def next_assignment(model: str, environment: str, tags: Iterable[str]) -> str:
    """The tag for what comes to run there now."""
    numbers = _numbers(_ASSIGNED, tags, model=model, environment=environment)
    return f"{model}#{environment}#{max(numbers, default=0) + 1}"


def failure_tags(model: str, environment: str, tags: Iterable[str]) -> list[str]:
    """Tags of what was taken back in an environment, oldest first."""
    return [f"{model}!{environment}!{number}" for number in _failed(model, environment, tags)]


def next_failure(model: str, environment: str, tags: Iterable[str]) -> str:
    """The tag for what was taken back there now."""
    return f"{model}!{environment}!{max(_failed(model, environment, tags), default=0) + 1}"


def _failed(model: str, environment: str, tags: Iterable[str]) -> list[int]:
    return sorted(_numbers(_FAILED, tags, model=model, environment=environment))


def _numbers(form: re.Pattern[str], tags: Iterable[str], **wanted: str) -> list[int]:
    found = (form.fullmatch(tag) for tag in tags)
    return [int(match["number"]) for match in found if match and wanted.items() <= match.groupdict().items()]
