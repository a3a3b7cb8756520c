"""The page: one file, nothing from elsewhere, no script, and for everybody."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import pairwise

import pytest

from fixtures.evidence import KINDS, evidence_set
from fixtures.rendering import context, outline
from tidegate.core.answer import Verdict
from tidegate.core.report import build
from tidegate.core.report.html_charts import GLYPH
from tidegate.core.report.markdown import SYMBOL
from tidegate.core.report.sentence import HEADLINE
from tidegate.core.report.stylesheet import STYLE

PAGES = {kind: build(evidence_set(kind), context()).html() for kind in KINDS}
EMPTY_TAGS = {"meta", "br", "img", "circle", "path", "rect", "line"}


@pytest.fixture(params=KINDS)
def page(request: pytest.FixtureRequest) -> str:
    return PAGES[request.param]


def test_nothing_is_loaded_or_run(page: str) -> None:
    for tag, attributes in outline(page).tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "form", "base", "video", "audio"}
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcset", "action")]
        assert str(attributes.get("src", "data:")).startswith("data:")
        if tag == "a":
            assert str(attributes["href"]).startswith("https://github.com/acme/bikes/")
            assert attributes["rel"] == "noopener noreferrer"
    assert "url(" not in page
    assert "@import" not in page


def test_the_policy_allows_this_style_and_no_other(page: str) -> None:
    (policy,) = [
        str(attributes["content"])
        for tag, attributes in outline(page).tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_every_tag_is_closed_in_order(page: str) -> None:
    opened: list[str] = []
    for item in outline(page).items:
        if isinstance(item, tuple) and item[0] not in EMPTY_TAGS:
            opened.append(str(item[0]))
        elif isinstance(item, str) and re.fullmatch(r"/[a-z0-9]+", item) and item[1:] not in EMPTY_TAGS:
            assert opened.pop() == item[1:]
    assert opened == []


def test_headings_go_down_by_one_level(page: str) -> None:
    levels = [int(tag[1]) for tag, _ in outline(page).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))


def test_pictures_and_tables_can_be_read_without_seeing_them(page: str) -> None:
    tags = outline(page).tags
    for tag, attributes in tags:
        if tag == "svg" and "plot" in str(attributes.get("class")):
            assert attributes["role"] == "img"
            assert attributes["aria-label"]
        if tag == "th":
            assert attributes["scope"] in ("row", "col")
        if "scroll" in str(attributes.get("class")).split():
            assert (attributes["role"], attributes["tabindex"]) == ("region", "0")
            assert attributes["aria-label"]
    assert dict(next(attributes for tag, attributes in tags if tag == "html")) == {"lang": "en"}
    assert any(attributes.get("name") == "viewport" for _, attributes in tags)


def test_every_colour_that_carries_a_meaning_has_a_word_and_a_shape() -> None:
    assert GLYPH.keys() == SYMBOL.keys() == HEADLINE.keys() == set(Verdict)
    assert len(set(GLYPH.values())) == len(set(SYMBOL.values())) == len(Verdict)


def _luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(letter * 2 for letter in digits)
    parts = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, 1.4.3)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+):(#[0-9a-f]{3,6})", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [("ink", "paper"), ("ink", "code"), ("ink", "ground"), ("soft", "paper"), ("sea", "paper"), ("sea", "code")]
    + [(verdict.value, f"{verdict.value}-b") for verdict in Verdict]
    + [(verdict.value, "paper") for verdict in Verdict]
    + [("warns", "warns-b"), ("ink", "warns-b")],
)
def test_text_can_be_read_on_its_ground(colours: dict[str, str], ink: str, ground: str) -> None:
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("kind", KINDS)
def test_page_and_comment_say_the_same(kind: str) -> None:
    report = build(evidence_set(kind), context())
    assert HEADLINE[report.verdict] in report.html()
    assert HEADLINE[report.verdict] in report.markdown()
    assert report.html() == report.html()
    titles = re.findall(r"<summary><b>(.*?)</b>", report.markdown())
    assert re.findall(r"<summary><h2>(.*?)</h2>", report.html()) == titles
