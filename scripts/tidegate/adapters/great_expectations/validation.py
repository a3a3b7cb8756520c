"""Great Expectations 1.x, run on Arrow files in a process of its own: expectations in, their results as plain JSON out.

Its switches are variables that it reads when it is imported, so they are given to that process; nothing of the caller's
environment is changed. `GX_ANALYTICS_ENABLED` has had no effect since analytics left the package (none in 1.24.1); it
is set all the same, for the release that brings them back.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tidegate.core.data.docs import INDEX
from tidegate.core.data.periods import Frame
from tidegate.core.data.suites import Expectation, Suite
from tidegate.core.data.validation import Outcome
from tidegate.core.rounding import counted
from tidegate.errors import InfrastructureError, InputError, Problems

WORKER = Path(__file__).with_name("worker.py")
_QUIET = {"GX_ANALYTICS_ENABLED": "false", "TQDM_DISABLE": "1"}
Ask = Callable[[Mapping[str, Any], Mapping[str, str]], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One suite on its frames."""

    suite: Suite
    frames: tuple[Frame, ...]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back: an outcome per expectation and frame, whether data docs were written, and which expectations of
    the base's suites were never any good and are not applied.
    """

    outcomes: tuple[Outcome, ...]
    docs: bool
    dropped: tuple[InputError, ...] = ()


def validate(
    runs: Sequence[Run],
    arrow: Mapping[str, Path],
    *,
    id_column: str,
    environment: Mapping[str, str],
    docs: Path | None = None,
    title: str = "Data validation",
    ask: Ask | None = None,
) -> Reply:
    """Run every suite on its frames; `arrow` maps data files' names to Arrow files with their rows.

    Data docs are written into the folder `docs`, which must exist and be empty. `ask` is who answers the request.
    Raises Problems with an E-DAT-020 for each expectation that Great Expectations does not know or accept, InputError
    E-DAT-040 where the rows do not fit into the memory that is left, and InfrastructureError with the same code when it
    stops without an answer.
    """
    request: dict[str, Any] = {
        "runs": [_run(run, arrow, id_column) for run in runs],
        "id": id_column,
        "docs": str(docs) if docs else None,
        "title": title,
    }
    reply = (ask or in_a_process)(request, environment)
    if reply.get("refused"):
        raise _too_large(reply["refused"])
    by_title = {run.suite.title: run.suite for run in runs}
    found = [(problem["strict"], _problem(by_title[problem["suite"]], problem)) for problem in reply["problems"]]
    if strict := [problem for is_strict, problem in found if is_strict]:
        raise Problems(strict)
    return Reply(
        outcomes=tuple(Outcome(**outcome) for outcome in reply["outcomes"]),
        docs=docs is not None and (docs / INDEX).is_file(),
        dropped=tuple(problem for _, problem in found),
    )


def _run(run: Run, arrow: Mapping[str, Path], id_column: str) -> dict[str, Any]:
    needs = run.suite.needs
    return {
        "suite": run.suite.title,
        "strict": not run.suite.at_base,
        "expectations": run.suite.document["expectations"],
        "reads": [_reads(expectation) for expectation in run.suite.expectations],
        "columns": None if needs is None else sorted({*needs, id_column}),
        "frames": [
            {
                "name": frame.name,
                "files": [str(arrow[file]) for file in frame.files],
                "parameters": {name: _sent(value) for name, value in frame.parameters.items()},
            }
            for frame in run.frames
        ],
    }


def _reads(expectation: Expectation) -> dict[str, Any]:
    """What the worker has to load for one expectation where it cannot load everything."""
    reads = expectation.reads
    return {"columns": None if reads is None else sorted(reads), "names": expectation.names_only}


def _sent(value: datetime | int) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _problem(suite: Suite, problem: Mapping[str, Any]) -> InputError:
    expectation = suite.expectations[problem["index"]]
    return InputError(
        "E-DAT-020",
        f"{expectation.type}: {problem['message']}",
        where=suite.place(expectation),
        fix="Mend the expectation; unknown ones were not checked.",
    )


def _too_large(refused: Mapping[str, Any]) -> InputError:
    need, free = (f"{refused[name] / 1024**3:.1f} GiB" for name in ("need", "free"))
    message = (
        f"{refused['frame']}: {refused['rows']:,} rows of {counted(refused['columns'], 'column')} need about {need} of "
        f"memory, {free} are free; nothing was checked."
    )
    fix = 'Run the suite on each-file ("meta": {"tidegate": {"rows": "each-file"}}), or take a larger runner.'
    return InputError("E-DAT-040", message, where=str(refused["suite"]), fix=fix)


def in_a_process(request: Mapping[str, Any], environment: Mapping[str, str], worker: Path = WORKER) -> dict[str, Any]:
    """The worker's reply to a request. Raises InfrastructureError E-DAT-040 when it ends without one."""
    with TemporaryDirectory(prefix="tidegate-gx-") as folder:
        place = Path(folder) / "reply.json"
        done = subprocess.run(
            [sys.executable, "-I", str(worker)],
            input=json.dumps({**request, "reply": str(place)}).encode(),
            env={**_without_cloud(environment), **_QUIET},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode or not place.is_file():
            raise _stopped(done.returncode, done.stdout.decode(errors="replace"))
        reply: dict[str, Any] = json.loads(place.read_bytes())
        return reply


def _without_cloud(environment: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the caller's account with Great Expectations' hosted service: data stays here."""
    return {name: value for name, value in environment.items() if not name.startswith(("GX_", "GE_"))}


def _stopped(code: int, output: str) -> InfrastructureError:
    lines = [line for line in output.splitlines() if line.strip()]
    if code < 0:
        hint = ", out of memory as a rule: run suites on each-file" if code == -9 else ""
        how = f"was killed (signal {-code}{hint})"
    else:
        how = f"stopped with exit code {code}: {lines[-1][:300] if lines else 'it said nothing'}"
    short = any("MemoryError" in line or "malloc of size" in line for line in lines[-20:])
    fix = "Run suites on each-file, or take a larger runner." if short else "See its last lines; run again."
    error = InfrastructureError("E-DAT-040", f"Great Expectations {how}; nothing was checked.", fix=fix)
    error.log = lines[-20:]
    return error
