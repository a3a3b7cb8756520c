"""Tensors as bytes: little-endian, row by row; a text as its length in four bytes and its UTF-8."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.server.refusal import listed
from tidegate.server.release.datatypes import DataType, Values
from tidegate.server.release.signature import Input
from tidegate.server.requests.rows import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def decode(data: bytes, signed: Input, count: int, width: int) -> list[Values]:
    """The columns in the bytes of one tensor. Raises Refusal when they are not `count` × `width` values."""
    kind = signed.datatype
    if kind.family == "text":
        words = _texts(data, signed, count * width)
        return [words[place::width] for place in range(width)]
    if len(data) != count * width * kind.size:
        found = f"{len(data)} bytes, its shape says {count * width * kind.size}"
        raise invalid(f"input {listed([signed.name])} has {found}")
    if kind.family == "boolean" and data.translate(None, b"\0\1"):
        raise invalid(f"input {listed([signed.name])}: a BOOL is the byte 0 or 1")
    table: NDArray[Any] = np.frombuffer(data, dtype=np.dtype(kind.numpy).newbyteorder("<")).reshape(count, width)
    return [table[:, place] for place in range(width)]


def _texts(data: bytes, signed: Input, count: int) -> list[str]:
    words: list[str] = []
    at = 0
    while at < len(data) and len(words) < count:
        size = int.from_bytes(data[at : at + 4], "little")
        word = data[at + 4 : at + 4 + size]
        if len(data) < at + 4 or len(word) != size:
            raise invalid(f"input {listed([signed.name])}: element {len(words)} is cut off")
        words.append(_utf8(word, signed, len(words)))
        at += 4 + size
    if at != len(data) or len(words) != count:
        raise invalid(f"input {listed([signed.name])} does not hold {count} length-prefixed texts")
    return words


def _utf8(word: bytes, signed: Input, place: int) -> str:
    try:
        return word.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid(f"input {listed([signed.name])}: element {place} is not UTF-8") from None


def encode(values: Sequence[Any], kind: DataType) -> bytes:
    """Flat values as the bytes of a tensor."""
    if kind.family != "text":
        return np.asarray(values, dtype=np.dtype(kind.numpy).newbyteorder("<")).tobytes()
    words = [str(value).encode("utf-8") for value in values]
    return b"".join(len(word).to_bytes(4, "little") + word for word in words)
