"""The report with its three forms and what a check run shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tidegate.core.answer import Annotation, Verdict
from tidegate.core.evidence import Evidence
from tidegate.core.report import limits, markdown
from tidegate.core.report.annotations import annotations_of
from tidegate.core.report.blocks import Block, Code, Heading
from tidegate.core.report.bounds import COMMENT
from tidegate.core.report.compose import closing_blocks, detail_blocks, foreign_blocks, verdict_blocks
from tidegate.core.report.context import Context
from tidegate.core.report.marker import Marker, marker_of, watermark
from tidegate.core.report.model import View, collect
from tidegate.core.report.page import page
from tidegate.core.report.sentence import HEADLINE, first_line, title


@dataclass(frozen=True)
class Report:
    """One model's report. `view` holds what it shows."""

    view: View

    @property
    def verdict(self) -> Verdict:
        """The verdict over all evidence."""
        return self.view.verdict

    @property
    def sentence(self) -> str:
        """The verdict in one line of plain text."""
        return first_line(self.view)

    @property
    def title(self) -> str:
        """The check run's title, at most 200 characters."""
        return title(self.view)

    @property
    def identity(self) -> Marker:
        """The marker as a value, to compare with one that was found."""
        return marker_of(self.view.context, self.verdict)

    @property
    def marker(self) -> str:
        """The hidden line that a comment starts with."""
        return str(self.identity)

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """What to show beside files, most severe first."""
        return annotations_of(self.view)

    def markdown(self, limit: int = limits.COMMENT) -> str:
        """The comment in at most `limit` bytes. Raises ValueError for a limit below `limits.LEAST`."""
        mark = self.view.context.cml_watermark
        foot = f"\n\n{watermark(mark, self.view.context.head)}" if mark else ""
        return self._written(f"{self.marker}\n", f"{foot}\n", limit)

    def summary(self) -> str:
        """The same text for the job summary, without the lines that only a comment needs."""
        return self._written("", "\n", limits.SUMMARY)

    def html(self) -> str:
        """One page that needs nothing from elsewhere, plots included."""
        return page(self.view)

    def _written(self, before: str, after: str, limit: int) -> str:
        if limit < limits.LEAST:
            raise ValueError(f"a report needs {limits.LEAST} bytes at least, {limit} were given")
        room = limit - limits.size(before) - limits.size(after)
        return f"{before}{limits.fit(self._blocks(), markdown.write, room)}{after}"

    def _blocks(self) -> Sequence[Block]:
        view = self.view
        words = f"{markdown.SYMBOL[view.verdict]} {HEADLINE[view.verdict]} · "
        return [
            Heading((words, Code(view.context.model))),
            *verdict_blocks(view, COMMENT),
            *detail_blocks(view, COMMENT),
            *closing_blocks(view),
            *foreign_blocks(view),
        ]


def build(evidence: Mapping[str, Evidence | None], context: Context) -> Report:
    """The report on evidence by command; None or absent where a command left none, which is never a pass."""
    return Report(collect(evidence, context))
