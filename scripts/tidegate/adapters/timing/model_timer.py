"""Answer rows with one ONNX model and tell how long each answer took; a process of its own for each model.

Started by `turns.py` in the model's environment as `python -I model_timer.py MODEL ROWS.npz`, so it needs nothing but
numpy and onnxruntime. Orders come as JSON lines on standard input, answers leave as JSON lines on standard output:
``{"do": "rows", …}`` times single rows, ``{"do": "batch", …}`` all rows at once, ``{"do": "end"}`` tells the peak
memory and ends.
"""

from __future__ import annotations

import gc
import json
import platform
import sys
from pathlib import Path
from time import perf_counter_ns
from typing import Any

SINGLE_ROWS = 256
WARM_UPS = 30
AGAIN_WARM = 20
TYPES = {
    "tensor(double)": "float64",
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


def main(arguments: list[str]) -> int:
    """Load, warm up, then do as told until there are no more orders. 1 with one line of JSON when that cannot be."""
    try:
        model = Model(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever a foreign file does to the runtime, it is said in one line
        say({"error": f"{type(error).__name__}: {error}"[:600]})
        return 1
    say({"ready": True, "runtime": model.runtime, "rows": model.rows})
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "end":
            say({"peak_memory_bytes": peak_memory()})
            return 0
        feeds = model.single if order["do"] == "rows" else [model.batch]
        say({"nanoseconds": model.timed(feeds, order["calls"], order["seconds"])})
    return 0


class Model:
    """One loaded model and the rows that it is asked."""

    def __init__(self, model: str, rows: str) -> None:
        import numpy
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        with numpy.load(rows, allow_pickle=False) as columns:
            self.batch = feed(self.session.get_inputs(), {name: columns[name] for name in columns.files})
        self.rows = min(len(column) for column in self.batch.values())
        self.single = [
            {name: column[row : row + 1] for name, column in self.batch.items()}
            for row in range(min(self.rows, SINGLE_ROWS))
        ]
        version = f"{platform.python_implementation()} {platform.python_version()}"
        self.runtime = f"onnxruntime {onnxruntime.__version__}, {version}"
        for number in range(WARM_UPS):
            self.session.run(None, self.single[number % len(self.single)])
        self.session.run(None, self.batch)

    def timed(self, feeds: list[dict[str, Any]], calls: int, seconds: float) -> list[int]:
        """Nanoseconds of each of at most `calls` calls; one call at least, none begun after `seconds`.

        Before them a few that are thrown away: while the other model had its turn, the caches forgot this one.
        """
        run, count, taken = self.session.run, len(feeds), []
        gc.disable()
        for number in range(min(AGAIN_WARM, calls // 4)):
            run(None, feeds[-1 - number % count])
        end = perf_counter_ns() + int(seconds * 1e9)
        for number in range(calls):
            given = feeds[number % count]
            start = perf_counter_ns()
            run(None, given)
            stop = perf_counter_ns()
            taken.append(stop - start)
            if stop > end:
                break
        gc.enable()
        return taken


def feed(inputs: list[Any], columns: dict[str, Any]) -> dict[str, Any]:
    """The model's inputs from the columns of the same names, or one input of several numbers from all that are numbers.

    Raises ValueError when the columns do not give what the model asks for.
    """
    missing = [wanted.name for wanted in inputs if wanted.name not in columns]
    if not missing:
        return {wanted.name: _shaped(wanted, columns[wanted.name]) for wanted in inputs}
    if len(inputs) == 1 and len(inputs[0].shape) == 2:
        return {inputs[0].name: _together(inputs[0], columns)}
    raise ValueError(f"the rows have no columns {', '.join(missing[:5])}; they have {', '.join(list(columns)[:20])}")


def _shaped(wanted: Any, column: Any) -> Any:
    """A column as rows x 1, or as plain rows where the model wants one dimension."""
    values = column.astype(_type(wanted))
    return values if len(wanted.shape) == 1 else values.reshape(len(values), *[1] * (len(wanted.shape) - 1))


def _together(wanted: Any, columns: dict[str, Any]) -> Any:
    import numpy

    numbers = [column for column in columns.values() if column.dtype.kind in "iufb"]
    width = wanted.shape[1]
    if not numbers or (isinstance(width, int) and width != len(numbers)):
        raise ValueError(f"the input {wanted.name} takes {width} numbers, the rows have {len(numbers)} such columns")
    return numpy.column_stack(numbers).astype(_type(wanted))


def _type(wanted: Any) -> str:
    if wanted.type not in TYPES:
        raise ValueError(f"the input {wanted.name} is a {wanted.type}, which no column can be")
    return TYPES[wanted.type]


def peak_memory() -> int:
    """Bytes of memory that this process held at most."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return _high_water_mark() or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _high_water_mark() -> int:
    """Linux's own count: `ru_maxrss` would begin with what the process that started this one held."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


def say(answer: dict[str, Any]) -> None:
    """One line of JSON, at once."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
