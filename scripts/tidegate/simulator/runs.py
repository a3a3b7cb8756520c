"""Workflow runs and their artifacts, as the REST API shows them.

The emulator knows runs but no way to make one; here the simulator's own runs are registered, and what a job
uploads is a file ``<folder>/<run id>/<artifact name>.zip`` (``.raw`` when not archived) that the API serves.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tidegate.simulator.permissions import BOT
from tidegate.simulator.stand_ins.upload_artifact import number

FIRST_RUN = 9_000_000_001


def now() -> str:
    """This second, as the API writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(kw_only=True)
class Run:
    """One run of one workflow; `repository` and `head_repository` are the API's own objects."""

    id: int
    number: int
    name: str
    path: str
    event: str
    head_branch: str
    head_sha: str
    repository: Mapping[str, Any]
    head_repository: Mapping[str, Any]
    attempt: int = 1
    actor: str = BOT
    pull_requests: tuple[int, ...] = ()
    status: str = "queued"
    conclusion: str | None = None
    created_at: str = field(default_factory=now)
    updated_at: str = field(default_factory=now)

    def finish(self, conclusion: str) -> None:
        """The run is over."""
        self.status, self.conclusion, self.updated_at = "completed", conclusion, now()


class Runs:
    """All runs of one simulated GitHub, and the folder that holds their artifacts.

    `states`: of workflows that are not active, by their paths.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: dict[str, str] = {}
        self._runs: dict[int, Run] = {}
        self._numbers = itertools.count(FIRST_RUN)

    def create(self, **details: Any) -> Run:
        """Register a run: every field of `Run` but its id and number."""
        identity = next(self._numbers)
        number = 1 + sum(run.path == details["path"] for run in list(self._runs.values()))
        run = self._runs[identity] = Run(id=identity, number=number, **details)
        self.artifact_folder(run.id).mkdir(parents=True, exist_ok=True)
        return run

    def artifact_folder(self, run: int) -> Path:
        """Where the artifacts of one run are."""
        return self.folder / str(run)

    def artifact(self, run: int, name: str) -> Path:
        """The zip file of one artifact (which may not exist)."""
        return self.artifact_folder(run) / f"{name}.zip"

    def find(self, run: int) -> Run | None:
        """A run by its id."""
        return self._runs.get(run)

    def forget(self, run: int) -> None:
        """A run is no more: one that was held begins anew when somebody approves it."""
        self._runs.pop(run, None)

    def listed(self, query: Mapping[str, str], workflow: str = "") -> list[Run]:
        """Newest first (of one workflow's file); `event`, `branch`, `head_sha` and `status` narrow as on GitHub."""
        wanted = {key: query[key] for key in ("event", "branch", "head_sha", "status", "actor") if key in query}
        found = (run for run in list(self._runs.values()) if not workflow or run.path.endswith(f"/{workflow}"))
        return [run for run in sorted(found, key=lambda run: -run.id) if _fits(run, wanted)]

    def paths(self) -> list[str]:
        """Workflows that have run."""
        return sorted({run.path for run in list(self._runs.values())})

    def artifacts(self, run: int | None = None) -> Iterator[tuple[int, Run, Path]]:
        """Id, run and file of every artifact (of one run)."""
        for record in list(self._runs.values()):
            if run in (None, record.id):
                for file in sorted(self.artifact_folder(record.id).iterdir()):
                    yield number(str(record.id), file.stem), record, file


def _fits(run: Run, wanted: Mapping[str, str]) -> bool:
    has = {"event": run.event, "branch": run.head_branch, "head_sha": run.head_sha, "actor": run.actor}
    return all(
        value in (run.status, run.conclusion) if key == "status" else has[key] == value for key, value in wanted.items()
    )


def run_json(run: Run, base: str) -> dict[str, Any]:
    """A run as the API and the `workflow_run` event show it. `pull_requests` is empty for forks, as on GitHub."""
    api = f"{base}/repos/{run.repository['full_name']}"
    actor = {"login": run.actor, "id": 1, "type": "Bot" if run.actor == BOT else "User"}
    return {
        "id": run.id,
        "node_id": f"WFR_{run.id}",
        "name": run.name,
        "path": run.path,
        "display_title": run.name,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "head_commit": {"id": run.head_sha, "tree_id": run.head_sha, "message": run.name, "timestamp": run.created_at},
        "repository": dict(run.repository),
        "head_repository": dict(run.head_repository),
        "run_number": run.number,
        "run_attempt": run.attempt,
        "run_started_at": run.created_at,
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "workflow_id": _workflow_id(run.path),
        "check_suite_id": run.id,
        "pull_requests": [{"number": number, "url": f"{api}/pulls/{number}"} for number in run.pull_requests],
        "actor": actor,
        "triggering_actor": actor,
        "url": f"{api}/actions/runs/{run.id}",
        "html_url": f"{base}/{run.repository['full_name']}/actions/runs/{run.id}",
        "jobs_url": f"{api}/actions/runs/{run.id}/jobs",
        "artifacts_url": f"{api}/actions/runs/{run.id}/artifacts",
        "workflow_url": f"{api}/actions/workflows/{run.path.rpartition('/')[2]}",
    }


def workflow_json(path: str, runs: Runs) -> dict[str, Any]:
    """A workflow as the API shows it; it is as old as its first run."""
    mine = runs.listed({}, path.rpartition("/")[2])
    return {
        "id": _workflow_id(path),
        "name": mine[-1].name,
        "path": path,
        "state": runs.states.get(path, "active"),
        "created_at": mine[-1].created_at,
        "updated_at": mine[0].updated_at,
    }


def _workflow_id(path: str) -> int:
    return int(hashlib.sha256(path.encode()).hexdigest()[:7], 16)


def artifact_json(identity: int, run: Run, file: Path, base: str) -> dict[str, Any]:
    """An artifact as the API shows it."""
    url = f"{base}/repos/{run.repository['full_name']}/actions/artifacts/{identity}"
    data = file.read_bytes()
    return {
        "id": identity,
        "node_id": f"AR_{identity}",
        "name": file.stem,
        "size_in_bytes": len(data),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": False,
        "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "expires_at": "2099-01-01T00:00:00Z",
        "workflow_run": {
            "id": run.id,
            "repository_id": run.repository["id"],
            "head_repository_id": run.head_repository["id"],
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }
