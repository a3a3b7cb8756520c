"""How a demonstration ended, in words and as data: what was merged, what runs, and whether Git says the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidegate.simulator.scenario import Played
from tidegate.simulator.story.demonstration import Demonstration
from tidegate.simulator.story.releases import PRODUCTION, Landed, Standing


def sentence(shown: Demonstration) -> str:
    """The end in one sentence."""
    reviewed = ", ".join(f"{act.scene.name}: {act.check or 'no check'}" for act in shown.played)
    standing = shown.standing
    runs = f"version {standing.running} runs in production" if standing and standing.running else "nothing runs alone"
    return f"{reviewed}; {runs}{'' if shown.good else ' (not as it should)'}"


def told(shown: Demonstration) -> Iterator[str]:
    """What came of every change, and what everybody says in the end."""
    yield ""
    for act in sorted(shown.played, key=lambda act: act.pull.number):
        yield f"#{act.pull.number} {act.scene.title}: {_headline(act)}"
    for landed in shown.landed:
        yield f"{landed.title}: {_landed(landed)} ({landed.answered:,} requests answered, {landed.lost} lost)"
    if shown.landed:
        yield f"{shown.lost} of {shown.lost + shown.answered:,} requests lost"
    if shown.standing:
        yield _standing(shown.standing)
    if shown.registered:
        named = ", ".join(f"{alias} is version {version or 'none'}" for alias, version in shown.registered.items())
        yield f"MLflow's registry: {named}"
    yield from shown.status.splitlines()


def document(shown: Demonstration) -> dict[str, Any]:
    """The same for programs."""
    scenes = {act.scene.name: {"check": act.check, "seconds": round(act.seconds, 1)} for act in shown.played}
    releases = [
        {
            "title": landed.title,
            "running": landed.standing.running,
            "taken_back_in": landed.taken_back_in,
            "answered": landed.answered,
            "lost": landed.lost,
            "seconds": round(landed.seconds, 1),
        }
        for landed in shown.landed
    ]
    agree = bool(shown.standing and shown.standing.agrees)
    return {"scenes": scenes, "releases": releases, "agree": agree, "registered": dict(shown.registered)}


def _headline(act: Played) -> str:
    lines = [line for comment in act.comments for line in comment["body"].split("\n") if line.startswith("### ")]
    return lines[0].removeprefix("### ") if lines else f"check {act.check or 'missing'}"


def _landed(landed: Landed) -> str:
    if landed.revert is None:
        return f"version {landed.standing.running} runs in production"
    issues = "".join(f", issue “{title}”" for title in landed.issues)
    place = "there" if landed.taken_back_in == PRODUCTION else f"in {PRODUCTION}"
    back = f"taken back in {landed.taken_back_in} by itself, version {landed.standing.running} runs {place}"
    return f"{back}; revert #{landed.revert.number}{issues}"


def _standing(standing: Standing) -> str:
    running, recorded = standing.running or "none", standing.recorded or "none"
    end = "all agree" if standing.agrees else "they do not agree"
    return f"production: Git wants version {standing.wanted}, {running} runs, {recorded} is recorded: {end}"
