"""Strict reading of evidence: a member that is missing or of another type is named by its JSON pointer, never guessed.

Members that nobody asks for are ignored, so that a command may say more than this version of the report shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

_UNCOUNTABLE = 10**18
_Choice = TypeVar("_Choice", bound=str)


class Malformed(Exception):
    """Evidence that does not have the agreed form; the message says where and what was found."""


@dataclass(frozen=True)
class Reader:
    """One JSON object and where it stands."""

    members: Mapping[str, Any]
    pointer: str = ""

    def text(self, name: str) -> str:
        """A string. Raises Malformed."""
        text: str = self._typed(name, str, "text")
        return text

    def text_or_none(self, name: str) -> str | None:
        """A string, None where null or absent. Raises Malformed."""
        return None if self.members.get(name) is None else self.text(name)

    def choice(self, name: str, among: type[_Choice]) -> _Choice:
        """A member of the string enumeration `among`. Raises Malformed."""
        text = self.text(name)
        try:
            return among(text)
        except ValueError:
            raise self._wrong(name, "a known word", text) from None

    def number(self, name: str) -> float:
        """A finite number. Raises Malformed, also for a boolean and for what is beyond a float."""
        return self._finite(name, self.members.get(name))

    def number_or_none(self, name: str) -> float | None:
        """A finite number, None where null or absent. Raises Malformed."""
        return None if self.members.get(name) is None else self.number(name)

    def whole(self, name: str) -> int:
        """An integer of at least zero that something countable could have. Raises Malformed."""
        value = self.members.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _UNCOUNTABLE:
            raise self._wrong(name, "a count", value)
        return value

    def whole_or_none(self, name: str) -> int | None:
        """A count, None where null or absent. Raises Malformed."""
        return None if self.members.get(name) is None else self.whole(name)

    def flag(self, name: str) -> bool:
        """True or false. Raises Malformed."""
        flag: bool = self._typed(name, bool, "true or false")
        return flag

    def interval(self, name: str) -> tuple[float, float] | None:
        """Two finite numbers in order, None where null or absent. Raises Malformed."""
        value = self.members.get(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise self._wrong(name, "[low, high]", value)
        low, high = (self._finite(name, end) for end in value)
        if low > high:
            raise self._wrong(name, "low before high", value)
        return low, high

    def row(self, name: str, length: int) -> tuple[float, ...]:
        """So many finite numbers. Raises Malformed."""
        values = self._list(name)
        if len(values) != length:
            raise self._wrong(name, f"{length} numbers", values)
        return tuple(self._finite(name, value) for value in values)

    def inner(self, name: str) -> Reader:
        """An object. Raises Malformed."""
        return Reader(self._typed(name, Mapping, "an object"), f"{self.pointer}/{name}")

    def inner_or_none(self, name: str) -> Reader | None:
        """An object, None where null or absent. Raises Malformed."""
        return None if self.members.get(name) is None else self.inner(name)

    def each(self, name: str) -> Iterator[Reader]:
        """The objects of a list; an absent list has none. Raises Malformed."""
        for position, item in enumerate(self._list(name)):
            if not isinstance(item, Mapping):
                raise self._wrong(f"{name}/{position}", "an object", item)
            yield Reader(item, f"{self.pointer}/{name}/{position}")

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings of a list; an absent list has none. Raises Malformed."""
        items = self._list(name)
        for position, item in enumerate(items):
            if not isinstance(item, str):
                raise self._wrong(f"{name}/{position}", "text", item)
        return tuple(items)

    def numbers(self, name: str) -> dict[str, float]:
        """An object of finite numbers by name; empty where absent. Raises Malformed."""
        inner = self.inner_or_none(name)
        return {} if inner is None else {key: inner.number(key) for key in inner.members}

    def _list(self, name: str) -> list[Any]:
        value = self.members.get(name)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self._wrong(name, "a list", value)
        return list(value)

    def _typed(self, name: str, kind: Any, words: str) -> Any:
        value = self.members.get(name)
        if not isinstance(value, kind):
            raise self._wrong(name, words, value)
        return value

    def _finite(self, name: str, value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(name, "a number", value)
        try:
            number = float(value)
        except OverflowError:
            raise self._wrong(name, "a finite number", "more digits than a number has") from None
        if not math.isfinite(number):
            raise self._wrong(name, "a finite number", value)
        return number

    def _wrong(self, name: str, expected: str, found: object) -> Malformed:
        seen = "nothing" if found is None else f"{found!r:.60}"
        return Malformed(f"{self.pointer}/{name}: expected {expected}, found {seen}"[:300])
