"""Behavioural tests asked of both packaged models: the base's tests decide, a change's own are asked as well."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tidegate.adapters import files, git, model_environment
from tidegate.adapters.behaviour import pytest_run
from tidegate.core.comparison.beside.behaviour import Behaviour, Behaviours, Run, findings
from tidegate.core.contract import Model
from tidegate.core.evidence import canonical_bytes, digest
from tidegate.core.inherited import inherited
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.comparison.packaged import Packaged

_MOST_FILES = 2_000
_LOCK = "requirements.txt"
_MADE = ("__pycache__", ".pytest_cache")
Asker = Callable[[Path, str, Mapping[str, str]], Run]
Contents = Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What one version of the tests found of each model."""

    candidate: Run
    champion: Run | None


def of(
    settings: Settings,
    judge: Model,
    model: Model,
    base: str | None,
    models: Packaged | str | None,
    ask: Asker = pytest_run.asked,
) -> Behaviours | None:
    """Findings of all behavioural tests, None where neither the base's contract nor this one's names any.

    `judge` is the model as the contract that judges has it, `model` as the work tree's has. The base's tests are run
    first, each version in an environment and a folder of its own, so that a change's code cannot speak for them.
    """
    folder = judge.evaluation.tests or model.evaluation.tests
    if folder is None:
        return None
    old = _at_base(settings, judge.evaluation.tests, base)
    new = _in_work_tree(settings, model.evaluation.tests)
    digests = {name: _digest(one) for name, one in (("base", old), ("change", new)) if one}
    edited = tuple(sorted(path for path in {*old, *new} if old.get(path) != new.get(path))) if old else ()
    if models is None or isinstance(models, str):
        trouble = models or "evaluation.model names no packaged model"
        return Behaviours(folder=folder, troubles=(trouble,), edited=edited, tests=digests)
    by_base = _answers(settings, model, judge.evaluation.tests or folder, old, models, ask) if old else None
    others = new != old and bool(new or not old)
    by_change = _answers(settings, model, model.evaluation.tests or folder, new, models, ask) if others else None
    return Behaviours(
        folder=folder,
        findings=_together(by_base, by_change),
        troubles=_troubles(by_base, by_change),
        champion_trouble=models.why_not or _champion_trouble(by_base, by_change),
        edited=edited,
        tests=digests,
    )


def _together(by_base: Answers | None, by_change: Answers | None) -> tuple[Behaviour, ...]:
    """The base's findings; of the change's version those about tests that are new or end in another way."""
    first = () if by_base is None else findings(by_base.candidate, by_base.champion, "base")
    second = () if by_change is None else findings(by_change.candidate, by_change.champion, "change")
    known = {(finding.name, finding.verdict, finding.severity) for finding in first}
    return (*first, *(one for one in second if (one.name, one.verdict, one.severity) not in known))


def _troubles(by_base: Answers | None, by_change: Answers | None) -> tuple[str, ...]:
    told = (
        ("", by_base),
        ("this change's version of them: " if by_base is not None else "", by_change),
    )
    return tuple(f"{whose}{one.candidate.trouble}" for whose, one in told if one is not None and one.candidate.trouble)


def _champion_trouble(by_base: Answers | None, by_change: Answers | None) -> str:
    asked = [one.champion for one in (by_base, by_change) if one is not None and one.champion is not None]
    return next((run.trouble for run in asked if run.trouble), "")


def _answers(settings: Settings, model: Model, folder: str, tests: Contents, models: Packaged, ask: Asker) -> Answers:
    """The tests, alone in a folder, asked of both models; once where they are the same file."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="tidegate-tests-")))
        for path, content in tests.items():
            place = files.inside(root, f"{folder}/{path}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        try:
            environ = _environment(settings, model, root, f"{folder}/{_LOCK}", _LOCK in tests)
        except (InputError, InfrastructureError) as error:
            return Answers(candidate=Run(trouble=f"their environment cannot be made: {error}"), champion=None)
        asked = partial(_asked, settings, model, root, folder, environ, ask)
        candidate = asked(models.candidate)
        if models.champion is None:
            return Answers(candidate=candidate, champion=None)
        one = files.sha256(models.candidate) == files.sha256(models.champion)
        return Answers(candidate=candidate, champion=candidate if one else asked(models.champion))


def _environment(settings: Settings, model: Model, root: Path, lock: str, own: bool) -> dict[str, str]:
    """The tests' own lock where they bring one, else the model's environment."""
    if own:
        return model_environment.mapping(root, lock, settings.environ, settings.console)
    return model_environment.mapping(settings.workspace, model.environment.lock, settings.environ, settings.console)


def _asked(
    settings: Settings,
    model: Model,
    root: Path,
    folder: str,
    environ: Mapping[str, str],
    ask: Asker,
    packaged: Path,
) -> Run:
    rows = model.evaluation.rows
    given = {"TIDEGATE_MODEL": str(packaged.resolve())}
    if rows and (place := files.inside(settings.workspace, rows)).is_file():
        given["TIDEGATE_ROWS"] = str(place)
    with settings.console.group(f"asking {packaged.name} the tests in {folder}"):
        return ask(root, folder, {**inherited(environ), **given})


def _at_base(settings: Settings, folder: str | None, base: str | None) -> dict[str, bytes]:
    """Path inside the folder → content, as the base has them."""
    if folder is None or base is None:
        return {}
    listed = sorted(git.blobs_at(settings.workspace, base, folder))
    contents = {path: git.show(settings.workspace, base, path) for path in listed[:_MOST_FILES]}
    return {path.removeprefix(f"{folder}/"): data for path, data in contents.items() if data is not None}


def _in_work_tree(settings: Settings, folder: str | None) -> dict[str, bytes]:
    """The same of the work tree; links are followed no further than the repository.

    Raises SecurityRefusal E-SEC-002 for one that leads out of it.
    """
    if folder is None or not (place := files.inside(settings.workspace, folder)).is_dir():
        return {}
    listed = [path for path in sorted(place.rglob("*")) if path.is_file() and not {*path.parts} & {*_MADE}]
    inside = [path.relative_to(place).as_posix() for path in listed[:_MOST_FILES]]
    return {path: files.inside(settings.workspace, f"{folder}/{path}").read_bytes() for path in inside}


def _digest(tests: Contents) -> str:
    return digest(canonical_bytes({path: hashlib.sha256(data).hexdigest() for path, data in tests.items()}))
