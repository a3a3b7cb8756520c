"""How long a bad release stays, against the formula that `deploy-model` tells before it starts.

Real servers behind a real HAProxy, clients that ask without a pause. A ratio of 1 is the bound itself.

    python tests/benchmarks/rollback.py [repeats]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "scripts")]

from fixtures.rollbacks import Yard, yard  # noqa: E402
from tidegate.adapters.contract import environment_file  # noqa: E402
from tidegate.core.deployment.rollback_time import RollbackTime, rollback_time  # noqa: E402

BAD: dict[str, dict[str, Any]] = {"errs on live requests": {"fails": True}, "wrong answers": {"judged": 8.0}}


@dataclass(frozen=True)
class Measured:
    """One bad release: seconds it stayed, what the formula allows, and requests that clients lost."""

    kind: str
    seconds: float
    bound: float
    lost: int

    def __str__(self) -> str:
        ratio = self.seconds / self.bound
        return f"{self.kind:<24} {self.seconds:6.2f} s of {self.bound:6.1f} s   ratio {ratio:4.2f}   lost {self.lost}"


def main(repeats: int) -> int:
    """Measure and print; 1 when a bound was exceeded."""
    found = [one for _ in range(repeats) for one in (*automatic(), by_hand())]
    for one in found:
        print(one)
    print(f"\nlargest ratio {max(one.seconds / one.bound for one in found):.2f}")
    return int(any(one.seconds > one.bound for one in found))


def automatic() -> Iterator[Measured]:
    """Each kind of bad release, taken back by itself."""
    for kind, how in BAD.items():
        with tempfile.TemporaryDirectory() as folder:
            here = yard(Path(folder))
            try:
                here.runs("1")
                here.judges_by_traffic()
                here.train("4", 9.0, **how)
                here.wants("4")
                yield _taken_back(here, kind)
            finally:
                here.close()


def _taken_back(here: Yard, kind: str) -> Measured:
    with here.asked() as load:
        answer = here.deploy()
    history = [(step["action"], step["seconds"]) for step in (answer.data or {})["history"]]  # type: ignore[attr-defined]
    names, bounds = [name for name, _ in history], _bounds(here)
    if "look" not in names:
        return Measured(kind, history[-1][1], bounds.startup + bounds.drain, sum(load.lost.values()))
    begun = history[names.index("look") - 1][1]
    return Measured(kind, history[-1][1] - begun, bounds.detection + bounds.drain, sum(load.lost.values()))


def by_hand() -> Measured:
    """A good release that a person takes back: until the one of before answers everything."""
    with tempfile.TemporaryDirectory() as folder:
        here = yard(Path(folder))
        try:
            here.runs("1")
            here.runs("2")
            shifted: list[float] = []
            begun = time.monotonic()
            with here.asked() as load:
                here.back(seen=lambda _number, name: shifted.append(time.monotonic()) if name == "record" else None)
            return Measured("by hand", shifted[0] - begun, _bounds(here).startup, sum(load.lost.values()))
        finally:
            here.close()


def _bounds(here: Yard) -> RollbackTime:
    path = "environments/staging/environment.yaml"
    environment = environment_file.parse(here.shop.project.read(path).encode(), path, "staging")
    return rollback_time(environment, ready_within=60, smoke=10)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
