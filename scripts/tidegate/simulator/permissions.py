"""Who may do what: the permission that each request needs, and the tokens that grant it.

Stricter than a public repository: reading needs its grant too, as it does in a private one. So a workflow
that forgets a permission fails here first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BOT = "github-actions[bot]"
RANK = {"none": 0, "read": 1, "write": 2}
SCOPES = (
    "actions",
    "checks",
    "contents",
    "deployments",
    "id-token",
    "issues",
    "packages",
    "pages",
    "pull-requests",
    "statuses",
)
DEFAULT = {"contents": "read", "packages": "read"}
REFUSAL = "Resource not accessible by integration"

# Scopes, any one of which is enough, by what the path below the repository looks like; the first match counts.
NEEDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"/issues/comments(/|$)|/issues/\d+/(comments|labels|lock)(/|$)", ("issues", "pull-requests")),
    (r"/(issues|labels|milestones)(/|$)", ("issues",)),
    (r"/commits/[^/]+/pulls$|/pulls(/|$)", ("pull-requests",)),
    (r"/commits/.+/check-(runs|suites)$|/check-(runs|suites)(/|$)", ("checks",)),
    (r"/commits/[^/]+/status(es)?$|/statuses(/|$)", ("statuses",)),
    (r"/deployments(/|$)", ("deployments",)),
    (r"/(actions|environments)(/|$)", ("actions",)),
    (r"/(contents|git|branches|commits|compare|readme|releases|tags|merges|dispatches)(/|$)", ("contents",)),
)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A credential: whose it is, and for an Actions token its grants (`None`: a person, who may do everything)."""

    login: str
    grants: Mapping[str, str] | None = None

    @property
    def is_installation(self) -> bool:
        """Whether this is an app's token, as every job's is."""
        return self.grants is not None


def grants_of(permissions: object) -> dict[str, str]:
    """A workflow's `permissions:` as scope to level; ``read-all``, ``write-all`` and nothing are understood."""
    if permissions in ("read-all", "write-all"):
        return dict.fromkeys(SCOPES, str(permissions).removesuffix("-all"))
    given = permissions if isinstance(permissions, Mapping) else {}
    return {str(scope).replace("_", "-"): str(level) for scope, level in given.items()}


def job_grants(workflow: Mapping[str, Any], limit: Mapping[str, str] | None = None) -> dict[str, dict[str, str]]:
    """Grants of each job of a workflow: its own `permissions:`, else the workflow's, else `limit` or the default.

    `limit` is what a calling job has; a called workflow's jobs get no more than that.
    """
    found = {}
    for name, job in workflow.get("jobs", {}).items():
        own = job.get("permissions", workflow.get("permissions", DEFAULT if limit is None else limit))
        found[name] = grants_of(own) if limit is None else capped(grants_of(own), limit)
    return found


def capped(grants: Mapping[str, str], limit: Mapping[str, str]) -> dict[str, str]:
    """For every scope the lower of two levels."""
    return {scope: min(level, limit.get(scope, "none"), key=lambda name: RANK[name]) for scope, level in grants.items()}


def read_only(grants: Mapping[str, str]) -> dict[str, str]:
    """What a pull request from a fork leaves of the grants: nothing is written."""
    return {scope: "read" for scope, level in grants.items() if level in ("read", "write") and scope != "id-token"}


def needed(method: str, path: str) -> tuple[str, tuple[str, ...]] | None:
    """Level and scopes (any one suffices) for a request below ``/repos/<owner>/<name>``; `None` for metadata."""
    below = re.fullmatch(r"/repos/[^/]+/[^/]+(/.*)?", path)
    if not below or not below[1]:
        return None
    level = "read" if method in ("GET", "HEAD") else "write"
    return next(((level, scopes) for pattern, scopes in NEEDS if re.match(pattern, below[1])), None)


def refused(token: Token, method: str, path: str) -> str | None:
    """What `X-Accepted-GitHub-Permissions` would say where the token's grants do not reach, else `None`."""
    need = needed(method, path)
    if token.grants is None or need is None:
        return None
    level, scopes = need
    if any(RANK[token.grants.get(scope, "none")] >= RANK[level] for scope in scopes):
        return None
    return "; ".join(f"{scope.replace('-', '_')}={level}" for scope in scopes)
