"""What CML would do, and what becomes of a comment that another takes the place of."""

from __future__ import annotations

import pytest

from tidegate.core.answer import Verdict
from tidegate.core.github.publication import Comment, age, cml_would_edit, outdated, refreshed
from tidegate.core.report.marker import Marker, parse_marker, watermark

HEAD, OLD = "a" * 40, "b" * 40


def comment(number: int, body: str, author: str | None = "github-actions[bot]") -> Comment:
    return Comment(id=number, node=f"IC_{number}", author=author, body=body)


def line(title: str = "tidegate/bike_demand") -> str:
    return watermark(title, HEAD)


def test_cml_edits_the_last_comment_that_holds_its_line_whoever_wrote_it() -> None:
    comments = [comment(1, f"x\n{line()}"), comment(2, f"y\n{line()}", "visitor"), comment(3, "z")]
    assert cml_would_edit(comments, "tidegate/bike_demand") == comments[1]


def test_cml_sees_thirty_comments() -> None:
    comments = [*(comment(number, "remark") for number in range(30)), comment(99, line())]
    assert cml_would_edit(comments, "tidegate/bike_demand") is None
    assert cml_would_edit(comments[1:], "tidegate/bike_demand") == comments[-1]


@pytest.mark.parametrize("body", ["", line("tidegate/other"), line("tidegate/bike_demand2"), "CML watermark"])
def test_cml_passes_over_what_is_not_its_line(body: str) -> None:
    assert cml_would_edit([comment(1, body)], "tidegate/bike_demand") is None


def test_an_outdated_comment_keeps_its_text_and_is_found_by_nobody() -> None:
    marker = Marker(model="m", verdict=Verdict.PASS, pull_request=1, head=HEAD, run=1)
    body = outdated(comment(1, f"{marker}\n### Ready\n\ntext\n\n{line()}\n"))
    assert parse_marker(body) is None
    assert cml_would_edit([comment(1, body)], "tidegate/bike_demand") is None
    assert body.endswith("-->\n### Ready\n\ntext\n")


def marked(head: str | None, run: int | None, attempt: int) -> Marker:
    return Marker(model="m", verdict=Verdict.PASS, pull_request=1, head=head, run=run, attempt=attempt)


def test_reports_in_the_order_of_their_age() -> None:
    oldest_first = [
        None,
        marked(None, None, 1),
        marked(OLD, 3, 1),
        marked(OLD, 9, 1),
        marked(HEAD, 4, 1),
        marked(HEAD, 4, 2),
        marked(HEAD, 10, 1),
    ]
    ages = [age(marker, HEAD) for marker in oldest_first]
    assert ages == sorted(ages)
    assert len(set(ages)) == len(ages)


def test_a_later_look_counts() -> None:
    seen = refreshed([comment(1, "a"), comment(3, "c")], [comment(3, "d"), comment(2, "b")])
    assert [each.body for each in seen] == ["a", "b", "d"]
