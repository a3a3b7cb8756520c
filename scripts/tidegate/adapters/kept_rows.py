"""What a comparison leaves for its replay: one Arrow file of the paired rows, and in its schema all else that decided.

Arrow's own format and not Parquet, which forgets texts of a column that no row has and the order of the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.adapters import files
from tidegate.core.comparison.change.seed_noise import Repeats
from tidegate.core.comparison.replay import SCHEMA, Context, Kept, repeats_of
from tidegate.core.comparison.samples.paired_rows import Column, columns_of, sample_of
from tidegate.core.comparison.samples.sample import Coded, Sample
from tidegate.core.evidence import canonical_bytes, strict_json
from tidegate.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "kept.arrow"
_KEY = b"tidegate"
_LIMIT = 4 * 1024**3
_CONTEXT_LIMIT = 64 * 1024**2
_FIX = "Fetch the run's artifacts again, or compare again in the repository."


def kept(context: Context, sample: Sample | None = None, repeats: Repeats | None = None) -> Kept:
    """Context and rows as one, with the context's JSON values."""
    return Kept(context=context, document=_document(context), sample=sample, repeats=repeats)


def write(path: Path, evidence: Kept) -> None:
    """Write it whole or not at all."""
    import pyarrow as pa

    columns = {} if evidence.sample is None else columns_of(evidence.sample, evidence.repeats)
    table = pa.table({name: _array(column) for name, column in columns.items()})
    table = table.replace_schema_metadata({_KEY: canonical_bytes(dict(evidence.document))})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    files.write_atomically(path, sink.getvalue())


def read(path: Path, shown: str) -> Kept:
    """The evidence in a file.

    Raises InputError E-RPL-002 for a file that is damaged, E-RPL-003 for one that another version of Tidegate left.
    """
    import pyarrow as pa

    try:
        if path.stat().st_size > _LIMIT:
            raise InputError("E-RPL-002", f"is larger than {_LIMIT} bytes.", where=shown)
        with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
            document = _context_of(reader.schema.metadata, shown)
            table = reader.read_all()
            columns = {name: _column(table.column(name)) for name in table.column_names}
    except (pa.ArrowException, OSError) as error:
        raise _damaged(shown, str(error)) from None
    return _kept(document, columns, shown)


def _kept(document: Mapping[str, Any], columns: Mapping[str, Column], shown: str) -> Kept:
    from pydantic import TypeAdapter, ValidationError

    adapter = TypeAdapter(Context)
    try:
        context: Context = adapter.validate_python(document)
        sample = sample_of(columns, context.positive, context.labels) if columns else None
        repeats = repeats_of(context, columns)
    except (ValidationError, KeyError, TypeError, ValueError) as error:
        raise _damaged(shown, str(error)) from None
    if canonical_bytes(_document(context)) != canonical_bytes(dict(document)):
        raise _damaged(shown, "it says more than this version knows")
    return Kept(context=context, document=document, sample=sample, repeats=repeats)


def _document(context: Context) -> dict[str, Any]:
    from pydantic import TypeAdapter

    plain: dict[str, Any] = _plain(TypeAdapter(Context).dump_python(context, mode="json"))
    return plain


def _plain(value: Any) -> Any:
    """What is no finite number as its name, which is read as that number again: JSON has no numbers for it."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def _context_of(metadata: Mapping[bytes, bytes] | None, shown: str) -> dict[str, Any]:
    data = (metadata or {}).get(_KEY, b"")
    if not data or len(data) > _CONTEXT_LIMIT:
        raise _damaged(shown, "it holds no rows that Tidegate kept")
    document = strict_json(data.decode("utf-8", "replace"), shown)
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else None
        tool = document.get("tool") if isinstance(document, dict) else None
        message = f"was left by {str(tool)[:60]} in schema {str(found)[:20]}; this version reads schema {SCHEMA}."
        raise InputError("E-RPL-003", message, where=shown, fix="Replay it with the version that left it.")
    return document


def _damaged(shown: str, why: str) -> InputError:
    return InputError("E-RPL-002", f"is damaged: {why.strip().splitlines()[0][:200]}.", where=shown, fix=_FIX)


def _array(column: Column) -> pa.Array:
    import pyarrow as pa

    if isinstance(column, Coded):
        codes = pa.array(column.codes.astype(np.int32))
        return pa.DictionaryArray.from_arrays(codes, pa.array(list(column.labels), pa.string()))
    return pa.array(column if column.dtype.kind in "if" else column.tolist())


def _column(column: pa.ChunkedArray) -> Column:
    import pyarrow as pa

    whole = column.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    if whole.null_count:
        raise pa.ArrowInvalid("a column has gaps")
    if pa.types.is_dictionary(whole.type):
        whole.validate(full=True)
        codes = whole.indices.to_numpy().astype(np.int64)
        return Coded(codes=codes, labels=tuple(whole.dictionary.to_pylist()))
    if pa.types.is_string(whole.type):
        return np.array(whole.to_pylist(), dtype=np.dtypes.StringDType())
    return np.array(whole.to_numpy())  # its own memory: the file is closed after this
