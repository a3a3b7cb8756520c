"""Which pull request of a branch is the one, and what may be written into it."""

from __future__ import annotations

from typing import Any

import pytest

from tidegate.core.github.proposals import (
    BOT,
    LONGEST,
    Draft,
    Proposal,
    current,
    declined,
    drafted,
    may_edit,
)

CHANGES = {"environments/staging/release.yaml": b"version: 7\n"}


def draft(text: str = "text", held: bool = False, **changes: Any) -> Draft:
    return drafted({**CHANGES, **changes}, "title", text, held=held)


def proposal(number: int = 1, **members: Any) -> Proposal:
    given = {
        "number": number,
        "url": "u",
        "open": True,
        "merged": False,
        "base": "main",
        "title": "title",
        "body": draft().body,
        "author": BOT,
    }
    return Proposal(**{**given, **members})


def test_the_change_and_the_text_have_digests_of_their_own() -> None:
    assert draft().change == draft("other").change
    assert draft().change != draft(more=b"x").change
    assert draft().change != draft(more=None).change
    assert draft().body.split("\n")[0] != draft("other").body.split("\n")[0]
    assert draft().body.split("\n")[0] != draft(held=True).body.split("\n")[0]


@pytest.mark.parametrize("size", [0, 65_000, 65_536, 300_000])
@pytest.mark.parametrize("held", [True, False])
def test_no_text_is_too_long_and_what_a_person_has_to_do_stays(size: int, held: bool) -> None:
    body = draft("line\n" * (size // 5), held=held).body
    assert len(body) <= LONGEST
    assert body.startswith("<!-- tidegate:proposal ")
    assert ("Approve workflows to run" in body) == held


def test_a_title_is_one_line_of_a_length_that_github_takes() -> None:
    title = drafted(CHANGES, "a\nb\r\n" + "c" * 400, "", held=False).title
    assert title.startswith("a b c")
    assert len(title) == 250


def test_the_newest_open_one_of_the_base_is_current() -> None:
    known = [proposal(1), proposal(2), proposal(3, open=False), proposal(4, base="other")]
    found = current(known, "main")
    assert found is not None
    assert found.number == 2
    assert current([proposal(1, open=False)], "main") is None


@pytest.mark.parametrize(
    ("members", "wanted"),
    [
        ({"open": False}, True),
        ({"open": True}, False),
        ({"open": False, "merged": True}, False),
        ({"open": False, "body": "a person's"}, False),
        ({"open": False, "body": draft(more=b"x").body}, False),
        ({"open": False, "base": "other"}, False),
    ],
    ids=["closed", "open", "merged", "of a person", "another change", "another base"],
)
def test_declined_is_what_a_person_closed_and_nothing_is_new_about(members: dict[str, Any], wanted: bool) -> None:
    assert (declined([proposal(**members)], "main", draft()) is not None) == wanted


def test_a_newer_one_that_was_merged_makes_an_older_refusal_old() -> None:
    known = [proposal(1, open=False), proposal(2, open=False, merged=True)]
    assert declined(known, "main", draft()) is None


@pytest.mark.parametrize(
    ("members", "news", "wanted"),
    [
        ({}, "other", True),
        ({}, "text", False),
        ({"body": draft().body + "\nmine"}, "text", False),
        ({"author": "ada"}, "other", False),
        ({"body": "mine\n" + draft().body}, "other", False),
        ({"body": ""}, "other", False),
    ],
    ids=["news", "nothing new", "a person's words", "a person's", "not at its start", "empty"],
)
def test_only_our_own_text_is_written_over(members: dict[str, Any], news: str, wanted: bool) -> None:
    assert may_edit(proposal(**members), BOT, draft(news)) == wanted
