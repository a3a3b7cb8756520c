"""One workflow run by the real `act`, on this host, bounded in time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tidegate.simulator import processes
from tidegate.simulator.act_log import JobRun, LogReader, Progress
from tidegate.simulator.live import Live

LABELS = ("ubuntu-latest", "ubuntu-24.04")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What act is to run: a rendered workflow file and its name, for one event.

    `checkout` is a clone at the commit the run is for; `environ` is all that the jobs inherit, `variables` what the
    runner sets on top; `repositories` maps ``owner/name@ref`` to the folder that stands for it. `folder` is for this
    run alone, `machine` (where act makes the workspaces) for all.
    """

    program: Path
    name: str
    workflow: Path
    checkout: Path
    event: str
    payload: Mapping[str, Any]
    actor: str
    token: str
    environ: Mapping[str, str]
    variables: Mapping[str, str]
    repositories: Mapping[str, Path]
    folder: Path
    machine: Path


@dataclass(frozen=True, kw_only=True)
class Death:
    """When `step` has run for `after` seconds, its processes are killed, or the whole runner with them."""

    step: str
    of: Literal["step", "runner"] = "step"
    after: float = 0.2


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run went. `result` is success, failure or cancelled; `stray` is what act said outside of any job."""

    result: str
    jobs: list[JobRun]
    seconds: float
    stray: str


def run(
    job: Job, *, seconds: float, tell: Callable[[Progress], None], live: Live, death: Death | None = None
) -> Outcome:
    """Run it and wait, at most `seconds`; after that it is cancelled as GitHub does. `live` can end it from outside."""
    start = time.monotonic()
    with (job.folder / "act.log").open("wb") as raw:
        process = subprocess.Popen(
            _command(job),
            cwd=job.folder,
            env=dict(job.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        keeper = _Keeper(process, seconds, death)
        reader = LogReader(job.name, keeper.watching(tell))
        try:
            with live.running(process):
                for line in process.stdout or ():
                    raw.write(line)
                    reader.feed(line.decode(errors="replace").rstrip("\n"))
                process.wait()
        finally:
            keeper.rest()
            processes.stop(process)
            keeper.sweep()
            if process.stdout:
                process.stdout.close()
    failed = process.returncode != 0
    result = "cancelled" if keeper.cancelled else "failure" if failed else "success"
    return Outcome(
        result=result, jobs=list(reader.jobs.values()), seconds=time.monotonic() - start, stray="\n".join(reader.stray)
    )


class _Keeper:
    """Ends a run that takes too long, and causes the accident that was ordered."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float, death: Death | None) -> None:
        self.cancelled = False
        self._process = process
        self._death = death
        self._below: set[int] = set()
        self._watch: threading.Thread | None = None
        self._timers = [threading.Timer(seconds, self._cancel)]
        self._timers[0].start()

    def watching(self, tell: Callable[[Progress], None]) -> Callable[[Progress], None]:
        """`tell`, and a look whether the step that is to die starts."""

        def told(progress: Progress) -> None:
            tell(progress)
            death = self._death
            if death and not progress.result and progress.step == death.step:
                timer = threading.Timer(death.after, self._kill_step if death.of == "step" else self._kill_runner)
                self._timers.append(timer)
                timer.start()

        return told

    def rest(self) -> None:
        """Nothing more will happen."""
        for timer in self._timers:
            timer.cancel()

    def sweep(self) -> None:
        """A cancelled runner ends its steps and not what they have started: nothing of that is left."""
        if self._watch is not None:
            self._watch.join()
        processes.kill(self._below)

    def _cancel(self) -> None:
        self.cancelled = True
        self._watch = threading.current_thread()
        self._below.update(processes.descendants(self._process.pid))
        self._process.send_signal(signal.SIGINT)
        timer = threading.Timer(10, self._kill_runner)
        self._timers.append(timer)
        timer.start()
        while self._process.poll() is None:
            self._below.update(processes.descendants(self._process.pid))
            time.sleep(0.05)

    def _kill_step(self) -> None:
        processes.kill_below(self._process.pid)

    def _kill_runner(self) -> None:
        self.cancelled = True
        processes.stop(self._process, patience=0)


def _command(job: Job) -> list[str]:
    event, secrets = job.folder / "event.json", job.folder / "secrets"
    event.write_text(json.dumps(job.payload))
    secrets.write_text(f"GITHUB_TOKEN={job.token}\n")
    secrets.chmod(0o600)
    command = [str(job.program), job.event, "--json", "-W", str(job.workflow), "-C", str(job.checkout)]
    command += ["--eventpath", str(event), "--secret-file", str(secrets), "--actor", job.actor]
    for kind in ("env", "var", "input"):
        command += [f"--{kind}-file", os.devnull]
    command += ["--no-skip-checkout", "--action-offline-mode", "--no-cache-server", "--defaultbranch", "main"]
    command += ["--action-cache-path", str(job.machine)]
    for label in LABELS:
        command += ["-P", f"{label}=-self-hosted"]
    for name, value in job.variables.items():
        command += ["--env", f"{name}={value}"]
    for name, folder in job.repositories.items():
        command += ["--local-repository", f"{name}={folder}"]
    return command
