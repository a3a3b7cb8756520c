"""The REST API of workflow runs and artifacts, answered from the simulator's own records."""

from __future__ import annotations

import re

from tidegate.simulator.runs import Run, Runs, artifact_json, run_json, workflow_json
from tidegate.simulator.wire import Call, Reply, missing

STORAGE = "/artifact-storage/"


def answer(runs: Runs, call: Call, base: str) -> Reply | None:
    """The reply to a question about runs or artifacts, `None` for every other request."""
    if call.path.startswith(STORAGE):
        return _content(runs, call.path.removeprefix(STORAGE))
    of_workflow = re.fullmatch(r"/repos/[^/]+/[^/]+/actions/workflows/(?P<file>[\w.-]+)/runs", call.path)
    if of_workflow and call.method == "GET":
        return _listed(runs, call, base, of_workflow["file"])
    if re.fullmatch(r"/repos/[^/]+/[^/]+/actions/workflows", call.path) and call.method == "GET":
        shown = [workflow_json(path, runs) for path in runs.paths()]
        return Reply(status=200, value={"total_count": len(shown), "workflows": shown})
    found = re.fullmatch(r"/repos/[^/]+/[^/]+/actions/(?P<kind>runs|artifacts)(?P<rest>/.*)?", call.path)
    if not found or call.method != "GET":
        return None
    rest = [part for part in (found["rest"] or "").split("/") if part]
    if found["kind"] == "artifacts":
        return _artifacts(runs, rest, None, call, base)
    if not rest:
        return _listed(runs, call, base)
    run = runs.find(int(rest[0])) if rest[0].isdecimal() else None
    return _run(runs, run, rest[1:], call, base) if run else missing()


def _listed(runs: Runs, call: Call, base: str, workflow: str = "") -> Reply:
    """One page, newest first."""
    shown = [run_json(run, base) for run in runs.listed(call.query, workflow)]
    size, page = int(call.query.get("per_page", 30)), int(call.query.get("page", 1))
    rows = shown[(page - 1) * size : page * size]
    return Reply(status=200, value={"total_count": len(shown), "workflow_runs": rows})


def _run(runs: Runs, run: Run, rest: list[str], call: Call, base: str) -> Reply:
    if not rest:
        return Reply(status=200, value=run_json(run, base))
    return _artifacts(runs, [], run.id, call, base) if rest == ["artifacts"] else missing()


def _artifacts(runs: Runs, rest: list[str], run: int | None, call: Call, base: str) -> Reply:
    name = call.query.get("name")
    shown = {
        str(identity): artifact_json(identity, record, file, base)
        for identity, record, file in runs.artifacts(run)
        if name in (None, file.stem)
    }
    if not rest:
        return Reply(status=200, value={"total_count": len(shown), "artifacts": list(shown.values())})
    if rest[0] not in shown:
        return missing()
    if rest[1:] == ["zip"]:
        return Reply(status=302, raw=b"", headers={"Location": f"{base}{STORAGE}{rest[0]}"})
    return Reply(status=200, value=shown[rest[0]])


def _content(runs: Runs, identity: str) -> Reply:
    for known, _, file in runs.artifacts():
        if str(known) == identity:
            kind = "application/zip" if file.suffix == ".zip" else "application/octet-stream"
            return Reply(status=200, raw=file.read_bytes(), content_type=kind)
    return missing()
