"""Was it worth it? The toolkit's own comparison, between what clients were answered and what the first model says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tidegate.errors import InfrastructureError
from tidegate.simulator.hub import Hub
from tidegate.simulator.story.laptop import Laptop
from tidegate.simulator.year.answers import Answer
from tidegate.simulator.year.stream import Hour

_ROLES = ("--id", "instant", "--target", "rentals", "--prediction", "predicted", "--cluster", "date")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The difference of both root mean squared errors with its 95 % interval, whole days drawn; below 0 is better."""

    difference: float
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Whether it is certain that training again made the answers better."""
        return self.high < 0

    @property
    def told(self) -> str:
        """In words."""
        end = "better" if self.better else "not proven better"
        return f"RMSE {self.difference:+.1f} ({self.low:+.1f} to {self.high:+.1f}, whole days drawn): {end}"


def compared(
    hub: Hub, hours: Sequence[Hour], log: Mapping[int, Answer], frozen: Mapping[int, float]
) -> Compared | None:
    """Both over the hours that were answered; None where no two answers differ."""
    answered = [hour for hour in hours if hour.instant in log]
    live, first = [log[hour.instant].predicted for hour in answered], [frozen[hour.instant] for hour in answered]
    if all(abs(one - other) <= 1e-9 * abs(other) for one, other in zip(live, first, strict=True)):
        return None
    folder = hub.folder / "comparison"
    folder.mkdir(exist_ok=True)
    _write(folder / "live.parquet", answered, live)
    _write(folder / "first.parquet", answered, first)
    return _asked(hub, folder)


def _asked(hub: Hub, folder: Path) -> Compared:
    dispatcher, found = hub.dispatcher, folder / "answer.json"
    laptop = Laptop(
        folder=folder / "clone", origin=str(hub.origin.path), environ=dispatcher.environ, live=dispatcher.live
    )
    laptop.clone()
    files = ("--candidate", str(folder / "live.parquet"), "--champion", str(folder / "first.parquet"))
    with suppress(InfrastructureError):  # "not better" is an answer, which the file holds
        laptop.tidegate("compare-models", *files, "--metric", "rmse", "--better-by", "0", *_ROLES, "--json", str(found))
    if not found.is_file():
        raise InfrastructureError("E-SIM-050", "the answers could not be compared.", where=str(folder))
    (gate,) = json.loads(found.read_text(encoding="utf-8"))["gates"]
    low, high = gate["interval"]
    return Compared(difference=gate["difference"], low=low, high=high)


def _write(path: Path, hours: Sequence[Hour], predicted: Sequence[float]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = {
        "instant": [hour.instant for hour in hours],
        "rentals": [float(hour.rentals) for hour in hours],
        "predicted": predicted,
        "date": [f"{hour.moment:%Y-%m-%d}" for hour in hours],
    }
    pq.write_table(pa.table(table), path)
