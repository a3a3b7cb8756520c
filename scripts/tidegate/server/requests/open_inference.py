"""Open Inference Protocol V2 over HTTP: tensors as JSON, or as bytes after the JSON (the binary tensor extension).

https://github.com/kserve/open-inference-protocol
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from tidegate.server.refusal import Reason, Refusal, listed, shown
from tidegate.server.release.datatypes import Values
from tidegate.server.release.signature import Input, Output
from tidegate.server.requests import binary_tensors, json_body
from tidegate.server.requests.json_body import dumps, media_type
from tidegate.server.requests.rows import Answers, Judge, Rows, Written, invalid

HEADER = "inference-header-content-length"
_TYPES = frozenset({"application/json", "application/octet-stream", ""})
_LONGEST_ID = 256


class OpenInference:
    """Reads infer requests for one model and writes its answers."""

    def __init__(self, judge: Judge, name: str, version: str) -> None:
        self._judge = judge
        self._inputs = {tensor.name: tensor for tensor in judge.signature.inputs}
        self._outputs = {output.name: output for output in judge.signature.outputs}
        self._identity = {"model_name": name, "model_version": version}
        self._all = [(output, False) for output in judge.signature.outputs]

    def read(self, body: bytes, headers: Mapping[str, str]) -> Rows:
        """The rows of a request. Raises Refusal."""
        if media_type(headers.get("content-type", "")) not in _TYPES:
            text = "the content type must be application/json, or application/octet-stream for binary tensors"
            raise Refusal(Reason.CONTENT_TYPE, text)
        document, tail = _parts(body, headers.get(HEADER))
        given = document.get("inputs")
        if type(given) is not list or not all(type(tensor) is dict for tensor in given):
            raise invalid('"inputs" must be a list of objects')
        columns, tail = self._columns(given, tail)
        if tail:
            raise invalid(f"{len(tail)} bytes after the last binary tensor belong to none")
        identity = _identity(document)
        wanted = self._wanted(document)
        return Rows(self._judge.checked(columns), len(columns[0]), partial(self.write, wanted, identity), identity)

    def _columns(self, given: Sequence[dict[str, Any]], tail: bytes) -> tuple[list[Values], bytes]:
        read: dict[str, list[Values]] = {}
        rows: int | None = None
        for tensor in given:
            signed = self._signed(tensor, read)
            count = self._count(tensor, signed)
            if rows is not None and count != rows:
                raise invalid(f"{listed([signed.name])} has {count} rows, the inputs before it have {rows}")
            rows = self._judge.counted(count)
            read[signed.name], tail = _tensor(tensor, signed, count, tail)
        missing = [name for name in self._inputs if name not in read]
        if missing:
            raise invalid(f"missing inputs: {listed(missing)}")
        return [column for name in self._inputs for column in read[name]], tail

    def _signed(self, tensor: dict[str, Any], read: Mapping[str, object]) -> Input:
        name = tensor.get("name")
        signed = self._inputs.get(name) if isinstance(name, str) else None
        if signed is None:
            raise invalid(f"unknown input {shown(name)}; expected are {listed(list(self._inputs))}")
        if signed.name in read:
            raise invalid(f"input {listed([signed.name])} is there twice")
        if tensor.get("datatype") != signed.datatype.name:
            found = shown(tensor.get("datatype"))
            raise invalid(f"input {listed([signed.name])} has datatype {found}, expected {signed.datatype.name}")
        return signed

    def _count(self, tensor: dict[str, Any], signed: Input) -> int:
        """How many rows the shape says; [rows] is as good as [rows, 1]."""
        shape, width = tensor.get("shape"), len(signed.columns)
        fits = type(shape) is list and shape and all(type(size) is int and size >= 0 for size in shape)
        if not fits or (shape[1:] != [width] and (width > 1 or len(shape) > 1)):  # type: ignore[index, arg-type]
            raise invalid(
                f"input {listed([signed.name])} has shape {shown(shape)}, expected {signed.shape}, -1 the rows"
            )
        return int(shape[0])  # type: ignore[index]

    def _wanted(self, document: dict[str, Any]) -> list[tuple[Output, bool]]:
        """The outputs to send and whether as bytes."""
        parameters = _parameters(document)
        default = parameters.get("binary_data_output") is True
        asked = document.get("outputs")
        if asked is None:
            return [(output, True) for output, _ in self._all] if default else self._all
        if type(asked) is not list or not asked or not all(type(output) is dict for output in asked):
            raise invalid('"outputs" must be a list of objects')
        return [self._asked(output, default) for output in asked]

    def _asked(self, output: dict[str, Any], default: bool) -> tuple[Output, bool]:
        name = output.get("name")
        found = self._outputs.get(name) if isinstance(name, str) else None
        if found is None:
            raise invalid(f"unknown output {shown(name)}; there are {listed(list(self._outputs))}")
        return found, _parameters(output).get("binary_data", default) is True

    def write(self, wanted: list[tuple[Output, bool]], identity: str | None, answers: Answers) -> Written:
        """The answer's body; with the bytes of binary outputs after the JSON."""
        by_name = dict(zip(self._outputs, answers, strict=True))
        tensors, tails = [], []
        for output, binary in wanted:
            values = by_name[output.name]
            shape = [len(values) // output.width] if output.rank == 1 else [len(values) // output.width, output.width]
            tensor: dict[str, Any] = {"name": output.name, "shape": shape, "datatype": output.datatype.name}
            if binary:
                tails.append(binary_tensors.encode(values, output.datatype))
                tensor["parameters"] = {"binary_data_size": len(tails[-1])}
            else:
                tensor["data"] = values
            tensors.append(tensor)
        document = dict(self._identity, outputs=tensors)
        if identity is not None:
            document["id"] = identity
        head = dumps(document)
        if not tails:
            return Written(head)
        headers = (("Inference-Header-Content-Length", str(len(head))),)
        return Written(head + b"".join(tails), "application/octet-stream", headers)


def _parts(body: bytes, length: str | None) -> tuple[dict[str, Any], bytes]:
    """The JSON and the bytes after it."""
    if length is None:
        return json_body.parse(body), b""
    if not (length.isascii() and length.isdigit() and len(length) <= 12 and int(length) <= len(body)):
        text = f"Inference-Header-Content-Length must be a number up to the body's {len(body)} bytes"
        raise Refusal(Reason.MALFORMED_BODY, text)
    return json_body.parse(body[: int(length)]), body[int(length) :]


def _tensor(tensor: dict[str, Any], signed: Input, count: int, tail: bytes) -> tuple[list[Values], bytes]:
    """One input's columns, and what is left of the bytes."""
    width = len(signed.columns)
    size = _parameters(tensor).get("binary_data_size")
    if size is None:
        return _from_json(tensor.get("data"), signed, count), tail
    if "data" in tensor or type(size) is not int or not 0 <= size <= len(tail):
        reason = f'needs either "data" or a binary_data_size up to the {len(tail)} bytes that are left'
        raise invalid(f"input {listed([signed.name])} {reason}")
    return binary_tensors.decode(tail[:size], signed, count, width), tail[size:]


def _from_json(data: Any, signed: Input, count: int) -> list[Values]:
    """Flat, row by row, or nested as the shape says."""
    width = len(signed.columns)
    if type(data) is not list:
        raise invalid(f'input {listed([signed.name])} has no list "data"')
    if data and type(data[0]) is list:
        if not all(type(row) is list and len(row) == width for row in data):
            raise invalid(f"input {listed([signed.name])}: every row of data must have {width} values")
        data = [value for row in data for value in row]
    if len(data) != count * width:
        raise invalid(f"input {listed([signed.name])} has {len(data)} values, its shape says {count * width}")
    return [data] if width == 1 else [data[place::width] for place in range(width)]


def _parameters(part: dict[str, Any]) -> dict[str, Any]:
    found = part.get("parameters")
    if found is None:
        return {}
    if type(found) is not dict:
        raise invalid('"parameters" must be an object')
    return found


def _identity(document: dict[str, Any]) -> str | None:
    identity = document.get("id")
    if identity is not None and (type(identity) is not str or len(identity) > _LONGEST_ID):
        raise invalid(f'"id" must be a text of at most {_LONGEST_ID} characters')
    return identity
