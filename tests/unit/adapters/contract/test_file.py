"""The contract from its text: what every key becomes, all problems at once, and no text that breaks the reader."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tidegate.adapters.contract import file as contract_file
from tidegate.adapters.contract import strict_yaml as contract_yaml
from tidegate.adapters.contract.document import Scalar
from tidegate.core.contract import Contract, CustomMetric, Drift, FireWhen, Gate, Live, Retrain
from tidegate.errors import InputError, Problems, SecurityRefusal, TidegateError

WHOLE = """\
version: 1
models:
  bike-demand:
    path: ./model/
    data: {tracked: data.dvc, expectations: model/expectations}
    environment: {lock: model/requirements.txt}
    evaluation:
      predictions: model/reports/predictions.parquet
      id: instant
      target: rentals
      prediction: predicted
      score: {0: p_none, some: p_some}
      positive: 1
      cluster: date
      weight: hours
      slices: [weather, 'no']
      minimum_rows: 1_00
    gates:
      - {metric: rmse, no_worse_by: 1%}
      - {metric: mae, at_most: 60}
      - {metric: rmse, slices: [weather], no_worse_by: "5 %", severity: warn}
      - {metric: profit, better_by: .5e-2}
      - {metric: r2, at_least: -0.10}
    metrics:
      profit: {direction: higher, minimum: 0, maximum: 1e3}
    alpha: 0.1
    drift:
      profile: model/artifacts/profile.json
      live: {path: "data/*.parquet", time: timestamp, window: 36h}
      min_effect: 0.2
      fire_when: {columns: 0.3, windows: 2 of 3}
      retrain: {cooldown: 7d, command: [python, -m, extend, 3]}
""".replace("1_00", "100")
SMALL = """\
version: 1
models:
  m:
    path: model
    data: {tracked: data.dvc, expectations: suites}
    evaluation: {predictions: p.csv, id: id, target: y, prediction: p}
    gates: [{metric: rmse, no_worse_by: 1%}]
"""


def problems(text: str | bytes) -> list[str]:
    """Code and place of everything wrong with a contract, in the order it is told."""
    with pytest.raises(TidegateError) as raised:
        contract_file.parse(text, "c.yaml")
    error = raised.value
    return [f"{one.code} {one.where}" for one in (error.problems if isinstance(error, Problems) else [error])]


def gates(text: str) -> tuple[Gate, ...]:
    return contract_file.parse(text, "c.yaml").model(None).gates


def test_every_key_arrives() -> None:
    contract = contract_file.parse(WHOLE, "c.yaml")
    model = contract.model("bike-demand")
    assert (contract.version, model.name, model.path, model.alpha) == (1, "bike-demand", "model", 0.1)
    assert (model.data.tracked, model.data.expectations) == ("data.dvc", "model/expectations")
    assert model.environment.lock == "model/requirements.txt"
    evaluation = model.evaluation
    assert (evaluation.predictions, evaluation.id) == ("model/reports/predictions.parquet", "instant")
    assert (evaluation.target, evaluation.prediction, evaluation.weight) == ("rentals", "predicted", "hours")
    assert (evaluation.cluster, evaluation.slices, evaluation.minimum_rows) == ("date", ("weather", "no"), 100)
    assert (evaluation.score, evaluation.positive) == ({"0": "p_none", "some": "p_some"}, "1")
    assert model.metrics == {"profit": CustomMetric(direction="higher", minimum=0.0, maximum=1000.0)}


def test_limits_are_exact_and_keep_their_text() -> None:
    assert [(gate.kind, gate.limit, gate.relative, gate.text) for gate in gates(WHOLE)] == [
        ("no_worse_by", Decimal("0.01"), True, "1%"),
        ("at_most", Decimal(60), False, "60"),
        ("no_worse_by", Decimal("0.05"), True, "5 %"),
        ("better_by", Decimal("0.005"), False, ".5e-2"),
        ("at_least", Decimal("-0.10"), False, "-0.10"),
    ]


def test_severity_and_slices_of_gates() -> None:
    assert [(gate.severity, gate.slices) for gate in gates(WHOLE)[:3]] == [
        ("block", ()),
        ("block", ()),
        ("warn", ("weather",)),
    ]


def test_forty_digits_are_kept_also_in_a_percentage() -> None:
    digits = "0.1234567890123456789012345678901234567891"
    assert gates(SMALL.replace("1%", digits))[0].limit == Decimal(digits)
    assert gates(SMALL.replace("1%", f"{digits}%"))[0].limit == Decimal("0.001234567890123456789012345678901234567891")


def test_drift_arrives_with_its_defaults() -> None:
    assert contract_file.parse(WHOLE, "c.yaml").model(None).drift == Drift(
        profile="model/artifacts/profile.json",
        live=Live(path="data/*.parquet", time="timestamp", window=timedelta(hours=36)),
        alpha=0.01,
        min_effect=0.2,
        fire_when=FireWhen(columns=0.3, windows=2, of=3),
        retrain=Retrain(command=("python", "-m", "extend", "3"), cooldown=timedelta(days=7)),
    )


def test_what_is_left_out_has_its_default() -> None:
    model = contract_file.parse(SMALL, "c.yaml").model(None)
    assert (model.alpha, model.drift, model.environment.lock, dict(model.metrics)) == (0.05, None, None, {})
    evaluation = model.evaluation
    assert (evaluation.score, evaluation.cluster, evaluation.slices, evaluation.minimum_rows) == (None, None, (), 30)


@pytest.mark.parametrize(
    ("written", "column"),
    [
        ("rentals", "rentals"),
        ("y", "y"),
        ("'no'", "no"),
        ('"1"', "1"),
        ("2024-01-01", "2024-01-01"),
        ("no way", "no way"),
        ("température", "température"),
        ("a: 1".replace(": ", ":"), "a:1"),
        ("<<", "<<"),
    ],
)
def test_a_column_may_be_called_almost_anything(written: str, column: str) -> None:
    text = SMALL.replace("target: y", f"target: {written}")
    assert contract_file.parse(text, "c.yaml").model(None).evaluation.target == column


@pytest.mark.parametrize(
    ("written", "path"),
    [("a/../model", "model"), ("./model/", "model"), (".", "."), ("a//b", "a/b"), ("..model", "..model")],
)
def test_paths_are_normalised(written: str, path: str) -> None:
    assert contract_file.parse(SMALL.replace("path: model", f"path: {written}"), "c.yaml").model(None).path == path


def test_a_folded_text_is_one_line() -> None:
    text = SMALL.replace("    evaluation:", "    alpha: >-\n      0.1\n    evaluation:")
    assert problems(text) == ["E-CFG-012 c.yaml:6:12"]


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    text = SMALL.replace("path: model", "path: /x").replace("id: id", "id: no").replace("1%", '"1"') + "    extra: 1\n"
    assert problems(text) == [
        "E-SEC-002 c.yaml:4:11",
        "E-CFG-016 c.yaml:6:42",
        "E-CFG-012 c.yaml:7:41",
        "E-CFG-006 c.yaml:8:5",
    ]


def test_the_exit_code_is_that_of_the_worst() -> None:
    with pytest.raises(Problems) as raised:
        contract_file.parse(SMALL.replace("path: model", "path: /x") + "    extra: 1\n", "c.yaml")
    assert raised.value.worst == SecurityRefusal.exit_code


def test_a_problem_hides_what_follows_from_it_and_nothing_else() -> None:
    text = SMALL.replace("1%", "'${LIMIT}'").replace("rmse", "rmsee")
    assert problems(text) == ["E-CFG-004 c.yaml:7:22", "E-CFG-022 c.yaml:7:42"]


def test_an_expression_that_breaks_the_yaml_is_still_told_as_one() -> None:
    assert problems(SMALL.replace("1%", "${LIMIT}")) == ["E-CFG-022 c.yaml:7:41"]


def test_a_thousand_problems_are_cut_and_counted_and_a_danger_among_them_is_kept() -> None:
    text = SMALL + "".join(f"    key{number}: 1\n" for number in range(1000)) + "    other: !!str x\n"
    found = problems(text)
    assert len(found) == 102
    assert found[100] == "E-SEC-001 c.yaml:1008:12"
    with pytest.raises(Problems, match="and 900 more problems"):
        contract_file.parse(text, "c.yaml")


def test_a_second_list_of_gates_is_read_for_problems_but_does_not_count() -> None:
    found = problems(SMALL + "    gates: [{metric: !!str mae, at_most: 1}]\n")
    assert found == ["E-CFG-007 c.yaml:8:5", "E-SEC-001 c.yaml:8:22"]


def test_the_first_of_two_keys_keeps_its_places() -> None:
    found = problems(SMALL.replace("rmse", "rmsee") + "    gates: [{severity: warn, metric: mae, at_most: 1}]\n")
    assert found == ["E-CFG-004 c.yaml:7:22", "E-CFG-007 c.yaml:8:5"]


def test_a_byte_order_mark_counts_in_the_offset() -> None:
    with pytest.raises(InputError, match="byte 0xe9 at offset 6"):
        contract_file.parse(b"\xef\xbb\xbfa: \xe9\n", "c.yaml")


def test_bytes_and_text_are_the_same_contract() -> None:
    assert contract_file.parse(WHOLE.encode(), "c") == contract_file.parse(WHOLE, "c")
    assert contract_file.parse("\ufeff" + WHOLE, "c") == contract_file.parse(WHOLE, "c")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xff\xfev\x00", "E-CFG-010 c.yaml:1:1"),
        (b"\xef\xbb\xbfa: \xe9\n", "E-CFG-010 c.yaml:1:4"),
        ("ä: 1\nb: ".encode() + b"\xe9\n", "E-CFG-010 c.yaml:2:4"),
        ("a: \ud800", "E-CFG-010 c.yaml:1:4"),
        ("a: 1\r\nb: \ufeff", "E-CFG-010 c.yaml:2:4"),
    ],
    ids=["utf-16", "after-mark", "second-line", "surrogate", "mark-inside"],
)
def test_the_place_of_what_is_no_text(data: str | bytes, place: str) -> None:
    assert problems(data) == [place]


@pytest.mark.parametrize(
    ("text", "plain", "kind"),
    [
        ("no", True, "boolean"),
        ("no", False, "text"),
        ("Yes", True, "boolean"),
        ("nO", True, "text"),
        ("null", True, "nothing"),
        ("", True, "nothing"),
        ("", False, "text"),
        ("-.5e3", True, "number"),
        (".inf", True, "number"),
        ("1_000", True, "text"),
        ("1:30", True, "text"),
        ("2024-01-01", True, "text"),
    ],
)
def test_what_a_scalar_is_taken_for(text: str, plain: bool, kind: str) -> None:
    assert Scalar(text, plain).kind == kind


def test_a_good_file_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "tidegate.yaml").write_text(SMALL)
    assert list(contract_file.load(tmp_path / "tidegate.yaml", tmp_path).models) == ["m"]


def test_a_file_in_a_folder_is_named_from_the_root(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "gates.yaml").write_text(SMALL.replace("rmse", "rmsee"))
    with pytest.raises(InputError) as raised:
        contract_file.load(tmp_path / "ci" / "gates.yaml", tmp_path)
    assert raised.value.where == "ci/gates.yaml:7:22"


def test_a_link_inside_the_repository_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "model").symlink_to("real")
    (tmp_path / "tidegate.yaml").write_text(SMALL)
    assert contract_file.load(tmp_path / "tidegate.yaml", tmp_path).model(None).path == "model"


@pytest.mark.parametrize(
    ("link", "place"),
    [("model", "4:11"), ("data.dvc", "5:21"), ("suites", "5:45"), ("p.csv", "6:31"), ("live", "9:22")],
)
def test_every_path_is_followed_and_may_not_leave(tmp_path: Path, link: str, place: str) -> None:
    drift = "    drift:\n      live: {path: live/2*/x.csv, time: t, window: 7d}\n".replace("{path: ", "{path: ")
    more = "      profile: p.json\n      fire_when: {columns: 1, windows: 1 of 1}\n"
    root = tmp_path / "root"
    root.mkdir()
    (root / "tidegate.yaml").write_text(SMALL + drift + more)
    (root / link).symlink_to(tmp_path)
    with pytest.raises(SecurityRefusal, match="leaves the workspace") as raised:
        contract_file.load(root / "tidegate.yaml", root)
    assert raised.value.where.startswith(f"tidegate.yaml:{place.split(':')[0]}:")


FRAGMENTS = st.sampled_from(
    [
        *re.split(r"(?<=[\n{}\[\]:,])", WHOLE),
        *("&a ", "*a", "!!x ", "<<: ", "? ", "- ", "\t", "'", '"', "|", ">", "---\n", "# ", "%", "\r"),
        *("${{ x }}", "no", ".nan", "1e999", "\x00", "\u2028", "../", "password: ", "é", "\U0001f6b2"),
    ]
)


def assert_is_read_or_refused(source: str | bytes) -> None:
    """Either a contract or our own error, whose places are in the file."""
    try:
        assert isinstance(contract_file.parse(source, "c.yaml"), Contract)
    except TidegateError as error:
        text = source if isinstance(source, str) else source.decode("utf-8", "replace")
        lines = re.split(r"\r\n|\r|\n", text)
        for problem in error.problems if isinstance(error, Problems) else [error]:
            name, line, column = problem.where.split(":")
            assert name == "c.yaml"
            assert 1 <= int(line) <= len(lines)
            assert 1 <= int(column) <= len(lines[int(line) - 1]) + 1
            assert str(problem).isprintable()


@settings(deadline=None, max_examples=200)
@given(st.text())
@example("\ufeff")
@example("a: !")
@example("%YAML 9.9\n---\n")
def test_any_text_is_read_or_refused(text: str) -> None:
    assert_is_read_or_refused(text)


@settings(deadline=None, max_examples=200)
@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    assert_is_read_or_refused(data)


@settings(deadline=None, max_examples=200)
@given(st.lists(FRAGMENTS, max_size=60).map("".join))
def test_any_shuffled_contract_is_read_or_refused(text: str) -> None:
    assert_is_read_or_refused(text)


@settings(deadline=None, max_examples=200)
@given(st.integers(0, len(WHOLE)), st.integers(0, 30), st.one_of(FRAGMENTS, st.text(max_size=5)))
def test_any_damage_to_a_contract_is_read_or_refused(start: int, length: int, instead: str) -> None:
    assert_is_read_or_refused(WHOLE[:start] + instead + WHOLE[start + length :])


@settings(deadline=None, max_examples=200)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0))
def test_any_double_survives_as_a_limit(value: float) -> None:
    (gate,) = gates(SMALL.replace("1%", repr(value)))
    assert float(gate.limit) == value
    assert math.copysign(1, value) == 1


def test_the_reader_never_expands_anything() -> None:
    lines = ["a0: &a0 [x]", *(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 50)}]" for level in range(1, 60))]
    document = contract_yaml.read("\n".join(lines))
    assert [problem.code for problem in document.problems] == ["E-CFG-008"]
