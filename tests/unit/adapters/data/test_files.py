"""Data files: what is wrong with one is said by name before anything reads it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tidegate.adapters.data import files as data_files
from tidegate.errors import InputError, SecurityRefusal

TABLE = pa.table({"id": pa.array([1, 2, 3]), "word": pa.array(["a", None, "b"]).dictionary_encode()})


def parquet(table: pa.Table = TABLE) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def twice() -> bytes:
    return parquet(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))


def in_the_middle(data: bytes) -> bytes:
    return data[:4] + b"\xff" * (len(data) - 12) + data[-8:]


LONG = b"a\n" + b"x" * (1024 * 1024 + 1) + b"\n"
DVC = b"outs:\n- md5: 0123456789abcdef0123456789abcdef\n  path: data\n"
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.mark.parametrize(
    ("name", "data", "code", "where", "told"),
    [
        pytest.param("a.parquet", b"", "E-DAT-001", "a.parquet", "0 bytes", id="D01-0-bytes"),
        pytest.param("a.csv", b"", "E-DAT-001", "a.csv", "0 bytes", id="D01-0-bytes-csv"),
        pytest.param("a.csv", b"id,x\n", "E-DAT-001", "a.csv", "no rows", id="D01-header-only"),
        pytest.param("a.parquet", parquet(TABLE[:0]), "E-DAT-001", "a.parquet", "no rows", id="D01-0-rows"),
        pytest.param("a.parquet", twice(), "E-DAT-002", "a.parquet", "column 'a' more than once", id="D02-twice"),
        pytest.param("a.csv", b"x,x\n1,2\n", "E-DAT-002", "a.csv", "column 'x' more than once", id="D02-twice-csv"),
        pytest.param("a.csv", "id,x\n1,\xe9\n".encode("latin-1"), "E-DAT-004", "a.csv:2", "0xe9", id="D08-latin-1"),
        pytest.param("a.csv", "id,x\n1,2\n".encode("utf-16"), "E-DAT-004", "a.csv:1", "UTF-16", id="D08-utf-16"),
        pytest.param("a.csv", b"id,x\n1,2\n3,\x00\n", "E-DAT-004", "a.csv:3", "NUL byte at offset 11", id="D08-nul"),
        pytest.param("a.csv", b'id,x\n1,"2\n3,4\n', "E-DAT-004", "a.csv:2", "never closed", id="D08-open-quote"),
        pytest.param("a.csv", LONG, "E-DAT-004", "a.csv:2", "1,048,577 bytes", id="D08-giant-cell"),
        pytest.param("a.csv", b"id,x\n1,2\n3,4,5\n", "E-DAT-004", "a.csv:3", "Expected 2 columns", id="D08-too-wide"),
        pytest.param("a.csv", b"id;x\n1;2\n", "E-DAT-004", "a.csv:1", "semicolons", id="D08-semicolons"),
        pytest.param("a.parquet", parquet()[:-9], "E-DAT-010", "a.parquet", "cut short", id="D09-truncated"),
        pytest.param("a.parquet", b"PAR1", "E-DAT-010", "a.parquet", "cannot be read", id="D09-magic-only"),
        pytest.param(
            "a.parquet", in_the_middle(parquet()), "E-DAT-010", "a.parquet", "cannot be read", id="D09-damaged"
        ),
        pytest.param("a.parquet", b"id,x\n1,2\n", "E-DAT-010", "a.parquet", "something else", id="D09-csv-inside"),
        pytest.param("a.parquet", gzip.compress(b"x"), "E-DAT-010", "a.parquet", "like gzip", id="D09-gzip"),
        pytest.param("a.csv", gzip.compress(b"id\n1"), "E-DAT-010", "a.csv", "like gzip", id="D09-gzip-as-csv"),
        pytest.param("a.csv", b"PK\x03\x04....", "E-DAT-010", "a.csv", "a zip archive", id="D09-zip-as-csv"),
        pytest.param("a.csv", parquet(), "E-DAT-010", "a.csv", "like Parquet", id="D09-parquet-as-csv"),
        pytest.param("a.csv", b"\x80\x04\x95.", "E-DAT-010", "a.csv", "a Python pickle", id="D09-pickle-as-csv"),
        pytest.param("a.json", b"{}", "E-DAT-011", "a.json", ".parquet and .csv", id="another-kind"),
        pytest.param("noending", b"{}", "E-DAT-011", "noending", "no ending", id="no-ending"),
        pytest.param("a.parquet", LFS, "E-DAT-030", "a.parquet", "Git LFS pointer", id="D12-lfs"),
        pytest.param("a.csv", LFS, "E-DAT-030", "a.csv", "Git LFS pointer", id="D12-lfs-csv"),
        pytest.param("a.parquet", DVC, "E-DAT-030", "a.parquet", "DVC pointer", id="D12-dvc"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, data: bytes, code: str, where: str, told: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        data_files.shape(tmp_path / name, name)
    assert (caught.value.code, caught.value.where) == (code, where)
    assert told in caught.value.message


def test_a_file_that_unpacks_out_of_proportion_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({f"c{number}": pa.nulls(100_000) for number in range(9)}), path)
    with pytest.raises(SecurityRefusal) as caught:
        data_files.shape(path, "bomb.parquet", harmless=100_000)
    assert caught.value.code == "E-SEC-005"
    assert "would unpack to 900,000 bytes" in caught.value.message
    assert data_files.shape(path, "bomb.parquet").rows == 100_000


def test_a_good_file_has_rows_and_types_without_dictionaries(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    found = data_files.shape(tmp_path / "a.parquet", "a.parquet")
    assert (found.rows, found.columns, found.loose) == (3, {"id": "int64", "word": "string"}, False)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("id,x\n1,2.5\n2,\n", {"id": "int64", "x": "double"}),
        ("\ufeffid,x\r\n1,NA\r\n2,\r\n", {"id": "int64", "x": "string"}),
        ('id,x\n1,"two\nlines"\n', {"id": "int64", "x": "string"}),
        ("id,x\n1,=cmd|' /C calc'!A0\n", {"id": "int64", "x": "string"}),
        ("id,x\n1,2024-01-01 00:00:00\n", {"id": "int64", "x": "timestamp[s]"}),
    ],
    ids=["missing", "byte-order-mark-and-crlf", "line-break-in-a-cell", "D10-formula", "times"],
)
def test_good_csv(tmp_path: Path, text: str, columns: dict[str, str]) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    found = data_files.shape(tmp_path / "a.csv", "a.csv")
    assert (dict(found.columns), found.loose) == (columns, True)


def test_a_damaged_page_is_found_when_it_is_read(tmp_path: Path) -> None:
    data = bytearray(parquet())
    data[4:40] = b"\xff" * 36
    (tmp_path / "a.parquet").write_bytes(bytes(data))
    data_files.shape(tmp_path / "a.parquet", "a.parquet")
    with pytest.raises(InputError) as caught:
        data_files.table(tmp_path / "a.parquet", "a.parquet")
    assert (caught.value.code, caught.value.where) == ("E-DAT-010", "a.parquet")


@pytest.mark.parametrize("write", [lambda path: pq.write_table(TABLE, path)], ids=["parquet"])
def test_only_the_columns_that_were_asked_for_are_read(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path / "a.parquet")
    assert data_files.table(tmp_path / "a.parquet", "a.parquet", ["word"]).to_pydict() == {"word": ["a", None, "b"]}


def test_frames_of_csv_files_have_one_type_of_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n2\n")
    data_files.write_frame(tmp_path / "a.csv", "a.csv", {"x": "float64"}, tmp_path / "a.arrow")
    read = pa.ipc.open_file(pa.memory_map(str(tmp_path / "a.arrow"))).read_all()
    assert read.schema.field("x").type == pa.float64()
    assert read.to_pydict() == {"x": [1.0, 2.0]}
