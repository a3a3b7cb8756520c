"""The event that started this job, from the file in which the runner keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tidegate.core.github import event as core
from tidegate.core.github.event import GitHubEvent
from tidegate.errors import InputError

LIMIT = 25 * 1024 * 1024
_FIX = "Run this in a GitHub Actions job, or use --local."


def load(environ: Mapping[str, str]) -> GitHubEvent:
    """The event of `GITHUB_EVENT_NAME` and `GITHUB_EVENT_PATH`.

    Raises InputError E-GH-001 (no readable payload) and what `core.event.parse` raises.
    """
    name = environ.get("GITHUB_EVENT_NAME", "")
    path = environ.get("GITHUB_EVENT_PATH", "")
    if not name or not path:
        unset = "GITHUB_EVENT_PATH" if name else "GITHUB_EVENT_NAME"
        raise InputError("E-GH-001", f"not running in GitHub Actions? {unset} is not set.", fix=_FIX)
    return core.parse(name, _document(Path(path)), core.job(environ))


def default_branch(environ: Mapping[str, str]) -> str | None:
    """The repository's default branch as the event names it, whichever event it is; None where it names none.

    Raises InputError E-GH-001 without a readable payload.
    """
    document = _document(Path(environ.get("GITHUB_EVENT_PATH", "")))
    repository = document.get("repository") if isinstance(document, dict) else None
    name = repository.get("default_branch") if isinstance(repository, dict) else None
    return name if isinstance(name, str) and name else None


def _document(path: Path) -> object:
    try:
        with path.open("rb") as stream:
            data = stream.read(LIMIT + 1)
    except OSError as error:
        raise _unreadable(f"cannot be read: {error.strerror}") from None
    if len(data) > LIMIT:
        raise _unreadable(f"is larger than {LIMIT // 1024 // 1024} MiB")
    if not data.strip():
        raise _unreadable("is empty")
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise _unreadable(f"is not JSON: {error.msg}", f":{error.lineno}:{error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"is not usable JSON: {type(error).__name__}") from None


def _unreadable(what: str, place: str = "") -> InputError:
    return InputError("E-GH-001", f"{what}.", where=f"GITHUB_EVENT_PATH{place}", fix=_FIX)
