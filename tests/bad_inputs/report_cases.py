"""Evidence, sections and plots that are too much, broken, or try to be more than words: rows R01 to R08, M08 and M09.

R06's other half (a marker in a stranger's comment) and R07's (two models on one pull request) need a GitHub and are
tested with the simulated one. Templates (R04) do not exist here: their syntax is text like any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bad_inputs.cases import Case
from fixtures.evidence import MODEL, changed, evidence_set, gate, metric
from fixtures.hostile import HOSTILE
from tidegate.core.answer import Verdict
from tidegate.core.evidence import Evidence

REPORT = ("post-report", "--local", "--fail-on-verdict", "--model", MODEL)
COMPARE = "compare-models"
PASSED = "ready to promote"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'>%s</svg>"


def left(found: Mapping[str, Evidence | None], **others: bytes) -> Callable[[Path], None]:
    """Evidence as the commands leave it, and other files in the folder above (`__` is a slash, `_dot_` a dot)."""

    def build(folder: Path) -> None:
        store = folder / ".tidegate"
        store.mkdir()
        for command, one in found.items():
            if one is not None:
                (store / f"{command}.json").write_text(json.dumps(one.document()))
        for name, data in others.items():
            path = folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)

    return build


def report(name: str, title: str, found: Mapping[str, Evidence | None], ends: int, *mentions: str, **more: Any) -> Case:
    """Evidence reported on; `files` are put beside it."""
    others = more.pop("files", {})
    arguments = more.pop("arguments", REPORT)
    build = left(found, **others)
    return Case(id=name, title=title, build=build, exit=ends, mentions=mentions, arguments=arguments, **more)


def section(name: str, title: str, text: bytes, ends: int = 0, code: str | None = None) -> Case:
    """A Markdown file as a part of a report that passes."""
    arguments = (*REPORT, "--section", "report.md")
    mentions = (PASSED,) if code is None else ()
    return report(
        name,
        title,
        evidence_set("pass"),
        ends,
        *mentions,
        code=code,
        arguments=arguments,
        files={"report_dot_md": text},
    )


def plot(name: str, title: str, data: bytes) -> Case:
    """A plot that cannot be shown changes no verdict."""
    return report(name, title, evidence_set("pass"), 0, PASSED, files={"_dot_tidegate__plots__x_dot_svg": data})


def renamed(text: str) -> Mapping[str, Evidence | None]:
    """A failing comparison whose metric is called `text`."""
    found = changed(evidence_set("fail"), COMPARE, "metrics", 0, "name", value=text)
    return changed(found, COMPARE, "gates", 0, "metric", value=text)


def failing(count: int) -> Mapping[str, Evidence | None]:
    """A comparison in which that many gates fail."""
    gates = [gate(f"m{number}", "at_most", "1", "fail", 2.0, 1.0, [1.5, 2.5], of="value") for number in range(count)]
    return changed(evidence_set("fail"), COMPARE, "gates", value=gates)


def raw(name: str, title: str, text: str | bytes, code: str) -> Case:
    """The comparison's evidence as a broken file: it could not be found out, so it is no pass."""
    data = text.encode() if isinstance(text, str) else text
    return report(
        f"M04-evidence-{name}",
        title,
        {**evidence_set("pass"), COMPARE: None},
        3,
        f"error: {COMPARE} failed: {code}",
        code=code,
        files={f"_dot_tidegate__{COMPARE}_dot_json": data},
    )


WHOLE = json.dumps(evidence_set("pass")[COMPARE].document())  # type: ignore[union-attr]
SIZES = (65_535, 65_536, 65_537, 300_000)
R01_R02 = (
    *(section(f"R01-{size}", f"a section of {size} characters", b"x" * size) for size in SIZES),
    *(section(f"R01-{size}-wide", f"{size} bytes of emoji", "🚲".encode() * (size // 4)) for size in SIZES),
    section("R02-summary", "a section as large as a summary", b"x\n" * 524_288),
    section("R02-above", "a section larger than that", b"x" * 1_048_577, 2, "E-FIL-003"),
)
R03 = (
    plot("R03-script", "a plot with a script", SVG % b"<script>alert(1)</script>"),
    plot("R03-entities", "a plot with entities", b"<!DOCTYPE svg [<!ENTITY a 'b'>]>" + SVG % b"&a;"),
    plot("R03-large", "a plot of 3 MB", SVG % (b"<path/>" * 430_000)),
    plot("R03-no-picture", "no picture at all", b"\x80\x81GIF"),
    plot("R03-empty", "an empty plot", b""),
    section("R03-missing-image", "a section with a picture that is not there", b"![](missing.png) ![](/etc/passwd)"),
)
R04 = tuple(
    section(f"R04-{name}", f"template syntax: {text}", text.encode())
    for name, text in {
        "expression": "{{ 7*7 }}",
        "include": "{% include '/etc/passwd' %}",
        "field": "{{ unknown.field }}",
        "actions": "${{ github.token }}",
    }.items()
)
R05 = (
    report("R05-12", "12 annotations", failing(12), 1, "and 3 more", "not promotable: m0 is 2.0, limit at most 1"),
    report("R05-60", "60 annotations", failing(60), 1, "and 41 more"),
)
R06_R07 = (
    report("R06-metric", "our marker as a metric", renamed(HOSTILE["own marker"]), 1, "not promotable: <!-- tidegate:"),
    report(
        "R07-which",
        "evidence of two models",
        {**evidence_set("pass"), "train-model": Evidence(command="train-model", model="churn", outcome=Verdict.PASS)},
        2,
        "which model?",
        code="E-REP-010",
        arguments=("post-report", "--local"),
    ),
    report(
        "R07-foreign",
        "evidence of another model",
        evidence_set("pass"),
        0,
        "error: validate-data left evidence about another model",
        arguments=("post-report", "--local", "--model", "churn"),
    ),
)
R08 = tuple(
    report(f"R08-{name.replace(' ', '-')}", f"a metric of {name}", renamed(HOSTILE[name]), 1, "not promotable: ")
    for name in (
        "right to left",
        "wide letters",
        "emoji family",
        "stacked marks",
        "mark alone",
        "zero width",
        "invisible letters",
        "tag letters",
        "bidi override",
    )
)
M08_M09 = (
    report(
        "M08-report",
        "10,000 metrics",
        changed(
            evidence_set("pass"),
            COMPARE,
            "metrics",
            value=[metric(f"metric {number}", number + 0.5, None, None) for number in range(10_000)],
        ),
        0,
        PASSED,
    ),
    *(
        report(f"M09-report-{name.replace(' ', '-')}", f"a metric of {name}", renamed(text), 1, "not promotable: ")
        for name, text in HOSTILE.items()
    ),
)
BROKEN = (
    raw("empty", "an empty file", "", "E-EVD-001"),
    raw("truncated", "half of it", WHOLE[: len(WHOLE) // 2], "E-EVD-001"),
    raw("nan", "not a number", WHOLE.replace("0.05", "NaN", 1), "E-EVD-002"),
    raw("infinity", "infinity", WHOLE.replace("0.05", "Infinity", 1), "E-EVD-002"),
    raw("too-large", "more than a number can be", WHOLE.replace("0.05", "1e999", 1), "E-EVD-002"),
    raw("digits", "5,000 digits", WHOLE.replace("4358", "1" * 5_000, 1), "E-EVD-002"),
    raw("twice", "a member twice", WHOLE.replace('{"schema": 1', '{"schema": 1, "schema": 1', 1), "E-EVD-003"),
    raw("schema", "of a newer Tidegate", WHOLE.replace('"schema": 1', '"schema": 2', 1), "E-EVD-004"),
    raw("member", "a member that nobody knows", WHOLE.replace('{"schema"', '{"x": 1, "schema"', 1), "E-EVD-005"),
    raw("list", "a list", "[]", "E-EVD-004"),
    raw("deep", "nested 100,000 deep", "[" * 100_000, "E-EVD-001"),
    raw("bytes", "not UTF-8", b"\xff\xfe{}", "E-FIL-004"),
    raw(
        "outcome",
        "an outcome that nobody knows",
        WHOLE.replace('"outcome": "pass"', '"outcome": "passed"'),
        "E-EVD-006",
    ),
)
CASES = (*R01_R02, *R03, *R04, *R05, *R06_R07, *R08, *M08_M09, *BROKEN)
