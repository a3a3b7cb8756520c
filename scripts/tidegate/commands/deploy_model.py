"""Make an environment run what Git says it should, step by step, and take a bad release back by itself."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate.core.answer import Answer, Verdict
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.core.release.history import TakenBack
    from tidegate.steps.deployment.environments import Wanted
    from tidegate.steps.deployment.takeover import Ended
    from tidegate.steps.deployment.taking_back import Told

SUMMARY = "Make an environment run what its release.yaml names, and take a bad release back."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate deploy-model`."""
    from tidegate.steps.github_connection import connected

    parser.add_argument("--environment", default="staging", metavar="NAME", help="folder under environments/")
    parser.add_argument("--state", default="", metavar="FOLDER", help="where the target process keeps what it runs")
    parser.add_argument("--push", action="store_true", help="push the tag that records what came to run")
    parser.add_argument("--again", action="store_true", help="try a release again that was taken back here")
    parser.add_argument("--base", default="", metavar="BRANCH", help="the branch to revert on (default: this run's)")
    parser.set_defaults(connect=connected)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Deploy the release that HEAD names; do nothing where it runs already."""
    from tidegate.steps.deployment import deploy_origin, deploying, deployment_records, environments
    from tidegate.steps.release import registering

    deploy_origin.check(settings)
    wanted = environments.wanted(settings, options.environment)
    environments.check_open(wanted.environment, datetime.now(UTC).date())
    environments.check_proven(settings, wanted)
    failure = None if options.again else environments.tried_before(settings, wanted)
    if failure is not None:
        return _not_again(settings, options, wanted, failure)
    found, notes = deployment_records.recorded(
        settings, wanted, options.connect, lambda: deploying.deploy(settings, wanted, options.state, push=options.push)
    )
    sentence, verdict = _told(wanted, found)
    document = deploying.document(wanted, found)
    deploying.leave(settings, wanted, verdict, document)
    if verdict is Verdict.PASS and (said := registering.kept_in_step(settings, wanted)):
        settings.console.say(said)
    told = _told_people(settings, options, wanted, found, reachable=not notes)
    return Answer(
        verdict=verdict,
        sentence=sentence,
        outputs={"version": wanted.release.version, "url": wanted.environment.url, **told.outputs},
        annotations=(*notes, *told.annotations),
        data={**document, **told.outputs},
    )


def _told_people(
    settings: Settings, options: argparse.Namespace, wanted: Wanted, found: Ended, *, reachable: bool
) -> Told:
    """A release that was taken back leaves a revert; one that runs makes an older one pointless."""
    from tidegate.steps.deployment import taking_back

    if found.failed:
        return taking_back.after_deployment(settings, wanted, found, options)
    if found.open or not reachable:
        return taking_back.Told()
    return taking_back.after_success(settings, wanted, options)


def _not_again(settings: Settings, options: argparse.Namespace, wanted: Wanted, failure: TakenBack) -> Answer:
    """The release was taken back and nobody has committed anything about it since; what a killed run left is done."""
    from tidegate.steps.deployment import taking_back

    told = taking_back.after_failure(settings, wanted, failure, options)
    version, name = wanted.release.version, wanted.environment.name
    way = f"Merge {told.revert}" if told.revert else f"Revert the commit that wrote environments/{name}/release.yaml"
    sentence = (
        f"version {version} was taken back in {name} and is not tried again ({failure.reason}). {way}, or commit a"
        f" change to environments/{name}, or give --again."
    )
    outputs = {"version": version, **told.outputs}
    return Answer(verdict=Verdict.FAIL, sentence=sentence, outputs=outputs, annotations=told.annotations)


def _told(wanted: Wanted, found: Ended) -> tuple[str, Verdict]:
    version, name = wanted.release.version, wanted.environment.name
    if found.failed:
        return f"version {version} was taken back in {name}: {found.failed}", Verdict.FAIL
    if found.open:
        return f"version {version} is undecided in {name}: {found.open}", Verdict.UNDECIDED
    return f"version {version} runs in {name}", Verdict.PASS
