"""A model's output as it was at another commit: the champion's predictions, wired together for any command."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from tidegate.adapters.dvc import past as dvc_past
from tidegate.core.contract import Model
from tidegate.errors import TidegateError
from tidegate.settings import Settings
from tidegate.steps.pipeline import model_at

Output = Callable[[Settings, Model, str, str], Path]
"""How `at` is called."""
_SOURCES = {
    "git": "from Git",
    "cache": "from DVC's cache",
    "remote": "from DVC's remote",
    "reproduced": "made again from that commit",
}


def at(settings: Settings, model: Model, commit: str, output: str) -> Path:
    """The file `output` (path from the repository's root, written by the model's pipeline) as it was at `commit`.

    Taken from Git, DVC's cache or its remote where `dvc.lock` of that commit provably belongs to it, and made again
    otherwise, in a temporary work tree and with that commit's own environment lock. Every byte is checked.
    Raises InputError, InfrastructureError or SecurityRefusal saying which of these failed.
    """
    destination = _place(settings, commit, output)
    past = model_at.past(settings, model, commit)
    how = dvc_past.output_at(past, model.path, output, destination, settings.console)
    settings.console.say(f"{output} at {commit[:12]}: {_SOURCES[how]}")
    return destination


def together(settings: Settings, model: Model, commit: str, outputs: Iterable[str]) -> dict[str, Path]:
    """Several such files, by their names: DVC is started once for all that are not at hand. Raises as `at` does."""
    past = model_at.past(settings, model, commit)
    places = {output: _place(settings, commit, output) for output in outputs}
    missing = []
    for output, place in places.items():
        if how := dvc_past.at_hand(past, model.path, output, place, settings.console):
            settings.console.say(f"{output} at {commit[:12]}: {_SOURCES[how]}")
        else:
            missing.append(output)
    if missing:
        with model_at.checkout(settings, model, commit, missing) as tree:
            for output in missing:
                places[output].parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(tree / output, places[output])
        settings.console.say(f"{', '.join(missing)} at {commit[:12]}: by DVC")
    return places


def brought(settings: Settings, model: Model, commit: str, outputs: Iterable[str]) -> Output:
    """`at`, after these outputs of a commit were brought together; what cannot be is left to `at`, which says why."""
    try:
        known = together(settings, model, commit, outputs)
    except TidegateError:
        return at

    def output(settings: Settings, model: Model, wanted: str, path: str) -> Path:
        return known[path] if wanted == commit and path in known else at(settings, model, wanted, path)

    return output


def _place(settings: Settings, commit: str, output: str) -> Path:
    return settings.evidence / "champion" / commit / output
