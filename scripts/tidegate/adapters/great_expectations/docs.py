"""Data docs written page by page with Great Expectations' own renderers.

Its checkpoints write a whole site, which takes 24 files and 4 MB of fonts and pictures for one suite, links to a dozen
other hosts, and cannot be stored at all when a quantile is checked: NumPy's booleans in that result are no JSON
(1.24.1). The renderers work; what they make is rebuilt by `core/data_docs.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tidegate.core.data.docs import INDEX, Page, index, offline

_MOST_PAGES = 20


def write_page(
    folder: Path, suite: str, frame: str, results: Sequence[Any] | None, before: Sequence[Page], *, newest: bool
) -> Page:
    """Write the page of one frame; of many files' pages only those that failed and the newest are kept.

    `results` is None when some could not be had, and there is nothing to render.
    """
    passed = results is not None and all(one.success for one in results)
    kept = sum(page.suite == suite and page.file is not None for page in before)
    if results is None or (passed and not newest) or kept >= _MOST_PAGES:
        return Page(suite=suite, frame=frame, passed=passed, file=None)
    file = f"{len(before) + 1:03}.html"
    (folder / file).write_text(_rendered(suite, frame, results), encoding="utf-8")
    return Page(suite=suite, frame=frame, passed=passed, file=file)


def write_index(folder: Path, title: str, pages: Sequence[Page]) -> None:
    """Write the page that leads to the others."""
    (folder / INDEX).write_text(index(title, pages), encoding="utf-8")


def _rendered(suite: str, frame: str, results: Sequence[Any]) -> str:
    from great_expectations import __version__
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    failed = sum(not one.success for one in results)
    whole = ExpectationSuiteValidationResult(
        success=not failed,
        results=list(results),
        suite_name=suite,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": len(results) - failed,
            "unsuccessful_expectations": failed,
            "success_percent": 100 * (len(results) - failed) / len(results),
        },
        meta={"great_expectations_version": __version__},
    )
    view: Any = DefaultJinjaPageView()
    html = view.render(ValidationResultsPageRenderer(run_info_at_end=True).render(whole), show_how_to_buttons=False)
    return offline(html, f"{suite} on {frame}")
