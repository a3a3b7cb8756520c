"""One command from its arguments to its exit code: settings read once, one error funnel, one writer of outputs."""

from __future__ import annotations

import argparse
import contextlib
import json
import secrets
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from tidegate import settings as settings_module
from tidegate.console import Console, visible
from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.errors import Problems, Superseded, TidegateError, exit_code_of
from tidegate.settings import Settings


def run(
    command: str,
    module: ModuleType,
    parser: argparse.ArgumentParser,
    arguments: Sequence[str],
    environ: Mapping[str, str],
) -> int:
    """Run `module` and report its end as text, outputs, annotations, summary and JSON. Returns the exit code."""
    console = Console(actions=environ.get("GITHUB_ACTIONS") == "true")
    settings: Settings | None = None
    options = argparse.Namespace(json="")
    try:
        options = parser.parse_args([*settings_module.with_inputs(parser, environ), *arguments])
        settings = settings_module.read(options, environ, console)
        answer: Answer = module.run(settings, options)
    except (Exception, KeyboardInterrupt) as error:
        answer = _failed(error)
        if settings is not None:
            _leave_error(command, settings, error, answer)
    _publish(answer, options.json, environ, console)
    code = answer.verdict.exit_code if answer.exit_code is None else answer.exit_code
    # A job that a newer run has overtaken has not failed; what it says is in its log and outputs.
    return 0 if code == Superseded.exit_code and console.actions else code


def _failed(error: BaseException) -> Answer:
    code = exit_code_of(error)
    if isinstance(error, TidegateError):
        found = error.problems if isinstance(error, Problems) else (error,)
        return Answer(
            verdict=Verdict.ERROR,
            sentence=str(error),
            exit_code=code,
            annotations=tuple(map(_annotation, found)),
        )
    if isinstance(error, KeyboardInterrupt):
        return Answer(verdict=Verdict.ERROR, sentence="E-BUG-002 interrupted; nothing was decided.", exit_code=code)
    return Answer(
        verdict=Verdict.ERROR,
        sentence=f"E-BUG-001 unexpected {type(error).__name__}: a bug of ours. Details: {_traceback_file(error)}",
        exit_code=code,
    )


def _annotation(problem: TidegateError) -> Annotation:
    file, _, rest = problem.where.partition(":")
    line = rest.partition(":")[0]
    return Annotation(
        level="error", message=str(problem), file=file or None, line=int(line) if line.isdigit() else None
    )


def _traceback_file(error: BaseException) -> str:
    with tempfile.NamedTemporaryFile("w", prefix="tidegate-", suffix=".log", delete=False) as stream:
        traceback.print_exception(error, file=stream)
    return stream.name


def _leave_error(command: str, settings: Settings, error: BaseException, answer: Answer) -> None:
    """So that the report can say which step failed and why, instead of "no evidence"."""
    from tidegate.adapters import evidence as store
    from tidegate.core.evidence import Evidence

    problem = (
        error if isinstance(error, TidegateError) else TidegateError(answer.sentence.split(" ", 1)[0], answer.sentence)
    )
    log = [line[:300] for line in getattr(error, "log", ())][-20:]
    details = {
        "code": problem.code,
        "message": problem.message,
        "where": problem.where,
        "fix": problem.fix,
        "exit_code": answer.exit_code,
        "log": log,
    }
    with contextlib.suppress(TidegateError, OSError):
        store.write(
            settings.evidence,
            Evidence(command=command, model=settings.model or "", outcome=Verdict.ERROR, error=details),
        )


def _publish(answer: Answer, json_target: str, environ: Mapping[str, str], console: Console) -> None:
    for annotation in _most_severe(answer.annotations):
        console.annotate(annotation)
    if json_target:
        _write_json(answer, json_target)
    if json_target != "-":
        print(
            "\n".join(visible(line) for line in answer.sentence.split("\n")),
            file=sys.stderr if answer.verdict is Verdict.ERROR else sys.stdout,
            flush=True,
        )
    outputs = {"verdict": answer.verdict.value, "sentence": answer.sentence, **answer.outputs}
    _append(
        environ.get("GITHUB_OUTPUT"),
        "".join(_output(name, value) for name, value in outputs.items()),
        console,
    )
    if answer.summary:
        _append(environ.get("GITHUB_STEP_SUMMARY"), answer.summary, console)


def _most_severe(annotations: Sequence[Annotation]) -> list[Annotation]:
    """At most ten, as the runner keeps no more of one kind; the rest is counted in the last one's place."""
    order = {"error": 0, "warning": 1, "notice": 2}
    ranked = sorted(annotations, key=lambda annotation: order[annotation.level])
    if len(ranked) <= 10:
        return ranked
    return [*ranked[:9], Annotation(level=ranked[9].level, message=f"and {len(ranked) - 9} more")]


def _write_json(answer: Answer, target: str) -> None:
    document = {
        "verdict": answer.verdict.value,
        "sentence": answer.sentence,
        "outputs": dict(answer.outputs),
        **(answer.data or {}),
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")


def _output(name: str, value: str) -> str:
    """One output in the runner's file format; the delimiter cannot be guessed, so no value can end it early."""
    delimiter = secrets.token_hex(16)
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(path: str | None, text: str, console: Console) -> None:
    """Degrade with a warning: the verdict and the exit code stand even where the runner's file is unusable."""
    if not path or not text:
        return
    try:
        if not Path(path).is_file():
            raise OSError("not a regular file")
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        console.annotate(
            Annotation(level="warning", message=f"{path} cannot be written ({error}); outputs are in the log only")
        )
