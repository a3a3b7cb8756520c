"""Names of versions in Git: annotated tags that tools for Git registries (GTO) read too.

``bike-demand@v7`` is a version; ``bike-demand#staging#12`` says that, as the twelfth thing to happen there, the version
at that tag's commit came to run in staging. What the tag's message says is in the form of evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_VERSION = re.compile(r"(?P<model>[^@#]+)@v(?P<number>[1-9][0-9]{0,8})")
_ASSIGNED = re.compile(r"(?P<model>[^@#]+)#(?P<environment>[^@#]+)#(?P<number>[1-9][0-9]{0,8})")


def version_tag(model: str, version: str) -> str:
    """The tag of a version."""
    return f"{model}@v{version}"


def next_version(model: str, tags: Iterable[str]) -> str:
    """The number after the highest that the model has."""
    return str(max(_numbers(_VERSION, tags, model=model), default=0) + 1)


def assignment_tags(model: str, environment: str, tags: Iterable[str]) -> list[str]:
    """Tags of what came to run in an environment, oldest first."""
    numbers = sorted(_numbers(_ASSIGNED, tags, model=model, environment=environment))
    return [f"{model}#{environment}#{number}" for number in numbers]


def next_assignment(model: str, environment: str, tags: Iterable[str]) -> str:
    """The tag for what comes to run there now."""
    numbers = _numbers(_ASSIGNED, tags, model=model, environment=environment)
    return f"{model}#{environment}#{max(numbers, default=0) + 1}"


def _numbers(form: re.Pattern[str], tags: Iterable[str], **wanted: str) -> list[int]:
    found = (form.fullmatch(tag) for tag in tags)
    return [int(match["number"]) for match in found if match and wanted.items() <= match.groupdict().items()]
