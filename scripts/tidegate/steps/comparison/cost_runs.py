"""Models that are not ONNX timed from outside: whole runs of each one's own predict command, in turns.

Start-up is part of such a time, and said to be. Each model runs at its own commit and in its own environment, since
that is what its command needs.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from tidegate.adapters import git, model_program
from tidegate.core.comparison.beside.cost import Costs, Series
from tidegate.core.contract import Model
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison.packaged import Packaged
from tidegate.steps.pipeline import model_at

ROUNDS = 12
LONGEST = 900.0
"""Seconds that all rounds together may take."""
_ONE_RUN = 300.0


@dataclass(frozen=True, kw_only=True)
class _Program:
    """One model's command, where it runs, and under which variables."""

    tree: Path
    command: tuple[str, ...]
    environ: dict[str, str]

    def run(self) -> model_program.Completed:
        return model_program.run(self.tree, self.command, self.environ, seconds=_ONE_RUN)


def in_turns(settings: Settings, model: Model, models: Packaged, rows: Path, count: int, key: str) -> Costs:
    """Costs of whole runs over the `count` rows of the file `rows`; a first run of each is thrown away.

    Raises InputError E-CST-004 where a model has no predict command or takes too long to be timed often enough, and
    what `model_program.run` raises.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="tidegate-cost-")))
        programs = [_program(settings, model, settings.workspace, models.candidate, rows, folder / "candidate")]
        if models.champion is not None and models.theirs is not None and models.commit is not None:
            tree = stack.enter_context(_tree(settings, models.theirs, models.commit))
            programs.append(_program(settings, models.theirs, tree, models.champion, rows, folder / "champion"))
        _bounded([program.run().seconds for program in programs])
        timed = [_round(programs, turned=bool(number % 2)) for number in range(ROUNDS)]
    sides = [[one[place] for one in timed] for place in range(len(programs))]
    return Costs(key=key, way="program", rows=count, series=_series(sides, count), why_not=models.why_not)


def _tree(settings: Settings, theirs: Model, commit: str) -> AbstractContextManager[Path]:
    """The commit's own files; with all outputs where the command is not told which model to use and looks for it."""
    if any("{model}" in word for word in theirs.evaluation.predict or ()):
        return git.work_tree(settings.workspace, commit)
    return model_at.checkout(settings, theirs, commit)


def _program(settings: Settings, model: Model, tree: Path, packaged: Path, rows: Path, answers: Path) -> _Program:
    if not model.evaluation.predict:
        raise InputError("E-CST-004", "names no command that answers rows.", where="evaluation.predict")
    output = answers.with_suffix(Path(model.evaluation.predictions).suffix)
    stands_for = {"model": packaged, "rows": rows, "predictions": output}
    command = model_program.filled(model.evaluation.predict, stands_for)
    return _Program(tree=tree, command=command, environ=model_at.environment(settings, model, tree))


def _bounded(first: list[float]) -> None:
    wanted = 2 * ROUNDS * sum(first)
    if wanted > LONGEST:
        said = f"takes {max(first):.0f} s a run; {ROUNDS} rounds of it are more than {LONGEST / 60:.0f} minutes."
        raise InputError("E-CST-004", said, where="evaluation.predict")


def _round(programs: list[_Program], *, turned: bool) -> list[tuple[float, float]]:
    """Mean seconds and largest memory of each program's two runs, A B B A."""
    places = list(range(len(programs)))[:: -1 if turned else 1]
    done: dict[int, list[model_program.Completed]] = {place: [] for place in places}
    for place in (*places, *reversed(places)):
        done[place].append(programs[place].run())
    return [
        (fmean(one.seconds for one in runs), max(float(one.peak_bytes) for one in runs))
        for _, runs in sorted(done.items())
    ]


def _series(sides: list[list[tuple[float, float]]], count: int) -> dict[str, Series]:
    """No 95th percentile, since two runs in a round have none; no memory where the system does not tell it."""
    seconds, memory = ([[one[part] for one in side] for side in sides] for part in (0, 1))
    return {
        "predict_p50_ms": _both([[one * 1000 for one in side] for side in seconds]),
        "predict_rows_per_second": _both([[count / one for one in side] for side in seconds]),
        **({"peak_memory_bytes": _both(memory)} if all(map(all, memory)) else {}),
    }


def _both(sides: list[list[float]]) -> Series:
    return Series(candidate=tuple(sides[0]), champion=tuple(sides[1]) if len(sides) > 1 else None)
