"""How a check is told: complete, inert, and the same whatever names the data has."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from fixtures import drift
from fixtures.hostile import HOSTILE
from fixtures.rendering import github_html, outside_code, outside_words
from tidegate.core.contract import Drift, FireWhen, Live
from tidegate.core.drift.evidence import Against, Seen, result, unread
from tidegate.core.drift.telling import bars, issue, metrics, report
from tidegate.core.drift.telling.page import page
from tidegate.core.drift.verdict import judge
from tidegate.core.evidence import canonical_bytes
from tidegate.core.report import markdown

RULES = Drift(
    profile="p.json",
    live=Live(path="live", time="time", window=timedelta(days=7)),
    alpha=0.01,
    min_effect=0.1,
    fire_when=FireWhen(columns=0.3, windows=2, of=3),
)
AGAINST = Against(
    kind="release", profile="p.json", digest="sha256:0", environment="production", version="7", commit="c" * 40
)
RANDOM = np.random.default_rng(3)
VALUES = {shift: np.random.default_rng(9).normal(shift, 1, 500) for shift in (0.0, 2.0)}


def checked(name: str = "size", word: str = "Oslo", shift: float = 2.0, slice_: str = "city=Oslo") -> dict[str, Any]:
    """Two windows of a column called `name` and a category with `word`, and performance in a slice."""
    words = [word, "Rome"] * 250
    profile = drift.profile({name: VALUES[0.0], "city": words})
    performance = (drift.rmse(50, 60), replace(drift.rmse(50, 60), slice=slice_, metric=name))
    windows = [
        replace(drift.window(profile, {name: VALUES[shift], "city": words}, number), measured=performance)
        for number in range(2)
    ]
    judgement = judge(profile, windows, drift.RULES)
    return result(RULES, Seen(judgement=judgement, windows=windows, profile=profile, against=AGAINST, notes=(name,)))


def texts(found: dict[str, Any]) -> tuple[str, str, str]:
    """Summary, issue and page without decimals: floors are simulated, seeded by the column's name."""
    summary, sticky = markdown.write(report.blocks("rides", found)), issue.body("rides", found, "", "")
    drawn = re.sub(r"<text [^>]*>[^<]*</text>", "", page("rides", found))
    rendered = (outside_code(github_html(summary)), outside_code(github_html(sticky)), outside_words(drawn))
    one, two, three = (re.sub(r"\d+\.\d+", "N", text) for text in rendered)
    return one, two, three


HARMLESS = texts(checked("plainword", "other", slice_="plainword"))


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_words_of_the_data_are_text_and_nothing_else(words: str) -> None:
    assert texts(checked(words or " ", words or " ", slice_=words)) == HARMLESS or not words
    exposed = metrics.text("rides", checked(words, words), 0.0)
    assert exposed.count("\n") == metrics.text("rides", checked(), 0.0).count("\n")
    assert all(line.startswith(("#", "tidegate_drift_")) for line in exposed.split("\n")[:-1])


def test_the_summary_says_what_drifted_with_its_numbers_and_bars() -> None:
    text = markdown.write(report.blocks("rides", checked()))
    assert "**Drift**: 2 of the last 2 windows drifted" in text
    assert re.search(
        r"\| `size` \| spread \| drifted \| 0\.\d{3} \| 0\.1\d\d \| below 0\.0001 \| `[▁-█ ]+` \| `[▁-█ ]+` \|", text
    )
    assert "release `7` in `production`" in text
    assert "| `rmse` | 50 (48 to 52) | 60 (58 to 62) | worse |" in text


def test_the_page_draws_every_column_and_loads_nothing() -> None:
    text = page("rides", checked())
    assert text.count('<svg class="overlay"') == 2
    assert "(drifted)" in text
    assert not re.search(r"(?:src|href)=|<script|url\(", text)


def test_a_check_that_could_not_be_made_is_told_everywhere() -> None:
    error = {"code": "E-DRF-003", "message": "there is no profile.", "where": "p.json", "fix": "Train."}
    found = unread(RULES, "Unknown, which is not the same as no drift: E-DRF-003", error)
    assert "Unknown" in markdown.write(report.blocks("rides", found))
    assert "E-DRF-003" in page("rides", found)
    assert 'state="unknown"} 1' in metrics.text("rides", found, 0.0)
    assert issue.number(found, 5) == 5


def test_metrics_have_a_help_line_each_and_numbers_that_prometheus_reads() -> None:
    lines = metrics.text("rides", checked(), 1.5).splitlines()
    told = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert told == list(dict.fromkeys(re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")))
    assert {f"tidegate_drift_{name}" for name in metrics.METRICS} == set(told)
    assert all(float(line.rsplit(" ", 1)[1]) >= 0 for line in lines if not line.startswith("#"))


def test_the_document_is_the_same_whenever_the_same_was_seen() -> None:
    assert canonical_bytes(checked()) == canonical_bytes(checked())


BARS = {"nothing": ([], ""), "empty": ([0.0, 0.0], "  "), "steps": ([0.0, 0.1, 0.5, 1.0], " ▁▅█")}


@pytest.mark.parametrize(("values", "drawn"), BARS.values(), ids=BARS.keys())
def test_bars(values: list[float], drawn: str) -> None:
    assert bars.bars(values, max(values, default=0.0)) == drawn


ACTIONS = {
    "drift, nothing there": ("drift", None, 5, "write"),
    "drift, open": ("drift", (True, 4), 5, "write"),
    "drift, shown already": ("drift", (True, 5), 5, "write"),
    "drift, later data has spoken": ("drift", (True, 6), 5, "none"),
    "drift, closed by somebody": ("drift", (False, 5), 5, "none"),
    "drift, closed long ago": ("drift", (False, 4), 5, "write"),
    "watch, nothing there": ("watch", None, 5, "none"),
    "watch, open": ("watch", (True, 4), 5, "write"),
    "calm, nothing there": ("calm", None, 5, "none"),
    "calm, open": ("calm", (True, 4), 5, "close"),
    "calm, closed": ("calm", (False, 4), 5, "none"),
    "calm, later data has spoken": ("calm", (True, 6), 5, "none"),
    "unknown, nothing there": ("unknown", None, 0, "write"),
    "unknown, open": ("unknown", (True, 5), 5, "write"),
    "unknown, closed": ("unknown", (False, 5), 5, "write"),
}


@pytest.mark.parametrize(("state", "there", "mine", "wanted"), ACTIONS.values(), ids=ACTIONS.keys())
def test_what_to_do_about_the_issue(state: str, there: tuple[bool, int] | None, mine: int, wanted: str) -> None:
    is_open, shown = there or (False, 0)
    assert issue.action(state, exists=there is not None, is_open=is_open, shown=shown, mine=mine) == wanted


def test_past_windows_are_remembered_for_the_eye_and_forged_ones_decide_nothing() -> None:
    first = issue.body("rides", checked(), "", "")
    assert "`██`" in first
    older = first.replace("2024-03", "2023-03")
    assert "`████`" in issue.body("rides", checked(), older, "")
    for broken in (
        "<!-- tidegate:windows [1] -->",
        "<!-- tidegate:windows [{] -->",
        '<!-- tidegate:windows [{"start":1}] -->',
    ):
        assert "`██`" in issue.body("rides", checked(), broken, "")


@pytest.mark.parametrize("model", ["rides", "a--b", "a---b", "a.b_c"])
def test_every_model_has_a_key_of_its_own(model: str) -> None:
    from tidegate.core.github.issues import drafted

    assert drafted(issue.key(model), "t", "b", 1).key == issue.key(model)
    assert len({issue.key(name) for name in ("a--b", "a-b", "a---b", model)}) == len({"a--b", "a-b", "a---b", model})
