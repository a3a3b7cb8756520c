"""One file of the prediction log: written under a hidden name, made durable, then renamed to its visible one."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidegate.server.release.datatypes import DataType
from tidegate.server.release.signature import Signature

ABANDONED = 3600.0
"""Seconds after which a hidden file must be the rest of a process that was killed."""


class LogFiles:
    """Writes tables of rows into a folder; imports pyarrow when first used."""

    def __init__(self, folder: Path, signature: Signature, version: str, writer: str) -> None:
        """`writer` tells apart the processes that share the folder."""
        self._folder, self._version, self._writer = folder, version, writer
        self._signature = signature
        self._number = 0
        self._schema: Any = None

    def _prepare(self) -> None:
        """Make the folder, and clear away what killed processes left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob(".predictions-*.part"):
            if time.time() - path.stat().st_mtime > ABANDONED:
                path.unlink(missing_ok=True)
        self._schema = _schema(self._signature)

    def batch(self, table: Sequence[Sequence[Any]]) -> Any:
        """Request times (microseconds since 1970), ids and rows, then features and answers, as an Arrow batch.

        Raises OSError when the folder cannot be made.
        """
        import pyarrow as pa

        if self._schema is None:
            self._prepare()
        given = [*table[:3], [self._version] * len(table[0]), *table[3:]]
        arrays = [pa.array(values, type=field.type) for values, field in zip(given, self._schema, strict=True)]
        return pa.record_batch(arrays, schema=self._schema)

    def write(self, batches: Sequence[Any]) -> Path:
        """Write a file that is either whole or not to be seen. Raises OSError."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._number += 1
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        name = f"predictions-{stamp}-{self._writer}-{self._number:06d}.parquet"
        hidden = self._folder / f".{name}.part"
        try:
            with hidden.open("wb") as file:
                pq.write_table(pa.Table.from_batches(batches, self._schema), file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            return hidden.replace(self._folder / name)
        except BaseException:
            hidden.unlink(missing_ok=True)
            raise


def _schema(signature: Signature) -> Any:
    import pyarrow as pa

    fields = [
        ("request_time", pa.timestamp("us", tz="UTC")),
        ("request_id", pa.string()),
        ("request_row", pa.int32()),
        ("model_version", pa.string()),
        *((column.name, _type(column.datatype)) for column in signature.columns),
        *((name, _type(output.datatype)) for output in signature.outputs for name in output.columns),
    ]
    return pa.schema(fields)


def _type(datatype: DataType) -> Any:
    import pyarrow as pa

    return pa.string() if datatype.family == "text" else pa.from_numpy_dtype(datatype.numpy)
