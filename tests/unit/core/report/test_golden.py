"""The Markdown of every end of a pull request, word for word, so that a change to it is seen and read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.evidence import KINDS, changed, evidence_set
from fixtures.rendering import context
from tidegate.core.report import Section, build


@pytest.mark.parametrize("kind", KINDS)
def test_comment(kind: str, golden: Callable[[str, str], None]) -> None:
    found = build(
        evidence_set(kind), context(cml_watermark="tidegate/bike-demand", verdict_digest="sha256:" + "ee" * 32)
    )
    golden(f"report-{kind}.md", found.markdown())


def test_comment_of_a_forks_run_with_a_section_and_plots(golden: Callable[[str, str], None]) -> None:
    found = changed(evidence_set("pass"), "compare-models", "policy", "from", value="workspace")
    section = Section(title="report.md", markdown="# Training\n\n![](loss.png)\n\nclosed #12, thanks @octocat\n")
    plots = {"residuals.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>", "notes.txt": b"no picture"}
    report = build(
        found,
        context(
            from_fork=True,
            sections=(section,),
            plots=plots,
            repository=None,
            pull_request=None,
            run_url=None,
            artifact_url="https://github.com/acme/bikes/actions/runs/1/artifacts/2",
        ),
    )
    golden("report-fork.md", report.markdown())


def test_sentences(golden: Callable[[str, str], None]) -> None:
    """The one sentence of every end in one file: read it as somebody who sees nothing else."""
    lines = [build(evidence_set(kind), context()).sentence for kind in KINDS]
    golden("report-sentences.txt", "\n".join(lines) + "\n")
