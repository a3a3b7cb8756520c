"""Per environment: what Git wants, what is recorded, what runs, and what does not agree."""

from __future__ import annotations

import argparse

from tidegate.core.answer import Answer, Verdict
from tidegate.core.release.standing import Standing
from tidegate.settings import Settings

SUMMARY = "Show what is wanted, registered and running in every environment, and any difference."
_VERDICTS = {Standing.AGREES: Verdict.PASS, Standing.DIVERGED: Verdict.FAIL, Standing.UNKNOWN: Verdict.ERROR}


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate status`."""
    from tidegate.steps.standing import alias_of

    parser.add_argument("--environment", default="", metavar="NAME", help="only this one (default: all)")
    parser.add_argument("--state", default="", metavar="FOLDER", help="where the target process keeps what it runs")
    parser.set_defaults(alias=alias_of)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Look; nothing is changed. Exits 0 where all agree, 1 where they do not, 3 where something cannot be seen."""
    from tidegate.core.release import standing as core
    from tidegate.steps import standing

    names = [options.environment] if options.environment else standing.names(settings)
    every = [standing.seen(settings, name, options.state, options.alias) for name in names]
    worst = core.worst(every)
    return Answer(
        verdict=_VERDICTS[worst],
        sentence=core.table(every),
        outputs={"standing": worst.value},
        data={"standing": worst.value, "environments": [core.document(one) for one in every]},
        exit_code=worst.exit_code,
    )
