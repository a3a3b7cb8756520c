"""Questions to which the answers are known: rows of the hold-out, and what the model said when it was judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

QUESTIONS = 20
_RELATIVE, _ABSOLUTE = 1e-4, 1e-6
"""How far an answer may be off: another processor may add in another order, and another model is further off."""


@dataclass(frozen=True, kw_only=True)
class Questions:
    """Rows as the server takes them, and the prediction that each must get."""

    rows: tuple[Mapping[str, Any], ...]
    answers: tuple[float, ...]


def spread(count: int) -> list[int]:
    """Places of the questions among `count` rows: the first, the last, and the rest evenly between them."""
    if count <= QUESTIONS:
        return list(range(count))
    return [round(number * (count - 1) / (QUESTIONS - 1)) for number in range(QUESTIONS)]


def wrong(questions: Questions, answers: Sequence[float]) -> str:
    """What is wrong with the answers; empty when every single one is right. No question is no proof."""
    if not questions.answers:
        return "there is no row to which the answer is known"
    if len(answers) != len(questions.answers):
        return f"{len(questions.answers)} questions got {len(answers)} answers"
    for place, (expected, found) in enumerate(zip(questions.answers, answers, strict=True), start=1):
        if not math.isclose(expected, found, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE):
            return f"question {place} of {len(answers)} must be answered {expected:g} and was answered {found:g}"
    return ""
