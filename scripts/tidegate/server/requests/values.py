"""The values of one column against what the signature says of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tidegate.server.refusal import Reason, Refusal, shown
from tidegate.server.release.signature import Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

Check = Callable[[Sequence[Any]], bool]


class ColumnCheck:
    """Made once per column, since it runs for every value of every request."""

    def __init__(self, column: Column) -> None:
        self.column = column
        kind = column.datatype
        self._low = kind.low if column.minimum is None else column.minimum
        self._high = kind.high if column.maximum is None else column.maximum
        self.fit = _check(column, self._low, self._high)
        """Whether all of some values from JSON or CSV fit."""

    def first_misfit(self, values: Sequence[Any]) -> Refusal:
        """Names the first value that does not fit, for values that do not all `fit`."""
        row = next(row for row, value in enumerate(values) if not self.fit((value,)))
        return self._misfit(row, values[row])

    def check_array(self, values: NDArray[Any]) -> None:
        """Values that came as bytes and so have their type; range, NaN and infinity are still to be seen."""
        import numpy as np

        kind = self.column.datatype
        if kind.family == "boolean":
            return
        fits = (values >= self._low) & (values <= self._high)
        if self.column.nullable:
            fits |= np.isnan(values)
        if not fits.all():
            row = int(np.argmin(fits))
            raise self._misfit(row, values[row].item())

    def _misfit(self, row: int, value: object) -> Refusal:
        text = f"row {row}, column {shown(self.column.name)}: got {_named(value)}, expected {self.expected}"
        return Refusal(Reason.INVALID_INPUT, text)

    @property
    def expected(self) -> str:
        """In words, for a message."""
        column, kind = self.column, self.column.datatype
        null = " or null" if column.nullable else ""
        if column.values is not None:
            return f"one of {', '.join(shown(word) for word in column.values[:10])}{'…' * (len(column.values) > 10)}"
        if kind.family not in ("integer", "float"):
            return kind.expected
        bounds = [
            f"{word} {bound:g}" if isinstance(bound, float) else f"{word} {bound}"
            for word, bound in (("at least", column.minimum), ("at most", column.maximum))
            if bound is not None
        ]
        if not bounds and kind.family == "integer":
            bounds = [f"from {kind.low} to {kind.high}"]
        finite = "finite " if kind.family == "float" else ""
        name = kind.expected.replace("a number", f"a {finite}number")
        return " ".join([name, " and ".join(bounds)]).strip() + null


def _check(column: Column, low: float, high: float) -> Check:
    if column.datatype.family == "float":
        return _nullable(_floats(low, high)) if column.nullable else _floats(low, high)
    if column.datatype.family == "integer":
        return _integers(low, high)
    if column.datatype.family == "boolean":
        return _booleans
    return _texts if column.values is None else _words(frozenset(column.values))


# Plain loops: these run for every value of every request, and a generator would take three times as long.


def _floats(low: float, high: float) -> Check:
    def fit(values: Sequence[Any]) -> bool:
        for value in values:
            if (type(value) is not float and type(value) is not int) or not low <= value <= high:
                return False
        return True

    return fit


def _nullable(floats: Check) -> Check:
    return lambda values: floats([value for value in values if value is not None])


def _integers(low: float, high: float) -> Check:
    def fit(values: Sequence[Any]) -> bool:
        for value in values:  # noqa: SIM110
            if type(value) is not int or not low <= value <= high:
                return False
        return True

    return fit


def _booleans(values: Sequence[Any]) -> bool:
    for value in values:  # noqa: SIM110
        if value is not True and value is not False:
            return False
    return True


def _texts(values: Sequence[Any]) -> bool:
    for value in values:  # noqa: SIM110
        if type(value) is not str:
            return False
    return True


def _words(words: frozenset[str]) -> Check:
    def fit(values: Sequence[Any]) -> bool:
        for value in values:  # noqa: SIM110
            if type(value) is not str or value not in words:
                return False
        return True

    return fit


def _named(value: object) -> str:
    """A value with the JSON word for its type where that is what is wrong with it."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "an infinite number"
    if value is None:
        return "null"
    kinds = {bool: "boolean", str: "text", list: "list", dict: "object"}
    kind = kinds.get(type(value))
    return f"{shown(value)} ({kind})" if kind else shown(value)
