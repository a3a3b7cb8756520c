"""The day that waivers are held against, and a refusal of those that a change writes too far ahead."""

from __future__ import annotations

from datetime import date

from tidegate.adapters import git
from tidegate.adapters.contract import file as contract_file
from tidegate.core.comparison.gates import waivers
from tidegate.core.comparison.gates.waivers import LONGEST, Standing
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison.champion import Judged


def day_of(settings: Settings, judged: Judged, base: str | None) -> date | None:
    """The day (UTC) of the later of HEAD and its base; None where there is no base, whose waivers alone count.

    A change can write any time into commits of its own, but none into the base's. Raises InputError E-CFG-032 for a
    waiver that this change writes or extends too far ahead of that day.
    """
    if base is None:
        return None
    day = waivers.day_of(
        *(git.commit_time(settings.workspace, commit) for commit in (git.head(settings.workspace), base))
    )
    _refuse_long(settings, judged, day)
    return day


def _refuse_long(settings: Settings, judged: Judged, day: date | None) -> None:
    for place, waiver in enumerate(judged.model.waivers):
        if waiver not in judged.judge.waivers and waivers.standing(waiver, day) is Standing.TOO_LONG:
            value = ("models", judged.model.name, "waivers", place, "until")
            raise InputError(
                "E-CFG-032",
                f"{waiver.until} is more than {LONGEST.days} days after {day}, the day of this change.",
                where=contract_file.place_of(settings.workspace / settings.config, settings.config, value),
                fix="Choose an earlier day; a waiver can be renewed.",
            )
