"""scikit-learn's `classification_report(..., output_dict=True)` as JSON: numbers without rows, under our names.

`support` says how many rows there were, but not which were right for both models: from that no paired interval follows,
so none is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tidegate.core.training import claimed_metrics
from tidegate.errors import InputError

_SCORES = ("precision", "recall", "f1-score", "support")
_AVERAGES = {"macro avg": "_macro", "weighted avg": "_weighted", "micro avg": "_micro", "samples avg": "_samples"}
_OUTSIDE = ("accuracy",)


def matches(document: object) -> bool:
    """Whether a JSON document has the form of such a report."""
    if not isinstance(document, Mapping) or "macro avg" not in document:
        return False
    return all(_is_line(line) for name, line in document.items() if name not in _OUTSIDE)


def numbers(document: Mapping[str, Any], positive: str | None, shown: str) -> dict[str, float]:
    """Metric → value: averages (``f1_macro``), classes (``f1:yes``), and those of the class `positive` alone (``f1``).

    Raises InputError E-MET-020 for a positive class that the report lacks, and what is wrong with any number.
    """
    classes = [name for name in document if name not in (*_AVERAGES, *_OUTSIDE)]
    if positive is not None and positive not in classes:
        message = f"has no class {positive[:80]!r}; it has {', '.join(classes)[:200]}."
        raise InputError("E-MET-020", message, where=shown, fix="Name one of them as --positive.")
    named = {"accuracy": document["accuracy"]} if "accuracy" in document else {}
    for name, line in document.items():
        if name not in _OUTSIDE:
            ending = _AVERAGES.get(name, f":{name}")
            named |= dict(_scores(line, ending))
    if positive is not None:
        named |= dict(_scores(document[positive], ""))
    return claimed_metrics.numbers(named, shown)


def _scores(line: Mapping[str, Any], ending: str) -> Iterator[tuple[str, Any]]:
    for score in _SCORES[:3]:
        yield f"{score.removesuffix('-score')}{ending}", line[score]


def _is_line(line: object) -> bool:
    return isinstance(line, Mapping) and set(line) == set(_SCORES)
