"""Metrics of the model's own code that do not measure: clear, and never a pass."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bad_inputs.cases import CONTRACT, Case
from bad_inputs.metrics_files import rows

_GATE = "    gates:\n      - {metric: own, at_most: 60}\n"
_PYTHON = '    metrics: {own: {direction: lower, python: "own:measure"}}\n'
_COMMAND = '    metrics: {own: {direction: lower, command: [python3, model/own.py, "{predictions}"]}}\n'


def _build(program: str, declared: str) -> Callable[[Path], None]:
    def build(folder: Path) -> None:
        (folder / "tidegate.yaml").write_text(CONTRACT[: CONTRACT.index("    gates:")] + _GATE + declared)
        path = folder / "model" / "reports" / "predictions.parquet"
        path.parent.mkdir(parents=True)
        (folder / "model" / "own.py").write_text(program)
        given = rows(60)
        text = [f"2012-{row // 3:03}" for row in range(60)]
        named = {"instant": given["id"], "rentals": given["y"], "predicted": given["p"], "date": text}
        pq.write_table(pa.table({**named, "weather": ["mist"] * 60, "season": ["fall"] * 60}), path)

    return build


def own(name: str, title: str, program: str, code: str, *mentions: str, declared: str = _PYTHON) -> Case:
    return Case(
        id=name,
        title=title,
        build=_build(program, declared),
        exit=2,
        code=code,
        mentions=mentions,
        arguments=("compare-models",),
        seconds=60.0,
    )


def printed(name: str, title: str, program: str, code: str, *mentions: str) -> Case:
    return own(name, title, program, code, *mentions, declared=_COMMAND)


SECRET = "ghp_" + "a" * 36
CASES = (
    own("M01-own-module", "the metric's module imports what is not there", "import nowhere", "E-MTR-001", "nowhere"),
    own("M01-own-function", "the metric's module has no such function", "x = 1", "E-MTR-001", "has no 'measure'"),
    own("M03-own-syntax", "the metric's module is no Python", "def measure(", "E-MTR-001", "SyntaxError"),
    own(
        "M05-own-text",
        "the metric returns a text",
        "def measure(t, p): return '0.9'",
        "E-MTR-001",
        "returned str '0.9', not a number",
    ),
    own(
        "M05-own-list",
        "the metric returns a list",
        "def measure(t, p): return [1.0, 2.0]",
        "E-MTR-001",
        "returned list [1.0, 2.0], not a number",
    ),
    own("M05-own-true", "the metric returns true", "def measure(t, p): return True", "E-MTR-001", "bool True"),
    own("M04-own-nan", "the metric is NaN", "def measure(t, p): return float('nan')", "E-MTR-001", "returned nan"),
    own("M04-own-inf", "the metric is infinite", "def measure(t, p): return 1e999", "E-MTR-001", "returned inf"),
    own(
        "M05-own-raises",
        "the metric raises",
        "def measure(t, p): raise KeyError('price')",
        "E-MTR-001",
        "raises KeyError: 'price'",
    ),
    own(
        "M16-own-resamples",
        "the metric works on the rows as they are only",
        "n = []\ndef measure(t, p):\n    n.append(1)\n    assert len(n) < 2, 'once'\n    return 1.0",
        "E-MTR-001",
        "fails on 200 of 200 resamples",
    ),
    own("M01-own-exit", "the metric ends the process", "import os; os._exit(7)", "E-PRG-002", "exit code 7"),
    printed("M02-own-silence", "the command prints nothing", "pass", "E-MTR-003", "got 'nothing'"),
    printed("M03-own-garbage", "the command prints words", "print('rmse: 3')", "E-MTR-003", "got 'rmse: 3'"),
    printed("M04-own-command-nan", "the command prints NaN", "print('{\"own\": NaN}')", "E-MTR-003"),
    printed("M05-own-command-text", "the command prints a text", 'print(\'{"own": "3"}\')', "E-MTR-003"),
    printed(
        "M06-own-command", "the command prints another metric", "print('{\"f1\": 1}')", "E-MTR-003", '{"own": number}'
    ),
    printed("M11-own-command", "the command prints it twice", 'print(\'{"own": 1, "own": 0}\')', "E-MTR-003"),
    printed(
        "M01-own-command", "the command fails", "raise SystemExit('no such column')", "E-PRG-002", "no such column"
    ),
    Case(
        id="M05-own-secret",
        title="the metric's error holds a credential",
        build=_build(f"raise ValueError('{SECRET}')", _PYTHON),
        exit=2,
        code="E-MTR-001",
        mentions=("[redacted]",),
        forbids=(SECRET,),
        arguments=("compare-models",),
        seconds=60.0,
    ),
)
