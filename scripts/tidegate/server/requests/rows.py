"""Checked rows, whichever protocol they came by, and the judge that makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from tidegate.server.refusal import Reason, Refusal, listed
from tidegate.server.release.datatypes import Values
from tidegate.server.release.signature import Output, Signature
from tidegate.server.requests.values import ColumnCheck

if TYPE_CHECKING:
    from numpy.typing import NDArray

Answers = list[list[Any]]
"""Per output of the signature, the values of all rows, row by row."""


@dataclass(slots=True)
class Rows:
    """Columns in the signature's order, each with `count` values, and how the answer is to be written."""

    columns: list[Values]
    count: int
    written: Callable[[Answers], Written]
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """An answer's body, and the header that a binary one needs."""

    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Judge:
    """Puts columns in order and checks every value against the signature."""

    def __init__(self, signature: Signature, most_rows: int) -> None:
        self.signature = signature
        self.most_rows = most_rows
        self._names = signature.names
        self._places = {name: place for place, name in enumerate(self._names)}
        self.checks = [ColumnCheck(column) for column in signature.columns]

    def table(self, names: Sequence[Any], rows: Sequence[Any]) -> list[Values]:
        """Columns from rows of values under `names`. Raises Refusal."""
        order = None if names == self._names else self._order(names)
        self.counted(len(rows))
        width = len(names)
        for place, row in enumerate(rows):
            if type(row) is not list or len(row) != width:
                found = f"{len(row)} values" if isinstance(row, list) else "no list"
                raise invalid(f"row {place} has {found}, expected a list of {width}, one per column")
        columns: list[Values] = list(zip(*rows, strict=True))
        return self.checked(columns if order is None else [columns[place] for place in order])

    def named(self, columns: Mapping[str, Values]) -> list[Values]:
        """Columns by name, already of equal length. Raises Refusal."""
        order = self._order(list(columns))
        values = list(columns.values())
        return self.checked([values[place] for place in order])

    def checked(self, columns: list[Values]) -> list[Values]:
        """The same columns, in the signature's order, after every value was looked at."""
        for check, values in zip(self.checks, columns, strict=True):
            if type(values) is list or type(values) is tuple:
                if not check.fit(values):
                    raise check.first_misfit(values)
            else:
                check.check_array(cast("NDArray[Any]", values))
        return columns

    def counted(self, rows: int) -> int:
        """Refuse none and too many."""
        if rows == 0:
            raise invalid("there are no rows")
        if rows > self.most_rows:
            text = f"{rows} rows are more than {self.most_rows}; send them in several requests"
            raise Refusal(Reason.TOO_MANY_ROWS, text)
        return rows

    def _order(self, names: Sequence[Any]) -> list[int]:
        """Where each column of the signature stands in `names`."""
        places: dict[str, int] = {}
        for place, name in enumerate(names):
            if not isinstance(name, str):
                raise invalid(f"column name {place} is no text")
            if name in places:
                raise invalid(f"column {listed([name])} is there twice")
            places[name] = place
        self.complete(places)
        return [places[name] for name in self._names]

    def complete(self, names: Mapping[str, object]) -> None:
        """Refuse missing and unknown columns, all of them in one message."""
        if names.keys() == self._places.keys():
            return
        missing = [name for name in self._names if name not in names]
        unknown = [name for name in names if name not in self._places]
        problems = [f"missing columns: {listed(missing)}"] if missing else []
        problems += [f"unknown columns: {listed(unknown)}; expected are {listed(self._names)}"] if unknown else []
        raise invalid("; ".join(problems))


def invalid(text: str) -> Refusal:
    """A body whose JSON or CSV is fine and whose content is not."""
    return Refusal(Reason.INVALID_INPUT, text)


def by_row(output: Output, values: list[Any]) -> list[Any]:
    """An output's flat values as one value, or one list of values, per row."""
    if output.width == 1:
        return values
    return [values[start : start + output.width] for start in range(0, len(values), output.width)]
