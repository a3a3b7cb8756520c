"""Charts without pictures: line characters, blocks and Mermaid."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.hostile import HOSTILE
from tidegate.core.answer import Verdict
from tidegate.core.report.blocks import Bar, IntervalChart, SliceChart
from tidegate.core.report.charts import (
    LABEL,
    PLOT,
    block_bar,
    drawable,
    mermaid_slices,
    mermaid_text,
    text_intervals,
)
from tidegate.core.report.untrusted import width


def bar(low: float, middle: float, high: float, **other: object) -> Bar:
    usual: dict[str, object] = {"label": "rmse", "words": "", "limit": 1.0, "still": 0.0, "verdict": Verdict.PASS}
    return Bar(low=low, middle=middle, high=high, **{**usual, **other})  # type: ignore[arg-type]


def drawn(*bars: Bar) -> tuple[str, ...]:
    return text_intervals(IntervalChart(title="", bars=bars, left="better", right="worse"))


def plot(line: str, label: str = "rmse") -> str:
    return line[width(label) + 2 :][:PLOT]


def test_an_interval_within_its_limit_ends_before_it() -> None:
    line = plot(drawn(bar(-0.4, 0.0, 0.4), bar(0.2, 0.6, 1.4))[1])
    assert line.index("├") < line.index("●") < line.index("┤") < line.index("║")


def test_an_interval_across_its_limit_is_crossed_by_it() -> None:
    line = plot(drawn(bar(0.2, 0.6, 1.4, verdict=Verdict.UNDECIDED))[1])
    assert line.index("├") < line.index("╫") < line.index("┤")
    assert "║" not in line


def test_an_interval_beyond_its_limit_starts_after_it_and_says_so_in_words() -> None:
    text = drawn(bar(1.4, 2.0, 3.1, verdict=Verdict.FAIL, warns=True))[1]
    line = plot(text)
    assert line.index("│") < line.index("║") < line.index("├")
    assert text.endswith("✗ fail, warns only")


def test_limits_stand_under_one_another() -> None:
    lines = [plot(line) for line in drawn(bar(-2, -1.5, -0.5), bar(1.5, 2, 3), bar(0.2, 0.8, 1.9))[1:4]]
    assert len({re.search("[║╫]", line).start() for line in lines if re.search("[║╫]", line)}) == 1  # type: ignore[union-attr]


def test_what_is_far_away_is_an_arrow_at_the_edge() -> None:
    lines = [plot(line) for line in drawn(bar(-1e9, -10.0, -9.0), bar(30.0, 1e12, 1e200))[1:3]]
    assert lines[0].lstrip().startswith("◄")
    assert lines[1].rstrip().endswith("►")


def test_a_point_without_width_is_a_point() -> None:
    line = plot(drawn(bar(0.5, 0.5, 0.5))[1])
    assert "●" in line
    assert "├" not in line


def test_without_a_champion_nothing_is_said_about_one() -> None:
    assert "no change" not in drawn(bar(0, 0.1, 0.2, still=None))[-1]
    assert "no change" in drawn(bar(0, 0.1, 0.2))[-1]


finite = st.floats(min_value=-1e200, max_value=1e200)


@given(st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=6), st.text(max_size=50))
def test_columns_stay_columns(intervals: list[tuple[float, float, float]], label: str) -> None:
    lines = drawn(*(bar(*sorted(ends), label=label) for ends in intervals))[1:-1]
    starts = {width(line) - width(line.rpartition("  ")[2]) for line in lines}
    assert len(starts) == 1
    assert starts.pop() <= LABEL + 2 + PLOT + 2


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, ""), (1e-9, "▏"), (0.5, "████"), (0.53125, "████▎"), (1.0, "████████"), (7.0, "████████")]
)
def test_block_bar(share: float, text: str) -> None:
    assert block_bar(share) == text


@pytest.mark.parametrize(
    ("values", "can"),
    [((1.0, 2.0), True), ((0.0, 0.0), False), ((), False), ((1e12,), False), ((1e-9, 1.0), False), ((-3.0, 0.0), True)],
)
def test_drawable(values: tuple[float, ...], can: bool) -> None:
    assert drawable(values) is can


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_mermaid_reads_no_syntax_from_a_label(text: str) -> None:
    label = mermaid_text(text)
    assert label
    assert len(label) <= 32
    assert not set(label) & set('"\\`#;%&<>[]{}|:\n\r')
    assert "--" not in label


def test_mermaid_chart() -> None:
    chart = SliceChart(metric='r"2', labels=("a", "b"), candidate=(0.91, 0.8), champion=(0.9, 0.85))
    assert mermaid_slices(chart)[1:] == (
        "xychart-beta horizontal",
        '    x-axis ["a", "b"]',
        '    y-axis "r·2" 0 --> 1.001',
        "    bar [0.91, 0.8]",
        "    line [0.9, 0.85]",
    )


def test_mermaid_chart_without_champion_has_one_series_and_reaches_below_zero() -> None:
    chart = SliceChart(metric="r2", labels=("a", "b"), candidate=(-0.5, 0.00001), champion=None)
    assert mermaid_slices(chart)[3:] == ('    y-axis "r2" -0.55 --> 0.000011000', "    bar [-0.5, 0.000010000]")
