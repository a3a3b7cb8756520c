"""One file that somebody gives to be compared, whoever wrote it: rows of predictions, or numbers without rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters import files, pipeline_files
from tidegate.adapters.reports import dvc_metrics, mlflow_table, sklearn_report
from tidegate.core.training.claimed_metrics import numbers, parse_json
from tidegate.errors import InputError

STDIN = "-"
_LINE = b"\n"
_NUMBERS = (".json", ".yaml", ".yml", ".toml")
_LARGEST_JSON = 512 * 1024 * 1024
_STARTS = {b"PAR1": ".parquet", b"ARROW1": ".arrow", b"\xff\xff\xff\xff": ".stream", b"{": ".json", b"[": ".json"}


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A file of rows, where it can be read as such; `digest` is that of the file that was given.

    Empty where it can be read only once (a pipe). `converted`: what is read is another file, made from it.
    """

    path: Path
    shown: str
    digest: str
    converted: bool = False


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Metric → value; `before`: the same of the other side, where one file has both."""

    values: Mapping[str, float]
    shown: str
    digest: str
    before: Mapping[str, float] | None = None


def read(path: Path, shown: str, folder: Path, positive: str | None) -> Rows | Numbers:
    """What the file holds; `folder` is for what has to be written in another form, `positive` for class reports.

    Raises InputError for what cannot be read or has no form that is known.
    """
    if path.suffix not in _NUMBERS:
        return Rows(path=path, shown=shown, digest=files.sha256(path) if path.is_file() else "")
    if not path.is_file():
        raise InputError("E-MET-001", "not found.", where=shown, fix="Name the file that the pipeline wrote.")
    if path.suffix != ".json":
        before = files.sha256(path)
        values = pipeline_files.claimed(path.parent, [path.name])
        files.require_same(before, files.sha256(path), shown)
        return Numbers(values=values, shown=shown, digest=before)
    before = files.sha256(path)
    text = files.read_text(path, limit=_LARGEST_JSON, shown=shown)
    files.require_same(before, files.sha256(path), shown)
    if not text.strip():
        raise InputError("E-MET-002", "is empty.", where=shown)
    return _of_json(parse_json(text, shown), before, shown, folder, positive)


def _of_json(document: Any, digest: str, shown: str, folder: Path, positive: str | None) -> Rows | Numbers:
    if mlflow_table.matches(document):
        table = folder / f"{hashlib.sha256(shown.encode()).hexdigest()[:12]}.arrow"
        mlflow_table.write_arrow(document, table, shown)
        return Rows(path=table, shown=shown, digest=digest, converted=True)
    if dvc_metrics.is_difference(document):
        new, old = dvc_metrics.both_sides(document, shown)
        return Numbers(values=new, before=old, shown=shown, digest=digest)
    if dvc_metrics.is_listing(document):
        return Numbers(values=dvc_metrics.listed(document, shown), shown=shown, digest=digest)
    if sklearn_report.matches(document):
        return Numbers(values=sklearn_report.numbers(document, positive, shown), shown=shown, digest=digest)
    return Numbers(values=numbers(document, shown), shown=shown, digest=digest)


def from_stdin(stdin: Callable[[], bytes], folder: Path) -> Path:
    """What comes on standard input as a file whose name says what it is, told by how it begins."""
    data = stdin()
    if not data:
        raise InputError("E-MET-002", "is empty.", where="standard input", fix="Pipe a file into it.")
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n") if data[:4] not in _STARTS else data
    suffix = next((suffix for magic, suffix in _STARTS.items() if start.startswith(magic)), "")
    if suffix == ".stream":
        data, suffix = _as_file(data), ".arrow"
    path = folder / f"stdin{suffix or _delimited(data.partition(_LINE)[0])}"
    path.write_bytes(data)
    return path


def _delimited(heading: bytes) -> str:
    return ".tsv" if b"\t" in heading and b"," not in heading else ".csv"


def _as_file(data: bytes) -> bytes:
    """An Arrow stream in Arrow's file format."""
    import pyarrow as pa

    try:
        table = pa.ipc.open_stream(data).read_all()
    except pa.ArrowException as error:
        message = f"cannot be read as an Arrow stream: {str(error).splitlines()[0][:160]}"
        raise InputError("E-MET-003", message, where="standard input") from None
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
