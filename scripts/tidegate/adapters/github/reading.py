"""GitHub's replies, read strictly for the few members that are used; a reply without them counts as no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from tidegate.adapters.github.refusal import Unknown
from tidegate.adapters.github.session import Connection
from tidegate.core.report.reading import Malformed, Reader

_Value = TypeVar("_Value")


def path(connection: Connection, rest: str) -> str:
    """A path below the repository."""
    return f"/repos/{quote(connection.repository)}/{rest}"


def read(what: str, value: Any, make: Callable[[Reader], _Value]) -> _Value:
    """`make` of a JSON object. Raises Unknown where it is none or lacks what `make` asks for."""
    try:
        if not isinstance(value, Mapping):
            raise Malformed(f"/: expected an object, found {type(value).__name__}")
        return make(Reader(value))
    except Malformed as error:
        raise Unknown("E-GH-014", f"{what}: GitHub's answer is not as documented ({error}).") from None


def items(what: str, value: Any) -> Iterator[Any]:
    """The items of a JSON list. Raises Unknown where it is none."""
    if not isinstance(value, list):
        raise Unknown("E-GH-014", f"{what}: GitHub's answer is no list.")
    return iter(value)
