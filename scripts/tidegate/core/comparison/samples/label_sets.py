"""Rows that bear any number of labels: each different set of labels is a class of its own, written as its names.

Pairing, flips and cells then treat a row's labels as they treat a class, and no column per label has to be carried.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tidegate.core.comparison.samples.sample import Coded, Ints, Mask

SEPARATOR = ", "
NO_LABEL = "∅"
"""How a row without any label is shown."""


def label_sets(columns: Mapping[str, Mask]) -> Coded:
    """One column of label sets from a column per label."""
    names = list(columns)
    keys: Ints = np.zeros(len(next(iter(columns.values()))), dtype=np.int64)
    for column in columns.values():
        # Renumbered at every step, so that any number of labels fits into 64 bits.
        keys = np.unique(keys * 2 + column, return_inverse=True)[1].astype(np.int64)
    _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    texts = [_text([name for name in names if columns[name][row]]) for row in first]
    order = np.argsort(np.array(texts, dtype=object), kind="stable")
    place = np.empty(len(texts), dtype=np.int64)
    place[order] = np.arange(len(texts))
    return Coded(codes=place[codes], labels=tuple(texts[at] for at in order))


def _text(names: list[str]) -> str:
    return SEPARATOR.join(names) or NO_LABEL


def members(column: Coded, name: str) -> Mask:
    """Which of the column's sets hold the label, shape (sets,)."""
    return np.array([name in text.split(SEPARATOR) for text in column.labels], dtype=bool)
