"""Two ONNX models timed in turns: both started anew in every round, A B B A, so that neither is always the first.

The processes live side by side and only one of them works at a time; what slows the machine for longer than a turn
slows both. Warm-ups are thrown away by the timed program, nothing else is.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tidegate.core.inherited import inherited
from tidegate.errors import InputError

PROGRAM = Path(__file__).with_name("model_timer.py")
PATIENCE = 120.0
_LONGEST_ANSWER = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How much is timed: `rounds` starts, in each of them `quads` times A B B A.

    One turn is at most so many `calls` of single rows, `batches` of all rows, and `seconds` for either. Starts differ
    by more than the turns of one start do, so there are many rounds and short ones.
    """

    rounds: int = 12
    quads: int = 1
    calls: int = 500
    batches: int = 2
    seconds: float = 0.2


@dataclass(frozen=True, kw_only=True)
class Round:
    """One model's part of one round."""

    predict_p50_ms: float
    predict_p95_ms: float
    predict_rows_per_second: float
    peak_memory_bytes: float


@dataclass(frozen=True, kw_only=True)
class Timed:
    """Rounds of every model, in the order in which the models were given."""

    models: tuple[tuple[Round, ...], ...]
    rows: int
    runtime: str


def timed(python: str, models: Sequence[Path], rows: Path, environ: Mapping[str, str], pace: Pace) -> Timed:
    """Time one model, or two in turns, on the columns of `rows` (.npz) with the interpreter `python`.

    Raises InputError E-CST-001 when the interpreter has no onnxruntime or cannot load or run a model, or takes longer
    than two minutes for one answer.
    """
    found: list[list[Round]] = [[] for _ in models]
    size, runtime = 0, ""
    for number in range(pace.rounds):
        order = list(range(len(models)))[:: -1 if number % 2 else 1]
        with ExitStack() as open_processes:
            start = open_processes.enter_context
            started = {place: start(_start(python, models[place], rows, environ)) for place in order}
            for process in started.values():
                process.ready()
            size, runtime = started[0].rows, started[0].runtime
            turns = _turns(started, [*order, *reversed(order)] * pace.quads, pace)
            for place, process in started.items():
                found[place].append(_round(turns[place], process))
    return Timed(models=tuple(map(tuple, found)), rows=size, runtime=runtime)


@dataclass
class _Turn:
    """Nanoseconds of single rows and of batches."""

    single: list[int]
    batch: list[int]


def _turns(started: Mapping[int, _Process], order: Sequence[int], pace: Pace) -> dict[int, _Turn]:
    turns = {place: _Turn([], []) for place in started}
    for place in order:
        turns[place].single += started[place].nanoseconds("rows", pace.calls, pace.seconds)
        turns[place].batch += started[place].nanoseconds("batch", pace.batches, pace.seconds)
    return turns


def _round(turn: _Turn, process: _Process) -> Round:
    return Round(
        predict_p50_ms=statistics.median(turn.single) / 1e6,
        predict_p95_ms=_quantile(turn.single, 0.95) / 1e6,
        predict_rows_per_second=process.rows / (statistics.median(turn.batch) / 1e9),
        peak_memory_bytes=float(process.end()),
    )


def _quantile(values: Sequence[int], share: float) -> float:
    """Linear between order statistics, as numpy's default is."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = ordered[int(place)]
    above = ordered[min(int(place) + 1, len(ordered) - 1)]
    return below + (above - below) * (place - int(place))


class _Process:
    """One started model: orders in, answers out, each within our patience."""

    def __init__(self, started: subprocess.Popen[bytes], model: Path, said: Callable[[], str]) -> None:
        self._started, self._model, self._said = started, model, said
        self.rows, self.runtime = 0, ""

    def ready(self) -> None:
        """Wait until the model is loaded and warm."""
        ready = self._answer({"ready": bool, "runtime": str, "rows": int})
        self.rows, self.runtime = ready["rows"], ready["runtime"]
        if self.rows < 1:
            raise self._failed("there is no row to answer")

    def nanoseconds(self, what: str, calls: int, seconds: float) -> list[int]:
        """Time `calls` calls, fewer when `seconds` are over."""
        self._order({"do": what, "calls": calls, "seconds": seconds})
        taken = self._answer({"nanoseconds": list})["nanoseconds"]
        if not taken or not all(type(one) is int and one > 0 for one in taken):
            raise self._failed("it timed nothing")
        return list(taken)

    def end(self) -> int:
        """Peak resident memory in bytes; the process ends by itself."""
        self._order({"do": "end"})
        peak = self._answer({"peak_memory_bytes": int})["peak_memory_bytes"]
        if peak <= 0:
            raise self._failed("it does not know its memory")
        return int(peak)

    def _order(self, order: Mapping[str, Any]) -> None:
        stream = self._started.stdin
        if stream is not None:
            with suppress(BrokenPipeError):  # why it is gone is told by what it said last
                stream.write(json.dumps(order).encode() + b"\n")
                stream.flush()

    def _answer(self, members: Mapping[str, type]) -> dict[str, Any]:
        """The next line. A process that is silent for too long is killed, which ends its output."""
        late = threading.Event()
        watch = threading.Timer(PATIENCE, self._give_up, [late])
        watch.start()
        try:
            line = self._started.stdout.readline(_LONGEST_ANSWER) if self._started.stdout else b""
        finally:
            watch.cancel()
        if late.is_set():
            raise self._failed(f"it did not answer within {PATIENCE:.0f} s")
        try:
            answer = json.loads(line)
        except ValueError:
            raise self._failed(self._said()) from None
        if not isinstance(answer, dict) or "error" in answer:
            raise self._failed(str(answer.get("error", "")) if isinstance(answer, dict) else "it answered no object")
        if any(type(answer.get(name)) is not kind for name, kind in members.items()):
            raise self._failed(f"it answered without {', '.join(members)}")
        return answer

    def _give_up(self, late: threading.Event) -> None:
        late.set()
        self._started.kill()

    def _failed(self, why: str) -> InputError:
        reason = " ".join(why.split())[:300] or f"it ended with {self._started.poll()}"
        return InputError("E-CST-001", f"cannot be timed: {reason}.", where=self._model.name)


@contextmanager
def _start(python: str, model: Path, rows: Path, environ: Mapping[str, str]) -> Iterator[_Process]:
    command = [python, "-I", str(PROGRAM), str(model), str(rows)]
    with TemporaryFile() as errors:
        try:
            pipe = subprocess.PIPE
            started = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=errors, env=inherited(environ), cwd=model.parent
            )
        except OSError as error:
            raise InputError("E-CST-001", f"cannot be timed: {error.strerror}.", where=model.name) from error

        def said() -> str:
            started.wait(timeout=10)
            errors.seek(0)
            lines = errors.read(_LONGEST_ANSWER).decode(errors="replace").strip().splitlines()
            return lines[-1] if lines else f"it ended with {started.returncode}"

        try:
            yield _Process(started, model, said)
        finally:
            started.kill()
            with suppress(BrokenPipeError):
                started.communicate()
