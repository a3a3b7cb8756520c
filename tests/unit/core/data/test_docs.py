"""Data docs that open from a zip: nothing in them runs, loads or leads elsewhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.data.docs import POLICY, Page, index, offline


def body(html: str) -> str:
    return offline(html, "t").partition("<body>")[2]


@pytest.mark.parametrize(
    "hostile",
    [
        '<script src="https://cdn.example/x.js"></script>',
        "<script>alert(1)</script>",
        '<link rel="stylesheet" href="https://cdn.example/x.css">',
        '<img src="https://cdn.example/beacon.png">',
        '<iframe src="https://cdn.example"></iframe>',
        '<p onclick="alert(1)">x</p>',
        '<p style="background:url(https://cdn.example)">x</p>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="https://cdn.example/newsletter">x</a>',
        '<form action="https://cdn.example"><input name="a"></form>',
        '<svg onload="alert(1)"><script>alert(1)</script></svg>',
        '<object data="https://cdn.example"></object>',
        '<td id="x" data-url="https://cdn.example" onmouseover=alert(1)>x</td>',
        "<style>@import url(https://cdn.example)</style>",
        '<meta http-equiv="refresh" content="0; url=https://cdn.example">',
        '<base href="https://cdn.example/">',
    ],
)
def test_what_could_run_or_call_out_is_gone(hostile: str) -> None:
    kept = body(f"<div>{hostile}</div>")
    assert "cdn.example" not in kept
    assert "alert(1)" not in kept


def test_the_words_tables_and_marks_stay() -> None:
    kept = body(
        '<table class="table"><tr><td id="a"><i class="fas fa-times text-danger"></i> 3 &lt; 4</td></tr></table>'
    )
    assert (
        '<table class="table"><tr><td id="a"><i class="fas fa-times text-danger"></i> 3 &lt; 4</td></tr></table>'
        in kept
    )


def test_links_lead_to_the_page_itself_or_to_the_index() -> None:
    kept = body('<a href="#section-2">there</a><a href="../../../../index.html">home</a>')
    assert '<a href="#section-2">there</a><a href="index.html">home</a>' in kept


def test_every_page_forbids_everything_but_its_own_style() -> None:
    for page in (offline("<p>x</p>", "<t>"), index("<t>", [])):
        assert f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">' in page
        assert "<title>&lt;t&gt;</title>" in page


def test_the_index_links_the_pages_there_are() -> None:
    pages = [
        Page(suite="values", frame="all files", passed=False, file="001.html"),
        Page(suite="<months>", frame="2011-01.csv", passed=True, file=None),
    ]
    page = index("bike", pages)
    assert (
        '<td><span class="text-danger">✗ failed</span></td><td>values</td><td><a href="001.html">all files</a>' in page
    )
    assert "<td>&lt;months&gt;</td><td>2011-01.csv</td>" in page


@given(st.text(alphabet=st.sampled_from("<>/\"'= abscriptonload:;&#x3e!-")))
def test_no_text_whatever_makes_a_script_a_handler_or_a_foreign_link(text: str) -> None:
    kept = body(text)
    assert not re.search(r"<\s*script", kept)
    for tag in re.findall(r"<[a-z][^>]*>", kept):
        assert not re.search(r"\son\w*=", re.sub(r'"[^"]*"', '""', tag))
        assert set(re.findall(r'href="([^"]*)"', tag)) <= {"index.html", *re.findall(r'href="(#[^"]*)"', tag)}
