"""What the report says: sentences, next steps, cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fixtures.evidence import BASE, HEAD, changed, evidence_set, finding, gate, part
from fixtures.rendering import context
from tidegate.core.answer import Verdict
from tidegate.core.report import build
from tidegate.core.report.figures import byte_size, duration, level

COMPARE = "compare-models"


def with_gates(kind: str, *gates: dict[str, Any]) -> str:
    return build(changed(evidence_set(kind), COMPARE, "gates", value=list(gates)), context()).sentence


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (
            gate("log_loss", "no_worse_by", "0.010", "fail", 0.342, 0.321, [0.012, 0.030]),
            "not promotable: log_loss is worse by 0.021 (6.5%), limit 0.010",
        ),
        (
            gate("accuracy", "no_worse_by", "0.5%", "fail", 0.90, 0.92, [-0.03, -0.01]),
            "not promotable: accuracy is worse by 0.020 (2.2%), limit 0.5% (0.005)",
        ),
        (
            gate("rmse", "better_by", "2%", "fail", 71.0, 71.31, [-0.9, 0.2]),
            "not promotable: rmse is better by 0.3 (0.4%), needed 2% (1.4)",
        ),
        (
            gate("rmse", "no_worse_by", "0", "fail", 71.0, 71.0, [0.0, 0.0]),
            "not promotable: rmse is unchanged, limit 0",
        ),
        (
            gate("mae", "at_most", "60", "fail", 63.1, 45.0, [61.0, 65.0], of="value"),
            "not promotable: mae is 63, limit at most 60",
        ),
        (
            gate("r2", "at_least", "0.85", "fail", 0.81, 0.86, [0.79, 0.83], of="value"),
            "not promotable: r2 is 0.81, limit at least 0.85",
        ),
        (
            gate("profit", "no_worse_by", "5", "fail", 90.0, 100.0, [-12.0, -8.0]),
            "not promotable: profit changed by −10, limit 5",
        ),
        (
            gate("rmse", "no_worse_by", "5%", "fail", 83.66, 75.4, [4.1, 12.7], where=("weather", "mist")),
            "not promotable: rmse where weather is mist is worse by 8.3 (11.0%), limit 5% (3.8)",
        ),
        (
            gate("rmse", "no_worse_by", "lots", "fail", 83.66, 75.4, [4.1, 12.7]),
            "not promotable: rmse is worse by 8.3 (11.0%), limit lots",
        ),
        (gate("rmse", "no_worse_by", "1%", "fail", None, None, None), "not promotable: rmse was not judged, limit 1%"),
    ],
)
def test_why_it_fails(one: dict[str, Any], sentence: str) -> None:
    assert with_gates("fail", one) == sentence


def test_the_whole_hold_out_is_named_before_a_slice_and_the_rest_is_counted() -> None:
    slice_first = gate("rmse", "no_worse_by", "5%", "fail", 80.0, 70.0, [8, 12], where=("weather", "mist"))
    whole = gate("mae", "at_most", "60", "fail", 63.1, 45.0, [61.0, 65.0], of="value")
    sentence = with_gates(
        "fail", slice_first, whole, gate("r2", "at_least", "0.9", "pass", 0.95, 0.9, [0.94, 0.96], of="value")
    )
    assert sentence == "not promotable: mae is 63, limit at most 60; and 1 more gate"


@pytest.mark.parametrize(
    ("one", "end"),
    [
        (
            gate("rmse", "no_worse_by", "1%", "undecided", 71.7, 71.3, [-0.8, 1.6], rows_needed=8_960),
            "worse by 0.4 (0.6%) and could be worse by 1.6, limit 1% (0.7); about 9,000 more rows would settle it",
        ),
        (
            gate("rmse", "no_worse_by", "1%", "undecided", 71.7, 71.3, [-0.8, 1.6]),
            "limit 1% (0.7); it lies on the limit, more rows would hardly settle it",
        ),
        (
            gate("mae", "at_most", "60", "undecided", 59.2, 45.0, [57.0, 61.4], of="value", rows_needed=120),
            "mae is 59 and could be from 57 to 61, limit at most 60; about 120 more rows would settle it",
        ),
        (
            gate("rmse", "better_by", "1%", "undecided", 70.0, 71.3, [-2.1, -0.2], rows_needed=50),
            "better by 1.3 (1.8%) and could be better by 0.2, needed 1% (0.7); about 50 more rows would settle it",
        ),
        (gate("rmse", "no_worse_by", "5%", "undecided", None, None, None, rows=0), "rmse was not judged, limit 5%"),
    ],
)
def test_what_is_not_known_yet(one: dict[str, Any], end: str) -> None:
    assert with_gates("undecided", one).endswith(end)


def test_a_refusal_without_gates_quotes_the_command() -> None:
    found = changed(
        evidence_set("incomparable"), COMPARE, "sentence", value="not promotable: 3 predictions are not finite"
    )
    one = found[COMPARE]
    assert one is not None
    report = build({**found, COMPARE: replace(one, outcome=Verdict.FAIL)}, context())
    assert report.sentence == "not promotable: compare-models found: 3 predictions are not finite"


def next_step(found: Any, **changes: object) -> str:
    text = build(found, context(**changes)).markdown()
    return text.partition("**Next:** ")[2].partition("\n")[0]


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("pass", "Merge. The merge makes the release for staging; production follows by a pull request of its own."),
        (
            "first_model",
            "Look at the absolute numbers: nothing was compared. When they are good enough, approve and merge.",
        ),
        (
            "fail",
            "Improve `rmse` by about 3.3 more (look at `weather` = `light_precipitation` first), or change the gate in"
            " `tidegate.yaml` in a pull request of its own.",
        ),
        (
            "undecided",
            "Add about 9,000 rows to the hold-out (it has 4,358), or widen the limit in `tidegate.yaml`"
            " in a pull request of its own.",
        ),
        ("incomparable", "Merge the change of the hold-out on its own first, or take it out of this change."),
        (
            "error",
            "`Read the last lines of its log, mend model/train.py and push.` Then run the failed job of"
            " [this run](https://github.com/acme/bikes/actions/runs/99120) again.",
        ),
        (
            "missing",
            "Look at the log of [this run](https://github.com/acme/bikes/actions/runs/99120), mend the step and run the"
            " failed job again.",
        ),
        (
            "bad_data",
            "Mend `rentals` until it meets `at least 0`, then `dvc add data` and push. If the data is right, change the"
            " expectation in a pull request of its own.",
        ),
        ("skipped", "Nothing to do."),
    ],
)
def test_every_end_has_one_concrete_next_step(kind: str, step: str) -> None:
    assert next_step(evidence_set(kind)) == step


def test_next_steps_do_without_what_is_not_known() -> None:
    assert "Look at the log of the run, mend" in next_step(evidence_set("missing"), run_url=None)
    alone = changed(evidence_set("fail"), COMPARE, "slices", value=[])
    assert "by about 3.3 more, or change" in next_step(alone)
    unjudged = gate("rmse", "no_worse_by", "1%", "undecided", None, None, None)
    assert next_step(changed(evidence_set("undecided"), COMPARE, "gates", value=[unjudged])).startswith(
        "Widen the limit"
    )
    table = finding(None, "expect", "0 rows", "at least 1 row")
    found = changed(evidence_set("bad_data"), "validate-data", "findings", value=[table])
    found = changed(found, "validate-data", "diff", value=None)
    assert next_step(found).startswith("Mend the table until it meets `at least 1 row`, then push.")


def test_an_edited_policy_is_said_before_any_number() -> None:
    text = build(evidence_set("policy_changed"), context()).markdown()
    assert text.index("**This change edits the policy**") < text.index("| Metric |")
    assert "It was judged by the base's." in text
    own = changed(evidence_set("policy_changed"), COMPARE, "policy", "from", value="workspace")
    assert "It was judged by its own" in build(own, context()).markdown()


def test_a_first_model_is_said_and_has_no_columns_for_a_champion() -> None:
    text = build(evidence_set("first_model"), context()).markdown()
    assert "This is the first model" in text
    assert "| Metric | This change | Gate | Verdict |" in text
    assert "Champion |" not in text
    assert "➖\u00a0not asked" in text


def test_what_was_measured_is_named_where_it_is_not_the_head() -> None:
    text = build(evidence_set("pass"), context(head=BASE)).markdown()
    assert f"| Measured at commit | [`{HEAD[:7]}`]" in text
    assert "Measured at commit" not in build(evidence_set("pass"), context()).markdown()


def test_failing_rows_come_first_and_no_row_is_left_out_for_a_line_that_says_so() -> None:
    gates = [gate(f"m{n}", "at_most", "9", "pass", 2.0, 1.0, [1.5, 2.5], of="value") for n in range(9)]
    gates += [gate("warned", "at_most", "1", "fail", 2.0, 1.0, [1.5, 2.5], of="value", severity="warn")]
    gates += [gate("failed", "at_most", "1", "fail", 2.0, 1.0, [1.5, 2.5], of="value")]
    text = build(changed(evidence_set("fail"), COMPARE, "gates", value=gates), context()).markdown()
    rows = [line for line in text.split("<details>")[0].split("\n") if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows[:3]] == ["failed", "warned", "m0"]
    assert len(rows) == 11
    assert "more gates" not in text


def test_slices_say_what_cannot_be_judged() -> None:
    few = part("weather", "hail", 3, 90.0, 80.0, None, judged=False)
    text = build(changed(evidence_set("fail"), COMPARE, "slices", value=[few]), context()).markdown()
    assert "too few rows to judge" in text
    assert "mermaid" not in text


def test_flips_of_a_classifier_are_told() -> None:
    flips = {"became_right": 1_204, "became_wrong": 987, "stayed_right": 1, "stayed_wrong": 2, "slices": []}
    text = build(changed(evidence_set("fail"), COMPARE, "flips", value=flips), context()).markdown()
    assert "1,204 became right, 987 became wrong" in text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_482_113, "1.5 MB"), (214_550, "215 kB"), (10**17, "100,000 TB")],
)
def test_byte_size(size: int, text: str) -> None:
    assert byte_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.0, "0.0 s"), (24.74, "24.7 s"), (600, "10 min"), (7_260, "2 h 1 min")]
)
def test_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("share", "text"), [(0.95, "95%"), (0.975, "97.5%"), (0.9875, "98.75%"), (0.9, "90%")])
def test_level(share: float, text: str) -> None:
    assert level(share) == text
