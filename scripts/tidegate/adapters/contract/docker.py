"""The keys of an environment whose target is docker."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator

from tidegate.adapters.contract import images, kinds, values
from tidegate.adapters.contract.document import Scalar
from tidegate.adapters.contract.shape import Shape
from tidegate.core.deployment.engine_host import remote
from tidegate.core.deployment.environment import Docker

_HOST = re.compile(r"unix:///[^\s:]+")
_MOST_REPLICAS = 8
_UNITS = {"MiB": 1 << 20, "GiB": 1 << 30}
_LEAST = 64 << 20


def _host(value: object) -> str:
    written = values.text(value)
    if not _HOST.fullmatch(written) and remote(written) is None:
        fix = "An engine that listens on TCP gives everybody who reaches it root: reach it over SSH."
        raise values.wrong(
            "E-ENV-003", f"expected unix:///path or ssh://user@host, got {values.described(value)}.", fix
        )
    return written


def _replicas(value: object) -> int:
    found = re.fullmatch(r"[1-9][0-9]?", value.text) if isinstance(value, Scalar) else None
    if found is None or int(found.group()) > _MOST_REPLICAS:
        raise values.wrong("E-ENV-003", f"expected 1 to {_MOST_REPLICAS}, got {values.described(value)}.")
    return int(found.group())


def _proxy(value: object) -> str:
    written = values.text(value)
    if not re.fullmatch(rf"{images.REPOSITORY}(?::[\w.-]{{1,128}})?(?:@sha256:[0-9a-f]{{64}})?", written):
        expected = "expected an image such as haproxy:3.2 or registry/haproxy@sha256:…"
        raise values.wrong("E-ENV-003", f"{expected}, got {values.described(value)}.")
    if not re.search(r"[:@][^/]*$", written):
        raise values.wrong("E-ENV-003", f"{written} has neither tag nor digest.", f"Name which: {written}:3.2.")
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
    """The engine: unix:///path of its socket on this machine, or ssh://user@host[:port][/path] on another."""
    network: kinds.Name | None = None
    """An existing network for the containers; left out, one of the environment's own is made."""
    memory: Annotated[int, PlainValidator(_memory)] = Docker.memory
    """Most memory of one container: 512MiB, 2GiB."""
    replicas: Annotated[int, PlainValidator(_replicas)] = Docker.replicas
    """Containers of one release, 1 to 8; clients are divided between them."""
    proxy: Annotated[str, PlainValidator(_proxy)] = Docker.proxy
    """The image of HAProxy, by tag or better by digest; one of Debian's family."""
    kept: kinds.Count = Docker.kept
    """How many images of earlier releases stay for a rollback."""
