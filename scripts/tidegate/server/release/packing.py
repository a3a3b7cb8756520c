"""Make a release folder from a model file and its profile. Promotion calls this once; the server only reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tidegate.errors import InputError
from tidegate.server.inference.onnx_model import OnnxModel, session
from tidegate.server.release import folder as release_folder
from tidegate.server.release import signature as release_signature
from tidegate.server.release.datatypes import BY_ONNX
from tidegate.server.release.folder import FILES, MANIFEST, MODEL, PROFILE, SCHEMA, Release, digest_of
from tidegate.server.release.signature import Column, Input, Output, Signature


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a model file cannot say. `columns`: names of the columns of an input with more than one, by input.

    `limits`: for a column, any of `nullable`, `minimum`, `maximum`, `values`, as in signature.json.
    """

    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def pack(
    target: Path, *, model: bytes, profile: bytes, name: str, version: str, commit: str, rules: Rules | None = None
) -> Release:
    """Write the release into `target` (made when it is not there) and read it back as the server will.

    Raises InputError for what the server would refuse, before anything is written.
    """
    signature = describe(model, rules or Rules())
    OnnxModel(model, signature)
    contents = {
        MODEL: model,
        PROFILE: profile,
        release_signature.FILE: _json(release_signature.document(signature)),
    }
    digests = {file: digest_of(contents[file]) for file in FILES}
    manifest = {"schema": SCHEMA, "name": name, "version": version, "commit": commit, "files": digests}
    target.mkdir(parents=True, exist_ok=True)
    for file, data in {**contents, MANIFEST: _json(manifest)}.items():
        (target / file).write_bytes(data)
    return release_folder.load(target)


def describe(model: bytes, rules: Rules) -> Signature:
    """The signature that the model file itself declares, with the rules put in."""
    loaded = session(model)
    inputs = tuple(_input(node, rules) for node in loaded.get_inputs())
    outputs = tuple(_output(node) for node in loaded.get_outputs())
    signature = Signature(inputs, outputs)
    strangers = rules.limits.keys() - set(signature.names)
    if strangers:
        raise _unfit(f"there are limits for {', '.join(sorted(strangers))}, which the model does not take")
    return release_signature.parse(release_signature.document(signature))


def _input(node: Any, rules: Rules) -> Input:
    datatype, rank, width = _tensor(node)
    names = rules.columns.get(node.name)
    if names is None:
        names = [node.name] if width == 1 else [f"{node.name}_{place}" for place in range(width)]
    plain = (Column(name=name, datatype=datatype) for name in names)
    columns = tuple(replace(column, **_limits(rules, column.name)) for column in plain)
    return Input(name=node.name, datatype=datatype, rank=rank, columns=columns)


def _limits(rules: Rules, name: str) -> dict[str, Any]:
    limits = dict(rules.limits.get(name, {}))
    if "values" in limits:
        limits["values"] = tuple(limits["values"])
    return limits


def _output(node: Any) -> Output:
    datatype, rank, width = _tensor(node)
    return Output(name=node.name, datatype=datatype, rank=rank, width=width)


def _tensor(node: Any) -> tuple[Any, int, int]:
    """Data type, rank and width of a model's input or output."""
    datatype = BY_ONNX.get(node.type)
    if datatype is None:
        hint = " (a classifier exported with zipmap? export it without)" if node.type.startswith("seq(") else ""
        raise _unfit(f"{node.name} is a {node.type}{hint}; only tensors of simple types can be served")
    if len(node.shape) not in (1, 2) or isinstance(node.shape[0], int):
        raise _unfit(f"{node.name} has the shape {node.shape}; it must be [rows] or [rows, columns], rows left open")
    width = node.shape[1] if len(node.shape) == 2 else 1
    if not isinstance(width, int):
        raise _unfit(f"{node.name} leaves its number of columns open; export it with a fixed one")
    return datatype, len(node.shape), width


def _unfit(reason: str) -> InputError:
    return InputError("E-SRV-022", f"{reason}.", where=MODEL, fix="Export the model so that it takes and gives rows.")


def _json(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, indent=2, allow_nan=False) + "\n").encode()
