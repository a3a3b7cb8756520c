"""A deployment runs on the default branch, checked in the job itself: whoever may start it may not choose the ref."""

from __future__ import annotations

from tidegate.adapters.github import event_file
from tidegate.core.deployment.origin import objection
from tidegate.errors import InputError, SecurityRefusal
from tidegate.settings import Settings


def check(settings: Settings) -> None:
    """Raises SecurityRefusal E-SEC-064 in a workflow run on anything else; outside of Actions nobody chose a ref."""
    ref = settings.environ.get("GITHUB_REF", "")
    if not settings.in_actions or not ref:
        return
    try:
        branch = event_file.default_branch(settings.environ)
    except InputError:
        branch = None
    if why := objection(ref, branch):
        fix = "Merge first; a deployment starts from the default branch."
        raise SecurityRefusal("E-SEC-064", f"{why}: nothing is deployed from it.", where="GITHUB_REF", fix=fix)
