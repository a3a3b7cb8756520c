"""Go back to the release that ran before: at once where it runs, then in Git."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tidegate.core.answer import Answer, Verdict
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.steps.deployment.rolling_back import Rollback
    from tidegate.steps.deployment.takeover import Ended

SUMMARY = "Make an environment run the release of before at once, then open the pull request that says so in Git."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate rollback-release`."""
    from tidegate.steps.github_connection import connected

    parser.add_argument("--environment", default="production", metavar="NAME", help="folder under environments/")
    parser.add_argument("--to", default="", metavar="VERSION", help="a version that ran there (default: the last one)")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, for the pull request and the incident")
    parser.add_argument("--state", default="", metavar="FOLDER", help="where the target process keeps what it runs")
    parser.add_argument("--push", action="store_true", help="push the tags that record what happened")
    parser.add_argument("--base", default="", metavar="BRANCH", help="the branch to revert on (default: this run's)")
    parser.set_defaults(connect=connected, seen=lambda _number, _name: None)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Go back; where it was gone back already, finish what a killed run left."""
    from tidegate.steps.deployment import deploy_origin, rolling_back

    deploy_origin.check(settings)
    found = rolling_back.decided(settings, options.environment, options.state, options.to)
    if settings.dry_run:
        return Answer(verdict=Verdict.SKIPPED, sentence=f"would go {_way(found)}", outputs=_outputs(found))
    reason, seen = " ".join(options.reason.split()), options.seen
    ended = rolling_back.go(settings, found, options.state, reason=reason, push=options.push, seen=seen)
    if ended.failed or ended.open:
        return _kept(settings, found, ended)
    told = rolling_back.tell(
        settings, found, ended, reason=reason, base=options.base, connect=options.connect, seen=seen
    )
    rolling_back.leave(settings, found, ended, told, reason)
    return Answer(
        verdict=Verdict.PASS,
        sentence=f"{found.wanted.environment.name} went {_way(found)}{_next(told.revert)}",
        outputs={**_outputs(found), **told.outputs},
        annotations=told.annotations,
        data=rolling_back.document(found, ended, told, reason),
        exit_code=max((problem.exit_code for problem in told.problems), default=0),
    )


def _kept(settings: Settings, found: Rollback, ended: Ended) -> Answer:
    """The release of before is no better: what ran still runs."""
    what = ended.failed or ended.open
    name, version = found.wanted.environment.name, found.back_to.version
    sentence = f"{name} did not go back: version {version} is not what it was: {what}"
    settings.console.say("Run again: it goes back further. What ran before this still runs.")
    return Answer(verdict=Verdict.FAIL, sentence=sentence, outputs=_outputs(found))


def _way(found: Rollback) -> str:
    return f"back from version {found.leaving.version} to version {found.back_to.version}"


def _next(revert: str) -> str:
    return f"; merge {revert}" if revert else ""


def _outputs(found: Rollback) -> dict[str, str]:
    return {"version": found.back_to.version, "left": found.leaving.version}
