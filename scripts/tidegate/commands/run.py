"""What a pull request does, on this machine: the same commands one after the other, each in a process of its own."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.core.answer import Answer, Verdict
from tidegate.settings import Settings

SUMMARY = "Validate, train, compare and report on this machine, as a pull request would."
STEPS = ("validate-data", "train-model", "compare-models")
REPORT = "post-report"

_PROGRAM = Path(__file__).resolve().parents[1] / "__main__.py"
_NOT_FOR_STEPS = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_STATE")
_GRACE = 20


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one command ended: its exit code and, when it got that far, its answer."""

    code: int
    answer: dict[str, Any] | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate run`."""
    parser.add_argument("--base", default="", metavar="REF", help="compare with this commit (default: the merge base)")


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Stop at the first command that does not pass, report whatever happened, and end with the gate's exit code."""
    from tidegate.adapters.contract import file as contract_file

    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model).name
    if settings.dry_run:
        sentence = f"would run {', '.join(STEPS)} and {REPORT} --local for {model}"
        return Answer(verdict=Verdict.SKIPPED, sentence=sentence)
    _forget(settings)
    base = [f"--base={options.base}"] if options.base else []
    code = 0
    for number, name in enumerate(STEPS, 1):
        code = _step(settings, f"{number}/{len(STEPS) + 1}", name, model, base).code
        if code:
            break
    number = len(STEPS) + 1
    return _answer(settings, code, _step(settings, f"{number}/{number}", REPORT, model, ["--local"]))


def _forget(settings: Settings) -> None:
    """A report on what an earlier run left would be a report on another change."""
    for name in (*(f"{step}.json" for step in STEPS), "verdict.json"):
        (settings.evidence / name).unlink(missing_ok=True)


def _step(settings: Settings, place: str, name: str, model: str, extra: Sequence[str]) -> Ended:
    settings.console.say(f"[{place}] {name}")
    with tempfile.TemporaryDirectory(prefix="tidegate-run-") as folder:
        answer = Path(folder) / "answer.json"
        common = ["-C", str(settings.workspace), f"--config={settings.config}", f"--model={model}", f"--json={answer}"]
        code = _shown(settings, [sys.executable, "-I", str(_PROGRAM), name, *common, *extra])
        told = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else None
    if told and told["verdict"] != Verdict.ERROR and name != REPORT:
        settings.console.say(told["sentence"])
    return Ended(code=code, answer=told)


def _shown(settings: Settings, command: Sequence[str]) -> int:
    """Run a command of ours, its progress shown line by line; interrupted with us. Returns its exit code.

    What it prints on standard output is its answer, which is taken from the file. In a session of its own it hears of
    an interruption once, from here, and not a second time while it cleans up.
    """
    environment = {
        name: value
        for name, value in settings.environ.items()
        if name not in _NOT_FOR_STEPS and not name.startswith("INPUT_")
    }
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as started:
        try:
            for line in started.stderr or ():
                print(line.decode("utf-8", "replace").rstrip("\n"), file=settings.console.stream, flush=True)
        except BaseException:
            started.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                started.communicate(timeout=_GRACE)
            started.kill()
            raise
    return started.returncode


def _answer(settings: Settings, code: int, reported: Ended) -> Answer:
    """The report's own sentence; the exit code of the command that stopped, or else the report's."""
    if reported.answer is None:
        sentence = "E-RUN-001 the report could not be made; see the lines above."
        return Answer(verdict=Verdict.ERROR, sentence=sentence, exit_code=code or reported.code or 3)
    page = reported.answer["outputs"].get("html", "")
    if page:
        settings.console.say(f"The report: {page}")
    return Answer(
        verdict=Verdict(reported.answer["verdict"]),
        sentence=reported.answer["sentence"],
        outputs={"html": page} if page else {},
        exit_code=code or reported.code,
    )
