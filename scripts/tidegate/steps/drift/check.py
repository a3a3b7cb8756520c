"""One drift check, put together: reference, live data and late labels in, what was found out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tidegate.adapters.scan.extent import Extent
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.contract import Drift, Model
from tidegate.core.drift import measuring
from tidegate.core.drift.evidence import Seen
from tidegate.core.drift.finding import State
from tidegate.core.drift.measuring import Estimates
from tidegate.core.drift.verdict import Rules, judge
from tidegate.core.drift.window import Window
from tidegate.core.drift.wording import times
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.drift import live as drift_live
from tidegate.steps.drift import reference as drift_reference
from tidegate.steps.drift import scoring as drift_scoring
from tidegate.steps.drift.live import Asking, Labelled
from tidegate.steps.drift.readers import Reader
from tidegate.steps.drift.reference import Reference
from tidegate.steps.drift.scoring import Scorer
from tidegate.steps.pipeline import past_output
from tidegate.steps.pipeline.past_output import Output

AHEAD = timedelta(days=1)
"""How far data may be ahead of the clock: local times east of it, and clocks that are a little off."""

_SCORED = "Live data holds no predictions; the release's model was asked for those that have labels."


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`now`: what data cannot be later than; `until`: what is taken as if it had not come yet. Where files are."""

    now: datetime
    until: datetime | None = None
    live: str = ""
    labels: str = ""


def check(settings: Settings, model: Model, drift: Drift, asked: Asked, output: Output = past_output.at) -> Seen:
    """Look at the latest windows of live data. Raises InputError for what cannot be read, and what `output` raises."""
    reference = drift_reference.of(settings, model, drift, output)
    sources = drift_live.sources(settings, drift, asked.live, asked.labels)
    found = drift_live.reader(settings, drift, sources)
    limit = asked.now + AHEAD
    reached = found.extent(drift.live, min(limit, asked.until or limit))
    version = reference.about.version
    windows = [] if reached is None else drift_live.windows(reference.profile, drift, found, reached, version)
    windows, notes = _with_labels(model, drift, reference, found, windows)
    judgement = judge(reference.profile, windows, rules(drift))
    seen = Seen(
        judgement=judgement,
        windows=windows,
        profile=reference.profile,
        against=reference.about,
        notes=(*notes, *_about_times(reached, asked)),
    )
    return known_only_if_fresh(seen, drift, None if reached is None else reached.last, asked.until or asked.now)


def rules(drift: Drift) -> Rules:
    """The contract's section as the core's numbers."""
    return Rules(
        alpha=drift.alpha,
        min_effect=drift.min_effect,
        columns=drift.fire_when.columns,
        windows=drift.fire_when.windows,
        of=drift.fire_when.of,
        importance=drift.importance,
    )


def _with_labels(
    model: Model, drift: Drift, reference: Reference, found: Reader, windows: Sequence[Window]
) -> tuple[list[Window], list[str]]:
    if drift.live.labels is None or not windows:
        return list(windows), []
    scorer, notes = _scorer(model, reference, windows)
    asking = Asking(version=reference.about.version, scorer=scorer)
    labelled = drift_live.labelled_windows(model, drift, reference.profile, found, windows, asking)
    if not any(isinstance(item.predictions, Predictions) for item in labelled):
        told = dict.fromkeys(str(item.predictions) for item in labelled)
        return [item.window for item in labelled], [f"Performance is not known: {why}" for why in told]
    notes += [] if isinstance(reference.predictions, Predictions) else [reference.predictions]
    released = _estimates(model, reference.predictions, notes)
    measured = [_measured(model, released, item, notes) for item in labelled]
    return measured, list(dict.fromkeys(notes))


def _scorer(model: Model, reference: Reference, windows: Sequence[Window]) -> tuple[Scorer | None, list[str]]:
    """The release's model where live data holds no predictions of it."""
    named, evaluation = model.evaluation.model, model.evaluation
    if named is None or any(evaluation.prediction in window.seen for window in windows):
        return None, []
    try:
        found = drift_scoring.scorer(reference.output(named), evaluation)
    except InputError as error:
        return None, [f"The release's model cannot be asked: {error}"]
    return found, [_SCORED] if found else []


def _measured(model: Model, released: Estimates, item: Labelled, notes: list[str]) -> Window:
    live = _estimates(model, item.predictions, notes)
    return replace(item.window, measured=measuring.performances(model, released, live or None))


def _estimates(model: Model, predictions: Predictions | str, notes: list[str]) -> Estimates:
    if isinstance(predictions, str):
        return {}
    try:
        return measuring.of_predictions(model, predictions)
    except InputError as error:
        notes.append(f"Performance is not known: {error}")
        return {}


def _about_times(reached: Extent | None, asked: Asked) -> list[str]:
    if reached is None:
        return ["Live data holds no row with a time."]
    if not reached.later:
        return []
    why = "the clock" if asked.until is None else f"{asked.until:%Y-%m-%d %H:%M}"
    return [f"{times(reached.later, 'row')} are later than {why} and were left out."]


def known_only_if_fresh(seen: Seen, drift: Drift, last: datetime | None, now: datetime) -> Seen:
    """Data that has stopped coming says nothing about today, however calm its last window was."""
    oldest = drift.live.max_age
    if oldest is None or last is None or (age := now - last) <= oldest:
        return seen
    sentence = (
        f"Unknown, which is not the same as no drift: the latest row is of {last:%Y-%m-%d %H:%M}, "
        f"{times(age.days, 'day')} ago; drift.live.max_age is {times(oldest.days, 'day')}."
    )
    return replace(seen, judgement=replace(seen.judgement, state=State.UNKNOWN, sentence=sentence))
