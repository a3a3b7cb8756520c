"""Price and energy of one training from the contract's tariff, with the arithmetic in sight."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tidegate.core.contract import Tariff

_HOUR = 3600
_DIGITS = 3


@dataclass(frozen=True, kw_only=True)
class Bill:
    """`price` in the tariff's currency, `energy` in watt-hours; a line of arithmetic for each that is known."""

    price: float | None
    energy: float | None
    lines: tuple[str, ...]


def bill(tariff: Tariff, seconds: float) -> Bill:
    """What a training of `seconds` costs and draws."""
    time = Decimal(repr(seconds))
    lines, price, energy = [], None, None
    if tariff.price_per_hour is not None:
        amount = time * tariff.price_per_hour / _HOUR
        price = float(amount)
        left = f"{_short(time)} s × {tariff.price_per_hour:f} {tariff.currency} an hour ÷ 3600"
        lines.append(f"{left} = {_short(amount)} {tariff.currency}")
    if tariff.watts is not None:
        drawn = time * tariff.watts / _HOUR
        energy = float(drawn)
        lines.append(f"{_short(time)} s × {tariff.watts:f} W ÷ 3600 = {_short(drawn)} Wh")
    return Bill(price=price, energy=energy, lines=tuple(lines))


def _short(value: Decimal) -> str:
    """Three digits of what is small, whole numbers of what is large."""
    if not value:
        return "0"
    places = max(_DIGITS - 1 - value.adjusted(), 0)
    return f"{round(value, places):f}"
