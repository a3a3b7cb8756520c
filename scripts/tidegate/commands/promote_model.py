"""Turn a merge into a release: exactly the model that was reviewed, written into the environment's wanted state."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.core.answer import Answer, Verdict
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.steps.promoting import Promoted

SUMMARY = "Write the release that a merge makes, or the next environment's, into Git."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate promote-model`."""
    parser.add_argument("--environment", default="staging", metavar="NAME", help="folder under environments/")
    parser.add_argument("--evidence", default="", metavar="FOLDER", help="where the verdict is (default: .tidegate)")
    parser.add_argument("--base", default="", metavar="REF", help="the commit that was merged into")
    parser.add_argument("--onwards", action="store_true", help="promote what runs in the environment before")
    parser.add_argument("--push", default="", metavar="BRANCH", help="push commit and tag to this branch")


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Promote; nothing where the environment is to run that model already."""
    from tidegate.adapters import git
    from tidegate.steps import promoting

    if options.onwards:
        found = promoting.onwards(settings, options.environment)
    else:
        evidence = Path(options.evidence) if options.evidence else settings.evidence
        found = promoting.merged(settings, options.environment, evidence, options.base)
    if options.push and found.commit is not None:
        tags = [f"refs/tags/{found.tag}"] if found.tag else []
        git.push(settings.workspace, f"{found.commit}:refs/heads/{options.push}", *tags)
    return _answer(options.environment, found)


def _answer(environment: str, found: Promoted) -> Answer:
    release = found.release
    what = f"{release.model} {release.version}"
    said = f"{environment} is to run {what}" if found.commit else f"{environment} is to run {what} already"
    outputs = {"version": release.version, "promoted": "true" if found.commit else "false"}
    return Answer(verdict=Verdict.PASS if found.commit else Verdict.SKIPPED, sentence=said, outputs=outputs)
