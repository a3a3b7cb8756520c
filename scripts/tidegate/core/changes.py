"""Which of a contract's models a set of changed paths touches."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from tidegate.core.contract import Contract, Model

_PROSE = {".md", ".rst", ".txt"}


def touched_models(contract: Contract, contract_path: str, paths: Iterable[str]) -> tuple[str, ...]:
    """Names of the models whose data, code, parameters, environment or gates are among `paths`, in contract order."""
    changed = [PurePosixPath(path) for path in paths]
    return tuple(
        name
        for name, model in contract.models.items()
        if any(str(path) == contract_path or _belongs(model, path) for path in changed)
    )


def _belongs(model: Model, path: PurePosixPath) -> bool:
    exact = {model.data.tracked, model.environment.lock}
    if str(path) in exact:
        return True
    folders = (PurePosixPath(model.path), PurePosixPath(model.data.expectations))
    return path.suffix not in _PROSE and any(path.is_relative_to(folder) for folder in folders)
