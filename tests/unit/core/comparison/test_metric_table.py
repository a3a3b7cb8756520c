"""Names of metrics: those with a free part are understood, and nothing that only looks like one."""

from __future__ import annotations

import pytest

from tidegate.core.comparison.metric_table import KNOWN, MetricKind, is_cost, level_of
from tidegate.core.comparison.metrics import METRICS, by_cell

FREE = {
    "pinball_p02.5": ("lower", "prediction", "pinball", "02.5", ""),
    "pinball_p99.9": ("lower", "prediction", "pinball", "99.9", ""),
    "ndcg_at_1": ("higher", "query", "ndcg", "1", ""),
    "top_10_accuracy": ("higher", "scores", "top_accuracy", "10", ""),
    "tweedie_deviance_1.25": ("lower", "prediction", "tweedie_deviance", "1.25", ""),
    "f1:spam": ("higher", "labels", "", "", "spam"),
    "auc:two words": ("higher", "score", "", "", "two words"),
    "log_loss:a:b": ("lower", "score", "", "", "a:b"),
}


@pytest.mark.parametrize(("name", "expected"), FREE.items(), ids=FREE)
def test_names_with_a_free_part(name: str, expected: tuple[str, ...]) -> None:
    kind = KNOWN[name]
    assert (kind.direction, kind.needs, kind.family, kind.number, kind.of) == expected
    assert kind.name == name
    assert name in METRICS
    assert callable(METRICS[name])


@pytest.mark.parametrize(
    "name",
    [
        "", ":", "f1:", ":spam", "rmse:spam", "f1_macro:spam", "pinball_p", "pinball_p5", "pinball_p00", "pinball_p100",
        "ndcg_at_0", "ndcg_at_", "ndcg_at_-1", "top_0_accuracy", "tweedie_deviance_0.5", "tweedie_deviance_4", "RMSE",
    ],
)  # fmt: skip
def test_names_of_nothing(name: str) -> None:
    assert name not in KNOWN
    assert name not in METRICS
    assert KNOWN.get(name) is None


def test_the_base_of_a_name_is_the_metric_itself() -> None:
    assert KNOWN["f1:spam"].base == "f1"
    assert KNOWN["ndcg_at_5"].base == "ndcg_at_5"
    assert by_cell("f1:spam")
    assert by_cell("hamming_loss")
    assert not by_cell("auc:spam")


def test_levels_have_one_text() -> None:
    assert [level_of(percent) for percent in ("05", "50", "02.5", "02.50", "99.9")] == [
        "0.05", "0.5", "0.025", "0.025", "0.999",
    ]  # fmt: skip


def test_all_listed_names_are_known_and_bounded_the_right_way_round() -> None:
    kinds: list[MetricKind] = [KNOWN[name] for name in KNOWN]
    assert [kind.name for kind in kinds] == list(KNOWN)
    assert len(kinds) == len(KNOWN) == len({kind.name for kind in kinds})
    assert all(kind.minimum < kind.maximum for kind in kinds)
    assert {name for name in KNOWN if name not in METRICS} == {name for name in KNOWN if is_cost(name)}
