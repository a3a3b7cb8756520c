"""Parts that others wrote, plots and annotations (R03, R05)."""

from __future__ import annotations

import pytest

from fixtures.evidence import changed, evidence_set, finding, gate
from fixtures.rendering import context, github_html, outline
from tidegate.core.report import Section, build
from tidegate.core.report.foreign import below_ours, foreign_lines
from tidegate.core.report.pictures import MOST_BYTES, MOST_IN_ALL, pictures

SVG = b"""<?xml version="1.0"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<!-- drawn -->
<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>"""
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.svg", SVG, "image/svg+xml"),
        ("bom.svg", b"\xef\xbb\xbf" + SVG, "image/svg+xml"),
        ("bare.svg", b"<svg/>".replace(b"/", b" /"), "image/svg+xml"),
        ("a.png", PNG, "image/png"),
        ("png named svg.svg", PNG, "image/png"),
    ],
)
def test_a_plot_is_known_by_its_content(name: str, data: bytes, media_type: str) -> None:
    (found,) = pictures({name: data})
    assert (found.media_type, found.refused) == (media_type, "")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "neither PNG nor SVG"),
        (b"GIF89a", "neither PNG nor SVG"),
        (b"<html><svg></svg></html>", "neither PNG nor SVG"),
        (SVG.decode().encode("utf-16"), "neither PNG nor SVG"),
        (b"<svg ><script>alert(1)</script></svg>", "more than a drawing"),
        (b"<svg ><x:SCRIPT href='a'/></svg>", "more than a drawing"),
        (b"<svg ><foreignObject><body/></foreignObject></svg>", "more than a drawing"),
        (b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg >&a;</svg>', "neither PNG nor SVG"),
        (b'<svg ><!ENTITY a "aaaa"></svg>', "more than a drawing"),
        (PNG + b"\0" * MOST_BYTES, "too many to show"),
    ],
)
def test_what_is_no_plain_picture_is_refused_with_the_reason(data: bytes, words: str) -> None:
    (found,) = pictures({"plot": data})
    assert words in found.refused
    assert found.data == b""
    report = build(evidence_set("pass"), context(plots={"plot.svg": data}))
    assert "<img" not in report.html()
    assert f"`plot.svg`: {found.refused}" in report.markdown()


def test_all_plots_together_have_a_limit_and_the_first_by_name_win() -> None:
    each = PNG + b"\0" * (MOST_BYTES - len(PNG))
    found = pictures({f"{number:02d}.png": each for number in range(9)})
    assert [not picture.refused for picture in found] == [True] * (MOST_IN_ALL // MOST_BYTES) + [False] * 3


def test_plots_are_images_in_the_page_and_names_in_the_comment() -> None:
    report = build(evidence_set("pass"), context(plots={"residuals.svg": SVG, "b.png": PNG}))
    images = [attributes for tag, attributes in outline(report.html()).tags if tag == "img"]
    assert [str(image["src"]).partition(";")[0] for image in images] == ["data:image/png", "data:image/svg+xml"]
    assert all(image["alt"] for image in images)
    assert "data:" not in report.markdown()
    assert "`residuals.svg` is in the HTML report" in report.markdown()


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("# A", "### A"),
        ("## A", "#### A"),
        ("###### A", "###### A"),
        ("   # A", "   ### A"),
        ("    # A", "    # A"),
        ("#1 is no heading", "#1 is no heading"),
        ("#", "###"),
    ],
)
def test_headings_of_others_stand_below_ours(line: str, shown: str) -> None:
    assert list(below_ours([line])) == [shown]


@pytest.mark.parametrize("rule", ["===", "---", "  =", "-"])
def test_underlined_headings_are_no_headings(rule: str) -> None:
    assert "<h" not in github_html("\n".join(below_ours(["PASSED", rule]))).replace("<hr", "")


def test_code_of_others_is_left_alone_and_closed() -> None:
    assert list(below_ours(["```sh", "# no heading", "``", "~~~", "---"])) == [
        "```sh",
        "# no heading",
        "``",
        "~~~",
        "---",
        "```",
    ]
    assert list(below_ours(["~~~", "# a", "~~~~", "# b"])) == ["~~~", "# a", "~~~~", "### b"]


def test_hidden_comments_and_watermarks_are_taken_out() -> None:
    text = 'a<!-- x\ny -->b\n![](https://cml.dev/watermark.png#0 "CML watermark tidegate")\nc<!-- open\nd'
    assert foreign_lines(text) == ("ab", "", "c")


def test_a_trusted_section_is_rendered_after_everything_of_ours() -> None:
    section = Section(title="report.md", markdown="# Loss\n\n**0.3**\n</details>", trusted=True)
    text = build(evidence_set("fail"), context(sections=(section,))).markdown()
    ours, _, theirs = text.partition("### `report.md`")
    assert "**Next:**" in ours
    assert "### Loss" in theirs
    assert "<strong>0.3</strong>" in github_html(text)
    page = build(evidence_set("fail"), context(sections=(section,))).html()
    assert "**0.3**" in page
    assert "<strong>0.3" not in page


def test_annotations_are_most_severe_first_and_name_the_pointer() -> None:
    found = evidence_set("bad_data")
    marks = build(found, context()).annotations
    assert [mark.level for mark in marks] == ["error", "error", "warning"]
    assert {(mark.file, mark.line) for mark in marks} == {("data.dvc", 1)}
    assert marks[0].message == "rentals: expected at least 0, found 2 of 13,715 rows (0.01%)"


def test_an_error_is_annotated_where_it_happened() -> None:
    (mark,) = build(evidence_set("error"), context()).annotations
    assert (mark.level, mark.file, mark.line) == ("error", "model/dvc.yaml", 14)
    assert mark.message.startswith("train-model: failed E-TRN-004 stage 'train' exited with 1. Read the last")


def test_missing_evidence_is_annotated_too() -> None:
    (mark,) = build(evidence_set("missing"), context()).annotations
    assert (mark.level, mark.message) == ("error", "compare-models: left no evidence")


@pytest.mark.parametrize(("count", "kept", "last"), [(0, 0, ""), (12, 12, ""), (50, 50, ""), (60, 50, "and 11 more")])
def test_annotations_have_a_limit(count: int, kept: int, last: str) -> None:
    gates = [gate(f"m{n}", "at_most", "1", "fail", 2.0, 1.0, [1.5, 2.5], of="value") for n in range(count)]
    found = changed(evidence_set("fail"), "compare-models", "gates", value=gates)
    marks = build(found, context()).annotations
    assert len(marks) == kept
    assert not last or marks[-1].message == last


def test_a_gate_that_only_warns_is_a_warning() -> None:
    marks = build(evidence_set("fail"), context()).annotations
    assert [mark.level for mark in marks] == ["error", "warning", "warning"]
    assert marks[0].message == "fail: rmse is worse by 2.7 (3.7%), limit 1% (0.7)"


def test_a_pass_has_no_annotations() -> None:
    assert build(evidence_set("pass"), context()).annotations == ()


def test_a_finding_about_the_whole_table_says_so() -> None:
    whole = finding(None, "expect", "0 rows", "at least 1 row")
    found = changed(evidence_set("bad_data"), "validate-data", "findings", value=[whole])
    assert build(found, context()).sentence.endswith("the table: expected at least 1 row, found 0 rows")
