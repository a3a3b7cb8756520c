"""How well predictions fit, and which rows changed: pictures on the page, sentences in the comment."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fixtures.evidence import changed, evidence_set
from fixtures.evidence_of_classifier import classifier_result, residuals
from fixtures.rendering import context
from tidegate.core.answer import Verdict
from tidegate.core.report import Report, build


def report(kind: str = "classifier", **blocks: Any) -> Report:
    found = evidence_set(kind)
    for name, value in blocks.items():
        found = changed(found, "compare-models", name, value=value)
    return build(found, context())


def test_a_reliability_curve_is_a_picture_with_words_and_numbers() -> None:
    page, comment = report().html(), report().markdown()
    assert page.count('class="panel"') == 1
    assert page.count('class="panel champion"') == 1
    assert page.count("<title>said ") == 20
    assert "<title>said 3.0%, seen 4.0% (1.0% to 7.0%), 436 rows</title>" in page
    assert "1.2 percentage points apart on average (the champion&#x27;s: 8.3 percentage points)" in page
    assert "1.2 percentage points apart on average (the champion's: 8.3 percentage points)" in comment
    assert "<svg" not in comment
    assert page.count("<td>this change</td>") + page.count('<th scope="row">this change</th>') == 10


def test_residuals_are_bands_of_both_models_on_the_same_axes() -> None:
    page = report("pass", fit=residuals()).html()
    panels = re.findall(r'<svg class="panel.*?</svg>', page, re.DOTALL)
    assert len(panels) == 2
    ticks = [re.findall(r"<text [^>]*>(−?[0-9,.]+)</text>", panel) for panel in panels]
    assert ticks[0] == ticks[1] != []
    assert all(panel.count("<polygon") == 2 for panel in panels)
    assert "half of the rows from −17 to 18, nine in ten from −52 to 55" in page


def test_a_first_model_has_one_panel() -> None:
    alone = {**residuals(), "champion": None}
    assert report("first_model", fit=alone).html().count('<svg class="panel') == 1


def places(panel: str) -> list[float]:
    numbers = re.findall(r'(?:cx|cy|x1|x2|y1|y2)="(-?[0-9.]+)"', panel)
    for points in re.findall(r'points="([^"]*)"', panel):
        numbers += re.split("[ ,]", points)
    return [float(number) for number in numbers]


@pytest.mark.parametrize("scale", [0.0, 1e-9, 1.0, 1e12])
def test_every_point_is_in_its_panel(scale: float) -> None:
    block = residuals()
    for model in ("candidate", "champion"):
        for band in block[model]["bands"]:
            band["said"] *= scale
            band["residuals"] = [value * scale for value in band["residuals"]]
    page = report("pass", fit=block).html()
    panels = re.findall(r'<svg class="panel.*?</svg>', page, re.DOTALL)
    assert all(0 <= place <= 460 for panel in panels for place in places(panel))


@pytest.mark.parametrize(
    "fit",
    [
        {**classifier_result()["fit"], "candidate": {"error": 0.1, "bins": []}},
        {**classifier_result()["fit"], "candidate": {"error": 0.1, "bins": [{"rows": 1}]}},
        {**residuals(), "candidate": {**residuals()["candidate"], "overall": [1, 2, 3]}},
        {**residuals(), "candidate": {"overall": [0] * 5, "bands": residuals()["candidate"]["bands"] * 10}},
        {"kind": "residuals"},
    ],
    ids=["no points", "half a point", "three quantiles", "too many bands", "no model"],
)
def test_a_block_that_is_not_what_it_should_be_is_never_a_pass(fit: dict[str, Any]) -> None:
    found = report("pass", fit=fit)
    assert found.verdict is Verdict.ERROR
    assert "does not have the agreed form" in found.sentence


def test_flips_are_told_with_the_test_and_by_slice_the_largest_loss_first() -> None:
    comment = report().markdown()
    assert "Of 4,358 rows, 214 became right, 183 became wrong (p 0.13 by McNemar's test)." in comment
    told = comment.partition("McNemar")[2]
    rows = re.findall(r"^\| `language` = .*\| .*\| .*\| (.*) \| (.*) \|$", told, re.MULTILINE)
    assert [balance for balance, _ in rows] == ["−37", "−2", "+70"]
    assert [p for _, p in rows] == ["–", "0.91", "\\< 0.0001"]


def test_rows_of_one_cluster_are_tested_together_and_that_is_said() -> None:
    assert "by McNemar's test over groups of one `user`)" in report(cluster="user").markdown()


def test_a_gap_lists_its_slices_the_smallest_value_first() -> None:
    comment = report().markdown()
    assert "Compared for the gap in `recall` across `language` (`English` against `עברית`" in comment
    rows = re.findall(r"^\| `language` = `([^`]*)`.*\| (.*) \|$", comment, re.MULTILINE)[:4]
    assert [meaning for _, meaning in rows] == ["compared"] * 3 + ["too few rows to compare"]
    assert rows[3][0] == "missing"


def test_a_failed_gap_asks_for_a_narrower_one() -> None:
    assert "**Next:** Narrow the gap in `recall` across `language`" in report().markdown()


def test_what_was_left_out_of_the_slices_is_said() -> None:
    assert "`4 of 23 slices by language × device, with fewer than 30 rows each, are left out`" in report().markdown()


def test_the_comment_of_many_slices_and_points_stays_within_its_size() -> None:
    result = classifier_result()
    gap = result["gates"][1]["gap"]
    flips = result["flips"]
    gap["groups"] = [{**gap["groups"][0], "value": f"{'x' * 300} {place}"} for place in range(400)]
    flips["slices"] = [{**flips["slices"][0], "value": f"{'y' * 300} {place}"} for place in range(400)]
    notes = [f"note {place} {'z' * 500}" for place in range(400)]
    comment = report(gates=result["gates"], flips=flips, slice_notes=notes).markdown()
    assert len(comment.encode()) < 30_000
    assert "…and 390 more slices" in comment
    assert "…and 390 more notes" in comment
