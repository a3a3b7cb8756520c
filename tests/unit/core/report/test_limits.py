"""Reports that are too long: whole rows go, the least important first, and what went is said (R01, R02, A10, M08)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fixtures.evidence import changed, evidence_set, finding, gate, metric, part
from fixtures.rendering import context, github_html
from tidegate.core.report import Report, Section, build
from tidegate.core.report.blocks import Block, Details, Heading, Listing, Paragraph, Table, shortened, units
from tidegate.core.report.limits import COMMENT, LEAST, SUMMARY, fit, size

LETTERS = {"ascii": "x", "two bytes": "é", "three bytes": "車", "four bytes": "🚲"}


def with_section(length: int, letter: str = "x", *, trusted: bool = False, lines: int = 1) -> Report:
    text = "\n".join([letter * (length // lines)] * lines)
    return build(evidence_set("pass"), context(sections=(Section(title="CML", markdown=text, trusted=trusted),)))


def many(count: int) -> dict[str, Any]:
    """A comparison and data that have far too much of everything."""
    found = evidence_set("fail")
    for member, values in {
        "metrics": [metric(f"metric_{n}", n + 0.5, n + 1.0, [-1.0, 0.1]) for n in range(count)],
        "gates": [gate(f"metric_{n}", "no_worse_by", "1%", "fail", 2.0, 1.0, [0.5, 1.5]) for n in range(count)],
        "slices": [part("weather", f"kind {n}", 50, 2.0, 1.0, [0.5, 1.5]) for n in range(count)],
    }.items():
        found = changed(found, "compare-models", member, value=values)
    for member, values in {
        "findings": [finding(f"column {n}", "expect", "x", "y", severity="warn") for n in range(count)],
        "suites": [{"name": f"suite {n}", "checks": 3, "failed": 1} for n in range(count)],
    }.items():
        found = changed(found, "validate-data", member, value=values)
    params = [{"name": f"parameter {n}", "before": "1", "after": "2"} for n in range(count)]
    return changed(found, "train-model", "params", value=params)


@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS.keys())
@pytest.mark.parametrize("length", [0, 40_000, 65_535, 65_536, 65_537, 300_000])
def test_a_comment_is_never_too_long_in_bytes_or_characters(length: int, letter: str) -> None:
    for trusted in (False, True):
        report = with_section(length, letter, trusted=trusted)
        text = report.markdown()
        assert size(text) <= COMMENT
        assert len(text) <= COMMENT
        assert text.startswith(report.marker)
        assert "### ✅ Ready to promote" in text
        assert "**Next:**" in text


@pytest.mark.parametrize("spare", [-1, 0, 1])
def test_the_limit_itself_still_fits(spare: int) -> None:
    report = with_section(40_000)
    text = report.markdown(size(report.markdown()) + spare)
    assert ("x" * 40_000 in text) == (spare >= 0)


def test_what_was_cut_is_counted() -> None:
    text = with_section(300_000, lines=3_000).markdown()
    shown, told = text.count("x" * 100), re.search(r"…and ([\d,]+) more lines", text)
    assert told is not None
    assert shown + int(told[1].replace(",", "")) == 3_000
    assert shown > 300


def test_a_summary_has_room_for_more_and_stays_below_a_mebibyte() -> None:
    assert "x" * 300_000 in with_section(300_000).summary()
    for length in (SUMMARY - 1, SUMMARY, SUMMARY + 1, 3_000_000):
        assert size(with_section(length).summary()) <= SUMMARY


def test_a_summary_has_neither_marker_nor_watermark() -> None:
    report = build(evidence_set("pass"), context(cml_watermark="tidegate"))
    assert "tidegate:report" not in report.summary()
    assert "watermark" not in report.summary()
    assert report.markdown().rstrip().endswith('"CML watermark tidegate")')


def test_ten_thousand_of_everything_stay_readable() -> None:
    report = build(many(10_000), context())
    text = report.markdown()
    assert size(text) <= COMMENT
    assert "…and 9,990 more gates" in text
    assert "…and 9,950 more metrics" in text
    assert "…and 9,990 more slices" in text
    assert "…and 9,990 more parameters" in text
    assert len(report.annotations) == 50
    assert report.annotations[-1].message == "and 19951 more"
    assert size(report.html()) < 4_000_000


def test_parts_go_in_the_order_of_their_weight() -> None:
    report = build(many(40), context())
    whole = report.markdown()
    text = report.markdown(LEAST)
    assert size(text) <= LEAST < size(whole)
    assert "rows of this part were cut to fit" in text
    assert "❌ Not promotable" in text
    assert "**Next:**" in text
    assert github_html(text).count("<details>") == github_html(text).count("</details>") == whole.count("<details>")
    order = ["Lineage", "Model card", "How to reproduce", "Cost and time", "Row by row", "Data validation", "Slices"]
    cut = [bool(re.search(rf"<b>{name}</b>[^\n]*\n\n[\d,]+ rows of this part were cut", text)) for name in order]
    assert cut == sorted(cut, reverse=True), "what is more important went before what is less"
    assert cut[0]


def test_a_limit_that_not_even_the_verdict_fits_in_is_refused() -> None:
    with pytest.raises(ValueError, match="8192"):
        build(evidence_set("pass"), context()).markdown(100)


LISTING = Listing(tuple("abcdefgh"))


@pytest.mark.parametrize(
    ("keep", "inner", "cut"), [(9, (1, 8), 0), (8, (1, 7), 1), (2, (1, 1), 7), (1, (1,), 8), (0, (), 9)]
)
def test_details_lose_their_last_rows_first(keep: int, inner: tuple[int, ...], cut: int) -> None:
    whole = Details("Title", "", (Paragraph(("words",)), LISTING), weight=1)
    found = shortened(whole, keep)
    assert isinstance(found, Details)
    assert tuple(map(units, found.blocks)) == inner
    assert found.cut == cut


def test_a_table_says_how_many_rows_it_lost_in_all() -> None:
    whole = Table((), (((),),) * 5, left_out=3)
    found = shortened(whole, 2)
    assert isinstance(found, Table)
    assert (len(found.rows), found.left_out) == (2, 6)
    assert shortened(whole, 5) is whole


def test_headings_and_sentences_are_never_cut() -> None:
    blocks: list[Block] = [Heading(("x" * 10_000,)), Paragraph(("words",))]
    text = fit(blocks, lambda blocks: "".join(str(block) for block in blocks), LEAST)
    assert "x" * 10_000 in text


def test_a_section_of_half_a_million_lines_is_counted_not_shown() -> None:
    text = with_section(1_200_000, lines=600_000).summary()
    told = re.search(r"…and ([\d,]+) more lines", text)
    assert told is not None
    assert told[1] == "595,000"
