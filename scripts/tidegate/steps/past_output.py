"""A model's output as it was at another commit: the champion's predictions, wired together for any command."""

from __future__ import annotations

from pathlib import Path

from tidegate.adapters.dvc import past as dvc_past
from tidegate.core.contract import Model
from tidegate.settings import Settings
from tidegate.steps import model_at

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
    destination = settings.evidence / "champion" / commit / output
    past = model_at.past(settings, model, commit)
    how = dvc_past.output_at(past, model.path, output, destination, settings.console)
    settings.console.say(f"{output} at {commit[:12]}: {_SOURCES[how]}")
    return destination
