"""Whether the files of a data set fit together."""

from __future__ import annotations

import pytest

from tidegate.core.data.findings import Sample
from tidegate.core.data.structure import Shape, check, column_types, common_type, conflicts


def shape(name: str, loose: bool = False, **columns: str) -> Shape:
    return Shape(name=name, rows=10, columns=columns, loose=loose)


@pytest.mark.parametrize(
    ("types", "loose", "common"),
    [
        (["int64", "int64"], False, "int64"),
        (["int64", "null"], False, "int64"),
        (["null", "null"], False, "null"),
        (["large_string", "string"], False, "string"),
        (["double"], False, "float64"),
        (["int64", "double"], False, None),
        (["int64", "double"], True, "float64"),
        (["int64", "string"], True, None),
        (["timestamp[us]", "timestamp[ns]"], False, None),
    ],
)
def test_one_type_for_a_column_of_many_files(types: list[str], loose: bool, common: str | None) -> None:
    assert common_type(types, loose=loose) == common


def test_files_that_fit_pass_two_checks() -> None:
    checked, findings = check([shape("a", id="int64"), shape("b", id="int64")], lambda *_: (0, ()))
    assert (checked.name, checked.checks, checked.failed) == ("files", 2, 0)
    assert findings == ()


def test_a_file_with_other_columns_is_named_with_what_it_lacks_and_has() -> None:
    files = [shape(name, id="int64", wind="double") for name in "abc"]
    checked, (finding,) = check([*files, shape("d", id="int64", winds="double")], lambda *_: (0, ()))
    assert checked.failed == 1
    assert finding.observed == "d without wind and with winds"
    assert finding.expected == "columns id, wind, as in 3 of 4 files"
    assert (finding.severity, finding.count) == ("block", 1)


def test_a_file_with_another_type_is_named_with_the_values() -> None:
    files = [shape("a", id="int64"), shape("b", id="int64"), shape("c", id="string")]
    _, (finding,) = check(files, lambda column, usual: (3, [Sample(row="row 2 of c", value=f"{column} {usual}")]))
    assert (finding.column, finding.observed, finding.expected) == ("id", "string in c", "int64")
    assert (finding.count, finding.samples) == (3, (Sample(row="row 2 of c", value="id int64"),))


def test_conflicts_name_the_usual_type_and_the_odd_files() -> None:
    files = [shape("a", id="string"), shape("b", id="int64"), shape("c", id="int64"), shape("d", id="null")]
    assert conflicts(files) == {"id": ("int64", ("a",))}


def test_types_of_all_columns_over_all_files() -> None:
    files = [shape("a", id="int64", x="double"), shape("b", id="string", y="null")]
    assert column_types(files) == {"id": "int64 or string", "x": "float64", "y": "null"}


def test_numbers_guessed_from_text_are_numbers() -> None:
    files = [shape("a", loose=True, x="int64"), shape("b", loose=True, x="double")]
    assert column_types(files) == {"x": "float64"}
    assert conflicts(files) == {}
