"""What both models cost to run: measured once, kept in `.tidegate/cost.json`, read from there as long as it holds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tidegate.adapters import files, model_environment
from tidegate.adapters.timing import rows as timing_rows
from tidegate.adapters.timing import turns
from tidegate.adapters.timing.turns import Pace, Timed
from tidegate.core.comparison.beside import cost
from tidegate.core.comparison.beside.cost import TIMED, Costs, Pair, Series
from tidegate.core.contract import Evaluation, Model
from tidegate.core.evidence import canonical_bytes, digest, strict_json
from tidegate.errors import InfrastructureError, InputError
from tidegate.settings import Settings
from tidegate.steps.comparison import cost_runs
from tidegate.steps.comparison.packaged import Packaged
from tidegate.steps.pipeline import training_time

FILE = "cost.json"
_LIMIT = 4 * 1024 * 1024
Timer = Callable[..., Timed]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The files that are timed, with the digests of the models, candidate's first."""

    models: Packaged
    digests: tuple[str, ...]
    rows: Path | None

    @property
    def onnx(self) -> bool:
        """Whether all of them can be loaded by a program of ours."""
        return all(path.suffix == ".onnx" for path in self.models.models)


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """What times ONNX models in turns, and how much."""

    in_turns: Timer = turns.timed
    pace: Pace = field(default_factory=Pace)


def of(
    settings: Settings, model: Model, models: Packaged | str | None, instruments: Instruments | None = None
) -> Costs | None:
    """Costs of both packaged models; None where the contract names none.

    What cannot be measured is no error but a reason: a gate on it then stays undecided.
    """
    if models is None or isinstance(models, str):
        return None if models is None else Costs(key=digest(b""), way="none", why_not=models)
    what = _what(settings, model, models)
    instruments = instruments or Instruments()
    key = _key(settings, model, what, instruments.pace)
    costs = _kept(settings, key) or _measured(settings, model, what, key, instruments)
    costs = replace(costs, pairs={**_pairs(settings, model, what), **_known_before(costs)})
    if not settings.dry_run:
        files.write_atomically(settings.evidence / FILE, canonical_bytes(costs.document()))
    return costs


def kept_in(folder: Path) -> Costs | None:
    """The costs that an earlier comparison left in `folder`; None where it left none.

    Raises InputError E-EVD-006 for a file that no measurement wrote.
    """
    path, shown = folder / FILE, f".tidegate/{FILE}"
    if not path.exists():
        return None
    document = strict_json(files.read_text(path, limit=_LIMIT, shown=shown), shown)
    try:
        return cost.read(document)
    except ValueError as error:
        raise InputError("E-EVD-006", f"is not whole: {error}.", where=shown, fix="Delete it.") from None


def _what(settings: Settings, model: Model, models: Packaged) -> Measured:
    rows = files.inside(settings.workspace, model.evaluation.rows) if model.evaluation.rows else None
    return Measured(models=models, digests=tuple(map(files.sha256, models.models)), rows=rows)


def _key(settings: Settings, model: Model, what: Measured, pace: Pace) -> str:
    """Of all that a measurement depends on but the machine and the moment."""
    lock, asked = model.environment.lock, (model, what.models.theirs)
    document = {
        "program": files.sha256(turns.PROGRAM),
        "pace": asdict(pace),
        "models": what.digests,
        "predict": [] if what.onnx else [list(one.evaluation.predict or ()) for one in asked if one is not None],
        "rows": files.sha256(what.rows) if what.rows is not None and what.rows.is_file() else None,
        "environment": files.sha256(settings.workspace / lock) if lock else None,
    }
    return digest(canonical_bytes(document))


def _kept(settings: Settings, key: str) -> Costs | None:
    """What is kept and still holds; a file that nobody can read is measured again, not argued about."""
    try:
        kept = kept_in(settings.evidence)
    except InputError as error:
        settings.console.say(f"{error}: measured again")
        return None
    return kept if kept is not None and kept.key == key and not kept.why_not else None


def _measured(settings: Settings, model: Model, what: Measured, key: str, instruments: Instruments) -> Costs:
    try:
        with settings.console.group(f"timing {' and '.join(path.name for path in what.models.models)} in turns"):
            if what.onnx:
                return _in_turns(settings, model, what, key, instruments)
            rows = _rows(what)
            count = timing_rows.count(rows, shown=model.evaluation.rows or "")
            return cost_runs.in_turns(settings, model, what.models, rows, count, key)
    except (InputError, InfrastructureError) as error:
        why_not = "; ".join(filter(None, [what.models.why_not, f"{error.where} {error.message}".strip()]))
        return Costs(key=key, way="none", why_not=why_not)


def _rows(what: Measured) -> Path:
    if what.rows is None or not what.rows.is_file():
        raise InputError("E-CST-003", "is needed to time a model: the hold-out rows.", where="evaluation.rows")
    return what.rows


def _in_turns(settings: Settings, model: Model, what: Measured, key: str, instruments: Instruments) -> Costs:
    """ONNX models in one Python for both, that of the candidate: the ratio is then about the models alone."""
    environ = model_environment.mapping(settings.workspace, model.environment.lock, settings.environ, settings.console)
    python = shutil.which("python", path=environ.get("PATH", "")) or shutil.which("python3", path=environ.get("PATH"))
    if python is None:
        raise InputError("E-CST-003", "no Python in the model's environment.")
    with TemporaryDirectory(prefix="tidegate-cost-") as folder:
        arrays = Path(folder) / "rows.npz"
        timing_rows.write_arrays(
            _rows(what), arrays, set(_never_inputs(model.evaluation)), shown=model.evaluation.rows or ""
        )
        timed = instruments.in_turns(python, what.models.models, arrays, environ, instruments.pace)
    return Costs(
        key=key,
        way="onnx",
        rows=timed.rows,
        runtime=timed.runtime,
        series={name: _series(timed, name) for name in TIMED},
        why_not=what.models.why_not,
    )


def _never_inputs(evaluation: Evaluation) -> Iterator[str]:
    """Columns that no model is asked with: the truth, what pairs the rows and what weighs them."""
    yield from filter(None, (evaluation.id, evaluation.target, evaluation.weight))


def _series(timed: Timed, name: str) -> Series:
    values = [tuple(float(getattr(one, name)) for one in rounds) for rounds in timed.models]
    return Series(candidate=values[0], champion=values[1] if len(values) > 1 else None)


def _pairs(settings: Settings, model: Model, what: Measured) -> dict[str, Pair]:
    """What is one number for a model: its bytes, and how long it was trained."""
    sizes = [float(path.stat().st_size) for path in what.models.models]
    seconds = [training_time.of_candidate(settings, model, what.digests[0])]
    seconds += [training_time.on_record(settings, one) for one in what.digests[1:]]
    return {"model_bytes": _pair(sizes), "train_seconds": _pair(seconds)}


def _pair(values: Sequence[float | None]) -> Pair:
    return Pair(candidate=values[0], champion=values[1] if len(values) > 1 else None)


def _known_before(costs: Costs) -> Mapping[str, Pair]:
    """A training time that was once known is not forgotten because nothing had to be trained this time."""
    kept = costs.pairs.get("train_seconds")
    return {} if kept is None or kept.candidate is None else {"train_seconds": kept}
