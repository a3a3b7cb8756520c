"""Waivers that name no gate, nobody, no reason or no day: an excuse has to be one that somebody can be asked about."""

from __future__ import annotations

from bad_inputs.cases import Case, contract_and

GOOD = '{gate: "rmse no_worse_by 1%", reason: new sensors, owner: "@forecast", until: 2026-12-31}'


def _waiver(old: str, new: str) -> str:
    if GOOD.count(old) != 1:
        raise ValueError(old)
    return f"    waivers:\n      - {GOOD.replace(old, new)}\n"


CASES = (
    Case(
        id="C26-unknown-gate",
        title="a waiver of a gate that is not there",
        exit=2,
        code="E-CFG-031",
        mentions=("Did you mean", "rmse no_worse_by 1%"),
        **contract_and(_waiver('"rmse no_worse_by 1%"', '§"rmse no_worse_by 2%"')),
    ),
    Case(
        id="C26-no-reason",
        title="a waiver without a reason",
        exit=2,
        code="E-CFG-023",
        mentions=('key "reason" is missing', "Why it may fail until then."),
        **contract_and(_waiver("{gate", "§{gate").replace("reason: new sensors, ", "")),
    ),
    Case(
        id="C26-empty-reason",
        title="a waiver with an empty reason",
        exit=2,
        code="E-CFG-005",
        **contract_and(_waiver("new sensors", '§" "')),
    ),
    Case(
        id="C26-no-owner",
        title="a waiver that nobody answers for",
        exit=2,
        code="E-CFG-023",
        mentions=("Who answers for it.",),
        **contract_and(_waiver("{gate", "§{gate").replace('owner: "@forecast", ', "")),
    ),
    Case(
        id="C26-no-day",
        title="a waiver for ever",
        exit=2,
        code="E-CFG-023",
        mentions=("The last day (UTC)",),
        **contract_and(_waiver("{gate", "§{gate").replace(", until: 2026-12-31", "")),
    ),
    Case(
        id="C26-no-such-day",
        title="a day that is on no calendar",
        exit=2,
        code="E-CFG-005",
        mentions=("a day such as 2026-12-31",),
        **contract_and(_waiver("2026-12-31", "§2026-02-30")),
    ),
    Case(
        id="C26-day-in-words",
        title="a day in words",
        exit=2,
        code="E-CFG-005",
        **contract_and(_waiver("2026-12-31", "§next month")),
    ),
    Case(
        id="C26-week-date",
        title="a week, which Python would read as a day",
        exit=2,
        code="E-CFG-005",
        **contract_and(_waiver("2026-12-31", "§2026-W52-4")),
    ),
    Case(
        id="C26-twice",
        title="two waivers of one gate",
        exit=2,
        code="E-CFG-029",
        **contract_and(f"    waivers:\n      - {GOOD}\n      - {GOOD.replace('gate: ', 'gate: §')}\n"),
    ),
    Case(
        id="C26-unknown-key",
        title="a waiver with a key of its own",
        exit=2,
        code="E-CFG-006",
        **contract_and(_waiver("until", "§untill")),
    ),
    Case(id="C26-accepted", title="a good waiver", exit=0, **contract_and(f"    waivers:\n      - {GOOD}\n")),
)
