"""The report as people see it: evidence in; one comment, one summary, one page out. Pure.

report = build({"validate-data": …, "train-model": …, "compare-models": …}, Context(model="bike-demand", …))
report.markdown(), report.summary(), report.html()
"""

from __future__ import annotations

from tidegate.core.report.context import Context, Section
from tidegate.core.report.marker import Marker, parse_marker
from tidegate.core.report.report import Report, build

__all__ = ["Context", "Marker", "Report", "Section", "build", "parse_marker"]
