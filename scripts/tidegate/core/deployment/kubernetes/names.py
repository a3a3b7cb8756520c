"""What the objects of a release are called, and the marks by which they are found again.

A name comes from the release's digest, so a run that knows nothing finds what an earlier one made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tidegate.core.deployment.target import Package

MANAGER = "tidegate"
"""Who owns the fields that we set, in the words of server-side apply."""
DOMAIN = "tidegate.io"
ROUTE, RELEASE, VERSION, COMMIT = (f"{DOMAIN}/{word}" for word in ("route", "release", "version", "commit"))
ASKED = f"{DOMAIN}/asked"
"""What environment.yaml asked for when a Deployment was made. Its fields may be others' by now: an autoscaler's."""
COMPARISON = f"{DOMAIN}/comparison"
"""What compares a shadow with its champion has this label, with the route, and none of a release's."""
LONGEST_ROUTE = 40
_LABEL = 63


def name_of(route: str, release: str) -> str:
    """What all objects of a release are called: at most 51 characters, which leaves room for a pod's own ending."""
    return f"{route}-{_hexadecimal(release)[:10]}"


def comparison_of(route: str, release: str) -> str:
    """What the objects are called that compare a shadow's answers with the champion's."""
    return f"{name_of(route, release)}-shadow"


def comparisons_of(route: str) -> str:
    """The label selector that finds all comparisons of an environment."""
    return f"app.kubernetes.io/managed-by={MANAGER},{COMPARISON}={route}"


def selector_of(route: str) -> str:
    """The label selector that finds everything of an environment."""
    return f"app.kubernetes.io/managed-by={MANAGER},{ROUTE}={route}"


def selector(route: str, release: str) -> dict[str, str]:
    """The labels that only pods of this release have. They never change: a Deployment's selector cannot."""
    return {ROUTE: route, RELEASE: _hexadecimal(release)[:40]}


def labels(route: str, model: str, package: Package) -> dict[str, str]:
    """All labels of an object: the recommended ones, and ours."""
    return {
        "app.kubernetes.io/name": _label(model),
        "app.kubernetes.io/instance": route,
        "app.kubernetes.io/version": _label(package.version),
        "app.kubernetes.io/component": "inference",
        "app.kubernetes.io/managed-by": MANAGER,
        **selector(route, package.release),
    }


def notes(package: Package) -> dict[str, str]:
    """What does not fit into a label: the whole digest, version and commit as they are."""
    return {RELEASE: package.release, VERSION: package.version, COMMIT: package.commit}


def release_in(metadata: Mapping[str, object]) -> str:
    """The release that an object was made for; empty for an object that is not ours."""
    found = metadata.get("annotations")
    return str(found.get(RELEASE, "")) if isinstance(found, Mapping) else ""


def _hexadecimal(release: str) -> str:
    return release.removeprefix("sha256:")


def _label(text: str) -> str:
    """The nearest text that may be a label's value: at most 63 characters that begin and end with a letter or digit."""
    return re.sub(r"[^A-Za-z0-9]+$", "", re.sub(r"[^A-Za-z0-9._-]", "-", text)[:_LABEL])
