"""How a report is found again, by us and by CML (T5, R06, R07)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.evidence import BASE, HEAD, evidence_set
from fixtures.hostile import HOSTILE
from fixtures.rendering import context
from tidegate.core.answer import Verdict
from tidegate.core.report import Context, Marker, build, parse_marker
from tidegate.core.report.marker import watermark
from tidegate.errors import InputError

WHOLE = Marker(model="bike-demand", verdict=Verdict.FAIL, pull_request=128, head=HEAD, run=99120, attempt=2)


def test_a_comment_starts_with_its_marker() -> None:
    report = build(evidence_set("fail"), context(run_attempt=2))
    assert report.marker == str(WHOLE)
    assert parse_marker(report.markdown()) == WHOLE == report.identity


@pytest.mark.parametrize("end", ["", "\nmore", "\r\nmore"])
def test_line_ends_do_not_matter(end: str) -> None:
    assert parse_marker(str(WHOLE) + end) == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        f" {WHOLE}",
        f"\n{WHOLE}",
        f"\ufeff{WHOLE}",
        f"> {WHOLE}",
        f"`{WHOLE}`",
        str(WHOLE)[:-1],
        f"{WHOLE} and more",
        str(WHOLE).replace("fail", "passed"),
        str(WHOLE).replace("128", "-1"),
        str(WHOLE).replace("128", "١٢٨"),
        str(WHOLE).replace(HEAD, "HEAD"),
        str(WHOLE).replace("bike-demand", "%FF"),
        str(WHOLE).replace("bike-demand", "bike demand"),
        str(WHOLE).upper(),
        "<!-- tidegate:report -->",
    ],
)
def test_what_is_not_exactly_a_marker_at_the_first_byte_is_none(text: str) -> None:
    assert parse_marker(text) is None


names = st.text(alphabet=st.characters(codec=None), min_size=1, max_size=200)


@given(names, st.sampled_from(Verdict), st.none() | st.integers(0, 10**12), st.none() | st.just(BASE))
def test_a_marker_says_the_same_when_read_again(
    model: str, verdict: Verdict, run: int | None, head: str | None
) -> None:
    marker = Marker(model=model, verdict=verdict, run=run, head=head)
    text = str(marker)
    assert text.isascii()
    assert "--" not in text[4:-3]
    assert parse_marker(text) == marker


@given(st.text(max_size=300))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    assert parse_marker(f"<!-- tidegate:report key={text} pr=- head=- run=- attempt=1 verdict=pass -->") is None or text


def test_two_models_or_two_pull_requests_are_two_places() -> None:
    assert WHOLE.same_place(Marker(model="bike-demand", verdict=Verdict.PASS, pull_request=128, head=BASE))
    assert not WHOLE.same_place(Marker(model="churn", verdict=Verdict.FAIL, pull_request=128, head=HEAD))
    assert not WHOLE.same_place(Marker(model="bike-demand", verdict=Verdict.FAIL, pull_request=129, head=HEAD))


def test_the_watermark_is_the_one_that_cml_looks_for() -> None:
    """The pattern is how CML 0.20 finds its comment: `Watermark.isIn` in its `src/watermark.js`."""
    found = watermark("tidegate_x bike-demand", HEAD)
    assert found == f'![](https://cml.dev/watermark.png#{HEAD} "CML watermark tidegate\\_x bike-demand")'
    assert watermark("a", None) == '![](https://cml.dev/watermark.png#0 "CML watermark a")'


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("repository", "owner"),
        ("repository", "owner/name/x"),
        ("repository", "owner/name)](https://evil.example"),
        ("head", "main"),
        ("head", HEAD[:39]),
        ("head", HEAD.upper()),
        ("base", f"{HEAD}\n"),
        ("measured", "0"),
        ("run_url", "javascript:alert(1)"),
        ("run_url", "https://github.com/a b"),
        ("run_url", "https://github.com/a)b"),
        ("artifact_url", 'https://github.com/"onclick='),
        ("server_url", "//github.com"),
        ("server_url", "https://user@github.com"),
        ("cml_watermark", 'a"b'),
        ("cml_watermark", ""),
        ("model", ""),
        ("model", "x" * 201),
    ],
)
def test_nothing_is_made_from_a_context_that_cannot_be_right(member: str, value: str) -> None:
    with pytest.raises(InputError, match=member) as error:
        context(**{member: value})
    assert error.value.code == "E-REP-002"


def test_links_are_made_for_whole_commits_of_a_known_repository_only() -> None:
    assert context().commit_url(HEAD) == f"https://github.com/acme/bikes/commit/{HEAD}"
    assert context().commit_url("main") is None
    assert context().commit_url(None) is None
    assert Context(model="m").commit_url(HEAD) is None
    hosted = context(server_url="https://git.example:8443/")
    assert hosted.commit_url(HEAD) == f"https://git.example:8443/acme/bikes/commit/{HEAD}"


def test_hostile_words_never_make_a_marker() -> None:
    assert [name for name, text in HOSTILE.items() if parse_marker(text)] == ["own marker"]
