"""What must be said of the packaged model before anything can be asked of it."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.core.contract import Evaluation
from tidegate.core.contract.problem import Problem


def about_packaged(evaluation: Evaluation) -> Iterator[Problem]:
    """Behavioural tests have a model to ask."""
    if evaluation.tests is not None and evaluation.model is None:
        message = "behavioural tests are asked of the packaged model, which evaluation.model does not name."
        yield Problem(code="E-CFG-027", path=("evaluation", "tests"), message=message, fix="Name it as model.")
