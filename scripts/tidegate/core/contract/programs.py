"""The model's own programs that a contract names: how its model is asked, and how its own metrics are measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from tidegate.core.contract import CustomMetric, Evaluation
from tidegate.core.contract.problem import Path, Problem, shown
from tidegate.core.near_miss import did_you_mean

_NAME_IN_BRACES = re.compile(r"\{([A-Za-z_]+)\}")
PREDICT = ("model", "rows", "predictions")
"""What a predict command's words may stand for, in braces."""
COMMAND = ("predictions",)
"""The same for a command that measures."""


def about_predict(evaluation: Evaluation) -> Iterator[Problem]:
    """`evaluation.predict`: it is told all that it needs, and nothing that nobody knows."""
    if evaluation.predict is None:
        return
    path: Path = ("evaluation", "predict")
    yield from _about_words(evaluation.predict, PREDICT, path, needed=("rows", "predictions"))
    used = _names_in_braces(evaluation.predict)
    for name, value in (("rows", evaluation.rows), ("model", evaluation.model)):
        if value is None and name in used:
            message = f"{{{name}}} stands for evaluation.{name}, which is not given."
            yield Problem(code="E-CFG-027", path=path, message=message, fix=f"Name it as evaluation.{name}.")


def about_measuring(metrics: Mapping[str, CustomMetric]) -> Iterator[Problem]:
    """`python` and `command` of declared metrics."""
    for name, metric in metrics.items():
        path: Path = ("metrics", name)
        if metric.python and metric.command:
            message = "python and command both measure it."
            yield Problem(code="E-CFG-024", path=(*path, "command"), message=message, fix="Keep one.", at_key=True)
        if metric.command:
            yield from _about_words(metric.command, COMMAND, (*path, "command"), needed=COMMAND)


def _about_words(
    words: tuple[str, ...], known: tuple[str, ...], path: Path, needed: tuple[str, ...]
) -> Iterator[Problem]:
    used = _names_in_braces(words)
    for name in (name for name in used if name not in known):
        fix = f"Known are {', '.join(f'{{{one}}}' for one in known)}."
        message = f"{shown(f'{{{name}}}')} stands for nothing.{did_you_mean(name, known)}"
        yield Problem(code="E-CFG-033", path=(*path, _place(words, name)), message=message, fix=fix)
    for name in (name for name in needed if name not in used):
        message = f"the command is not told where the {name} are."
        yield Problem(code="E-CFG-033", path=path, message=message, fix=f'Give it the argument "{{{name}}}".')


def _names_in_braces(words: tuple[str, ...]) -> dict[str, None]:
    return dict.fromkeys(name for word in words for name in _NAME_IN_BRACES.findall(word))


def _place(words: tuple[str, ...], name: str) -> int:
    return next(place for place, word in enumerate(words) if f"{{{name}}}" in word)
