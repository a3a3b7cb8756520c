"""GitHub's verbs about check runs, over github3.py's session."""

from __future__ import annotations

from typing import Any

from tidegate.adapters.github.call import Call
from tidegate.adapters.github.reading import items, path, read
from tidegate.adapters.github.session import Connection
from tidegate.core.answer import Annotation
from tidegate.core.github.checks import MOST_ANNOTATIONS, Check, CheckKey, CheckState, key_of
from tidegate.core.report.reading import Reader

GRANT = "checks: write"
_LEVEL = {"notice": "notice", "warning": "warning", "error": "failure"}


def listed(connection: Connection, commit: str, *, name: str = "") -> list[Check]:
    """Our check runs on a commit, of all runs and attempts."""
    what = f"listing the checks of {commit[:10]}"
    query = {"filter": "all", "per_page": "100", **({"check_name": name} if name else {})}
    place = path(connection, f"commits/{commit}/check-runs")
    call = Call(method="GET", path=place, what=what, grant=GRANT, query=query)
    found = (
        read(what, item, _check)
        for reply in connection.pages(call)
        for item in items(what, read(what, reply.value, lambda reader: reader.members.get("check_runs")))
    )
    return [check for check in found if check is not None]


def create(connection: Connection, commit: str, key: CheckKey, state: CheckState) -> None:
    """A new check run, in progress or concluded. Raises Unknown where there may be one now."""
    what = f"opening the check {key.name!r}"
    body = {"name": key.name, "head_sha": commit, "external_id": key.external_id, **_state(state)}
    place = path(connection, "check-runs")
    connection.ask(Call(method="POST", path=place, what=what, grant=GRANT, body=body, repeatable=False))


def update(connection: Connection, check: Check, state: CheckState) -> None:
    """What a check run of ours shows from now on."""
    place = path(connection, f"check-runs/{check.id}")
    what = f"concluding the check {check.key.name!r}"
    connection.ask(Call(method="PATCH", path=place, what=what, grant=GRANT, body=_state(state)))


def _state(state: CheckState) -> dict[str, Any]:
    output: dict[str, Any] = {"title": state.title, "summary": state.summary}
    placed = [annotation for annotation in state.annotations if annotation.file and annotation.line]
    if placed:
        output["annotations"] = [_annotation(annotation) for annotation in placed[:MOST_ANNOTATIONS]]
    body: dict[str, Any] = {"status": "in_progress", "output": output}
    if state.conclusion is not None:
        body |= {"status": "completed", "conclusion": state.conclusion}
    if state.page is not None:
        body["details_url"] = state.page
    return body


def _annotation(annotation: Annotation) -> dict[str, Any]:
    return {
        "path": annotation.file,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": _LEVEL[annotation.level],
        "message": annotation.message,
    }


def _check(reader: Reader) -> Check | None:
    key = key_of(reader.text_or_none("external_id") or "")
    if key is None or reader.text("name") != key.name:
        return None
    return Check(
        id=reader.whole("id"), key=key, status=reader.text("status"), conclusion=reader.text_or_none("conclusion")
    )
