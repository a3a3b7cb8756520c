"""The lines by which a report is found again: our own hidden marker, and CML's watermark.

The marker counts at the very first byte only. Whoever looks for it must also check that the comment is their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tidegate.core.answer import Verdict
from tidegate.core.report.context import Context

_FORM = re.compile(
    r"<!-- tidegate:report key=(?P<model>\S{1,2400}) pr=(?P<pull_request>[0-9]{1,18}|-)"
    r" head=(?P<head>[0-9a-f]{40,64}|-) run=(?P<run>[0-9]{1,18}|-)"
    r" attempt=(?P<attempt>[0-9]{1,9}) verdict=(?P<verdict>[a-z]+) -->(?=\r?\n|$)"
)
_TO_ENCODE = re.compile(r"[^A-Za-z0-9._~-]+|-{2,}")
_ENCODED = re.compile(r"(?:%[0-9A-F]{2})+")


@dataclass(frozen=True, kw_only=True)
class Marker:
    """Whose report a comment is, and how old: `run` and `attempt` order two reports on the same commit."""

    model: str
    verdict: Verdict
    pull_request: int | None = None
    head: str | None = None
    run: int | None = None
    attempt: int = 1

    def __str__(self) -> str:
        key = _TO_ENCODE.sub(_encoded, self.model)
        return (
            f"<!-- tidegate:report key={key} pr={_or_dash(self.pull_request)} head={_or_dash(self.head)}"
            f" run={_or_dash(self.run)} attempt={self.attempt} verdict={self.verdict.value} -->"
        )

    def same_place(self, other: Marker) -> bool:
        """Whether both mark the report on one model in one pull request."""
        return (self.model, self.pull_request) == (other.model, other.pull_request)


def marker_of(context: Context, verdict: Verdict) -> Marker:
    """The marker of the report that `context` describes."""
    return Marker(
        model=context.model,
        verdict=verdict,
        pull_request=context.pull_request,
        head=context.head,
        run=context.run_id,
        attempt=context.run_attempt,
    )


def parse_marker(text: str) -> Marker | None:
    """The marker that `text` starts with, None where the first byte is not that of a whole and valid marker."""
    found = _FORM.match(text)
    if found is None:
        return None
    try:
        model, verdict = _ENCODED.sub(_decoded, found["model"]), Verdict(found["verdict"])
    except ValueError:
        return None
    return Marker(
        model=model,
        verdict=verdict,
        pull_request=_number(found["pull_request"]),
        head=None if found["head"] == "-" else found["head"],
        run=_number(found["run"]),
        attempt=int(found["attempt"]),
    )


def watermark(title: str, head: str | None) -> str:
    """CML's own line for `--watermark-title=title`, so that CML updates our comment and we find CML's.

    The escapes are those that CML 0.20 puts into a title (its `src/watermark.js`); `title` has passed `Context`.
    """
    escaped = title.strip().replace("_", "\\_")
    return f'![](https://cml.dev/watermark.png#{head or "0"} "CML watermark {escaped}")'


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


def _decoded(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "surrogatepass")


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _number(text: str) -> int | None:
    return None if text == "-" else int(text)
