"""Where a version comes from: data, code, parameters, run, pull request, approvers; and where it has run."""

from __future__ import annotations

import argparse

from tidegate.core.answer import Answer, Verdict
from tidegate.settings import Settings

SUMMARY = "Show where a version comes from, who let it through, and where it has run."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate lineage`."""
    from tidegate.steps.github_connection import connected

    parser.add_argument("version", metavar="VERSION", help="a version of the model: 7")
    parser.set_defaults(connect=connected)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Look; nothing is changed. What needs a token that is not there is told as unknown."""
    from tidegate.core.release import lineage as core
    from tidegate.steps.release import lineage

    found = lineage.traced(settings, options.version.removeprefix("v"), options.connect)
    return Answer(verdict=Verdict.PASS, sentence=core.text(found), data=core.document(found))
