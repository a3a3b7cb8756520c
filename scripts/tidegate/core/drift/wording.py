"""How drift is told to people: short, with the numbers that decided, names from the data made harmless."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 60
_TOLD = 5


def shown(name: str) -> str:
    """A name from the data in quotes: control characters visible, cut at 60 characters."""
    cut = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
    return '"' + "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in cut) + '"'


def listed(names: Sequence[str]) -> str:
    """The first five names and how many more there are."""
    more = f" and {len(names) - _TOLD:,} more" if len(names) > _TOLD else ""
    return ", ".join(shown(name) for name in names[:_TOLD]) + more


def times(number: int, thing: str) -> str:
    """``1 row``, ``2,000 rows``."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def chance(p: float) -> str:
    """A p-value without decimals that mean nothing."""
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.2g}"


def percent(share: float) -> str:
    """A share, with a decimal below ten percent."""
    return f"{share:.0%}" if share >= 0.1 or share == 0 else f"{share:.2%}"
