"""MLflow's forms of one and the same rows get one and the same answer; whatever is wrong is said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fixtures.server_wiring import Served, said
from tidegate.server.release.folder import Release

COLUMNS = ["size", "count", "fresh", "colour"]
ROWS: list[list[Any]] = [[1.5, 2, True, "blue"], [0, -5, False, "red"]]
PRICES = [6.25, -4.25]
RECORDS = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
BY_COLUMN = {name: [row[place] for row in ROWS] for place, name in enumerate(COLUMNS)}
TURNED = {name: BY_COLUMN[name] for name in reversed(COLUMNS)}

FORMS: dict[str, Any] = {
    "split": {"dataframe_split": {"columns": COLUMNS, "data": ROWS}},
    "split with index": {"dataframe_split": {"index": [5, 6], "columns": COLUMNS, "data": ROWS}},
    "split, other order": {"dataframe_split": {"columns": COLUMNS[::-1], "data": [row[::-1] for row in ROWS]}},
    "records": {"dataframe_records": RECORDS},
    "instances": {"instances": RECORDS},
    "inputs": {"inputs": BY_COLUMN},
    "inputs, other order": {"inputs": TURNED},
    "inputs as tensors": {"inputs": {name: [[value] for value in values] for name, values in BY_COLUMN.items()}},
    "empty params": {"inputs": BY_COLUMN, "params": {}},
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_every_form_gives_the_same_answer(served: Served, body: Any) -> None:
    response = served.ask("/invocations", body)
    assert (response.status, said(response)) == (200, {"predictions": PRICES})


CSV = "size,count,fresh,colour\r\n1.5,2,true,blue\r\n0,-5,False,red\r\n"
CSVS = {
    "plain": CSV,
    "newlines of Unix": CSV.replace("\r\n", "\n"),
    "byte order mark": "\ufeff" + CSV,
    "no last newline": CSV.rstrip(),
    "blank lines": CSV.replace("\r\n", "\r\n\r\n"),
    "quoted": CSV.replace("blue", '"blue"').replace("1.5", '"1.5"'),
    "exponent": CSV.replace("1.5", "15e-1"),
    "other order": "colour,fresh,size,count\nblue,TRUE,1.5,2\nred,false,.0,-5\n",
}


@pytest.mark.parametrize("text", CSVS.values(), ids=CSVS.keys())
def test_csv_gives_it_too(served: Served, text: str) -> None:
    response = served.ask("/invocations", text.encode(), content_type="text/csv; charset=utf-8")
    assert (response.status, said(response)) == (200, {"predictions": PRICES})


def _split(**changes: Any) -> dict[str, Any]:
    return {"dataframe_split": {"columns": COLUMNS, "data": ROWS} | changes}


BAD: dict[str, tuple[Any, str]] = {
    "empty": (b"", "no JSON"),
    "not JSON": (b"hello", "no JSON"),
    "truncated": (b'{"inputs": {"size": [1', "line 1 column"),
    "NaN": (b'{"inputs": {"size": [NaN]}}', "no JSON"),
    "infinite number": (b'{"inputs": {"size": [1e999]}}', "infinity"),
    "lone surrogate": (b'{"inputs": "\\ud800"}', "surrogate"),
    "not UTF-8": (b'{"inputs": "\xff"}', "no JSON"),
    "too deep": (b'{"inputs":' + b"[" * 5000 + b"]" * 5000 + b"}", "depth"),
    "a list": ([1], "JSON object"),
    "nothing known": ({}, "exactly one of"),
    "two forms": ({"inputs": BY_COLUMN, "instances": RECORDS}, "exactly one of"),
    "unknown key": ({"inputs": BY_COLUMN, "debug": True}, 'unknown keys: "debug"'),
    "params": ({"inputs": BY_COLUMN, "params": {"a": 1}}, "no params"),
    "split a list": ({"dataframe_split": []}, "object"),
    "split without data": ({"dataframe_split": {"columns": COLUMNS}}, "data"),
    "split with more": (_split(dtype=1), "object with"),
    "no rows": (_split(data=[]), "there are no rows"),
    "too many rows": (_split(data=ROWS * 501), "1002 rows are more than 1000"),
    "short row": (_split(data=[ROWS[0], ROWS[1][:3]]), "row 1 has 3 values"),
    "row no list": (_split(data=[ROWS[0], "abcd"]), "row 1 has no list"),
    "missing column": (_split(columns=COLUMNS[:3], data=[row[:3] for row in ROWS]), 'missing columns: "colour"'),
    "unknown column": (_split(columns=[*COLUMNS, "x"], data=[[*row, 1] for row in ROWS]), 'unknown columns: "x"'),
    "renamed column": (_split(columns=["Size", *COLUMNS[1:]]), 'missing columns: "size"; unknown columns: "Size"'),
    "column twice": (_split(columns=["size", "size", "fresh", "colour"]), "twice"),
    "column no text": (_split(columns=[1, *COLUMNS[1:]]), "no text"),
    "columns unhashable": (_split(columns=[[], *COLUMNS[1:]]), "no text"),
    "wrong type": (_split(data=[ROWS[0], ["1.5", 2, True, "blue"]]), 'row 1, column "size": got "1.5" (text)'),
    "null": (_split(data=[[1.5, None, True, "blue"]]), 'row 0, column "count": got null'),
    "over the maximum": (_split(data=[[100.5, 2, True, "blue"]]), "at least 0 and at most 100 or null"),
    "word not allowed": (_split(data=[[1.5, 2, True, "grey"]]), 'expected one of "blue", "green"'),
    "record no object": ({"dataframe_records": [RECORDS[0], 1]}, "row 1 is no object"),
    "record incomplete": ({"dataframe_records": [RECORDS[0], {"size": 1}]}, "row 1: missing columns"),
    "records no list": ({"dataframe_records": RECORDS[0]}, "list of objects"),
    "instances of lists": ({"instances": ROWS}, "several inputs"),
    "instances a number": ({"instances": 1}, "list"),
    "inputs a number": ({"inputs": 1}, "object"),
    "uneven inputs": ({"inputs": {**BY_COLUMN, "count": [1]}}, '"count" has 1'),
    "input a number": ({"inputs": {**BY_COLUMN, "count": 1}}, "list with one value per row"),
    "no inputs": ({"inputs": {}}, "no rows"),
}


@pytest.mark.parametrize(("body", "words"), BAD.values(), ids=BAD.keys())
def test_bad_body_is_explained(served: Served, body: Any, words: str) -> None:
    response = served.ask("/invocations", body)
    document = said(response)
    assert response.status == (413 if "too many" in document["reason"] or "more than" in words else 400)
    assert words in document["message"]
    assert document["error_code"] == "BAD_REQUEST"
    assert not served.troubles


BAD_CSV: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no header"),
    "header only": (b"size,count,fresh,colour\n", "no rows"),
    "not UTF-8": (b"size\xff", "byte 4"),
    "open quote": (CSV.encode() + b'"', "no CSV"),
    "missing column": (b"size,count,fresh\n1,1,true\n", 'missing columns: "colour"'),
    "column twice": (b"size,size\n1,1\n", "twice"),
    "short row": (CSV.encode() + b"1,2\n", "row 2 has 2 cells"),
    "a word for a number": (CSV.replace("1.5", "abc").encode(), 'row 0, column "size": got "abc"'),
    "nan": (CSV.replace("1.5", "nan").encode(), 'got "nan"'),
    "underscores": (CSV.replace("1.5", "1_0").encode(), 'got "1_0"'),
    "infinite": (CSV.replace("1.5", "1e999").encode(), "an infinite number"),
    "fraction for a whole": (CSV.replace(",2,", ",2.0,").encode(), 'row 0, column "count": got "2.0"'),
    "empty whole": (CSV.replace(",2,", ",,").encode(), "got null"),
    "number for true": (CSV.replace("true", "1").encode(), "true or false"),
    "semicolons": (CSV.replace(",", ";").encode(), "missing columns"),
}


@pytest.mark.parametrize(("body", "words"), BAD_CSV.values(), ids=BAD_CSV.keys())
def test_bad_csv_is_explained(served: Served, body: bytes, words: str) -> None:
    response = served.ask("/invocations", body, content_type="text/csv")
    assert response.status == 400
    assert words in said(response)["message"]


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-parquet", "multipart/form-data; boundary=x"])
def test_other_content_types_are_refused(served: Served, kind: str) -> None:
    assert served.ask("/invocations", {"inputs": BY_COLUMN}, content_type=kind).status == 415


def test_too_many_rows_of_csv_are_refused_while_reading(served: Served) -> None:
    body = b"size,count,fresh,colour\n" + b"1,1,true,red\n" * 1001
    assert served.ask("/invocations", body, content_type="text/csv").status == 413


@pytest.mark.parametrize(
    ("row", "text"),
    [([1.5, 2, True, "violet"], "row 1"), ([None, 2, True, "blue"], "row 1")],
    ids=["a word the model does not know", "no size"],
)
def test_an_answer_that_is_no_number_is_a_refusal(served: Served, row: list[Any], text: str) -> None:
    response = served.ask("/invocations", _split(data=[ROWS[0], row]))
    assert response.status == 422
    assert text in said(response)["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [[1.0, 2.0, 3.0], [4, 5, 6]]},
        {"inputs": [[1.0, 2.0, 3.0], [4, 5, 6]]},
        {"inputs": {"features": [[1.0, 2.0, 3.0], [4, 5, 6]]}},
        {"inputs": {"a": [1, 4], "b": [2, 5], "c": [3, 6]}},
        {"dataframe_split": {"columns": ["c", "b", "a"], "data": [[3, 2, 1], [6, 5, 4]]}},
    ],
    ids=["instances", "inputs", "named tensor", "columns", "split"],
)
def test_a_matrix_and_several_outputs(wide: Release, body: Any) -> None:
    served = Served(wide)
    label, scores = served.model.run({"features": np.array([[1, 2, 3], [4, 5, 6]], np.float32)})
    expected = [{"label": int(one), "scores": row.tolist()} for one, row in zip(label, scores, strict=True)]
    assert said(served.ask("/invocations", body)) == {"predictions": expected}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"instances": [[1, 2]]}, "row 0 has 2 values"),
        ({"instances": [1]}, "row 0 has no list"),
        ({"inputs": {"features": [[1, 2]]}}, "row 0: expected a list of 3"),
        ({"inputs": {"features": []}}, "no rows"),
        ({"inputs": {"features": 1}}, "list of rows"),
    ],
)
def test_bad_matrix_is_explained(wide: Release, body: Any, words: str) -> None:
    response = Served(wide).ask("/invocations", body)
    assert response.status == 400
    assert words in said(response)["message"]
