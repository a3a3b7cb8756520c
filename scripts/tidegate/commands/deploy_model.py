"""Make an environment run what Git says it should, step by step, and take a bad release back by itself."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate.core.answer import Answer, Verdict
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.steps.environments import Wanted
    from tidegate.steps.takeover import Ended

SUMMARY = "Make an environment run what its release.yaml names, and take a bad release back."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate deploy-model`."""
    parser.add_argument("--environment", default="staging", metavar="NAME", help="folder under environments/")
    parser.add_argument("--state", default="", metavar="FOLDER", help="where the target process keeps what it runs")
    parser.add_argument("--push", action="store_true", help="push the tag that records what came to run")


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Deploy the release that HEAD names; do nothing where it runs already."""
    from tidegate.steps import deploying, environments

    wanted = environments.wanted(settings, options.environment)
    environments.check_open(wanted.environment, datetime.now(UTC).date())
    environments.check_proven(settings, wanted)
    found = deploying.deploy(settings, wanted, options.state, push=options.push)
    sentence, verdict = _told(wanted, found)
    document = deploying.document(wanted, found)
    deploying.leave(settings, wanted, verdict, document)
    return Answer(verdict=verdict, sentence=sentence, outputs={"version": wanted.release.version}, data=document)


def _told(wanted: Wanted, found: Ended) -> tuple[str, Verdict]:
    version, name = wanted.release.version, wanted.environment.name
    if found.failed:
        return f"version {version} was taken back in {name}: {found.failed}", Verdict.FAIL
    if found.open:
        return f"version {version} is undecided in {name}: {found.open}", Verdict.UNDECIDED
    return f"version {version} runs in {name}", Verdict.PASS
