"""Nothing that others write can act in a log."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.console import Console, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 漢 🚲", "plain ü 漢 🚲"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("a\r::error::b", "a\\r::error::b"),
        ("bidi \u202e end", "bidi \\u202e end"),
        ("\ud800", "\\ud800"),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_what_is_said_is_one_printable_line(text: str) -> None:
    stream = io.StringIO()
    Console(stream).say(text)
    (line,) = stream.getvalue().split("\n")[:-1]
    assert line.replace("\t", "").isprintable()


def test_foreign_output_stands_between_tokens_that_cannot_be_guessed() -> None:
    streams = [io.StringIO(), io.StringIO()]
    for stream in streams:
        with Console(stream, actions=True).foreign() as out:
            out.write("::error::injected\n")
    first, second = (stream.getvalue().split("\n") for stream in streams)
    token = first[0].removeprefix("::stop-commands::")
    assert first == [f"::stop-commands::{token}", "::error::injected", f"::{token}::", ""]
    assert len(token) == 32
    assert first[0] != second[0]
