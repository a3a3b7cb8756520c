"""What a drift check leaves behind: evidence, a page, Prometheus's text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from tidegate.adapters import evidence as store
from tidegate.adapters import files, git
from tidegate.core.answer import Verdict
from tidegate.core.drift.telling import metrics
from tidegate.core.drift.telling.page import page
from tidegate.core.drift.telling.report import Result
from tidegate.core.evidence import Evidence, Subject
from tidegate.errors import InfrastructureError
from tidegate.settings import Settings

COMMAND = "detect-drift"


def leave(settings: Settings, model: str, verdict: Verdict, result: Result) -> Path:
    """Evidence and page in the evidence folder; the page's path."""
    subject = Subject(commit=git.head(settings.workspace))
    evidence = Evidence(command=COMMAND, model=model, outcome=verdict, subject=subject, result=result)
    store.write(settings.evidence, evidence)
    place = settings.evidence / f"drift-{re.sub(r'[^A-Za-z0-9_.-]', '-', model)[:80]}.html"
    files.write_atomically(place, page(model, result).encode("utf-8", "backslashreplace"))
    return place


def expose(path: Path, model: str, result: Result, now: datetime) -> None:
    """Prometheus's text in a file that is replaced in one step, readable by whoever collects it.

    Raises InfrastructureError E-DRF-030 where it cannot be written.
    """
    try:
        files.write_atomically(path, metrics.text(model, result, now.replace(tzinfo=UTC).timestamp()).encode())
        path.chmod(0o644)
    except OSError as error:
        raise InfrastructureError("E-DRF-030", f"cannot be written: {error.strerror}.", where=str(path)) from error
