"""A copy on its way from the champion to the mirror: the request as it came, and the answer as it went."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass

_SIZES = struct.Struct("!III")
HEAD = _SIZES.size
MOST = 4 * 1024 * 1024
"""Bytes of a frame; larger requests are not copied."""


@dataclass(frozen=True, kw_only=True)
class Copy:
    """`headers` are the request's that its body needs, `answered` those of the champion's answer."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    answered: Mapping[str, str]
    answer: bytes


def encoded(copy: Copy) -> bytes:
    """The frame: three sizes, then what the bodies are, the request's body, and the answer's."""
    head = json.dumps({"path": copy.path, "headers": dict(copy.headers), "answered": dict(copy.answered)}).encode()
    return _SIZES.pack(len(head), len(copy.body), len(copy.answer)) + head + copy.body + copy.answer


def sizes(start: bytes) -> tuple[int, int, int]:
    """Sizes of head, body and answer from a frame's first `HEAD` bytes. Raises ValueError for a frame too large."""
    head, body, answer = _SIZES.unpack(start)
    if head + body + answer > MOST:
        raise ValueError(f"a frame of {head + body + answer} bytes")
    return head, body, answer


def decoded(head: bytes, body: bytes, answer: bytes) -> Copy:
    """The copy. Raises ValueError for a head that no champion wrote."""
    document = json.loads(head)
    try:
        return Copy(
            path=str(document["path"]),
            headers={str(name): str(value) for name, value in document["headers"].items()},
            body=body,
            answered={str(name): str(value) for name, value in document["answered"].items()},
            answer=answer,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a head without {error}") from error
