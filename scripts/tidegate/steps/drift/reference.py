"""What live data is held against: the profile and the predictions of the release that the environment runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tidegate.adapters import files, git
from tidegate.adapters.tables import reading as tables
from tidegate.core.comparison.samples.sample import Predictions
from tidegate.core.comparison.samples.task import task_of
from tidegate.core.contract import Drift, Model
from tidegate.core.drift import document
from tidegate.core.drift.evidence import Against
from tidegate.core.drift.measuring import needed
from tidegate.core.drift.profile import Profile
from tidegate.core.evidence import strict_json
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import champion
from tidegate.steps.deployment import environments
from tidegate.steps.pipeline import past_output
from tidegate.steps.pipeline.past_output import Output

LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The profile, where it comes from, and the release's own predictions of its hold-out.

    `predictions` is the reason where they cannot be had: performance is then unknown, and the rest is not. `output`
    gives another file of the release.
    """

    profile: Profile
    about: Against
    predictions: Predictions | str
    output: Callable[[str], Path]


def of(settings: Settings, model: Model, drift: Drift, output: Output = past_output.at) -> Reference:
    """The release that the environment is meant to run, by HEAD; where it has none, what the work tree holds.

    Raises InputError E-DRF-003 where there is no profile, E-DRF-001 and E-DRF-002 for one that is none, and what
    `output` raises where the release's files cannot be had.
    """
    head = git.head(settings.workspace)
    release = environments.release_at(settings, drift.environment, head)
    if release is None or release.model != model.name:
        about = Against(kind="contract", profile=drift.profile, digest="")
        at_hand = partial(_at_hand, settings, output)
        return _reference(model, partial(at_hand, model, head), drift.profile, about)
    commit = git.ensure_commit(settings.workspace, release.commit)
    theirs = champion.model_at(settings, model.name, commit) or model
    named = theirs.drift.profile if theirs.drift else drift.profile
    about = Against(
        kind="release",
        profile=named,
        digest="",
        environment=drift.environment,
        version=release.version,
        commit=commit,
    )
    return _reference(model, partial(output, settings, theirs, commit), named, about)


def _at_hand(settings: Settings, output: Output, model: Model, commit: str, path: str) -> Path:
    """What the pipeline left in the work tree, or what HEAD says that it wrote."""
    place = files.inside(settings.workspace, path)
    return place if place.is_file() else output(settings, model, commit, path)


def _reference(model: Model, output: Callable[[str], Path], named: str, about: Against) -> Reference:
    path = output(named)
    if not path.is_file():
        fix = "Run tidegate train-model, or name the profile that the pipeline writes as drift.profile."
        raise InputError("E-DRF-003", "there is no profile to hold live data against.", where=about.profile, fix=fix)
    text = files.read_text(path, limit=LARGEST, shown=about.profile)
    profile = document.profile(strict_json(text, about.profile), about.profile)
    return Reference(
        profile=profile,
        about=about.with_digest(files.sha256(path)),
        predictions=_predictions(model, output),
        output=output,
    )


def _predictions(model: Model, output: Callable[[str], Path]) -> Predictions | str:
    """By today's contract: the columns that live data is read by as well."""
    shown = model.evaluation.predictions
    try:
        return tables.read(output(shown), needed(model), task_of(model), shown=shown)
    except InputError as error:
        return f"the release's predictions cannot be had: {error}"
