"""Counting a column of which only the nulls are compared: times, lists, bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.core.drift.profile import Opaque

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tidegate.adapters.scan.distinct import Distinct


class NullTally:
    """Nulls, and the clusters that they are in."""

    def __init__(self, null_clusters: Distinct) -> None:
        self._nulls = 0
        self.null_clusters = null_clusters

    def add(self, column: Any, clusters: NDArray[np.uint64] | None) -> None:
        """Take in an Arrow array of any type."""
        self._nulls += column.null_count
        if column.null_count and clusters is not None:
            self.null_clusters.add(clusters[column.is_null().to_numpy(zero_copy_only=False)])

    def merge(self, other: NullTally) -> None:
        """Take in all that another counted."""
        self._nulls += other._nulls
        self.null_clusters.merge(other.null_clusters)

    def summary(self) -> Opaque:
        """What was counted."""
        return Opaque(nulls=self._nulls, null_clusters=self.null_clusters.number)
