"""When nothing may change, it is said why."""

from __future__ import annotations

from datetime import date

from tidegate.core.deployment.environment import Environment, Freeze, closed

OPEN = Environment(name="production", target="process", address="127.0.0.1:80")


def test_an_open_environment_is_open() -> None:
    assert closed(OPEN, date(2026, 12, 31)) == ""


def test_the_last_day_of_a_freeze_belongs_to_it() -> None:
    frozen = Environment(
        name="production",
        target="process",
        address="127.0.0.1:80",
        freeze=Freeze(until=date(2026, 12, 31), reason="year end"),
    )
    assert closed(frozen, date(2026, 12, 31)) == "production is frozen until 2026-12-31: year end"
    assert closed(frozen, date(2027, 1, 1)) == ""


def test_a_lock_has_no_end() -> None:
    locked = Environment(name="production", target="process", address="127.0.0.1:80", locked="incident 12")
    assert closed(locked, date(2999, 1, 1)) == "production is locked: incident 12"
