"""Metrics that the model's own code measured: by what, in how many draws; a command's number is taken as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tidegate.core.report.blocks import Block, Code, Line, Paragraph
from tidegate.core.report.reading import Reader

_MOST = 12


@dataclass(frozen=True, kw_only=True)
class OwnMetric:
    """One metric: `by` is a function or a command, `files` its code, `draws` how many resamples it was asked about."""

    metric: str
    by: str
    files: tuple[str, ...]
    draws: int


def read_measured(root: Reader) -> tuple[OwnMetric, ...]:
    """The metrics in a result's ``measured``. Raises Malformed."""
    return tuple(
        OwnMetric(
            metric=item.text("metric"),
            by=item.text("by"),
            files=tuple(item.inner("code").members),
            draws=item.whole("draws"),
        )
        for item in root.each("measured")
    )


def measured_part(metrics: tuple[OwnMetric, ...], draws: int) -> Iterator[Block]:
    """One small paragraph; nothing where no metric is of this kind. `draws`: of the metrics that are known."""
    if not metrics:
        return
    pieces: list[Line] = [_one(metric, draws) for metric in metrics[:_MOST]]
    if len(metrics) > _MOST:
        pieces.append((f"and {len(metrics) - _MOST} more",))
    line: Line = tuple(piece for number, one in enumerate(pieces) for piece in (*(("; ",) * bool(number)), *one))
    yield Paragraph(("Measured by the model's own code: ", *line, "."), small=True)


def _one(metric: OwnMetric, draws: int) -> Line:
    how = (
        f" in {metric.draws:,} draws (known metrics: {draws:,})" if metric.draws else ", exact and without an interval"
    )
    files: Line = (" of ", Code(", ".join(metric.files), 80)) if metric.files else ()
    return Code(metric.metric), " by ", Code(metric.by, 80), *files, how
