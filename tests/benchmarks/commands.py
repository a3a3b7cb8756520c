"""What each command costs on a pull request that changes nothing a model depends on; limits from the design.

    python tests/benchmarks/commands.py [--runs 5]

Clones this repository, runs the whole loop once so that everything is warm, then times every command as a whole
process, started through run.sh as an action starts it. Prints medians, and of each limit the share that was used.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HELP_LIMIT = 0.15
LOOP_LIMIT = 5.0
GROUP_LIMIT_MB = 60
LOOP: dict[str, Sequence[str]] = {
    "detect-changes": ("detect-changes",),
    "validate-data": ("validate-data",),
    "train-model": ("train-model",),
    "compare-models": ("compare-models",),
    "post-report": ("post-report", "--local", "--model", "bike-demand"),
}


@dataclass(frozen=True)
class Cost:
    """Seconds of one run of one command: on the clock, and of all its processes on the processors."""

    wall: float
    cpu: float
    code: int


def measure(command: Sequence[str], folder: Path) -> Cost:
    """Run `command` in `folder` as a whole process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Cost(wall=time.monotonic() - start, cpu=cpu, code=done.returncode)


def medians(costs: Sequence[Cost]) -> tuple[float, float]:
    """Median wall and CPU seconds."""
    return statistics.median(cost.wall for cost in costs), statistics.median(cost.cpu for cost in costs)


def megabytes(folder: Path) -> float:
    """Size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def installed_megabytes(command: str) -> float:
    """Size of the newest environment that run.sh made for a command."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tidegate" / "toolkit"
    links = [path for path in cache.glob(f"{command}-*") if path.is_symlink()]
    return megabytes(max(links, key=lambda path: path.lstat().st_mtime).resolve())


def share(value: float, limit: float, unit: str) -> str:
    """A limit and how much of it was used."""
    return f"limit {limit:g} {unit}, {value / limit:.0%} of it used"


def main() -> int:
    """Print the table; 1 when a command failed, because then its time says nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    start = str(ROOT / "scripts" / "run.sh")
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for arguments in LOOP.values():
            measure([start, *arguments], clone)
        print(f"{'command':<18}{'wall s':>8}{'CPU s':>8}{'exit':>6}")
        failed, wall, cpu = 0, 0.0, 0.0
        for name, arguments in LOOP.items():
            costs = [measure([start, *arguments], clone) for _ in range(runs)]
            seconds = medians(costs)
            wall, cpu = wall + seconds[0], cpu + seconds[1]
            failed += any(cost.code for cost in costs)
            print(f"{name:<18}{seconds[0]:>8.2f}{seconds[1]:>8.2f}{costs[-1].code:>6}")
        print(f"{'all of them':<18}{wall:>8.2f}{cpu:>8.2f}{'':>6}  {share(wall, LOOP_LIMIT, 's')}")
        program = str(ROOT / "scripts" / "tidegate" / "__main__.py")
        _, help_cpu = medians([measure([sys.executable, "-I", program, "--help"], clone) for _ in range(runs)])
        print(f"{'tidegate --help':<18}{'':>8}{help_cpu:>8.3f}{'':>6}  {share(help_cpu, HELP_LIMIT, 's CPU')}")
    size = installed_megabytes("post-report")
    print(f"post-report's environment: {size:.0f} MB  {share(size, GROUP_LIMIT_MB, 'MB')}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
