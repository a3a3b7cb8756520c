"""The report on what the commands left in this workspace, and the files that are made of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tidegate.adapters import evidence as store
from tidegate.adapters import files
from tidegate.adapters.github.address import PUBLIC
from tidegate.core import evidence as core
from tidegate.core.answer import Verdict
from tidegate.core.evidence import Evidence
from tidegate.core.github.event import GitHubEvent
from tidegate.core.report import Context, Report, Section, limits
from tidegate.core.report.model import STEPS
from tidegate.errors import InputError, TidegateError
from tidegate.settings import Settings

LARGEST_PICTURE = 4 * 1024 * 1024
MOST_PICTURES = 20
VERDICT = "verdict.json"
TEXT = "report.md"
_ROOM = 512
_LARGEST_SECTION = 1024 * 1024
_PICTURES = frozenset({".svg", ".png"})


@dataclass(frozen=True, kw_only=True)
class Left:
    """What the commands left about one model: evidence by command, pictures by name, the digest of the verdict."""

    evidence: Mapping[str, Evidence | None]
    plots: Mapping[str, bytes]
    verdict_digest: str | None


def in_workspace(folder: Path, model: str) -> Left:
    """What lies in `folder`. Evidence that cannot be read is evidence of an error."""
    verdict = folder / VERDICT
    return Left(
        evidence={command: _read(folder, command, model) for command in STEPS},
        plots=_pictures(folder / "plots"),
        verdict_digest=files.sha256(verdict) if verdict.is_file() else None,
    )


def in_archive(members: Mapping[str, bytes], model: str) -> Left:
    """The same from an artifact's members."""
    verdict = members.get(VERDICT)
    return Left(
        evidence={command: _parsed(members.get(f"{command}.json"), command, model) for command in STEPS},
        plots={name.removeprefix("plots/"): data for name, data in members.items() if name.startswith("plots/")},
        verdict_digest=None if verdict is None else f"sha256:{hashlib.sha256(verdict).hexdigest()}",
    )


def model_in(folder: Path) -> str:
    """The one model that evidence in `folder` is about. Raises InputError E-REP-010 where there is not exactly one."""
    found = {left.model for command in STEPS if (left := _read(folder, command, "")) is not None and left.model}
    if len(found) == 1:
        return found.pop()
    why = f"it is about {len(found)} models" if found else "there is none"
    raise InputError("E-REP-010", f"which model? The evidence does not tell: {why}.", where=".tidegate", fix="--model")


def section(settings: Settings, path: str, *, trusted: bool) -> tuple[Section, ...]:
    """A Markdown file of the caller's as a part of the report; none for an empty path."""
    if not path:
        return ()
    text = files.read_text(files.inside(settings.workspace, path), limit=_LARGEST_SECTION, shown=path)
    return (Section(title=Path(path).name, markdown=text, trusted=trusted),)


def context(
    settings: Settings,
    model: str,
    left: Left,
    event: GitHubEvent | None = None,
    *,
    pull_request: int | None = None,
    base: str | None = None,
    artifact_url: str | None = None,
    no_evidence: str = "",
    sections: tuple[Section, ...] = (),
) -> Context:
    """What the report is told besides the evidence; without an event it is about this workspace alone."""
    here = Context(
        model=model,
        contract=settings.config,
        plots=left.plots,
        verdict_digest=left.verdict_digest,
        sections=sections,
        artifact_url=artifact_url or None,
        no_evidence=no_evidence,
    )
    if event is None:
        return here
    server = settings.environ.get("GITHUB_SERVER_URL") or PUBLIC
    repository = settings.environ.get("GITHUB_REPOSITORY") or event.repository.name
    return replace(
        here,
        repository=repository,
        pull_request=pull_request,
        head=event.head,
        base=base,
        measured=event.measured,
        run_id=event.run,
        run_attempt=event.attempt,
        run_url=run_url(server, repository, event),
        server_url=server,
        from_fork=event.fork,
    )


def run_url(server: str, repository: str, event: GitHubEvent) -> str:
    """The page of the run that measured."""
    attempt = f"/attempts/{event.attempt}" if event.attempt > 1 else ""
    return f"{server.rstrip('/')}/{repository}/actions/runs/{event.run}{attempt}"


def write(folder: Path, report: Report) -> Path:
    """`report.md` (with room for the line that CML adds) and the page in `folder`; the page's path."""
    text = report.markdown(limit=limits.COMMENT - _ROOM)
    files.write_atomically(folder / TEXT, text.encode("utf-8", "backslashreplace"))
    return write_page(folder, report)


def write_page(folder: Path, report: Report) -> Path:
    """`report-<model>.html` in `folder`, named after the model because as an artifact it is called as the file is."""
    page = folder / f"report-{re.sub(r'[^A-Za-z0-9_.-]', '-', report.identity.model)[:80]}.html"
    files.write_atomically(page, report.html().encode("utf-8", "backslashreplace"))
    return page


def _read(folder: Path, command: str, model: str) -> Evidence | None:
    try:
        return store.read(folder, command)
    except (TidegateError, ValueError) as error:
        return _unreadable(command, model, error)


def _parsed(data: bytes | None, command: str, model: str) -> Evidence | None:
    if data is None:
        return None
    try:
        return core.parse(data.decode("utf-8-sig"), f".tidegate/{command}.json")
    except (TidegateError, ValueError) as error:
        return _unreadable(command, model, error)


def _unreadable(command: str, model: str, error: Exception) -> Evidence:
    """ValueError: text that is not UTF-8, or a number of more digits than Python reads."""
    known = error if isinstance(error, TidegateError) else TidegateError("E-EVD-001", f"{type(error).__name__}.")
    details = {"code": known.code, "message": known.message, "where": known.where, "fix": known.fix, "exit_code": 2}
    return Evidence(command=command, model=model, outcome=Verdict.ERROR, error={**details, "log": []})


def _pictures(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.glob("*") if path.suffix in _PICTURES and _small_file(path))
    return {path.name: path.read_bytes() for path in found[:MOST_PICTURES]}


def _small_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST_PICTURE
