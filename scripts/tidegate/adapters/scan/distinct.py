"""How many different values there were, in bounded memory, whatever the order and the pieces they came in."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEPT = 65_536


class Distinct:
    """The 65,536 smallest hashes of the values seen: exact up to that many values, within about 1 % beyond.

    Bar-Yossef et al. (2002). The smallest of a union are among the smallest of its pieces, so pieces can be merged in
    any order and say exactly the same.
    """

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint64] = np.empty(0, np.uint64)

    def add(self, codes: NDArray[np.uint64]) -> None:
        """Take in hashes, as `hashes` makes them; repetitions are welcome."""
        if len(codes):
            changes = np.flatnonzero(codes[1:] != codes[:-1]) + 1
            runs = codes[np.concatenate([[0], changes])]
            self._hashes = np.unique(np.concatenate([self._hashes, runs]))[:KEPT]

    def merge(self, other: Distinct) -> None:
        """Take in all that another has seen."""
        self.add(other._hashes)

    def packed(self) -> bytes:
        """What it holds, to be kept in a file; `add` of `unpacked` of it gives the same."""
        return self._hashes.astype("<u8").tobytes()

    @property
    def number(self) -> int:
        """How many different values there were."""
        if len(self._hashes) < KEPT:
            return len(self._hashes)
        return round((KEPT - 1) / (float(self._hashes[-1]) / 2.0**64))


def unpacked(data: bytes) -> NDArray[np.uint64]:
    """The hashes that `Distinct.packed` wrote. Raises ValueError for half a hash."""
    return np.frombuffer(data, "<u8").astype(np.uint64)


def hashes(column: Any) -> NDArray[np.uint64]:
    """A 64-bit hash for each value of an Arrow array; null is a value of its own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type) or pa.types.is_temporal(column.type):
        return _of_integers(column)
    coded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    words = coded.dictionary.cast(pa.string()).to_pylist()
    table = np.array([*map(_of_word, words), 0], dtype=np.uint64)
    return np.asarray(table[pc.fill_null(coded.indices, len(words)).to_numpy(zero_copy_only=False)])


def _of_integers(column: Any) -> NDArray[np.uint64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_temporal(column.type) and column.type.bit_width == 32:
        column = column.cast(pa.int32())
    whole = pc.fill_null(column.cast(pa.int64(), safe=False), np.iinfo(np.int64).min)
    return mixed(whole.to_numpy(zero_copy_only=False).view(np.uint64))


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Neighbouring integers spread over all 64 bits: the finaliser of SplitMix64 (Steele et al. 2014)."""
    spread = values + np.uint64(0x9E3779B97F4A7C15)
    spread = (spread ^ (spread >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    spread = (spread ^ (spread >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(spread ^ (spread >> np.uint64(31)))


def _of_word(word: str | None) -> int:
    return 0 if word is None else int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "little")
