"""What people see while a command works: lines on a terminal, folded groups and annotations in Actions."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from tidegate.core.answer import Annotation


@dataclass(frozen=True)
class Console:
    """Progress goes to `stream` (standard error): standard output is for the answer alone."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    actions: bool = False

    def say(self, text: str) -> None:
        """One line of progress; control characters are shown, not sent."""
        print(visible(text), file=self.stream, flush=True)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A folded part of the log in Actions; elsewhere the title, and the seconds it took."""
        start = time.monotonic()
        self.say(f"::group::{escape_data(title)}" if self.actions else f"{title} …")
        try:
            yield
        finally:
            self.say("::endgroup::" if self.actions else f"  {time.monotonic() - start:.1f} s")

    @contextmanager
    def foreign(self) -> Iterator[TextIO]:
        """The stream for output that others write: no workflow command in it is obeyed."""
        token = secrets.token_hex(16)
        if self.actions:
            self.say(f"::stop-commands::{token}")
        try:
            yield self.stream
        finally:
            self.stream.flush()
            if self.actions:
                self.say(f"::{token}::")

    def annotate(self, annotation: Annotation) -> None:
        """A workflow command in Actions, one plain line elsewhere."""
        place = f"{annotation.file}:{annotation.line}: " if annotation.file and annotation.line else ""
        if not self.actions:
            self.say(f"{annotation.level}: {place}{annotation.message}")
            return
        values = {"file": annotation.file, "line": annotation.line}
        options = ",".join(
            f"{key}={_escape_property(str(value))}" for key, value in values.items() if value is not None
        )
        self.say(f"::{annotation.level}{' ' + options if options else ''}::{escape_data(annotation.message[:4000])}")


def visible(text: str) -> str:
    """Text with control characters (but tab) and bidirectional overrides written as ``\\x..`` so that none acts."""
    return "".join(
        character if character.isprintable() or character in "\t" else _name(character) for character in text
    )


def escape_data(text: str) -> str:
    """A workflow command's message, escaped as the runner reads it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _name(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
