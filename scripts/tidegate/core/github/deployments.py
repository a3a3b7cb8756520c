"""GitHub's records of deployments: which of them is this job's, and which of ours came before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

KEY = "tidegate"


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One record. `payload` is what whoever made it kept there, of any form."""

    id: int
    commit: str
    payload: Mapping[str, Any]

    @property
    def release(self) -> str:
        """Digest of the release that our record is about; empty for somebody else's."""
        ours = self.payload.get(KEY)
        found = ours.get("release") if isinstance(ours, Mapping) else None
        return found if isinstance(found, str) else ""

    def of_run(self, run: str) -> bool:
        """Whether a run of ours made it."""
        ours = self.payload.get(KEY)
        return isinstance(ours, Mapping) and ours.get("run") == run


@dataclass(frozen=True, kw_only=True)
class State:
    """One status: ``in_progress``, ``success``, ``failure``, ``inactive`` …; `log` is the page of the job."""

    state: str
    log: str


def payload(release: str, version: str, run: str) -> dict[str, dict[str, str]]:
    """What a record of ours keeps."""
    return {KEY: {"release": release, "version": version, "run": run}}


def before(deployments: Iterable[Deployment], own: int) -> Deployment | None:
    """Our newest record but `own`."""
    return next((one for one in deployments if one.id != own and one.release), None)
