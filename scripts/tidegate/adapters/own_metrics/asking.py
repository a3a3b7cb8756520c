"""Files in which a sample goes to the program that calls a model's own metric, and in which its numbers come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tidegate.adapters import files
from tidegate.core.comparison.metrics.measured import Measured, Task
from tidegate.core.comparison.samples.sample import Coded, Floats, Output, Sample
from tidegate.core.evidence import canonical_bytes, strict_json
from tidegate.core.redaction import redacted
from tidegate.errors import InfrastructureError, InputError

PROGRAM = Path(__file__).with_name("program.py")
CANDIDATE, CHAMPION = "candidate", "champion"
_REQUEST, _REPLY = "request.json", "reply.json"
_LIMIT = 256 * 1024 * 1024


@dataclass(frozen=True)
class Rows:
    """The columns of a sample as files in a folder: written once, whatever number of metrics reads them."""

    folder: Path
    columns: dict[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()


def written(folder: Path, sample: Sample, tasks: Sequence[Task]) -> Rows:
    """Write what every metric is asked."""
    outputs = {CANDIDATE: sample.candidate, **({} if sample.champion is None else {CHAMPION: sample.champion})}
    columns = {
        "truth": _column(folder, "truth", sample.truth),
        "weight": None if sample.weight is None else _column(folder, "weight", sample.weight),
    }
    for model, output in outputs.items():
        columns |= _output(folder, model, output)
    for number, task in enumerate(tasks):
        _task(folder, number, task)
    return Rows(folder, columns, tuple(outputs), tuple(tasks))


def request(rows: Rows, entry: str, paths: Sequence[Path]) -> tuple[str, ...]:
    """Write the request for one metric; the arguments of the Python that answers it."""
    document = {
        "entry": entry,
        "paths": [str(path) for path in paths],
        "columns": rows.columns,
        "models": list(rows.models),
        "tasks": [_asked(number, task) for number, task in enumerate(rows.tasks)],
        "reply": str(rows.folder / _REPLY),
    }
    (rows.folder / _REPLY).unlink(missing_ok=True)
    (rows.folder / _REQUEST).write_bytes(canonical_bytes(document))
    return "-I", str(PROGRAM), str(rows.folder / _REQUEST)


@dataclass(frozen=True)
class Reply:
    """What came back of one metric; `files`: the code of the tree that took part."""

    measured: tuple[Measured, ...]
    files: tuple[Path, ...]


def reply(rows: Rows, metric: str, where: str) -> Reply:
    """Read the reply; `where` is the place of the metric in its contract.

    Raises InputError E-MTR-001 for what is wrong with the function, its last lines in the error's log, and
    InfrastructureError E-MTR-002 for a reply that is none.
    """
    place = rows.folder / _REPLY
    if not place.is_file():
        raise InputError("E-MTR-002", "ended without an answer.", where=where, fix="See its last lines.")
    document = strict_json(files.read_text(place, limit=_LIMIT, shown=where), where)
    if "error" in document:
        error = InputError("E-MTR-001", f"{redacted(str(document['error']))}.", where=where, fix="Mend the metric.")
        error.log = [redacted(str(line)) for line in document.get("log", [])]
        raise error
    try:
        values = document["values"]
        found = [
            _measured(metric, task, [values[model][place] for model in rows.models])
            for place, task in enumerate(rows.tasks)
        ]
        return Reply(tuple(found), tuple(map(Path, document["files"])))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InfrastructureError("E-MTR-002", f"left a reply that is none ({error!r:.80}).", where=where) from None


def _measured(metric: str, task: Task, models: Sequence[Mapping[str, Any]]) -> Measured:
    candidate, *champion = models
    draws = [tuple(None if value is None else float(value) for value in one["drawn"]) for one in models]
    if any(len(one) != len(task.counts) for one in draws):
        raise ValueError("draws are missing")
    return Measured(
        metric=metric,
        part=task.part,
        rows=task.size,
        units=task.independent,
        candidate=float(candidate["here"]),
        champion=float(champion[0]["here"]) if champion else None,
        candidate_draws=draws[0],
        champion_draws=draws[1] if champion else (),
    )


def _asked(number: int, task: Task) -> dict[str, Any]:
    return {
        "size": task.size,
        "rows": None if task.rows is None else f"{number}.rows",
        "codes": None if task.codes is None else f"{number}.codes",
        "counts": f"{number}.counts",
        "units": task.counts.shape[1],
        "draws": task.counts.shape[0],
    }


def _task(folder: Path, number: int, task: Task) -> None:
    task.counts.astype("<u2").tofile(folder / f"{number}.counts")
    for name, column in (("rows", task.rows), ("codes", task.codes)):
        if column is not None:
            column.astype("<i8").tofile(folder / f"{number}.{name}")


def _output(folder: Path, model: str, output: Output) -> dict[str, Any]:
    """Quantiles are what was predicted, all of them together; scores go beside a prediction."""
    scores = {
        label: _column(folder, f"{model}.{place}", score) for place, (label, score) in enumerate(output.scores.items())
    }
    said = None if output.prediction is None else _column(folder, f"{model}.prediction", output.prediction)
    return {f"{model} prediction": said, f"{model} scores": {"several": scores}}


def _column(folder: Path, name: str, column: Floats | Coded) -> dict[str, Any]:
    if isinstance(column, Coded):
        column.codes.astype("<i8").tofile(folder / name)
        return {"file": name, "labels": list(column.labels)}
    np.ascontiguousarray(column, dtype="<f8").tofile(folder / name)
    return {"file": name, "labels": None}
