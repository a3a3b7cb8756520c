"""A stream judged step by step: an alarm as soon as one column has looked unlike the reference for too long by chance.

The check of whole windows (`verdict.py`) sees small changes and waits until a window is over. This one sees large
changes within some steps. As there, both must hold: too surprising for chance, and an effect that matters, measured on
the rows since the sum last was zero, which is where the change is most likely to have begun.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tidegate.core.drift import schema
from tidegate.core.drift.columns import Limits, Question, questions
from tidegate.core.drift.finding import Subject
from tidegate.core.drift.profile import Part, Profile, merge
from tidegate.core.drift.sequential import PageHinkley, calibrated, surprise
from tidegate.core.drift.verdict import Rules
from tidegate.core.drift.window import Window

Key = tuple[str, Subject]
"""A column and what is asked of it."""
_ANY_EFFECT = 1.0
"""The floor is of no use to one step, and looked up for the gathered rows; this one is never simulated."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """What was raised: since when, in data time, it looks changed, over how many rows, and when that was certain."""

    column: str
    subject: Subject
    since: datetime
    at: datetime
    rows: int
    effect: float
    floor: float


@dataclass(frozen=True, kw_only=True)
class Track:
    """One question's sum; `gathered` and `begun` are its rows since the sum last was zero, and their first time."""

    score: float = 0.0
    begun: datetime | None = None
    gathered: Part | None = None
    alarm: Alarm | None = None


Tracks = Mapping[Key, Track]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every step is judged by; `test` is shared by all questions."""

    reference: Profile
    rules: Rules
    test: PageHinkley
    asked: Mapping[str, tuple[Subject, ...]] = field(default_factory=dict)

    @property
    def questions(self) -> int:
        """How many there are in all."""
        return sum(map(len, self.asked.values()))


def plan(reference: Profile, rules: Rules, steps_per_window: float) -> Plan:
    """The plan by which all questions together raise less than one false alarm in 1/α windows."""
    asked = {name: found for name in reference.columns if (found := tuple(_subjects(reference, name)))}
    number = sum(map(len, asked.values()))
    test = calibrated(max(number * steps_per_window / rules.alpha, 2.0))
    return Plan(reference=reference, rules=rules, test=test, asked=asked)


def advanced(tracks: Tracks, step: Window, by: Plan) -> tuple[dict[Key, Track], tuple[Alarm, ...]]:
    """The tracks after one more step, and the alarms that it raised. What a step cannot tell is left as it is."""
    found, raised = dict(tracks), []
    for key, p in _p_values(step, by):
        before = found.get(key, Track())
        found[key] = _moved(before, key, p, step, by)
        alarm = found[key].alarm
        if alarm is not None and before.alarm is None:
            raised.append(alarm)
    return found, tuple(raised)


def alarms(tracks: Tracks) -> tuple[Alarm, ...]:
    """Those that stand."""
    return tuple(track.alarm for track in tracks.values() if track.alarm is not None)


def _subjects(reference: Profile, name: str) -> Iterator[Subject]:
    """Everything that `columns.questions` can ask of the column; labels are not in a stream, they come later."""
    column = reference.columns[name]
    if column.role == "label":
        return
    yield "missing"
    if column.kind != "other":
        yield "distribution"
        yield "infinite" if column.kind == "number" else "new words"


def _p_values(step: Window, by: Plan) -> Iterator[tuple[Key, float]]:
    """Of every question that the step can answer; an event that never happened is no surprise."""
    limits = Limits(alpha=by.rules.alpha, min_effect=_ANY_EFFECT, months=step.months)
    for name, subjects in by.asked.items():
        if not step.part_of(name).rows or not schema.usable(step, name):
            continue
        found = {question.subject: question for question in questions(by.reference, step.part_of(name), name, limits)}
        for subject in subjects:
            if subject in found and (p := found[subject].p) is not None:
                yield (name, subject), p
            elif subject not in found and subject != "distribution":
                yield (name, subject), 1.0


def _moved(track: Track, key: Key, p: float, step: Window, by: Plan) -> Track:
    score = by.test.after(track.score, surprise(p))
    if score <= 0:
        return Track()
    part = step.part_of(key[0])
    own = replace(part, columns={key[0]: part.columns[key[0]]})
    moved = Track(
        score=score,
        begun=track.begun or step.start,
        gathered=own if track.gathered is None else merge(track.gathered, own),
        alarm=track.alarm,
    )
    if track.alarm is None and by.test.fires(score):
        return replace(moved, alarm=_alarm(moved, key, step.end, by))
    return moved


def _alarm(track: Track, key: Key, end: datetime, by: Plan) -> Alarm | None:
    """None where the rows since the change began are nearer to the reference than what matters."""
    question = _question(track, key, end, by)
    if question is None or track.gathered is None or track.begun is None or question.effect < question.floor:
        return None
    return Alarm(
        column=key[0],
        subject=key[1],
        since=track.begun,
        at=end,
        rows=track.gathered.rows,
        effect=question.effect,
        floor=question.floor,
    )


def _question(track: Track, key: Key, end: datetime, by: Plan) -> Question | None:
    """Asked of all gathered rows; the floor is the one that no question of them all reaches by chance (Bonferroni)."""
    if track.gathered is None or track.begun is None:
        return None
    whole = Window(start=track.begun, end=end, part=track.gathered)
    level = by.rules.alpha / max(by.questions, 1)
    limits = Limits(alpha=level, min_effect=by.rules.min_effect, months=whole.months)
    return next((one for one in questions(by.reference, whole.part, key[0], limits) if one.subject == key[1]), None)
