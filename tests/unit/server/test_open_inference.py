"""Open Inference Protocol V2: JSON and binary tensors, in and out, and what is wrong with them."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import orjson
import pytest

from fixtures.server_wiring import Served, said
from tidegate.server.release.folder import Release
from tidegate.server.wire.message import Response

PATH = "/v2/models/fruit/infer"
DATA: dict[str, tuple[str, list[Any]]] = {
    "size": ("FP64", [1.5, 0]),
    "count": ("INT64", [2, -5]),
    "fresh": ("BOOL", [True, False]),
    "colour": ("BYTES", ["blue", "red"]),
}
PRICES = [6.25, -4.25]


def tensor(name: str, /, **changes: Any) -> dict[str, Any]:
    datatype, data = DATA[name]
    return {"name": name, "shape": [2, 1], "datatype": datatype, "data": data, **changes}


def request(**changes: Any) -> dict[str, Any]:
    return {"inputs": [tensor(name) for name in DATA], **changes}


def changed(name: str, /, **changes: Any) -> dict[str, Any]:
    return request(inputs=[tensor(one, **(changes if one == name else {})) for one in DATA])


GOOD = {
    "flat": request(),
    "nested": changed("size", data=[[1.5], [0]]),
    "shape of rows only": changed("size", shape=[2]),
    "other order": request(inputs=[tensor(name) for name in reversed(DATA)]),
    "asked output": request(outputs=[{"name": "price"}]),
    "empty parameters": request(parameters={}),
}


@pytest.mark.parametrize("path", [PATH, "/v2/models/fruit/versions/7/infer"])
@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD.keys())
def test_answer(served: Served, path: str, body: Any) -> None:
    response = served.ask(path, body)
    assert response.status == 200
    assert said(response) == {
        "model_name": "fruit",
        "model_version": "7",
        "outputs": [{"name": "price", "shape": [2, 1], "datatype": "FP64", "data": PRICES}],
    }


def test_the_id_comes_back(served: Served) -> None:
    assert said(served.ask(PATH, request(id="a\r\nb")))["id"] == "a\r\nb"


def _texts(*words: str) -> bytes:
    return b"".join(struct.pack("<I", len(word.encode())) + word.encode() for word in words)


BINARY = {
    "size": np.array([1.5, 0]).tobytes(),
    "count": np.array([2, -5], np.int64).tobytes(),
    "fresh": b"\1\0",
    "colour": _texts("blue", "red"),
}


def ask_binary(served: Served, tails: dict[str, bytes], more: bytes = b"", **changes: Any) -> Response:
    inputs = [
        {"name": name, "shape": [2, 1], "datatype": DATA[name][0], "parameters": {"binary_data_size": len(tail)}}
        for name, tail in tails.items()
    ]
    inputs += [tensor(name) for name in DATA if name not in tails]
    head = orjson.dumps({"inputs": inputs, **changes})
    body = head + b"".join(tails.values()) + more
    return served.ask(PATH, body, inference_header_content_length=str(len(head)))


@pytest.mark.parametrize("names", [list(DATA), ["size"], ["colour", "count"]], ids=["all", "one", "two"])
def test_binary_inputs(served: Served, names: list[str]) -> None:
    response = ask_binary(served, {name: BINARY[name] for name in names})
    assert said(response)["outputs"][0]["data"] == PRICES


@pytest.mark.parametrize(
    "asked",
    [
        {"outputs": [{"name": "price", "parameters": {"binary_data": True}}]},
        {"parameters": {"binary_data_output": True}},
    ],
    ids=["one output", "all outputs"],
)
def test_binary_outputs(served: Served, asked: dict[str, Any]) -> None:
    response = served.ask(PATH, request(**asked))
    size = int(dict(response.headers)["Inference-Header-Content-Length"])
    (output,) = orjson.loads(response.body[:size])["outputs"]
    assert output["parameters"] == {"binary_data_size": 16}
    assert "data" not in output
    assert np.frombuffer(response.body[size:]).tolist() == PRICES
    assert response.content_type == "application/octet-stream"


def test_wide_input_and_several_outputs(wide: Release) -> None:
    served = Served(wide)
    rows = np.array([[1, 2, 3], [4, 5, 6.5]], np.float32)
    label, scores = served.model.run({"features": rows})
    body = {"inputs": [{"name": "features", "shape": [2, 3], "datatype": "FP32", "data": rows.ravel().tolist()}]}
    outputs = said(served.ask(PATH, body))["outputs"]
    assert [(one["name"], one["shape"], one["data"]) for one in outputs] == [
        ("label", [2], label.tolist()),
        ("scores", [2, 3], scores.ravel().tolist()),
    ]
    (only,) = said(served.ask(PATH, {**body, "outputs": [{"name": "scores"}]}))["outputs"]
    assert only == outputs[1]


BAD: dict[str, tuple[Any, str]] = {
    "no inputs": ({}, '"inputs" must be a list'),
    "inputs of numbers": ({"inputs": [1]}, "list of objects"),
    "empty inputs": ({"inputs": []}, "missing inputs"),
    "unknown input": (changed("size", name="weight"), 'unknown input "weight"'),
    "name a list": (changed("size", name=["size"]), "unknown input"),
    "input twice": (request(inputs=[tensor("size"), tensor("size")]), "twice"),
    "input missing": (request(inputs=[tensor("size")]), 'missing inputs: "count", "fresh", "colour"'),
    "other datatype": (changed("size", datatype="FP32"), 'has datatype "FP32", expected FP64'),
    "shape missing": (changed("size", shape=None), "shape null"),
    "shape negative": (changed("size", shape=[-1, 1]), "expected [-1, 1]"),
    "shape of booleans": (changed("size", shape=[True, True]), "shape [true, true]"),
    "shape too wide": (changed("size", shape=[1, 2]), "shape [1, 2]"),
    "shape too deep": (changed("size", shape=[2, 1, 1]), "shape [2, 1, 1]"),
    "shape empty": (changed("size", shape=[]), "shape []"),
    "rows differ": (changed("count", shape=[1, 1], data=[1]), '"count" has 1 rows, the inputs before it have 2'),
    "no rows": (changed("size", shape=[0, 1], data=[]), "no rows"),
    "too many rows": (changed("size", shape=[1001, 1], data=[1] * 1001), "more than 1000"),
    "data missing": (changed("size", data=None), 'no list "data"'),
    "data short": (changed("size", data=[1]), "has 1 values, its shape says 2"),
    "data ragged": (changed("size", data=[[1], [1, 2]]), "every row of data"),
    "data deeper": (changed("size", data=[[[1]], [[2]]]), "got [1] (list)"),
    "wrong type": (changed("count", data=[2, "x"]), 'row 1, column "count": got "x" (text)'),
    "out of range": (changed("count", data=[2, 51]), "at most 50"),
    "outputs empty": (request(outputs=[]), '"outputs" must be'),
    "unknown output": (request(outputs=[{"name": "weight"}]), 'unknown output "weight"'),
    "parameters a list": (request(parameters=[]), '"parameters" must be an object'),
    "id a number": (request(id=1), '"id" must be a text'),
    "id long": (request(id="x" * 257), "at most 256"),
    "binary without header": (changed("size", parameters={"binary_data_size": 16}), "0 bytes that are left"),
}


@pytest.mark.parametrize(("body", "words"), BAD.values(), ids=BAD.keys())
def test_bad_request_is_explained(served: Served, body: Any, words: str) -> None:
    response = served.ask(PATH, body)
    assert response.status == (413 if "more than" in words else 400)
    assert words in said(response)["error"]
    assert not served.troubles


BAD_BINARY: dict[str, tuple[str, bytes, bytes, str]] = {
    "too short": ("size", b"\0" * 15, b"", "has 15 bytes, its shape says 16"),
    "too long": ("size", b"\0" * 17, b"", "has 17 bytes"),
    "bytes left over": ("size", BINARY["size"], b"x", "1 bytes after the last"),
    "infinity": ("size", np.array([np.inf, 1]).tobytes(), b"", "got an infinite number"),
    "no boolean": ("fresh", b"\2\0", b"", "byte 0 or 1"),
    "text cut off": ("colour", _texts("blue") + b"\3\0\0\0re", b"", "element 1 is cut off"),
    "text without length": ("colour", _texts("blue") + b"\3\0", b"", "element 1 is cut off"),
    "texts missing": ("colour", _texts("blue"), b"", "2 length-prefixed texts"),
    "texts too many": ("colour", _texts("blue", "red", "red"), b"", "2 length-prefixed texts"),
    "text not UTF-8": ("colour", _texts("blue") + b"\1\0\0\0\xff", b"", "element 1 is not UTF-8"),
    "length of 4 GB": ("colour", b"\xff\xff\xff\xffred", b"", "element 0 is cut off"),
}


@pytest.mark.parametrize(("name", "tail", "more", "words"), BAD_BINARY.values(), ids=BAD_BINARY.keys())
def test_bad_bytes_are_explained(served: Served, name: str, tail: bytes, more: bytes, words: str) -> None:
    response = ask_binary(served, {name: tail}, more)
    assert response.status == 400
    assert words in response.body.decode()
    assert not served.troubles


def test_nan_bits_are_a_null(served: Served) -> None:
    response = ask_binary(served, {"size": np.array([np.nan, 1.0]).tobytes()})
    assert response.status == 422
    assert "row 0" in said(response)["error"]


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "99999", "٣", "9" * 5000, ""])
def test_bad_header_length(served: Served, length: str) -> None:
    response = served.ask(PATH, request(), inference_header_content_length=length)
    assert response.status == 400
    assert "Inference-Header-Content-Length" in said(response)["error"]


KINDS = {
    "application/json; charset=utf-8": 200,
    "application/octet-stream": 200,
    "": 200,
    "text/csv": 415,
    "text/plain": 415,
    "application/x-www-form-urlencoded": 415,
}


@pytest.mark.parametrize(("kind", "status"), KINDS.items())
def test_content_types(served: Served, kind: str, status: int) -> None:
    assert served.ask(PATH, request(), content_type=kind).status == status


def test_the_model_is_described(served: Served) -> None:
    described = said(served.ask("/v2/models/fruit", method="GET"))
    assert described["name"] == "fruit"
    assert described["versions"] == ["7"]
    assert described["inputs"][0] == {"name": "size", "datatype": "FP64", "shape": [-1, 1]}
    assert described["outputs"] == [{"name": "price", "datatype": "FP64", "shape": [-1, 1]}]
    assert "binary_tensor_data" in said(served.ask("/v2", method="GET"))["extensions"]
