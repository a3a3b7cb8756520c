"""Which models does this change touch? A change to none of them trains nothing."""

from __future__ import annotations

import argparse
import json

from tidegate.adapters import git
from tidegate.adapters.contract import file as contract_file
from tidegate.core.answer import Answer, Verdict
from tidegate.core.changes import touched_models
from tidegate.settings import Settings
from tidegate.steps.pipeline import base

SUMMARY = "Which of the contract's models a change touches, as a JSON list for a job matrix."


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tidegate detect-changes`."""
    parser.add_argument("--base", default="", help="compare with this commit (default: the pull request's base)")


def run(settings: Settings, options: argparse.Namespace) -> Answer:
    """List the models in the outputs `models` (touched) and `untouched`; without a base commit all are touched."""
    contract = contract_file.load(settings.workspace / settings.config, settings.workspace)
    since = base.resolve(settings, options.base)
    if since is None:
        models, sentence = tuple(contract.models), "no base commit: every model counts as changed"
    else:
        after = git.head(settings.workspace) if settings.in_actions else None
        paths = git.changed_paths(settings.workspace, since, after)
        models = touched_models(contract, settings.config, paths)
        sentence = f"{len(paths)} changed paths touch {', '.join(models) or 'no model'}"
    untouched = [name for name in contract.models if name not in models]
    outputs = {"models": json.dumps(models), "untouched": json.dumps(untouched), "any": str(bool(models)).lower()}
    verdict = Verdict.PASS if models else Verdict.SKIPPED
    return Answer(verdict=verdict, sentence=sentence, outputs=outputs, data={"models": list(models), "base": since})
