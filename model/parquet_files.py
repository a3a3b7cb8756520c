"""One way to write Parquet, so that the same rows are always the same bytes (DVC knows a file by its hash)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["read", "write"]


def read(paths: Sequence[Path], columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of the files, in the order of the paths. Raises pyarrow's error when a file lacks a column."""
    return pa.concat_tables(pq.read_table(path, columns=columns) for path in paths).combine_chunks()


def write(table: pa.Table, path: Path) -> None:
    """Write one row group with every setting spelled out; only another pyarrow release can change the bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table.combine_chunks().replace_schema_metadata(None),
        path,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=9,
        use_dictionary=True,
        write_statistics=True,
        store_schema=False,
        row_group_size=1 << 20,
    )
