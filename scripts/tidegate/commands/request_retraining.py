"""Is it time to train the model again? Then more data on one branch and in one pull request, which is judged as any."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from tidegate.core.answer import Annotation, Answer, Verdict
from tidegate.errors import InputError
from tidegate.settings import Settings

if TYPE_CHECKING:
    from tidegate.adapters.github.session import Connection
    from tidegate.core.contract import Model, Retrain
    from tidegate.steps.retraining.request import Outcome

SUMMARY = "Decide by drift, age and new rows whether to train again; keep one pull request that extends the data."
WORKFLOW = "model-retrain.yml"
_UNKNOWN = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate request-retraining`."""
    from tidegate.steps.github_connection import connected

    parser.add_argument(
        "--drift", default="", metavar="FOLDER", help="where detect-drift left its evidence (default: .tidegate)"
    )
    parser.add_argument("--base", default="", metavar="BRANCH", help="the branch to retrain on (default: this run's)")
    parser.add_argument(
        "--live", default="", metavar="PATH", help="where live data is on this machine (a file or folder)"
    )
    parser.add_argument("--labels", default="", metavar="PATH", help="where late labels are on this machine")
    asked = "ask for it whatever cooldown, budget and closed requests say; the text says why"
    parser.add_argument("--reason", default="", metavar="TEXT", help=asked)
    judged = f"judges the branch where GitHub holds its runs back (default: {WORKFLOW}; none for no such workflow)"
    parser.add_argument("--workflow", default=WORKFLOW, metavar="FILE", help=judged)
    parser.set_defaults(connect=connected, seen=lambda _step: None)


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """Decide, and ask; without GitHub the branch is written and the rest is said."""
    from tidegate.adapters.contract import file as contract_file
    from tidegate.steps.retraining import leaving as retraining_leaving
    from tidegate.steps.retraining import request as retraining

    model = contract_file.load(settings.workspace / settings.config, settings.workspace).model(settings.model)
    if model.drift is None:
        fix = "Add one; its key retrain says when, and how the data goes on."
        raise InputError("E-RTR-000", f"the model {model.name} has no drift section.", where=settings.config, fix=fix)
    if (retrain := model.drift.retrain) is None:
        told = f"the contract has no drift.retrain for {model.name}: nothing is asked for"
        return Answer(verdict=Verdict.SKIPPED, sentence=told, outputs={"action": "nothing"})
    wish = retraining.Wish(
        drift=options.drift,
        base=options.base,
        live=options.live,
        labels=options.labels,
        reason=" ".join(options.reason.split()),
        workflow="" if options.workflow == "none" else options.workflow,
        link=_link(settings, options),
        seen=options.seen,
    )
    found = retraining.ask(settings, model, model.drift, retrain, wish)
    if not settings.dry_run:
        retraining_leaving.leave(settings, model.name, _verdict(found), found, retrain)
    return _answer(settings, model, retrain, found, offline=wish.link is None)


def _link(settings: Settings, options: argparse.Namespace) -> Connection | None:
    """GitHub where there is a token for it."""
    from tidegate.steps.github_connection import token

    if not token(settings):
        return None
    link: Connection = options.connect(settings)
    return link


def _verdict(found: Outcome) -> Verdict:
    if found.decision.action in ("request", "update"):
        return Verdict.PASS
    return Verdict.UNDECIDED if _unknown(found) else Verdict.SKIPPED


def _unknown(found: Outcome) -> bool:
    return found.decision.action == "nothing" and found.checked.seen.state == "unknown"


def _answer(settings: Settings, model: Model, retrain: Retrain, found: Outcome, *, offline: bool) -> Answer:
    from tidegate.steps.retraining import leaving as retraining_leaving

    proposed = found.proposed
    notes = tuple(Annotation(level="warning", message=note[:1_000]) for note in found.news.notes)
    return Answer(
        verdict=_verdict(found),
        sentence=retraining_leaving.sentence(model.name, found, offline=offline, dry=settings.dry_run),
        outputs={
            "action": found.decision.action,
            "reasons": json.dumps([one.kind for one in found.decision.reasons]),
            "until": "" if found.checked.until is None else found.checked.until.isoformat(),
            "branch": found.branch if found.commit else "",
            "pull-request": "" if proposed is None else proposed.url,
            "number": "" if proposed is None else str(proposed.number),
            "held": str(proposed is not None and proposed.held).lower(),
        },
        annotations=notes,
        data=retraining_leaving.document(found, retrain),
        exit_code=_UNKNOWN if _unknown(found) else None,
    )
