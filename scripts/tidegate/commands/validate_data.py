"""Is the data what its expectations say, and what did a change of it change?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.adapters.great_expectations.validation import Ask
    from tidegate.core.data.findings import Finding
    from tidegate.steps.validation.data_check import Found, Question

SUMMARY = "Check the data against its expectations, and against the base's data where it changed."
DOCS = "data-docs"
_EVIDENCE = "validate-data"
_SEEN = " (as checked before: data and expectations are the same)"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate validate-data`."""
    parser.add_argument("--base", default="", metavar="REF", help="compare the data with this commit's")


def run(settings: Settings, options: argparse.Namespace, ask: Ask | None = None) -> Answer:
    """Validate once for the same data, suites and base; what was validated before is told again.

    `ask` is who runs expectations, if not Great Expectations in a process of its own.
    """
    from tidegate.adapters import past_validations
    from tidegate.adapters.contract import file as contract_file
    from tidegate.adapters.dvc import data as dvc_data
    from tidegate.steps.pipeline import base
    from tidegate.steps.validation import data_check

    _forget(settings)
    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)
    asked = data_check.question(settings, model, base.resolve(settings, options.base))
    here = dvc_data.in_work_tree(data_check.store(settings), asked.pointer)
    docs = settings.evidence / DOCS
    key = past_validations.key(asked.facts)
    told = past_validations.find(settings.evidence, key, docs)
    again = told is not None
    if told is None:
        found = data_check.answer(settings, asked, here, docs, ask)
        told = _document(asked, found)
        if found.undiffed is None:
            past_validations.keep(settings.evidence, key, told, docs)
    return _answer(settings, asked, told, again=again)


def _forget(settings: Settings) -> None:
    """What an earlier validation left must not be taken for this one's, should this one be killed."""
    import shutil

    (settings.evidence / f"{_EVIDENCE}.json").unlink(missing_ok=True)
    shutil.rmtree(settings.evidence / DOCS, ignore_errors=True)


def _document(asked: Question, found: Found) -> dict[str, Any]:
    """Everything that is told, now and again when the same is asked."""
    validation, difference = found.validation, found.difference
    rows = difference.rows_after - difference.rows_before if difference else 0
    change = f"; {rows:+,} rows against the base" if difference else ""
    return {
        "verdict": validation.verdict.value,
        "sentence": f"{validation.sentence}{change}{f'; {found.undiffed}' if found.undiffed else ''}",
        "annotations": [
            *map(_annotation, validation.findings),
            *({"level": "warning", "message": f"not applied, from the base: {text}"} for text in found.dropped),
            *([{"level": "warning", "message": found.undiffed}] if found.undiffed else []),
        ],
        "result": {
            "rows": validation.rows,
            "files": validation.files,
            "suites": [{"name": one.name, "checks": one.checks, "failed": one.failed} for one in validation.suites],
            "findings": [finding.document() for finding in validation.findings],
            "unchecked": list(validation.unchecked),
            "diff": difference.document(asked.base or "", asked.pointer.path) if difference else None,
            "data_docs": f"{DOCS}/index.html" if found.docs else None,
            **({"edited": edited} if (edited := [suite.name for suite in asked.suites if suite.at_base]) else {}),
        },
    }


def _annotation(finding: Finding) -> dict[str, Any]:
    level = "error" if finding.severity == "block" else "warning"
    return {"level": level, "message": finding.sentence, "file": finding.path, "line": finding.line}


def _answer(settings: Settings, asked: Question, told: dict[str, Any], *, again: bool) -> Answer:
    from tidegate.adapters import evidence, git
    from tidegate.core.evidence import Evidence, Subject

    verdict, result = Verdict(told["verdict"]), told["result"]
    if result["diff"]:
        result["diff"]["base"] = asked.base
    subject = Subject(commit=git.head(settings.workspace), data=f"md5:{asked.pointer.digest}", policy=asked.policy)
    evidence.write(
        settings.evidence,
        Evidence(command=_EVIDENCE, model=asked.model.name, outcome=verdict, subject=subject, result=result),
    )
    return Answer(
        verdict=verdict,
        sentence=told["sentence"] + (_SEEN if again else ""),
        annotations=tuple(Annotation(**one) for one in told["annotations"]),
        data=result,
    )
