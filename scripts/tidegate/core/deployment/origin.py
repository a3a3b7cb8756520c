"""Whether a run may deploy by where it comes from: what was merged to the default branch, and nothing else.

GitHub's own rule (an environment's branch policy) says the same where the plan has it; this holds where it does not.
"""

from __future__ import annotations

import re

_BRANCH = re.compile(r"refs/heads/(?P<name>.+)", re.DOTALL)


def objection(ref: str, default_branch: str | None) -> str:
    """Why a run on `ref` (``refs/heads/main``) may not deploy; empty when it may. None: the event names no branch."""
    found = _BRANCH.fullmatch(ref)
    if found is None:
        return f"{ref[:120]!r} is no branch"
    if default_branch is None:
        return "the event does not name the default branch"
    if found["name"] != default_branch:
        return f"{found['name'][:120]!r} is not the default branch {default_branch[:120]!r}"
    return ""
