"""One issue per model: opened when its world changes, kept up to date, closed when the latest window is calm again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tidegate.adapters.github import address as github_address
from tidegate.adapters.github import issues as github
from tidegate.adapters.github.call import Patience
from tidegate.adapters.github.session import Connection
from tidegate.core.drift.telling import issue
from tidegate.core.drift.telling.report import Result
from tidegate.core.github.issues import Issue
from tidegate.errors import InputError
from tidegate.settings import Settings

Connect = Callable[..., Connection]


def connection(settings: Settings, connect: Connect, patience: Patience) -> Connection:
    """GitHub as the job knows it. Raises InputError E-GH-010 without a token, SecurityRefusal E-SEC-040 elsewhere."""
    environ = settings.environ
    where, token = github_address.address(environ), environ.get("GITHUB_TOKEN", "").strip()
    repository = environ.get("GITHUB_REPOSITORY", "")
    if not token or not repository:
        lacking = "token" if not token else "GITHUB_REPOSITORY"
        fix = "Pass token: ${{ github.token }} and give the job `issues: write`; or leave --issue out."
        raise InputError("E-GH-010", f"there is no {lacking}; the issue was not looked at.", fix=fix)
    return connect(environ, token, where, repository, patience)


def keep(settings: Settings, link: Connection, model: str, result: Result) -> str:
    """Bring the issue in line with what was found; its address, empty where there is none that is open."""
    key, state = issue.key(model), result["state"]
    known = github.find(link, key)
    shown = 0 if known is None else known.run
    number = issue.number(result, shown)
    wanted = issue.action(
        state, exists=known is not None, is_open=known is not None and known.open, shown=shown, mine=number
    )
    if wanted == "close":
        github.close(link, key, issue.recovered(result))
        return ""
    if wanted == "write":
        text = issue.body(model, result, _before(known), _runs(settings, link))
        known = github.upsert(
            link, key=key, title=issue.title(model, state), body=text, labels=[issue.LABEL], run=number
        )
    return known.url if known is not None and known.open else ""


def _before(known: Issue | None) -> str:
    if known is None:
        return ""
    return known.body if known.open else issue.of_before(known.body)


def _runs(settings: Settings, link: Connection) -> str:
    """The page of the workflow that checks, which is the same for all of its runs."""
    reference: Any = settings.environ.get("GITHUB_WORKFLOW_REF", "")
    found = re.fullmatch(r"[^/]+/[^/]+/\.github/workflows/([A-Za-z0-9._-]+\.ya?ml)@.*", reference)
    return f"{link.address.server}/{link.repository}/actions/workflows/{found[1]}" if found else ""
