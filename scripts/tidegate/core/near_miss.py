"""`Did you mean …?`: most wrong words are a known word with a slip of the finger."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

_LONGEST = 80
_MOST_WORDS = 1000


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean "…"?`` with the nearest of the known words, nothing when none is near. Case does not count."""
    if len(word) > _LONGEST:
        return ""
    by_folded = {name.casefold(): name for name in islice(known, _MOST_WORDS)}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=1)
    return f' Did you mean "{by_folded[near[0]]}"?' if near else ""
