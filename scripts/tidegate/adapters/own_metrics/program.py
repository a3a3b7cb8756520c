"""Call a model's own metric on given rows and on resamples of them; started in the model's environment.

Started by `asking.py` as `python -I program.py REQUEST.json`, so it needs nothing but Python; where the environment has
numpy, the function gets arrays, else lists. Values come and go as files, and whatever the function prints is its own.
"""

from __future__ import annotations

import importlib
import inspect
import json
import math
import numbers
import sys
import traceback
from array import array
from pathlib import Path
from typing import Any

try:
    import numpy
except ImportError:
    numpy = None  # type: ignore[assignment]

WEIGHTS = ("weight", "weights", "sample_weight")
_LAST = 12


class Refused(Exception):
    """What is wrong with the function, in a sentence, and the last lines of the trace that shows where."""

    def __init__(self, message: str, log: list[str] | None = None) -> None:
        super().__init__(message)
        self.log = log or []


def main(path: str) -> None:
    """Answer the request in a file; the reply goes to the file that it names."""
    request = json.loads(Path(path).read_text(encoding="utf-8"))
    try:
        reply = answer(request, Path(path).parent)
    except Refused as refused:
        reply = {"error": str(refused), "log": refused.log}
    Path(request["reply"]).write_text(json.dumps(reply, allow_nan=False), encoding="utf-8")


def answer(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`values`: for each model and task the metric of the rows and its draws; `files`: what of the tree was used."""
    asked = Asked(entry(request["entry"], request["paths"]))
    columns = {name: column(folder, one) for name, one in request["columns"].items()}
    if columns["weight"] is not None and asked.weight is None:
        raise Refused(f"takes no weight, and rows have weights; give it an argument named {WEIGHTS[0]}")
    values = {
        model: [asked.task(columns, model, task, folder) for task in request["tasks"]] for model in request["models"]
    }
    return {"values": values, "weighted": asked.weight is not None, "files": files_of(request["paths"])}


def entry(name: str, paths: list[str]) -> Any:
    """The function that is meant. Raises Refused."""
    module_name, _, function_name = name.partition(":")
    sys.path[:0] = paths
    try:
        found = importlib.import_module(module_name)
    except BaseException as error:  # noqa: BLE001 - whatever a module does when it is imported is told
        raise Refused(f"cannot be imported: {described(error)}", trace(error)) from None
    for part in function_name.split("."):
        if not hasattr(found, part):
            raise Refused(f"cannot be found: {module_name} has no {part!r}")
        found = getattr(found, part)
    if not callable(found):
        raise Refused(f"is {type(found).__name__}, not a function")
    return found


class Asked:
    """A function, and which of its arguments take weights and scores."""

    def __init__(self, function: Any) -> None:
        self.function = function
        try:
            names = set(inspect.signature(function).parameters)
        except (TypeError, ValueError):
            names = set()
        self.weight = next((name for name in WEIGHTS if name in names), None)
        self.scores = "scores" in names

    def task(self, columns: dict[str, Any], model: str, task: dict[str, Any], folder: Path) -> dict[str, Any]:
        """The metric of the task's rows and of each draw; a draw without a value is None."""
        rows = None if task["rows"] is None else from_file(folder / task["rows"], "q")
        names = ("truth", f"{model} prediction", f"{model} scores", "weight")
        table = [picked(columns[name], rows) for name in names]
        if table[3] is None:
            table[3] = ones(task["size"])
        here = self.called(table)
        if not math.isfinite(here):
            raise Refused(f"returned {here} for the {model}")
        codes = None if task["codes"] is None else from_file(folder / task["codes"], "q")
        counts, units = from_file(folder / task["counts"], "H"), task["units"]
        drawn: list[Any] = []
        troubles: list[Refused] = []
        for draw in range(task["draws"]):
            times = counts[draw * units : (draw + 1) * units]
            try:
                value = self.called(resampled(table, picked(times, codes), by_weight=self.weight is not None))
                drawn.append(value if math.isfinite(value) else None)
            except Refused as refused:
                drawn.append(None)
                troubles.append(refused)
        if len(troubles) * 2 > len(drawn):
            raise Refused(f"fails on {len(troubles)} of {len(drawn)} resamples: it {troubles[0]}", troubles[0].log)
        return {"here": here, "drawn": drawn}

    def called(self, table: list[Any]) -> float:
        """The number that the function returns. Raises Refused for anything else."""
        truth, prediction, scores, weight = table
        if prediction is None:
            prediction = next(iter(scores.values())) if len(scores) == 1 else scores
        named = {
            **({} if self.weight is None else {self.weight: weight}),
            **({"scores": scores} if self.scores else {}),
        }
        try:
            value = self.function(truth, prediction, **named)
        except BaseException as error:  # noqa: BLE001 - told with its trace
            raise Refused(f"raises {described(error)}", trace(error)) from None
        if numpy is not None and isinstance(value, numpy.ndarray) and value.shape == ():
            value = value.item()
        if isinstance(value, bool) or type(value).__name__ == "bool_" or not isinstance(value, numbers.Real):
            raise Refused(f"returned {shown(value)}, not a number")
        return float(value)


def resampled(table: list[Any], times: Any, *, by_weight: bool) -> list[Any]:
    """The table in which each row counts so many times: by its weight, or as so many rows."""
    if by_weight:
        weight = table[3]
        if numpy is not None:
            return [*table[:3], weight * times]
        return [*table[:3], [one * count for one, count in zip(weight, times, strict=True)]]
    if numpy is not None:
        rows = numpy.repeat(numpy.arange(len(times)), times)
    else:
        rows = [row for row, count in enumerate(times) for _ in range(count)]
    return [picked(one, rows) for one in table]


def column(folder: Path, described_as: dict[str, Any] | None) -> Any:
    """A column from its file: numbers, texts by code, or several columns by name; None where there is none."""
    if described_as is None:
        return None
    if "several" in described_as:
        return {name: column(folder, one) for name, one in described_as["several"].items()}
    if described_as.get("labels") is None:
        return from_file(folder / described_as["file"], "d")
    codes, labels = from_file(folder / described_as["file"], "q"), described_as["labels"]
    return numpy.asarray(labels, dtype=object)[codes] if numpy is not None else [labels[code] for code in codes]


def from_file(path: Path, kind: str) -> Any:
    """Little-endian numbers: ``d`` float64, ``q`` int64, ``H`` uint16."""
    if numpy is not None:
        return numpy.fromfile(path, dtype={"d": "<f8", "q": "<i8", "H": "<u2"}[kind])
    values = array(kind)
    values.frombytes(path.read_bytes())
    if sys.byteorder == "big":
        values.byteswap()
    return values.tolist()


def picked(values: Any, rows: Any) -> Any:
    """Values of some rows (None: all)."""
    if rows is None or values is None:
        return values
    if isinstance(values, dict):
        return {name: picked(one, rows) for name, one in values.items()}
    return values[rows] if numpy is not None else [values[row] for row in rows]


def ones(count: int) -> Any:
    """Weights of rows that have none."""
    return numpy.ones(count) if numpy is not None else [1.0] * count


def files_of(paths: list[str]) -> list[str]:
    """The code of the tree that was imported, as paths."""
    roots = [Path(path).resolve() for path in paths]
    found = {
        Path(file).resolve() for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))
    }
    return sorted(str(file) for file in found if any(root in file.parents for root in roots))


def described(error: BaseException) -> str:
    """An exception in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def shown(value: Any) -> str:
    """A value's type and the start of its text."""
    try:
        text = " ".join(repr(value).split())[:80]
    except Exception:  # noqa: BLE001 - a foreign object may not even be printable
        text = ""
    return f"{type(value).__name__} {text}".strip()


def trace(error: BaseException) -> list[str]:
    """The last lines of an exception's trace, from where it left this program."""
    frames = traceback.extract_tb(error.__traceback__)
    foreign = [frame for frame in frames if frame.filename != __file__ and "importlib" not in frame.filename]
    lines = [*traceback.format_list(foreign), *traceback.format_exception_only(type(error), error)]
    return [line for line in "".join(lines).splitlines() if line.strip()][-_LAST:]


if __name__ == "__main__":
    main(sys.argv[1])
