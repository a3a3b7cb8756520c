"""signature.json is read strictly, because every request is judged by it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tidegate.errors import InputError
from tidegate.server.release import signature
from tidegate.server.release.folder import Release

GOOD: dict[str, Any] = {
    "schema": 1,
    "inputs": [
        {"name": "size", "datatype": "FP64", "shape": [-1, 1], "columns": [{"name": "size", "minimum": 0}]},
        {"name": "word", "datatype": "BYTES", "shape": [-1], "columns": [{"name": "word", "values": ["a", "b"]}]},
        {"name": "m", "datatype": "FP32", "shape": [-1, 2], "columns": [{"name": "p"}, {"name": "q"}]},
    ],
    "outputs": [
        {"name": "price", "datatype": "FP64", "shape": [-1, 1]},
        {"name": "scores", "datatype": "FP32", "shape": [-1, 2]},
    ],
}


def test_columns_and_answers_are_named_in_order() -> None:
    read = signature.parse(GOOD)
    assert read.names == ["size", "word", "p", "q"]
    assert read.answers == ["price", "scores_0", "scores_1"]


def test_a_signature_survives_being_written(fruit: Release) -> None:
    assert signature.parse(signature.document(fruit.signature)) == fruit.signature
    assert signature.parse(signature.document(signature.parse(GOOD))) == signature.parse(GOOD)


BAD = {
    "no object": ((), [], "/", "object"),
    "newer schema": (("schema",), 2, "/schema", "reads 1"),
    "unknown key": (("extra",), 1, "/extra", "no key"),
    "no inputs": (("inputs",), [], "/inputs", "at least one"),
    "inputs no list": (("inputs",), {}, "/inputs", "list"),
    "input no object": (("inputs", 0), 3, "/inputs/0", "object"),
    "unknown datatype": (("inputs", 0, "datatype"), "COMPLEX", "/inputs/0/datatype", "one of"),
    "three dimensions": (("inputs", 0, "shape"), [-1, 2, 3], "/inputs/0/shape", "rows"),
    "fixed rows": (("inputs", 0, "shape"), [1, 1], "/inputs/0/shape", "rows"),
    "boolean size": (("inputs", 0, "shape"), [-1, True], "/inputs/0/shape", "rows"),
    "columns against shape": (("inputs", 0, "shape"), [-1, 2], "/inputs/0/columns", "shape says 2"),
    "no name": (("inputs", 0, "columns", 0), {}, "/inputs/0/columns/0", "lacks name"),
    "name with newline": (("inputs", 0, "columns", 0, "name"), "a\nb", "/inputs/0/columns/0/name", "printable"),
    "nullable text": (("inputs", 1, "columns", 0, "nullable"), True, "/inputs/1/columns/0/nullable", "floats"),
    "nullable word": (("inputs", 0, "columns", 0, "nullable"), "yes", "/inputs/0/columns/0/nullable", "true or"),
    "minimum of a text": (("inputs", 1, "columns", 0, "minimum"), 1, "/inputs/1/columns/0/minimum", "number"),
    "infinite minimum": (("inputs", 0, "columns", 0, "minimum"), 1e999, "/inputs/0/columns/0/minimum", "finite"),
    "minimum above": (("inputs", 0, "columns", 0, "maximum"), -1, "/inputs/0/columns/0/minimum", "above"),
    "no values": (("inputs", 1, "columns", 0, "values"), [], "/inputs/1/columns/0/values", "at least one"),
    "values of a number": (("inputs", 0, "columns", 0, "values"), ["a"], "/inputs/0/columns/0/values", "BYTES"),
    "name twice": (("inputs", 0, "columns", 0, "name"), "word", "/", "twice"),
    "output named as input": (("outputs", 0, "name"), "size", "/", "twice"),
    "the log's own name": (("outputs", 0, "name"), "request_id", "/", "prediction log"),
}


@pytest.mark.parametrize(("path", "value", "pointer", "reason"), BAD.values(), ids=BAD.keys())
def test_bad_signature_is_refused_with_its_pointer(
    path: tuple[Any, ...], value: Any, pointer: str, reason: str
) -> None:
    document: Any = copy.deepcopy(GOOD)
    place = document
    for step in path[:-1]:
        place = place[step]
    if path:
        place[path[-1]] = value
    else:
        document = value
    with pytest.raises(InputError) as caught:
        signature.parse(document, "signature.json")
    assert caught.value.code == "E-SRV-010"
    assert caught.value.where == f"signature.json {pointer}"
    assert reason in caught.value.message
