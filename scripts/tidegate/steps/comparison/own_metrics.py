"""Metrics that the model's own code measures: the base's code, in the base's environment, on the rows of both models.

A change that edits the code of its own metric is judged by the old code, and says so, as it is with gates.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tidegate.adapters import files, git, model_program
from tidegate.adapters.own_metrics import asking
from tidegate.core.comparison.gates.questions import asked
from tidegate.core.comparison.inference.seeds import seed_of, seed_of_part
from tidegate.core.comparison.metrics.measured import Measured, Task, draws_for, task
from tidegate.core.comparison.samples.pairing import Unlike, not_finite, pair
from tidegate.core.comparison.samples.sample import Predictions, Sample
from tidegate.core.comparison.samples.slices import slices_of
from tidegate.core.contract import CustomMetric, Model
from tidegate.core.evidence import strict_json
from tidegate.core.redaction import redacted
from tidegate.errors import InputError
from tidegate.settings import Settings
from tidegate.steps.comparison.champion import Judged
from tidegate.steps.comparison.reference import Theirs
from tidegate.steps.pipeline import model_at

SECONDS = 1800.0
"""How long one metric may take, all draws and both models together."""
_INTERPRETERS = ("python", "python3")


@dataclass(frozen=True, kw_only=True)
class Code:
    """Whose code measured a metric: `source` as the contract names it, `files` of the repository → digest, `draws`."""

    metric: str
    source: str
    files: Mapping[str, str]
    draws: int


@dataclass(frozen=True, kw_only=True)
class Own:
    """What was measured, by which code, and which of that code the change edits."""

    measured: tuple[Measured, ...] = ()
    codes: tuple[Code, ...] = ()
    edits: tuple[str, ...] = ()

    def judged(self, judged: Judged) -> Judged:
        """The policy, which is changed where a metric's code is."""
        if not self.edits or judged.policy.source != "base":
            return judged
        policy = replace(judged.policy, changed=True, edits=(*judged.policy.edits, *self.edits))
        return replace(judged, policy=policy)

    def block(self) -> dict[str, Any]:
        """``{"measured": …}`` for the verdict; nothing where no metric is of this kind."""
        told = [
            {"metric": one.metric, "by": one.source, "code": dict(one.files), "draws": one.draws} for one in self.codes
        ]
        return {"measured": told} if told else {}


@dataclass(frozen=True, kw_only=True)
class _Bench:
    """Where metrics are measured: the tree of the judging code, its environment, and who is looked at."""

    settings: Settings
    judge: Model
    tree: Path
    environ: Mapping[str, str]

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the model's code is imported from."""
        return (self.tree / self.judge.path, self.tree)

    def place(self, metric: str) -> str:
        """Where a metric stands in the contract, for complaints about it."""
        return f"{self.settings.config} /models/{self.judge.name}/metrics/{metric}"


def of(
    settings: Settings,
    judge: Model,
    base: str | None,
    candidate: Predictions,
    theirs: Theirs | None,
    here: Path | None = None,
) -> Own:
    """Measure every declared metric that has code, of both models where there is a champion.

    `base`: the commit whose contract judges, None where it is the work tree's. `here`: the candidate's file, where that
    is not the one that the contract names. Nothing is measured of predictions that cannot be compared at all. Raises
    InputError E-MTR-001 to -003 and E-PRG-001 to -003 for code that does not measure.
    """
    declared = {name: metric for name, metric in judge.metrics.items() if metric.measured}
    if not declared:
        return Own()
    sample = pair(candidate, None if theirs is None else theirs.predictions, judge.evaluation.positive)
    if isinstance(sample, Unlike) or _has_gaps(sample):
        return Own()
    mine = Theirs(predictions=candidate, path=here or files.inside(settings.workspace, judge.evaluation.predictions))
    with _code(settings, base) as tree:
        bench = _Bench(settings=settings, judge=judge, tree=tree, environ=model_at.environment(settings, judge, tree))
        with settings.console.group(f"measuring {', '.join(declared)} by the model's own code"):
            found = [*_by_python(bench, declared, sample), *_by_command(bench, declared, mine, theirs)]
        edits = [edit for _, code in found if (edit := _edited(settings, tree, code))]
    return Own(
        measured=tuple(one for measured, _ in found for one in measured),
        codes=tuple(code for _, code in found),
        edits=tuple(edits),
    )


def _has_gaps(sample: Sample) -> bool:
    sides = [sample.candidate, *([] if sample.champion is None else [sample.champion])]
    return any(not_finite(side) is not None for side in sides)


@contextmanager
def _code(settings: Settings, base: str | None) -> Iterator[Path]:
    """The tree of the judging code: the work tree where there is no base that judges."""
    if base is None:
        yield settings.workspace
        return
    with git.work_tree(settings.workspace, base) as tree:
        yield tree


def _by_python(
    bench: _Bench, declared: Mapping[str, CustomMetric], sample: Sample
) -> Iterator[tuple[tuple[Measured, ...], Code]]:
    entries = {name: metric.python for name, metric in declared.items() if metric.python is not None}
    if not entries:
        return
    with TemporaryDirectory(prefix="tidegate-metric-") as folder:
        rows = asking.written(Path(folder), sample, _tasks(bench.judge, sample, set(entries)))
        for name, entry in entries.items():
            arguments = asking.request(rows, entry, bench.paths)
            said = model_program.run(bench.tree, (_python(bench.environ), *arguments), bench.environ, seconds=SECONDS)
            bench.settings.console.say(f"{name} by {entry}: {said.seconds:.1f} s")
            reply = asking.reply(rows, name, bench.place(name))
            code = Code(
                metric=name,
                source=entry,
                files=_digests(bench.tree, reply.files),
                draws=max(len(one.candidate_draws) for one in reply.measured),
            )
            yield reply.measured, code


def _tasks(judge: Model, sample: Sample, metrics: Iterable[str]) -> list[Task]:
    """All rows, and every slice that a gate asks about."""
    slices = slices_of(sample, judge.evaluation)
    columns = {name for gate in judge.gates if gate.metric in metrics for name in (*gate.slices, *gate.gap)}
    draws, seed = draws_for(judge.alpha, asked(judge, slices)), seed_of(sample)
    tasks = [task(sample, "", None, draws, seed)]
    for part, rows in slices.rows.items():
        if part.column in columns and len(rows) >= judge.evaluation.minimum_rows:
            tasks.append(task(sample, str(part), rows, draws, seed_of_part(seed, str(part))))
    return tasks


def _python(environ: Mapping[str, str]) -> str:
    found = next((name for name in _INTERPRETERS if shutil.which(name, path=environ.get("PATH", ""))), None)
    if found is None:
        raise InputError("E-ENV-011", "no Python on the PATH for the model's environment.", fix="Install python3.")
    return found


def _by_command(
    bench: _Bench, declared: Mapping[str, CustomMetric], mine: Theirs, theirs: Theirs | None
) -> Iterator[tuple[tuple[Measured, ...], Code]]:
    for name, metric in declared.items():
        if metric.command is None:
            continue
        number = partial(_number, bench, name, metric.command)
        measured = Measured(
            metric=name,
            rows=len(mine.predictions.ids),
            candidate=number(mine, "the candidate's"),
            champion=None if theirs is None else number(theirs, "the champion's"),
        )
        used = [place for word in metric.command if (place := bench.tree / word).is_file()]
        yield (measured,), Code(metric=name, source=" ".join(metric.command), files=_digests(bench.tree, used), draws=0)


def _number(bench: _Bench, name: str, command: tuple[str, ...], given: Theirs, whose: str) -> float:
    """What the command prints for one file. Raises InputError E-MTR-003 for anything but one finite number."""
    words = model_program.filled(command, {"predictions": given.path.resolve()})
    said = model_program.run(bench.tree, words, bench.environ, seconds=SECONDS)
    files.require_same(given.predictions.digest, files.sha256(given.path), given.predictions.name)
    where = bench.place(name)
    lines = [line for line in said.stdout.strip().splitlines() if line.strip()]
    try:
        document = strict_json(lines[-1] if lines else "", where)
        value = document[name]
    except (InputError, KeyError, TypeError):
        raise _printed(where, name, whose, lines or said.stderr.splitlines()) from None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _printed(where, name, whose, lines)
    return float(value)


def _printed(where: str, name: str, whose: str, lines: list[str]) -> InputError:
    last = redacted(lines[-1].strip())[:120] if lines else "nothing"
    message = f'of {whose} predictions: expected {{"{name}": number}} as the last line that it prints, got {last!r}.'
    error = InputError("E-MTR-003", message, where=where, fix="Print one JSON object with the metric's name.")
    error.log = [redacted(line)[:300] for line in lines[-20:]]
    return error


def _digests(tree: Path, used: Iterable[Path]) -> dict[str, str]:
    root = tree.resolve()
    inside = sorted(path.resolve() for path in used if path.resolve().is_relative_to(root))
    return {path.relative_to(root).as_posix(): files.sha256(path) for path in inside}


def _edited(settings: Settings, tree: Path, code: Code) -> str:
    """Which files of a metric's code the change edits or removes, in a sentence; empty for none."""
    if tree == settings.workspace:
        return ""
    here = {path: files.inside(settings.workspace, path) for path in code.files}
    changed = [path for path, place in here.items() if not place.is_file() or files.sha256(place) != code.files[path]]
    return f"code of metrics.{code.metric} was edited ({', '.join(changed)}); the base's measured" if changed else ""
