"""Every kind of model goes from its contract and its files to a verdict: quantiles, labels, classes, lists."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sklearn.metrics as sk

from tidegate.commands import compare_models
from tidegate.console import Console
from tidegate.core.answer import Answer, Verdict
from tidegate.settings import Settings

ROWS = 1200
CONTRACT = """\
version: 1
models:
  m:
    path: model
    data: {{tracked: data.dvc, expectations: model/expectations}}
    evaluation: {{predictions: p.parquet, id: id, {columns}}}
    gates:
{gates}
"""


def compared(folder: Path, columns: str, gates: list[str], new: dict[str, Any], old: dict[str, Any]) -> Answer:
    listed = "\n".join(f"      - {{{gate}}}" for gate in gates)
    (folder / "tidegate.yaml").write_text(CONTRACT.format(columns=columns, gates=listed))
    for name, table in (("new", new), ("old", old)):
        pq.write_table(pa.table({"id": np.arange(ROWS), **table}), folder / f"{name}.parquet")
    settings = Settings(
        workspace=folder, config="tidegate.yaml", model=None, environ={}, console=Console(stream=io.StringIO())
    )
    parser = argparse.ArgumentParser()
    compare_models.configure(parser)
    return compare_models.run(settings, parser.parse_args(["--candidate", "new.parquet", "--champion", "old.parquet"]))


def values(answer: Answer) -> dict[str, float]:
    assert answer.data is not None
    return {metric["name"]: metric["candidate"] for metric in answer.data["metrics"]}


def forecasts(width: float, off: float) -> dict[str, Any]:
    random = np.random.default_rng(0)
    truth = random.normal(50, 10, ROWS)
    middle = truth + off * random.normal(0, 5, ROWS)
    return {"y": truth, "low": middle - width, "mid": middle, "high": middle + width}


def test_quantiles(tmp_path: Path) -> None:
    columns = "target: y, prediction: {low: 0.1, mid: 0.5, high: 0.9}"
    gates = ["metric: pinball, no_worse_by: 1%", "metric: coverage_error, at_most: 0.2", "metric: mae, no_worse_by: 1%"]
    answer = compared(tmp_path, columns, gates, forecasts(6.0, 0.8), forecasts(6.0, 1.0))
    assert answer.verdict is Verdict.PASS, answer.sentence
    new = forecasts(6.0, 0.8)
    levels = {"low": 0.1, "mid": 0.5, "high": 0.9}
    expected = np.mean([sk.mean_pinball_loss(new["y"], new[name], alpha=level) for name, level in levels.items()])
    assert values(answer)["pinball"] == pytest.approx(expected, rel=1e-12)
    assert {"interval_coverage", "interval_width", "mae"} <= set(values(answer))
    narrow = compared(tmp_path, columns, ["metric: interval_coverage, at_least: 0.75"], forecasts(1.0, 1.0), new)
    assert narrow.verdict is Verdict.FAIL


def labelled(wrong: float) -> dict[str, Any]:
    random = np.random.default_rng(0)
    truth = random.random((ROWS, 3)) < [0.5, 0.3, 0.1]
    said = truth ^ (random.random((ROWS, 3)) < wrong)
    score = np.where(said[:, 2], 0.8, 0.1)
    names = {"t_spam": truth[:, 0], "t_rude": truth[:, 1], "t_loud": truth[:, 2]}
    return {**names, "p_spam": said[:, 0], "p_rude": said[:, 1].astype(int), "s_loud": score}


LABELS = (
    "threshold: 0.5, labels: {spam: {target: t_spam, prediction: p_spam}, rude: {target: t_rude, prediction: p_rude}, "
    "loud: {target: t_loud, score: s_loud}}"
)


def test_labels(tmp_path: Path) -> None:
    gates = [
        "metric: f1_macro, no_worse_by: 0.01",
        "metric: hamming_loss, at_most: 0.2",
        "metric: 'recall:rude', at_least: 0.8",
    ]
    new, old = labelled(0.05), labelled(0.1)
    answer = compared(tmp_path, LABELS, gates, new, old)
    assert answer.verdict is Verdict.PASS, answer.sentence
    truth = np.stack([new["t_spam"], new["t_rude"], new["t_loud"]], axis=1)
    said = np.stack([new["p_spam"], new["p_rude"] == 1, new["s_loud"] >= 0.5], axis=1)
    found = values(answer)
    assert found["f1_macro"] == pytest.approx(sk.f1_score(truth, said, average="macro"), rel=1e-12)
    assert found["hamming_loss"] == pytest.approx(sk.hamming_loss(truth, said), rel=1e-12)
    assert found["subset_accuracy"] == pytest.approx(sk.accuracy_score(truth, said), rel=1e-12)
    assert found["recall:rude"] == pytest.approx(sk.recall_score(truth[:, 1], said[:, 1]), rel=1e-12)
    assert answer.data is not None
    flips, change = answer.data["flips"], {metric["name"]: metric["difference"] for metric in answer.data["metrics"]}
    assert flips["became_right"] - flips["became_wrong"] == pytest.approx(ROWS * change["subset_accuracy"])
    worse = compared(tmp_path, LABELS, gates, labelled(0.2), old)
    assert worse.verdict is Verdict.FAIL


def test_a_label_of_which_nothing_is_said_is_refused(tmp_path: Path) -> None:
    columns = LABELS.replace("threshold: 0.5, ", "")
    with pytest.raises(Exception, match="predictions, which some label has not") as caught:
        compared(tmp_path, columns, ["metric: f1_macro, at_least: 0.1"], labelled(0.1), labelled(0.1))
    assert caught.value.exit_code == 2  # type: ignore[attr-defined]


def test_scores_of_many_classes(tmp_path: Path) -> None:
    def scored(noise: float) -> dict[str, Any]:
        random = np.random.default_rng(0)
        truth = random.choice(3, ROWS, p=[0.2, 0.3, 0.5])
        odds = np.exp(2 * np.eye(3)[truth] + noise * random.normal(0, 1, (ROWS, 3)))
        table = odds / odds.sum(axis=1, keepdims=True)
        return {"y": np.array(["ant", "bee", "cat"])[truth], **{name: table[:, at] for at, name in enumerate("abc")}}

    gates = [
        "metric: auc_ovr_macro, no_worse_by: 0.01",
        "metric: top_2_accuracy, at_least: 0.8",
        "metric: 'auc:bee', at_least: 0.8",
    ]
    new = scored(1.0)
    answer = compared(tmp_path, "target: y, score: {ant: a, bee: b, cat: c}", gates, new, scored(1.3))
    assert answer.verdict is Verdict.PASS, answer.sentence
    table = np.stack([new[name] for name in "abc"], axis=1)
    expected = sk.roc_auc_score(new["y"], table, multi_class="ovr")
    assert values(answer)["auc_ovr_macro"] == pytest.approx(expected, rel=1e-12)
    assert values(answer)["auc:bee"] == pytest.approx(sk.roc_auc_score(new["y"] == "bee", new["b"]), rel=1e-12)
    assert values(answer)["log_loss"] == pytest.approx(sk.log_loss(new["y"], table), rel=1e-12)


def test_lists(tmp_path: Path) -> None:
    def ranked(noise: float) -> dict[str, Any]:
        random = np.random.default_rng(0)
        relevance = random.integers(0, 3, ROWS)
        return {"y": relevance, "p": relevance + noise * random.normal(0, 1, ROWS), "q": np.arange(ROWS) // 10}

    gates = ["metric: ndcg_at_5, no_worse_by: 0.01", "metric: mrr, at_least: 0.5"]
    new = ranked(1.0)
    answer = compared(tmp_path, "target: y, prediction: p, cluster: q", gates, new, ranked(1.5))
    assert answer.verdict is Verdict.PASS, answer.sentence
    expected = sk.ndcg_score(new["y"].reshape(-1, 10), new["p"].reshape(-1, 10), k=5)
    assert values(answer)["ndcg_at_5"] == pytest.approx(expected, rel=1e-12)
    assert set(values(answer)) == {"ndcg_at_5", "mrr", "ndcg"}
    assert answer.data is not None
    assert answer.data["clusters"] == ROWS // 10
    assert answer.data["regressions"] == []


def test_a_threshold_makes_classes_of_scores(tmp_path: Path) -> None:
    def scored(noise: float) -> dict[str, Any]:
        random = np.random.default_rng(0)
        truth = random.random(ROWS) < 0.4
        return {"y": np.where(truth, "yes", "no"), "s": truth * 0.6 + noise * random.random(ROWS)}

    columns = "target: y, score: s, positive: 'yes', threshold: 0.55"
    new = scored(0.6)
    answer = compared(tmp_path, columns, ["metric: f1, no_worse_by: 0.02"], new, scored(0.8))
    assert answer.verdict is Verdict.PASS, answer.sentence
    expected = sk.f1_score(new["y"], np.where(new["s"] >= 0.55, "yes", "no"), pos_label="yes")
    assert values(answer)["f1"] == pytest.approx(expected, rel=1e-12)


def test_the_contract_chooses_corrected_intervals(tmp_path: Path) -> None:
    new, old = forecasts(1, 0.8), forecasts(1, 1.0)

    def interval(kind: str) -> list[float]:
        columns = f"target: y, prediction: mid, interval: {kind}"
        answer = compared(tmp_path, columns, ["metric: mse, no_worse_by: 1%"], new, old)
        assert answer.data is not None
        found: list[float] = answer.data["metrics"][0]["interval"]
        return found

    plain, corrected = interval("percentile"), interval("bca")
    assert plain != corrected
    assert plain == pytest.approx(corrected, rel=0.05)


def test_the_largest_error_is_a_fact_without_an_interval(tmp_path: Path) -> None:
    columns = "target: y, prediction: mid"
    answer = compared(tmp_path, columns, ["metric: max_error, at_most: 5"], forecasts(1, 1.0), forecasts(1, 1.0))
    assert answer.verdict is Verdict.FAIL
    assert "(a fact about these rows: no interval)" in answer.sentence
