"""Distributions and past windows as rows of block characters, which need no picture and no colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_EIGHTHS = "▁▂▃▄▅▆▇█"
_SIGNS = {"calm": "·", "drifted": "█", "unknown": "?"}


def bars(values: Sequence[float], top: float) -> str:
    """One block a value, `top` the highest; a space for nothing at all."""
    if top <= 0:
        return " " * len(values)
    return "".join(_EIGHTHS[min(int(value / top * 8), 7)] if value > 0 else " " for value in values)


def pair(column: Mapping[str, Any]) -> tuple[str, str]:
    """A column's reference and window on one scale."""
    top = max([*column["reference"], *column["window"]], default=0.0)
    return bars(column["reference"], top), bars(column["window"], top)


def past(records: Sequence[Mapping[str, Any]]) -> str:
    """One sign a window, oldest first: ``·`` calm, ``█`` drifted, ``?`` unknown."""
    return "".join(_SIGNS[record["found"]] for record in records)
