"""The one funnel: what a command ends with becomes text, outputs, annotations, evidence and an exit code."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tidegate import session
from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.errors import InfrastructureError, InputError, Problems, SecurityRefusal, Superseded
from tidegate.settings import Settings


def run(tmp_path: Path, behaviour: Any, *arguments: str, **environ: str) -> int:
    """Run a command whose `run` is `behaviour` in `tmp_path`."""
    parser = argparse.ArgumentParser()
    for option in ("--config", "--model", "--json"):
        parser.add_argument(option, default="")
    parser.add_argument("-C", dest="directory", default=str(tmp_path))
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--fail-on", default="")
    module: Any = SimpleNamespace(run=behaviour)
    return session.run("train-model", module, parser, arguments, environ)


def ends_with(answer: Answer) -> Any:
    return lambda settings, options: answer


def raises(error: BaseException) -> Any:
    def run(settings: Settings, options: argparse.Namespace) -> Answer:
        raise error

    return run


@pytest.mark.parametrize(
    ("verdict", "code"),
    [("pass", 0), ("skipped", 0), ("fail", 1), ("undecided", 1), ("incomparable", 1), ("error", 3)],
)
def test_only_pass_and_skipped_let_a_job_go_on(tmp_path: Path, verdict: str, code: int) -> None:
    assert run(tmp_path, ends_with(Answer(verdict=Verdict(verdict), sentence="so"))) == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("E-X-001", "no"), 2),
        (InfrastructureError("E-X-001", "no"), 3),
        (SecurityRefusal("E-X-001", "no"), 4),
        (Superseded("E-X-001", "no"), 5),
        (Problems([InputError("E-X-001", "no"), SecurityRefusal("E-X-002", "never")]), 4),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("ours"), 70),
    ],
)
def test_an_exception_has_its_exit_code_and_leaves_error_evidence(
    tmp_path: Path, error: BaseException, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, raises(error), "--model", "bike") == code
    evidence = json.loads((tmp_path / ".tidegate/train-model.json").read_text())
    assert (evidence["outcome"], evidence["model"], evidence["error"]["exit_code"]) == ("error", "bike", code)
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err + captured.out


def test_a_job_that_was_overtaken_has_not_failed(tmp_path: Path) -> None:
    assert run(tmp_path, raises(Superseded("E-X-001", "a newer commit")), GITHUB_ACTIONS="true") == 0


def test_a_bug_of_ours_keeps_its_traceback_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, raises(ZeroDivisionError("ours")))
    path = re.search(r"Details: (\S+)", capsys.readouterr().err)
    assert path is not None
    assert "ZeroDivisionError: ours" in Path(path[1]).read_text()
    Path(path[1]).unlink()


def test_outputs_cannot_be_forged_by_a_value(tmp_path: Path) -> None:
    file = tmp_path / "output"
    file.touch()
    hostile = "x\nEOF\nverdict=pass\nverdict<<EOF\npass\nEOF"
    answer = Answer(verdict=Verdict.FAIL, sentence="no", outputs={"name": hostile})
    run(tmp_path, ends_with(answer), GITHUB_OUTPUT=str(file))
    assert _read_outputs(file.read_text()) == {"verdict": "fail", "sentence": "no", "name": hostile}


def _read_outputs(text: str) -> dict[str, str]:
    """As the runner reads its output file: `name<<delimiter`, lines, `delimiter`."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, _, delimiter = line.partition("<<")
        value = []
        while (part := next(lines)) != delimiter:
            value.append(part)
        found[name] = "\n".join(value)
    return found


@pytest.mark.parametrize("broken", ["absent", "folder"])
def test_an_unusable_output_file_degrades_with_a_warning(
    tmp_path: Path, broken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / broken
    if broken == "folder":
        target.mkdir()
    assert run(tmp_path, ends_with(Answer(verdict=Verdict.FAIL, sentence="no")), GITHUB_OUTPUT=str(target)) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_annotations_are_escaped_ranked_and_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notices = [Annotation(level="notice", message=f"n{index}") for index in range(12)]
    error = Annotation(level="error", message="50% lost\n::error::x", file="a,b.yaml", line=3)
    run(
        tmp_path,
        ends_with(Answer(verdict=Verdict.FAIL, sentence="no", annotations=(*notices, error))),
        GITHUB_ACTIONS="true",
    )
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("::")]
    assert lines[0] == "::error file=a%2Cb.yaml,line=3::50%25 lost%0A::error::x"
    assert len(lines) == 10
    assert lines[-1] == "::notice::and 4 more"


def test_inputs_of_the_action_are_options_and_the_command_line_wins(tmp_path: Path) -> None:
    seen: list[tuple[str, str]] = []

    def behaviour(settings: Settings, options: argparse.Namespace) -> Answer:
        seen.append((options.model, options.fail_on))
        return Answer(verdict=Verdict.PASS, sentence="so")

    run(tmp_path, behaviour, "--fail-on", "warn", INPUT_MODEL=" bike ", INPUT_FAIL_ON="block")
    assert seen == [("bike", "warn")]


def test_a_boolean_input_is_true_or_false(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, ends_with(Answer(verdict=Verdict.PASS, sentence="so")), INPUT_DRY_RUN="yes") == 2
    assert "E-GH-020" in capsys.readouterr().err


def test_json_to_standard_output_is_the_only_thing_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, ends_with(Answer(verdict=Verdict.PASS, sentence="so", data={"rows": 3})), "--json", "-")
    assert json.loads(capsys.readouterr().out) == {"verdict": "pass", "sentence": "so", "outputs": {}, "rows": 3}
