"""What a table of prices must say to be of any use."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.contract import Tariff
from tidegate.core.contract.problem import Problem


def about_tariff(tariff: Tariff) -> Iterator[Problem]:
    """The contract's `cost`: a price has a currency, and one of price and watts is there."""
    if tariff.price_per_hour is None and tariff.watts is None:
        message = "neither price_per_hour nor watts is given: there is nothing to work out."
        yield Problem(code="E-CFG-027", path=("cost",), message=message, fix="Name one of them, or drop cost.")
    elif tariff.price_per_hour is not None and not tariff.currency:
        message = "a price needs its currency."
        yield Problem(code="E-CFG-027", path=("cost", "price_per_hour"), message=message, fix="Add currency: EUR.")
    elif tariff.price_per_hour is None and tariff.currency:
        message = "a currency without a price says nothing."
        yield Problem(code="E-CFG-027", path=("cost", "currency"), message=message, fix="Add price_per_hour.")
