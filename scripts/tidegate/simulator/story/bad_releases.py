"""Releases that pass every gate before the merge and must not stay: each is found out by another sign."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.simulator.story import changes
from tidegate.simulator.story.changes import Replacement


@dataclass(frozen=True, kw_only=True)
class BadRelease:
    """A change of the better model that somebody merges. `environment`: where it is found out; `sign`: what says so.

    `trees`: a few more than the release before has, because a model that predicts the very same is refused.
    """

    name: str
    title: str
    trees: int
    changes: tuple[Replacement, ...]
    environment: str
    sign: str


BAD_RELEASES = (
    BadRelease(
        name="slow",
        title="Weekdays for the kiosks",
        trees=310,
        changes=changes.SLOW,
        environment="production",
        sign="as long as the champion's",
    ),
    BadRelease(
        name="wrong",
        title="Hours for the kiosks, weekdays as before",
        trees=320,
        changes=changes.WRONG,
        environment="production",
        sign="predictions are",
    ),
    BadRelease(
        name="never-healthy",
        title="No hour of another year is guessed",
        trees=330,
        changes=changes.NEVER_HEALTHY,
        environment="staging",
        sign="it ended before it was ready",
    ),
)
