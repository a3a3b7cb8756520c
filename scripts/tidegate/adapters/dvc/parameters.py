"""One parameter of a pipeline's params.yaml: read, and replaced with everything else left as it was written."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from tidegate.adapters.dvc.documents import parsed
from tidegate.core.near_miss import did_you_mean
from tidegate.core.training.pipeline import Unsettled, lookup
from tidegate.core.training.training import flat
from tidegate.errors import InputError

_FIX = "Name the training's seed as evaluation.repeats.parameter."


def whole_number(data: bytes | None, key: str, where: str) -> int:
    """The parameter at the dotted `key`. Raises InputError E-DVC-040 where there is none, E-DVC-041 for no number."""
    document = parsed(data, where)
    try:
        value = lookup(document, key)
    except Unsettled:
        known = tuple(flat(document)) if isinstance(document, Mapping) else ()
        message = f"has no parameter {key[:80]!r}; it has: {', '.join(known[:12]) or 'none'}."
        raise InputError("E-DVC-040", f"{message}{did_you_mean(key, known)}", where=where, fix=_FIX) from None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError("E-DVC-041", f"{key[:80]} is {value!r:.40}, not a whole number from 0.", where=where, fix=_FIX)
    return value


def replaced(data: bytes, key: str, value: int) -> bytes:
    """The same file with another value at `key`, which `whole_number` has found; comments and order stay."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    document: Any = yaml.load(data.decode("utf-8-sig"))
    *parents, last = key.split(".")
    place = document
    for name in parents:
        place = place[name]
    place[last] = value
    written = io.BytesIO()
    yaml.dump(document, written)
    return written.getvalue()
