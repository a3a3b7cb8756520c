"""Per environment: what Git wants, what is recorded, what runs, what does not agree; and whether checks still run."""

from __future__ import annotations

import argparse

from tidegate.core.answer import Answer, Verdict
from tidegate.core.github.heartbeat import Beat
from tidegate.core.release.standing import Standing
from tidegate.errors import SecurityRefusal, TidegateError
from tidegate.settings import Settings

SUMMARY = "Show what is wanted, registered and running in every environment, and any difference."
_VERDICTS = {Standing.AGREES: Verdict.PASS, Standing.DIVERGED: Verdict.FAIL, Standing.UNKNOWN: Verdict.ERROR}


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate status`."""
    from tidegate.steps.deployment.standing import alias_of
    from tidegate.steps.github_connection import connected

    parser.add_argument("--environment", default="", metavar="NAME", help="only this one (default: all)")
    parser.add_argument("--state", default="", metavar="FOLDER", help="where the target process keeps what it runs")
    parser.set_defaults(alias=alias_of, connect=connected)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Look; nothing is changed. Exits 0 where all agree, 1 where they do not, 3 where something cannot be seen.

    With a token the schedules of drift checks are looked at as well: one that has stopped is a difference.
    """
    from tidegate.core.release import standing as core
    from tidegate.steps.deployment import standing

    names = [options.environment] if options.environment else standing.names(settings)
    every = [standing.seen(settings, name, options.state, options.alias) for name in names]
    beats, unseen = ([], "") if options.environment else _schedules(settings, options)
    worst = _worst(core.worst(every), beats, unseen)
    lines = [*(f"schedule: {beat}" for beat in beats), *([f"schedule: UNKNOWN: {unseen}"] if unseen else [])]
    schedules = [{"path": beat.path, "pulse": beat.pulse.value, "told": str(beat)} for beat in beats]
    return Answer(
        verdict=_VERDICTS[worst],
        sentence="\n".join([core.table(every), *(["", *lines] if lines else [])]),
        outputs={"standing": worst.value},
        data={
            "standing": worst.value,
            "environments": [core.document(one) for one in every],
            "schedules": schedules,
        },
        exit_code=worst.exit_code,
    )


def _schedules(settings: Settings, options: argparse.Namespace) -> tuple[list[Beat], str]:
    """How the schedules of checks are, or why that is not known; nothing without a token, or without a schedule."""
    from tidegate.adapters.contract import file as contract_file
    from tidegate.steps import schedules
    from tidegate.steps.github_connection import token

    if not (token(settings) and settings.environ.get("GITHUB_REPOSITORY")):
        return [], ""
    crons = schedules.of_checkout(settings)
    if not crons:
        return [], ""
    try:
        models = contract_file.load(settings.workspace / settings.config, settings.workspace).models
        return schedules.beats(options.connect(settings), crons, tuple(models)), ""
    except SecurityRefusal:
        raise
    except TidegateError as error:
        return [], str(error)


def _worst(found: Standing, beats: list[Beat], unseen: str) -> Standing:
    if unseen or found is Standing.UNKNOWN:
        return Standing.UNKNOWN
    return found if all(beat.pulse.well for beat in beats) else Standing.DIVERGED
