"""Nothing that others wrote can be more than text, wherever it is shown (threat T6, bad inputs M09, R04, R06, R08).

A report with hostile words must have the very form of one with harmless words, word for word outside code, and must
show the hostile ones in code as they are. Every place is tried alone with the nastiest, and all together with each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.evidence import changed, evidence_set
from fixtures.hostile import HOSTILE
from fixtures.rendering import context, github_html, in_code, outside_code, outside_words
from tidegate.core.comparison.metric_table import KNOWN
from tidegate.core.evidence import Evidence
from tidegate.core.report import Report, Section, build
from tidegate.core.report.comparison import limit_of
from tidegate.core.report.untrusted import brief, visible

BENIGN = "plainword"
COMPARE, TRAIN, VALIDATE = "compare-models", "train-model", "validate-data"
ALONE = ("table break", "runs of backticks", "details swallowed", "closing code")
LONG = ("very long", "very long with pipes", "very long with backticks")


@dataclass
class Draft:
    """A report in the making."""

    evidence: dict[str, Evidence | None]
    context: dict[str, Any] = field(default_factory=dict)

    def report(self) -> Report:
        return build(self.evidence, context(**self.context))


@dataclass(frozen=True)
class Slot:
    """One place that takes words of others. `meant` names the texts that change what is shown, as they should."""

    kind: str
    name: str
    put: Callable[[Draft, str], None]
    meant: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def member(
    kind: str, command: str, *pointer: str | int, of: Callable[[str], Any] = str, meant: tuple[str, ...] = ()
) -> Slot:
    """A member of a result."""

    def put(draft: Draft, text: str) -> None:
        draft.evidence = changed(draft.evidence, command, *pointer, value=of(text))

    return Slot(kind, f"{command} /{'/'.join(map(str, pointer))}", put, meant)


def failure(name: str, of: Callable[[str], Any] = str, meant: tuple[str, ...] = ("empty",)) -> Slot:
    """A member of a failed command's error."""

    def put(draft: Draft, text: str) -> None:
        train = draft.evidence[TRAIN]
        assert train is not None
        draft.evidence[TRAIN] = replace(train, error={**(train.error or {}), name: of(text)})

    return Slot("error", f"error /{name}", put, meant)


def subject(name: str) -> Slot:
    """A digest, the same in all evidence."""

    def put(draft: Draft, text: str) -> None:
        draft.evidence = {
            command: None if one is None else replace(one, subject=replace(one.subject, **{name: text}))
            for command, one in draft.evidence.items()
        }

    return Slot("pass", f"subject /{name}", put, ("empty",))


def around(name: str, member: str, of: Callable[[str], Any], kind: str = "pass") -> Slot:
    """Something that the command is told besides the evidence."""

    def put(draft: Draft, text: str) -> None:
        draft.context[member] = of(text)

    return Slot(kind, f"context /{name}", put)


def _renamed_metric(draft: Draft, text: str) -> None:
    for pointer in (("metrics", 0, "name"), ("gates", 0, "metric")):
        draft.evidence = changed(draft.evidence, COMPARE, *pointer, value=text)


def _column_changes(text: str) -> list[dict[str, str]]:
    return [{"name": text, "change": text, "before": text, "after": text}]


DIFF = ("bad_data", VALIDATE, "diff")
SLOTS = [
    Slot("fail", "compare-models metric", _renamed_metric),
    member("fail", COMPARE, "gates", 1, "limit"),
    member("fail", COMPARE, "gates", 3, "slice", "column"),
    member("fail", COMPARE, "gates", 5, "slice", "value"),
    member("undecided", COMPARE, "gates", 0, "metric"),
    member("pass", COMPARE, "gates", 0, "metric"),
    member("fail", COMPARE, "slices", 0, "column"),
    member("fail", COMPARE, "slices", 1, "value"),
    member("fail", COMPARE, "slices", 2, "metric"),
    member("fail", COMPARE, "metrics", 3, "name"),
    member("fail", COMPARE, "cluster"),
    member("fail", COMPARE, "champion", "version", meant=("empty",)),
    member("fail", COMPARE, "champion", "commit", meant=("empty", "commit")),
    member("fail", COMPARE, "champion", "predictions", meant=("empty",)),
    member("fail", COMPARE, "candidate", "predictions", meant=("empty",)),
    member("fail", COMPARE, "regressions", 0, "id"),
    member("classifier", COMPARE, "gates", 1, "gap", "column"),
    member("classifier", COMPARE, "gates", 1, "gap", "groups", 0, "value"),
    member("classifier", COMPARE, "gates", 1, "metric"),
    member("classifier", COMPARE, "slices", 1, "value"),
    member("classifier", COMPARE, "slice_notes", 0),
    member("classifier", COMPARE, "flips", "slices", 0, "column"),
    member("classifier", COMPARE, "flips", "slices", 1, "value"),
    member("classifier", COMPARE, "fit", "of", meant=("empty",)),
    member("incomparable", COMPARE, "sentence"),
    member("fail", TRAIN, "stages", 0, "name"),
    member("fail", TRAIN, "stages", 0, "state"),
    member("fail", TRAIN, "stages", 0, "why", 0),
    member("fail", TRAIN, "params", 0, "name"),
    member("fail", TRAIN, "params", 0, "before"),
    member("fail", TRAIN, "params", 0, "after"),
    member("fail", TRAIN, "artifacts", 0, "path"),
    member("fail", TRAIN, "artifacts", 0, "sha256", meant=("empty",)),
    member("fail", TRAIN, "mlflow", "run_id", meant=("empty",)),
    member("fail", TRAIN, "mlflow", "model_uri", meant=("empty",)),
    member("fail", TRAIN, "metrics", of=lambda text: {text: 1.0}),
    member("bad_data", VALIDATE, "suites", 0, "name"),
    member("bad_data", VALIDATE, "findings", 1, "expectation"),
    member("bad_data", VALIDATE, "findings", 1, "column"),
    member("bad_data", VALIDATE, "findings", 1, "observed"),
    member("bad_data", VALIDATE, "findings", 1, "expected"),
    member("bad_data", VALIDATE, "findings", 1, "samples", 0, "row"),
    member("bad_data", VALIDATE, "findings", 1, "samples", 0, "value"),
    member(*DIFF, "pointer", meant=("empty",)),
    member(*DIFF, "files", "added", 0),
    member(*DIFF, "columns", of=_column_changes),
    member(*DIFF, "nulls", 0, "column"),
    member(*DIFF, "label", "column"),
    member(*DIFF, "shifts", 0, "column"),
    member(*DIFF, "shifts", 0, "statistic"),
    member(*DIFF, "shifts", 0, "before"),
    member(*DIFF, "shifts", 0, "after"),
    *(failure(name) for name in ("code", "where", "fix")),
    failure("message", meant=("empty", *LONG)),
    failure("log", of=lambda text: ["before", text, "after"]),
    *(subject(name) for name in ("tree", "data", "params", "environment", "policy")),
    around("section title", "sections", lambda text: (Section(title=text, markdown="words"),)),
    around("plot name", "plots", lambda text: {text: b"no picture"}),
    around("contract", "contract", str, kind="fail"),
]
TOGETHER = sorted({(slot.kind, name) for slot in SLOTS for name in HOSTILE if name not in slot.meant})


def report_of(kind: str, slots: Iterable[Slot], text: str) -> Report:
    """The report of one end of a pull request with a text in some of its places."""
    draft = Draft(evidence_set(kind))
    for slot in slots:
        slot.put(draft, text)
    return draft.report()


def shown_whole(text: str, code: list[str]) -> bool:
    """Whether the text, as far as it is shown anywhere, stands in code just as it is.

    A log line's tabs are spaces, and an error's message loses the full stop at its end.
    """
    forms = {text, text.expandtabs(4), text.removesuffix(".")}
    return any(brief(form, most) in shown for shown in code for form in forms for most in (40, 80, 120, 200, 300, 600))


def check(kind: str, slots: list[Slot], text: str) -> None:
    """The form of both reports is that of a harmless one, and nothing that is said in plain text misleads."""
    report, benign = report_of(kind, slots, text), report_of(kind, slots, BENIGN)
    comment, page = report.markdown(), report.html()
    rendered = github_html(comment)
    assert outside_code(rendered) == outside_code(github_html(benign.markdown()))
    assert outside_words(page) == outside_words(benign.html())
    assert shown_whole(text, in_code(rendered))
    assert shown_whole(text, in_code(page))
    assert report.verdict is benign.verdict
    assert len(report.title) <= 200
    for line in (report.sentence, report.title, *(annotation.message for annotation in report.annotations)):
        assert line == visible(line)
        assert len(line) <= 1_000


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("slot", SLOTS, ids=str)
def test_every_place_is_inert(slot: Slot, name: str) -> None:
    check(slot.kind, [slot], HOSTILE[name])


@pytest.mark.parametrize(("kind", "name"), TOGETHER)
def test_all_places_of_a_report_are_inert_together(kind: str, name: str) -> None:
    check(kind, [slot for slot in SLOTS if slot.kind == kind and name not in slot.meant], HOSTILE[name])


@pytest.mark.parametrize("name", HOSTILE)
def test_an_untrusted_section_is_one_block_of_text(name: str) -> None:
    def shown(words: str) -> str:
        section = Section(title="CML", markdown=words)
        return outside_code(github_html(build(evidence_set("pass"), context(sections=(section,))).markdown()))

    expected = shown("x" * 70_000) if name in LONG else shown("words" if HOSTILE[name] else "")
    assert shown(HOSTILE[name]) == expected
    assert ("<p>…and 1 more lines</p>" in expected) == (name in LONG)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_model_may_be_called_anything_that_is_not_too_long(name: str) -> None:
    def called(model: str) -> Report:
        found = {command: replace(one, model=model) if one else None for command, one in evidence_set("fail").items()}
        return build(found, context(model=model))

    report, benign = called(HOSTILE[name][:200] or "x"), called(BENIGN)
    marker, _, body = report.markdown().partition("\n")
    assert report.verdict is benign.verdict
    assert marker == report.marker
    assert marker.count("-->") == 1
    assert outside_code(github_html(body)) == outside_code(github_html(benign.markdown().partition("\n")[2]))
    assert outside_words(report.html()) == outside_words(benign.html())


@pytest.mark.parametrize("name", HOSTILE)
def test_a_command_cannot_dictate_the_sentence_at_the_top(name: str) -> None:
    found = evidence_set("fail")
    report = build(changed(found, COMPARE, "sentence", value=HOSTILE[name]), context())
    assert report.sentence == build(found, context()).sentence


# A gate's limit that is a number means something, and so does a name that the table of metrics knows.
words = st.text(alphabet=st.characters(codec=None), min_size=1, max_size=120).filter(
    lambda text: limit_of(text) is None and text not in KNOWN
)


@settings(max_examples=100)
@given(words, st.sampled_from(SLOTS))
def test_any_text_anywhere_is_inert(text: str, slot: Slot) -> None:
    check(slot.kind, [slot], text)


@settings(max_examples=200)
@given(st.text(alphabet="`|\\ \n<>&$@#*_[]()!~-a", max_size=40))
def test_any_mixture_of_syntax_is_inert(text: str) -> None:
    check("fail", [slot for slot in SLOTS if slot.kind == "fail" and (text or "empty" not in slot.meant)], text)
