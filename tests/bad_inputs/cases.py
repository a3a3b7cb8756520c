"""What one bad input is, and how it is told in a table.

To add an area: write `<area>_cases.py` beside this file with a tuple `CASES`; it is found by its name. To add a case:
one `Case` with a new `id` that begins with its row of the catalogue (``D03-mixed-types``). `build` puts the files into
an empty folder; with `contract_with` a `§` in the text marks the place that the error has to name:

    Case(
        id="C12-quoted",
        title="a number in quotes",
        exit=2,
        code="E-CFG-012",
        **contract_with("no_worse_by: 1%", 'no_worse_by: §"0.01"'),
    )

Every case is run in the process by `tidegate.cli.main` as a GitHub runner would; `process=True` starts a real one.
An input that has to be accepted is a case too: `exit=0` and no code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

MARK = "§"
CONTRACT = """\
version: 1
models:
  bike:
    path: model
    data: {tracked: data.dvc, expectations: model/expectations}
    environment: {lock: model/requirements.txt}
    evaluation:
      predictions: model/reports/predictions.parquet
      id: instant
      target: rentals
      prediction: predicted
      cluster: date
      slices: [weather, season]
    gates:
      - {metric: rmse, no_worse_by: 1%}
      - {metric: mae, at_most: 60}
"""
GATE = "{metric: rmse, no_worse_by: 1%}"
DRIFT = """\
    drift:
      profile: model/profile.json
      live: {path: live/*.parquet, time: timestamp, window: 7d}
      fire_when: {columns: 0.3, windows: 2 of 3}
      retrain: {cooldown: 7d, command: [python, model/extend_data.py]}
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """`where` is what the error has to name (``file:line:column``); `forbids` must appear nowhere, `mentions` must.

    In a value of `environ`, ``{workspace}`` stands for the folder that the case is built in. `address_space` bounds the
    memory that a process of its own may have, in bytes; 0 leaves it as it is.
    """

    id: str
    title: str
    build: Callable[[Path], None]
    exit: int
    code: str | None = None
    where: str = ""
    mentions: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ("detect-changes",)
    environ: Mapping[str, str] = field(default_factory=dict)
    process: bool = False
    address_space: int = 0
    seconds: float = 5.0

    @property
    def row(self) -> str:
        """The catalogue's row, the part of the id before the first dash."""
        return self.id.partition("-")[0]


class Placed(TypedDict):
    """The two arguments of `Case` that come from one text with a mark."""

    build: Callable[[Path], None]
    where: str


def files(**contents: str | bytes) -> Callable[[Path], None]:
    """Write files; in a name `__` is a folder's slash and `_dot_` a dot."""

    def build(folder: Path) -> None:
        for name, content in contents.items():
            path = folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    return build


def contract(text: str) -> Placed:
    """`text` as tidegate.yaml, without its mark; the marked place is where the error is."""
    before, mark, after = text.partition(MARK)
    lines = before.split("\n")
    where = f"tidegate.yaml:{len(lines)}:{len(lines[-1]) + 1}" if mark else ""
    return Placed(build=files(tidegate_dot_yaml=before + after), where=where)


def contract_with(old: str, new: str) -> Placed:
    """The good contract with one part replaced."""
    if CONTRACT.count(old) != 1:
        raise ValueError(f"{old!r} is in the contract {CONTRACT.count(old)} times")
    return contract(CONTRACT.replace(old, new))


def contract_and(addition: str) -> Placed:
    """The good contract with lines added to its only model."""
    return contract(CONTRACT + addition)
