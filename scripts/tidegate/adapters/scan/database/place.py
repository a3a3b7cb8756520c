"""What the second engine reads: one table, or files put together by what columns they have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters.scan import sources
from tidegate.adapters.scan.database.connection import connect, driver, filled
from tidegate.errors import InfrastructureError, InputError

_FIX = "Mend drift.live in the contract."


@dataclass(frozen=True, kw_only=True)
class Place:
    """A connection URL as the contract has it, and what to read there: a table (or far Parquet), or `files`.

    `password_from`: the environment's variable that holds the password. `folder`: what file names in the URL are
    relative to.
    """

    url: str
    folder: Path
    password_from: str = ""
    table: str = ""
    files: tuple[Path, ...] = ()

    @property
    def shown(self) -> str:
        """For messages."""
        return f"{self.url} {self.table}".strip()


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows that have the same columns: an Ibis table, and its Arrow schema."""

    table: Any
    schema: Any


@dataclass(frozen=True, kw_only=True)
class Source:
    """An open database with its rows by group."""

    place: Place
    backend: Any
    url: str
    groups: tuple[Group, ...]

    def answer(self, question: Any) -> list[dict[str, Any]]:
        """The rows of a question's answer. Raises InfrastructureError E-DRF-028 where the database fails."""
        with self.asking():
            found: list[dict[str, Any]] = self.backend.to_pyarrow(question).to_pylist()
        return found

    def batches(self, question: Any) -> Iterator[Any]:
        """An answer's record batches. Raises InfrastructureError E-DRF-028 where the database fails."""
        with self.asking():
            yield from self.backend.to_pyarrow(question).to_batches()

    def asking(self) -> AbstractContextManager[None]:
        """In here, a database that fails is InfrastructureError E-DRF-028."""
        where = self.place.shown
        return driver(self.url, lambda said: InfrastructureError("E-DRF-028", f"cannot answer: {said}.", where=where))

    def labels(self, table: str) -> Any:
        """Another table of the same database. Raises InputError E-DRF-029 where there is none."""
        with driver(self.url, _unreadable(f"{self.place.url} {table}")):
            return _named(self.backend, table)


def opened(place: Place, environ: Mapping[str, str]) -> Source:
    """Connect, and look at the columns. Raises InputError E-DRF-029 where no table is, and what `connect` raises."""
    url = filled(place.url, place.password_from, environ)
    backend = connect(url, place.url, place.folder)
    with driver(url, _unreadable(place.shown)):
        groups = tuple(_groups(place, backend))
    return Source(place=place, backend=backend, url=url, groups=groups)


def _unreadable(where: str) -> Callable[[str], InputError]:
    return lambda said: InputError("E-DRF-029", f"cannot be read: {said}.", where=where, fix=_FIX)


def _groups(place: Place, backend: Any) -> list[Group]:
    if place.table:
        return [_group(_named(backend, place.table))]
    return _by_schema(backend, sources.files(place.files))


def _named(backend: Any, table: str) -> Any:
    """A table, or Parquet files far away as one."""
    if "://" in table:
        return _parquet(backend, [table])
    *database, name = table.split(".")
    return backend.table(name, database=tuple(database) or None)


def _group(table: Any) -> Group:
    return Group(table=table, schema=table.schema().to_pyarrow())


def _by_schema(backend: Any, files: Sequence[Path]) -> list[Group]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[tuple[tuple[str, str], ...], tuple[Any, list[Path]]] = {}
    for file in files:
        if file.suffix.lower() != ".parquet":
            message = "is CSV, of which every database makes something else."
            fix = "Write Parquet, or leave drift.live.source out."
            raise InputError("E-DAT-011", message, where=str(file), fix=fix)
        try:
            schema = pq.read_schema(file)
        except (pa.ArrowException, OSError) as error:
            raise sources.unreadable(error, file) from None
        if len(set(schema.names)) < len(schema.names):
            twice = next(name for name in schema.names if schema.names.count(name) > 1)
            raise InputError("E-DAT-002", f"has column {twice[:80]!r} more than once.", where=str(file))
        key = tuple((entry.name, str(entry.type)) for entry in schema)
        found.setdefault(key, (schema, []))[1].append(file)
    return [Group(table=_parquet(backend, files), schema=schema) for schema, files in found.values()]


def _parquet(backend: Any, files: Sequence[Path | str]) -> Any:
    names = [str(file) for file in files]
    if backend.name != "pyspark":
        return backend.read_parquet(names)
    from ibis.util import gen_name

    frame = backend._session.read.parquet(*names)  # Ibis's own way takes one path
    view = gen_name("tidegate_live")
    frame.createOrReplaceTempView(view)
    return backend.table(view)
