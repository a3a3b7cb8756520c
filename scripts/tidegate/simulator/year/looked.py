"""What the drift workflow found out and asked for, read from the evidence that its runs keep as artifacts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.errors import InfrastructureError
from tidegate.simulator.run_record import RunRecord
from tidegate.simulator.runs import Runs

DRIFT = "detect-drift.json"
REQUEST = "request-retraining.json"


@dataclass(frozen=True, kw_only=True)
class Looked:
    """One check: its state, the latest window's drifted columns, whether the model is worse than at release.

    `asked`: what came of the question whether to train again, ``wait`` or ``request``, empty where nobody asked;
    `why`: its sentence.
    """

    state: str
    drifted: tuple[str, ...]
    worse: bool
    sentence: str
    asked: str = ""
    why: str = ""


def looked(runs: Runs, records: Sequence[RunRecord]) -> Looked:
    """The newest evidence of these runs. Raises InfrastructureError E-SIM-047 where there is none."""
    kept = dict(_evidence(runs, records))
    if DRIFT not in kept:
        ends = ", ".join(f"{record.run.name}: {record.run.conclusion}" for record in records) or "no run"
        raise InfrastructureError("E-SIM-047", "the check for drift has left no evidence.", where=ends)
    result, request = kept[DRIFT]["result"], kept.get(REQUEST, {}).get("result", {})
    latest: dict[str, Any] = result["windows"][-1] if result["windows"] else {"findings": [], "worse": None}
    columns = dict.fromkeys(item["column"] for item in latest["findings"] if item["found"] == "drifted")
    return Looked(
        state=result["state"],
        drifted=tuple(columns),
        worse=bool(latest["worse"]),
        sentence=result["sentence"],
        asked=str(request.get("action", "")),
        why=str(request.get("sentence", "")),
    )


def _evidence(runs: Runs, records: Sequence[RunRecord]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Evidence files by name, in the order in which they were made."""
    for record in sorted(records, key=lambda record: record.run.id):
        for path in sorted(runs.artifact_folder(record.run.id).glob("*.zip")):
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
                for name in archive.namelist():
                    if name.rpartition("/")[2] in (DRIFT, REQUEST):
                        yield name.rpartition("/")[2], json.loads(archive.read(name))
