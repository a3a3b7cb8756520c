"""Words of others, made visible and shut into code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.hostile import HOSTILE
from fixtures.rendering import github_html, in_code, outside_code
from tidegate.core.report.untrusted import brief, clipped, code_span, fenced, padded, right_to_left, visible, width

anything = st.text(alphabet=st.characters(codec=None), max_size=200)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rmse", "rmse"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202eabc", "\\u202eabc"),
        ("\ud800", "\\ud800"),
        ("a\u00a0b", "a\\xa0b"),
        ("a\u200bb", "a\\u200bb"),
        ("\u3164", "\\u3164"),
        ("\U000e0041", "\\U000e0041"),
        ("é", "é"),
        ("e\u0301", "e\u0301"),
        ("\u0301", "\\u0301"),
        ("e\u0301\u0302\u0303\u0304", "e\u0301\u0302\\u0303\\u0304"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("自行车 🚲", "自行车 🚲"),
        ("שלום", "שלום"),
    ],
)
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [("", 80, "(empty)"), ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("\n\n\n", 4, "\\n\\…"), ("x" * 70_000, 5, "xxxx…")],
)
def test_brief(text: str, limit: int, shown: str) -> None:
    assert brief(text, limit) == shown


@given(anything, st.integers(min_value=2, max_value=90))
def test_brief_is_never_longer_than_asked_and_can_be_encoded(text: str, limit: int) -> None:
    shown = brief(text, limit)
    assert len(shown) <= max(limit, len("(empty)"))
    assert shown.encode().decode() == shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "cell", "span"),
    [
        ("rmse", False, "`rmse`"),
        ("a`b", False, "``a`b``"),
        ("`", False, "`` ` ``"),
        ("a|b", False, "`a|b`"),
        ("a|b", True, "`a\\|b`"),
        (" a ", False, "`  a  `"),
        ("   ", False, "`   `"),
        ("אב", False, "`אב`\u200e"),
        ("`" * 80, False, "<code>" + "&#96;" * 80 + "</code>"),
    ],
)
def test_code_span(text: str, cell: bool, span: str) -> None:
    assert code_span(text, limit=80, cell=cell) == span


@given(anything)
def test_a_code_span_is_read_back_as_it_was(text: str) -> None:
    rendered = github_html(f"before {code_span(text)} after")
    assert outside_code(rendered) == "<p>before <code></code> after</p>\n"
    assert in_code(rendered) == [brief(text)]


@given(anything)
def test_a_code_span_in_a_table_is_read_back_as_it_was(text: str) -> None:
    span = code_span(text, cell=True)
    rendered = github_html(f"| a | b |\n| --- | --- |\n| {span} | {span} |")
    assert rendered.count("<td>") == 2
    assert in_code(rendered) == [brief(text)] * 2


@given(st.lists(anything, max_size=6))
def test_a_fence_is_closed_by_its_own_end_only(lines: list[str]) -> None:
    rendered = github_html(f"before\n\n{fenced(lines)}\n\nafter")
    assert outside_code(rendered) == '<p>before</p>\n<pre lang="text"><code></code></pre>\n<p>after</p>\n'


@pytest.mark.parametrize("count", [1, 3, 79, 80, 81, 254, 255, 256, 257, 300, 70_000])
def test_no_number_of_backticks_closes_a_fence(count: int) -> None:
    text = fenced(["before", "`" * count, f"  {'`' * count}  ", "after"])
    assert outside_code(github_html(f"{text}\n")) == '<pre lang="text"><code></code></pre>\n'


def test_log_lines_are_cut_one_by_one_and_keep_their_tabs_as_spaces() -> None:
    assert clipped(["a\tb", "", "x" * 400], 10) == ("a   b", "", "xxxxxxxxx…")


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("自行", 4), ("e\u0301", 1), ("🚲", 2), ("", 0)], ids=ascii)
def test_width(text: str, columns: int) -> None:
    assert width(text) == columns


@given(st.text(max_size=60).map(visible), st.integers(min_value=2, max_value=40))
def test_padded_text_has_exactly_the_width(text: str, columns: int) -> None:
    assert width(padded(text, columns)) == columns


def test_right_to_left_is_noticed() -> None:
    assert [name for name, text in HOSTILE.items() if right_to_left(visible(text))] == ["right to left"]
