"""What a mirror of ours tells whoever asks its port: how a shadow answered beside its champion."""

from __future__ import annotations

import json
import socket
from typing import Any

from tidegate.adapters.targets.haproxy import Counts
from tidegate.core.deployment.traffic import Histogram, Pairs
from tidegate.errors import InfrastructureError

_WAIT = 5.0


def asked(port: int) -> tuple[Counts, Pairs]:
    """Its counts so far. Raises InfrastructureError E-DEP-016 when it does not tell them."""
    try:
        document = _told(port)
        pairs = Pairs(
            relative=_histogram(document["relative"]),
            absolute=_histogram(document["absolute"]),
            total=float(document["total"]),
            squares=float(document["squares"]),
        )
        return Counts(int(document["requests"]), sum(document["failed"].values())), pairs
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InfrastructureError("E-DEP-016", f"the mirror does not tell its counts: {error}.") from error


def answers(port: int) -> bool:
    """Whether a mirror is there."""
    try:
        return bool(_told(port))
    except (OSError, ValueError):
        return False


def _told(port: int) -> Any:
    with socket.create_connection(("127.0.0.1", port), timeout=_WAIT) as link:
        link.sendall(b"?")
        return json.loads(b"".join(iter(lambda: link.recv(65536), b"")))


def _histogram(document: Any) -> Histogram:
    return Histogram(edges=tuple(document["edges"]), counts=tuple(document["counts"]))
