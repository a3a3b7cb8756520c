"""Counting a categorical column by the places of its dictionary: a word is looked at once, not once per row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.core.drift.profile import Words, first_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.adapters.scan.distinct import Distinct


class WordTally:
    """Rows of each listed word, of all others together, and of nulls."""

    def __init__(self, words: tuple[str, ...], null_clusters: Distinct, other_clusters: Distinct) -> None:
        self._words = words
        self._counts = np.zeros(len(words) + 1, np.int64)
        self._nulls = 0
        self._examples: dict[str, int] = {}
        self._last: tuple[Any, NDArray[np.int64]] | None = None
        self.null_clusters, self.other_clusters = null_clusters, other_clusters

    def add(self, column: Any, clusters: NDArray[np.uint64] | None) -> None:
        """Take in an Arrow array of words, booleans or whole numbers; `clusters` has a hash for each row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self._nulls += column.null_count
        if column.null_count and clusters is not None:
            self.null_clusters.add(clusters[column.is_null().to_numpy(zero_copy_only=False)])
        if pa.types.is_null(column.type) or not len(column):
            return
        coded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
        slots = self._slots(coded.dictionary)
        indices = coded.indices
        if indices.null_count:
            indices = pc.fill_null(indices, len(slots) - 1)
        places = indices.to_numpy(zero_copy_only=False)
        rows = np.bincount(places, minlength=len(slots))[: len(slots) - 1]
        np.add.at(self._counts, slots[:-1], rows)
        self._strangers(coded.dictionary, slots, places, rows, clusters)

    def merge(self, other: WordTally) -> None:
        """Take in all that another counted."""
        self._counts += other._counts
        self._nulls += other._nulls
        self._remember(other._examples)
        self.null_clusters.merge(other.null_clusters)
        self.other_clusters.merge(other.other_clusters)

    def summary(self) -> Words:
        """What was counted."""
        return Words(
            counts=dict(zip(self._words, self._counts[:-1].tolist(), strict=True)),
            nulls=self._nulls,
            null_clusters=self.null_clusters.number,
            other=int(self._counts[-1]),
            other_clusters=self.other_clusters.number,
            examples=self._examples,
        )

    def _slots(self, dictionary: Any) -> NDArray[np.int64]:
        """For each of the dictionary's words its place among the listed ones, and one more entry for null."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if self._last is None or not self._last[0].equals(dictionary):
            listed = pa.array(self._words, pa.string())
            found = pc.index_in(dictionary.cast(pa.string()), value_set=listed)
            places = pc.fill_null(found, len(self._words)).to_numpy(zero_copy_only=False)
            self._last = dictionary, np.append(places, -1).astype(np.int64)
        return self._last[1]

    def _strangers(
        self,
        dictionary: Any,
        slots: NDArray[np.int64],
        places: NDArray[Any],
        rows: NDArray[np.int64],
        clusters: NDArray[np.uint64] | None,
    ) -> None:
        import pyarrow as pa

        strange = np.flatnonzero((slots[:-1] == len(self._words)) & (rows > 0))
        if not len(strange):
            return
        words = dictionary.take(pa.array(strange)).cast(pa.string()).to_pylist()
        self._remember({word: int(count) for word, count in zip(words, rows[strange], strict=True) if word is not None})
        if clusters is not None:
            self.other_clusters.add(clusters[slots[places] == len(self._words)])

    def _remember(self, words: dict[str, int]) -> None:
        known = self._examples
        self._examples = first_words({word: known.get(word, 0) + words.get(word, 0) for word in known | words})
