"""How a year ended: the table, whether going on training was worth it, and what runs in the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tidegate.core.answer import Answer, Verdict
from tidegate.simulator.year import account
from tidegate.simulator.year.replay import Year


def answer(year: Year, folder: Path, say: Callable[[str], None], seconds: float) -> Answer:
    """Print the end, keep it below `folder`, and judge it."""
    for line in told(year):
        say(line)
    data = document(year)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "months.json").write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    return Answer(
        verdict=Verdict.PASS if year.good else Verdict.FAIL,
        sentence=f"{sentence(year)} in {seconds:.0f} s",
        data=data,
    )


def sentence(year: Year) -> str:
    """The end in one sentence."""
    if year.whole is None or year.standing is None:
        return "the months were not played to their end"
    whole = f"RMSE {year.whole.live:.1f} live, {year.whole.frozen:.1f} for the first model"
    wrong = "" if year.good else " (not as it should)"
    return f"{len(year.months)} months, {year.whole.rows:,} hours: {whole}; version {year.standing.running} runs{wrong}"


def told(year: Year) -> Iterator[str]:
    """The table, and what everybody says in the end."""
    yield ""
    if year.whole is not None:
        yield from account.table(year.months, year.whole)
    yield ""
    if year.compared:
        yield f"what ran against the first model: {year.compared.told}"
    yield from year.status.splitlines()


def document(year: Year) -> dict[str, Any]:
    """The same for programs."""
    whole, standing, compared = year.whole, year.standing, year.compared
    return {
        "months": [account.document(month) for month in year.months],
        "rows": whole.rows if whole else 0,
        "rmse_live": whole.live if whole else None,
        "rmse_frozen": whole.frozen if whole else None,
        "difference": None if compared is None else [compared.difference, compared.low, compared.high],
        "better": bool(compared and compared.better),
        "lost": year.lost,
        "running": standing.running if standing else "",
        "agree": bool(standing and standing.agrees),
    }
