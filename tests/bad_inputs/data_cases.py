"""Data that is not what its name, its pointer or its expectations say: rows D01 to D13.

The data lies in the work tree with a pointer that fits it, so no case needs DVC. Those that Great Expectations has to
see take the seconds that it takes to start.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case

Build = Callable[[Path], None]
TYPES = {"instant": "int64", "rentals": "int64", "season": "str", "price": "float64"}
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n"
DVC = b"outs:\n- md5: 0123456789abcdef0123456789abcdef\n  path: data\n"
GOOD = "instant,rentals,season,price\n1,4,winter,1.5\n2,5,spring,2.5\n3,6,winter,3.5\n"
EXPECTATIONS: list[dict[str, Any]] = [
    {
        "type": "expect_table_columns_to_match_set",
        "kwargs": {"column_set": list(TYPES), "exact_match": True},
    },
    *(
        {"type": "expect_column_values_to_be_of_type", "kwargs": {"column": name, "type_": kind}}
        for name, kind in TYPES.items()
    ),
    *({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": name}} for name in TYPES),
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "instant"}},
    {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "season", "value_set": ["winter", "spring"]}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "price", "min_value": 0}},
    {
        "type": "expect_column_unique_value_count_to_be_between",
        "kwargs": {"column": "rentals", "min_value": 2},
    },
]


def suite(*expectations: dict[str, Any], rows: str = "all") -> str:
    document = {"name": "rows", "meta": {"tidegate": {"rows": rows}}, "expectations": list(expectations)}
    return json.dumps(document, indent=1)


def data(*, suites: dict[str, str] | None = None, **files: str | bytes) -> Build:
    """Data files (in a name `_dot_` is a dot and a leading `m` is dropped), a pointer that fits, and suites."""

    def build(folder: Path) -> None:
        contents = {
            name.removeprefix("m").replace("_dot_", ".").replace("_", "-"): text for name, text in files.items()
        }
        rules = {"rows.json": suite(*EXPECTATIONS)} if suites is None else suites
        listing = _listing(contents)
        digest = _md5(listing)
        written = {
            **{f"data/{name}": text for name, text in contents.items()},
            **{f"model/expectations/{name}": text for name, text in rules.items()},
            f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}.dir": listing,
            "data.dvc": f"outs:\n- md5: {digest}.dir\n  nfiles: {len(contents)}\n  hash: md5\n  path: data\n",
            "tidegate.yaml": CONTRACT,
        }
        for name, content in written.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    return build


def _listing(contents: dict[str, str | bytes]) -> bytes:
    """As `dvc add data` writes it."""
    digests = {name: _md5(text.encode() if isinstance(text, str) else text) for name, text in contents.items()}
    entries = [{"md5": digest, "relpath": name} for name, digest in sorted(digests.items())]
    return json.dumps(entries, sort_keys=True).encode()


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def but(*lines: str) -> str:
    """The good file with these rows behind its own."""
    return GOOD + "".join(f"{line}\n" for line in lines)


def parquet(**columns: pa.Array | list[Any]) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def case(name: str, build: Build, code: str | None = None, **other: Any) -> Case:
    title = name.partition("-")[2].replace("-", " ")
    return Case(id=name, title=title, build=build, code=code, **{"exit": 2, "arguments": ("validate-data",), **other})


def no(name: str, build: Build, *mentions: str, **other: Any) -> Case:
    """A verdict: exit 1 and no code."""
    return case(name, build, **{"exit": 1, "mentions": mentions, "seconds": 120.0, **other})


def _changed_after_tracking(folder: Path) -> None:
    data(a_dot_csv=GOOD)(folder)
    (folder / "data" / "a.csv").write_text(GOOD.replace("1.5", "9.5"))


_START = datetime(2024, 1, 1)
_DAYS = [_START + timedelta(days=day) for day in range(3)]
_IN_MONTH = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {
        "column": "time",
        "min_value": {"$PARAMETER": "file_start"},
        "max_value": {"$PARAMETER": "file_end"},
        "strict_max": True,
    },
}
_TIMED = {"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "time", "type_": "datetime64[s]"}}

BROKEN = (
    case("D01-0-bytes", data(a_dot_parquet=b""), code="E-DAT-001", mentions=("data/a.parquet", "0 bytes")),
    case(
        "D01-header-only", data(a_dot_csv="instant,rentals\n"), code="E-DAT-001", mentions=("data/a.csv has no rows",)
    ),
    case("D01-0-rows", data(a_dot_parquet=parquet(instant=pa.array([], pa.int64()))), code="E-DAT-001"),
    case("D01-no-files", data(), code="E-DAT-001", mentions=("data.dvc stands for no files",)),
    case(
        "D02-duplicate-column",
        data(a_dot_csv="instant,instant\n1,2\n"),
        code="E-DAT-002",
        mentions=("data/a.csv has column 'instant' more than once",),
    ),
    case("D08-latin-1", data(a_dot_csv=but("4,7,été,1").encode("latin-1")), code="E-DAT-004", where="data/a.csv:5"),
    case("D08-utf-16", data(a_dot_csv=GOOD.encode("utf-16")), code="E-DAT-004", where="data/a.csv:1"),
    case("D08-nul", data(a_dot_csv=but("4,7,\0,1")), code="E-DAT-004", where="data/a.csv:5"),
    case(
        "D08-open-quote", data(a_dot_csv=but('4,7,"winter,1', "5,7,spring,1")), code="E-DAT-004", where="data/a.csv:5"
    ),
    case("D08-giant-cell", data(a_dot_csv=but("4,7," + "x" * 2**20 + ",1")), code="E-DAT-004", where="data/a.csv:5"),
    case("D08-too-many-cells", data(a_dot_csv=but("4,7,winter,1,1")), code="E-DAT-004", where="data/a.csv:5"),
    case("D08-semicolons", data(a_dot_csv=GOOD.replace(",", ";")), code="E-DAT-004", where="data/a.csv:1"),
    case("D09-truncated", data(a_dot_parquet=parquet(instant=[1, 2])[:-20]), code="E-DAT-010"),
    case("D09-wrong-magic", data(a_dot_parquet="instant\n1\n"), code="E-DAT-010"),
    case("D09-gzip", data(a_dot_csv=gzip.compress(GOOD.encode())), code="E-DAT-010", mentions=("it looks like gzip",)),
    case("D09-another-kind", data(a_dot_json="{}"), code="E-DAT-011"),
    case("D11-no-suites", data(suites={}, a_dot_csv=GOOD), code="E-DAT-020", mentions=("nothing was checked",)),
    case(
        "D11-no-expectations",
        data(suites={"rows.json": suite()}, a_dot_csv=GOOD),
        code="E-DAT-020",
        mentions=("model/expectations/rows.json has no expectations: nothing was checked",),
    ),
    case(
        "D11-unknown-column",
        data(
            suites={
                "rows.json": suite(
                    EXPECTATIONS[-1], {**EXPECTATIONS[-2], "kwargs": {"column": "prize", "min_value": 0}}
                )
            },
            a_dot_csv=GOOD,
        ),
        code="E-DAT-020",
        where="model/expectations/rows.json:17",
        mentions=('Did you mean "price"?',),
    ),
    case(
        "D11-can-never-fail",
        data(
            suites={"rows.json": suite({"type": "expect_table_row_count_to_be_between", "kwargs": {}})}, a_dot_csv=GOOD
        ),
        code="E-DAT-020",
        where="model/expectations/rows.json:10",
    ),
    case(
        "D11-truncated-suite",
        data(suites={"rows.json": suite(*EXPECTATIONS)[:-30]}, a_dot_csv=GOOD),
        code="E-DAT-020",
        mentions=("model/expectations/rows.json:", "is not JSON"),
    ),
    case(
        "D11-unknown-expectation",
        data(suites={"rows.json": suite({"type": "expect_wonders", "kwargs": {"column": "price"}})}, a_dot_csv=GOOD),
        code="E-DAT-020",
        where="model/expectations/rows.json:10",
        seconds=120.0,
    ),
    case("D12-lfs-pointer", data(a_dot_parquet=LFS), code="E-DAT-030", mentions=("Run git lfs pull.",)),
    case("D12-dvc-pointer", data(a_dot_csv=DVC), code="E-DAT-030"),
    case(
        "D13-other-bytes",
        _changed_after_tracking,
        exit=4,
        code="E-DAT-031",
        mentions=("data/a.csv md5 expected ", ", got "),
        seconds=30.0,
    ),
)

ODD_FILES = (
    no(
        "D02-missing-in-one-file",
        data(a_dot_csv=GOOD, b_dot_csv=GOOD, c_dot_csv="instant,rentals,season\n9,4,winter\n"),
        "c.csv without price",
        "not run: rows",
    ),
    no(
        "D03-another-type-in-one-file",
        data(a_dot_csv=GOOD, b_dot_csv=GOOD, c_dot_csv=GOOD.replace("4,winter", "12a,winter")),
        "rentals: expected int64; not so in string in c.csv",
    ),
    no(
        "D07-zones-mixed",
        data(
            a_dot_parquet=parquet(instant=[1, 2, 3], time=pa.array(_DAYS, pa.timestamp("us"))),
            b_dot_parquet=parquet(instant=[4, 5, 6], time=pa.array(_DAYS, pa.timestamp("us", "UTC"))),
        ),
        "time: expected timestamp[us]",
        "timestamp[us, tz=UTC] in b.parquet",
    ),
)

NOT_AS_EXPECTED = (
    no(
        "D02-renamed",
        data(a_dot_csv=GOOD.replace("price", "prise")),
        "without price and with prise",
        "may now be prise",
    ),
    no("D03-mixed-types", data(a_dot_csv=but("4,12a,winter,1")), "rentals: expected type int64", "type str"),
    no(
        "D04-missing-and-sentinel",
        data(a_dot_csv=but("4,7,,-999")),
        "season: expected no missing values; not so in 1 of 4 rows",
        "price: expected at least 0; not so in 1 of 4 rows",
    ),
    no(
        "D05-ids-twice-and-in-train-and-test",
        data(train_dot_csv=but("3,7,winter,1"), test_dot_csv=GOOD),
        "instant: expected every value once; not so in 7 of 7 rows",
    ),
    no(
        "D06-category-and-one-class",
        data(a_dot_csv="instant,rentals,season,price\n1,4,monsoon,1.5\n2,4,winter,2.5\n"),
        "season: expected one of winter, spring; not so in 1 of 2",
        "rentals: expected unique value count at least 2; found 1",
    ),
    no(
        "D07-two-formats",
        data(suites={"rows.json": suite(_TIMED)}, a_dot_csv="instant,time\n1,2024-01-01\n2,01.02.2024\n"),
        "time: expected type datetime64[s]",
    ),
    no(
        "D07-future",
        data(
            suites={"rows.json": suite(_IN_MONTH, rows="each-file")},
            m2024_01_dot_parquet=parquet(instant=[1, 2], time=[datetime(2024, 1, 5), datetime(2031, 1, 1)]),
        ),
        "time: expected at least 2024-01-01 and below 2024-02-01; not so in 1 of 2 rows",
    ),
    no(
        "D10-formula",
        data(a_dot_csv=but("4,7,=cmd|' /C calc'!A0,1")),
        "season: expected one of winter, spring; not so in 1 of 4",
    ),
    no("D08-byte-order-mark-and-crlf", data(a_dot_csv=("\ufeff" + GOOD).replace("\n", "\r\n")), exit=0),
)
CASES = BROKEN + ODD_FILES + NOT_AS_EXPECTED
