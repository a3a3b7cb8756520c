"""The keys of an environment whose target is docker."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator

from tidegate.adapters.contract import kinds, values
from tidegate.adapters.contract.document import Scalar
from tidegate.adapters.contract.shape import Shape
from tidegate.core.deployment.environment import Docker

_HOST = re.compile(r"unix:///[^\s:]+")
_UNITS = {"MiB": 1 << 20, "GiB": 1 << 30}
_LEAST = 64 << 20


def _host(value: object) -> str:
    written = values.text(value)
    if not _HOST.fullmatch(written):
        fix = "Deploy on the engine's own machine: HAProxy reaches containers by its loopback."
        raise values.wrong("E-ENV-003", f"expected unix:///path, got {values.described(value)}.", fix)
    return written


def _memory(value: object) -> int:
    found = re.fullmatch(r"([1-9][0-9]{0,6}) ?(MiB|GiB)", value.text) if isinstance(value, Scalar) else None
    size = int(found.group(1)) * _UNITS[found.group(2)] if found else 0
    if size < _LEAST:
        expected = "expected 64MiB or more, such as 512MiB or 2GiB"
        raise values.wrong("E-ENV-003", f"{expected}, got {values.described(value)}.")
    return size


class DockerShape(Shape):
    """The engine, and what a container of it may use."""

    host: Annotated[str, PlainValidator(_host)] = Docker.host
    """The engine of this machine: unix:///path of its socket."""
    network: kinds.Name | None = None
    """An existing network for the containers; left out, one of the environment's own is made."""
    memory: Annotated[int, PlainValidator(_memory)] = Docker.memory
    """Most memory of one container: 512MiB, 2GiB."""
    kept: kinds.Count = Docker.kept
    """How many images of earlier releases stay for a rollback."""
