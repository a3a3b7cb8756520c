"""What the report says of metrics by the model's own code, and of a champion that was asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fixtures.evidence import changed, evidence_set
from fixtures.rendering import context, github_html, outside_code
from tidegate.core.evidence import Evidence
from tidegate.core.report import build

COMPARE = "compare-models"
OWN = {"metric": "asymmetric", "by": "metrics:asymmetric", "code": {"model/metrics.py": "sha256:1"}, "draws": 240}
BY_COMMAND = {"metric": "profit", "by": "python profit.py {predictions}", "code": {}, "draws": 0}


def markdown(*path: object, value: object) -> str:
    found: Mapping[str, Evidence | None] = changed(evidence_set("pass"), COMPARE, *path, value=value)
    return build(found, context()).markdown()


def test_fewer_draws_are_said() -> None:
    said = markdown("measured", value=[OWN])
    assert "Measured by the model's own code: `asymmetric` by `metrics:asymmetric` of `model/metrics.py` in 240" in said


def test_a_commands_number_is_said_to_have_no_interval() -> None:
    assert "`profit` by `python profit.py {predictions}`, exact and without an interval." in markdown(
        "measured", value=[OWN, BY_COMMAND]
    )


def test_without_such_metrics_nothing_is_said() -> None:
    assert "own code" not in build(evidence_set("pass"), context()).markdown()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"new": 744, "gone": 0, "changed": 0}, "The hold-out changed (744 rows new): champion re-scored on the new"),
        ({"new": 1, "gone": 720, "changed": 3}, "(1 row new, 720 rows gone, 3 rows with another truth)"),
        ({"new": 0, "gone": 0, "changed": 0}, "The hold-out changed (clusters or weights): champion re-scored"),
    ],
    ids=["new", "all", "none"],
)
def test_a_champion_that_was_asked_anew_is_said_to_be(counts: Mapping[str, int], words: str) -> None:
    assert words in markdown("champion", "rescored", value={"rows": 2880, **counts})


def test_a_champion_with_its_own_predictions_is_not() -> None:
    assert "re-scored" not in build(evidence_set("pass"), context()).markdown()


HOSTILE = "x` | @team <img src=x> [a](b)\n# PASSED ```"


def test_a_stranger_s_words_are_inert() -> None:
    own = {"metric": HOSTILE, "by": HOSTILE, "code": {HOSTILE: "1"}, "draws": 7}
    harmless = {"metric": "x", "by": "x", "code": {"x": "1"}, "draws": 7}
    said, usual = (github_html(markdown("measured", value=[one])) for one in (own, harmless))
    assert outside_code(said) == outside_code(usual)


MALFORMED: Mapping[str, tuple[tuple[str, ...], Any]] = {
    "no list": (("measured",), 3),
    "no name": (("measured",), [{**OWN, "metric": None}]),
    "draws": (("measured",), [{**OWN, "draws": -1}]),
    "code": (("measured",), [{**OWN, "code": "model/metrics.py"}]),
    "rescored": (("champion", "rescored"), True),
    "counts": (("champion", "rescored"), {"new": "many", "gone": 0, "changed": 0}),
}


@pytest.mark.parametrize(("path", "value"), MALFORMED.values(), ids=MALFORMED)
def test_evidence_of_another_form_is_no_pass(path: tuple[str, ...], value: object) -> None:
    said = markdown(*path, value=value)
    assert "does not have the agreed form" in said
    assert "Ready to promote" not in said
