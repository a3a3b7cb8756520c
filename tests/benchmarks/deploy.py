"""Releases taking over under load: what clients lose, how long they wait, and how soon a bad one is gone again.

    apt-get install haproxy                         (for --target docker: docker.io debootstrap docker-registry)
    python tests/benchmarks/deploy.py [--swaps 100] [--target process] [--clients 8] [--rate 300] [--kinds exits,slow]

First good releases, one after the other, under clients that ask as soon as they were answered and then under clients
that ask at a constant rate (their latency counts from when a request was due). Then every kind of bad release: it is
found out, and clients get their answers from the old one.

`found` is the time from the release's start to the action that takes it back, `gone` to the moment from which no
client is sent to it. The published bounds: for a release that never gets ready the time that it may take for that,
and two questions of 2 s to a server that does not answer; for others the time to get ready, and then one look
(`every`) where a look has requests enough. `after` are requests lost once the release was gone: 0 in every row, or the
run ends with 1. A release that answers with errors loses those of its canary share until it is
found out; nothing else is lost.
"""

from __future__ import annotations

import argparse
import io
import os
import platform
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "scripts"), str(Path(__file__).resolve().parents[1])]

from fixtures import bad_releases, releases  # noqa: E402
from fixtures.bad_server import KINDS  # noqa: E402
from fixtures.load import ask  # noqa: E402
from fixtures.steady_load import asking  # noqa: E402
from tidegate.adapters.targets.process.target import ProcessTarget  # noqa: E402
from tidegate.console import Console  # noqa: E402
from tidegate.core.deployment.environment import Environment, Limits, Step, Strategy  # noqa: E402
from tidegate.core.deployment.target import Package, Target  # noqa: E402
from tidegate.steps.deployment.takeover import Ended, Takeover  # noqa: E402

SWAP = Strategy(kind="blue-green")
CANARY = Strategy(kind="canary", steps=(Step(weight=20, requests=50),))
LIMITS = Limits(error_rate=0.05, latency_ratio=3.0, quantile=0.5, every=timedelta(seconds=1))
READY_WITHIN = 10.0
NEVER_READY = ("exits", "hangs", "never ready", "wrong digest")


@dataclass
class Place:
    """Where releases run in this benchmark; `bad` are digests of releases and how they are bad."""

    target: Target
    address: str
    folder: Path
    bad: dict[str, str]
    made: int = 0

    def package(self) -> Package:
        """A good release that was not there before."""
        self.made += 1
        releases.COMMITS.setdefault(str(self.made), f"{self.made:040x}")
        return releases.packaged(self.folder, str(self.made), releases.linear(1.0))


@contextmanager
def process(folder: Path, bad: dict[str, str]) -> Iterator[tuple[Target, str]]:
    """Processes behind HAProxy."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    target: ProcessTarget = bad_releases.target(folder / "state", address, bad)
    try:
        yield target, address
    finally:
        target.close()


@contextmanager
def docker(folder: Path, bad: dict[str, str]) -> Iterator[tuple[Target, str]]:
    """Containers behind a container of HAProxy, on the engine of the tests; bad ones have another server in them."""
    from fixtures.deployments import free_address
    from fixtures.docker_targets import Dock, docker_target
    from fixtures.engine import missing, running

    if why := missing():
        raise SystemExit(why)

    kept, address = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tidegate-tests", free_address()
    with running(kept) as here, docker_target(Dock(here, folder / "cache"), address=address, bad=bad) as target:
        yield target, address


# A target that wants to be measured adds itself here: folder and bad kinds in, target and its clients' address out.
PLACES: dict[str, Callable[[Path, dict[str, str]], AbstractContextManager[tuple[Target, str]]]] = {
    "process": process,
    "docker": docker,
}


@dataclass(frozen=True)
class Deployed:
    """How a deployment ended, and when each of its actions began (monotonic)."""

    ended: Ended
    began: float
    moments: list[tuple[str, float]]

    def found(self) -> float:
        """When the first action that takes the release back began."""
        names = [name for name, _ in self.moments]
        at = max(place for place, name in enumerate(names) if name in ("awaitready", "smoke", "look"))
        return self.moments[at + 1][1]

    def gone(self) -> float:
        """When clients were sent to it no more: after the shift back where it had any."""
        names = [name for name, _ in self.moments]
        if "shift" not in names:
            return self.found()
        last = max(place for place, name in enumerate(names) if name == "shift")
        return self.moments[last + 1][1]


def deploy(place: Place, package: Package, strategy: Strategy) -> Deployed:
    moments: list[tuple[str, float]] = []

    def smoke(address: str) -> str:
        answer, problem = ask(address, 1.0)
        return "" if not problem and answer == 1.0 else f"1 gives {problem or answer}"

    began = time.monotonic()
    ended = Takeover(
        environment=Environment(
            name="measured", target="process", address=place.address, strategy=strategy, limits=LIMITS
        ),
        package=package,
        target=place.target,
        smoke=smoke,
        record=lambda: None,
        console=Console(stream=io.StringIO()),
        ready_within=READY_WITHIN,
        seen=lambda _number, name: moments.append((name, time.monotonic())),
    ).run()
    return Deployed(ended, began, moments)


def swaps(place: Place, count: int, clients: int, rate: float) -> tuple[list[str], bool]:
    """One row of the first table, and whether nothing was lost."""
    deploy(place, place.package(), SWAP)
    taken = []
    with asking(place.address, clients=clients, rate=rate) as load:
        for number in range(count):
            deployed = deploy(place, place.package(), SWAP)
            taken.append(time.monotonic() - deployed.began)
            told(f"{number + 1} of {count} swaps")
            if deployed.ended.failed:
                raise SystemExit(f"a good release was taken back: {deployed.ended.failed}")
    row = [
        f"constant, {rate:g}/s" if rate else f"closed, {clients} clients",
        f"{count}",
        f"{load.total:,}",
        f"{len(load.lost)}",
        *(f"{1000 * load.quantile(share):.1f}" for share in (0.5, 0.99, 1.0)),
        f"{statistics.median(taken):.1f}",
    ]
    return row, not load.lost


def bad(place: Place, kind: str, clients: int) -> tuple[list[str], bool]:
    """One row of the second table, and whether nothing was lost after the release was gone."""
    package = place.package()
    place.bad[package.release] = kind
    with asking(place.address, clients=clients) as load:
        time.sleep(1.0)
        deployed = deploy(place, package, CANARY)
        time.sleep(1.0)
    looked = deployed.moments[-1][1] - deployed.began
    looks = sum(name == "look" for name, _ in deployed.moments)
    after = load.lost_after(deployed.gone())
    row = [
        kind,
        "taken back" if deployed.ended.failed else "RUNS",
        f"{deployed.found() - deployed.began:.1f}",
        f"{deployed.gone() - deployed.found():.2f}",
        f"{looked:.1f}",
        bound(kind, looks),
        f"{load.total:,}",
        f"{len(load.lost)}",
        f"{len(after)}",
        deployed.ended.failed[:60],
    ]
    return row, bool(deployed.ended.failed) and not after


def bound(kind: str, looks: int) -> str:
    """Seconds from the release's start (never ready) or from its first request (others) to being found out."""
    if kind in NEVER_READY:
        return f"{READY_WITHIN:g} + 4"
    return f"ready + every {LIMITS.every.total_seconds():g}" if looks else "ready + smoke"


def told(text: str) -> None:
    sys.stderr.write(f"\r{text:<40}")


def table(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swaps", type=int, default=100)
    parser.add_argument("--target", choices=sorted(PLACES), default="process")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rate", type=float, default=300.0, help="requests per second of the constant load")
    parser.add_argument("--kinds", default=None, help="bad releases to try: all unless given")
    options = parser.parse_args()
    tried = ",".join(KINDS) if options.kinds is None else options.kinds
    fine = True
    with tempfile.TemporaryDirectory() as name:
        folder, kinds = Path(name), dict[str, str]()
        with PLACES[options.target](folder, kinds) as (target, address):
            place = Place(target, address, folder, kinds)
            print(f"target {options.target}, {platform.machine()}, Python {platform.python_version()}\n")
            rows = []
            for rate in (0.0, options.rate):
                row, whole = swaps(place, options.swaps, options.clients, rate)
                rows, fine = [*rows, row], fine and whole
            told("")
            print("\n" + table(["load", "swaps", "requests", "lost", "p50 ms", "p99 ms", "max ms", "s a swap"], rows))
            rows = list[list[str]]()
            for kind in filter(None, tried.split(",")):
                told(f"a bad release: {kind}")
                row, whole = bad(place, kind, options.clients)
                rows, fine = [*rows, row], fine and whole
            told("")
            head = [
                "bad release",
                "verdict",
                "found s",
                "gone s",
                "all s",
                "bound s",
                "requests",
                "lost",
                "after",
                "why",
            ]
            print("\n\n" + table(head, rows) if rows else "")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
