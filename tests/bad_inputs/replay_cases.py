"""Evidence that is not whole, and files that are not what `compare-models` can compare, from the command line."""

from __future__ import annotations

from bad_inputs.cases import Case, files

REPLAY = ("compare-models", "--replay", "runs")
GATE = ("--metric", "rmse", "--no-worse-by", "1%")
FILES = ("compare-models", "--candidate", "new.json", "--champion", "old.json", *GATE)
VERDICT = '{"kind": "verdict", "schema": 1, "model": "m", "subject": {}, "result": {"kept": "sha256:0"}}'

EVIDENCE = (
    Case(
        id="M24-no-folder",
        title="a folder that is not there",
        exit=2,
        code="E-RPL-001",
        build=files(),
        arguments=REPLAY,
    ),
    Case(
        id="M24-no-verdict",
        title="a folder without a verdict",
        exit=2,
        code="E-RPL-001",
        mentions=("gh run download",),
        build=files(runs__note_dot_txt="x"),
        arguments=REPLAY,
    ),
    Case(
        id="M24-no-rows",
        title="a verdict without its rows",
        exit=2,
        code=None,
        mentions=("1 run judged again: 0 as before, 1 refused", "E-RPL-005", "Fetch the run's details too"),
        build=files(runs__a__verdict_dot_json=VERDICT),
        arguments=REPLAY,
    ),
    Case(
        id="M24-damaged-rows",
        title="rows that are no Arrow file",
        exit=2,
        code=None,
        mentions=("E-RPL-002 a/kept.arrow is damaged",),
        build=files(runs__a__verdict_dot_json=VERDICT, runs__a__kept_dot_arrow="PK"),
        arguments=REPLAY,
    ),
    Case(
        id="M24-broken-verdict",
        title="a verdict that is cut short",
        exit=2,
        code=None,
        mentions=("E-EVD-001 a/verdict.json:1:",),
        build=files(runs__a__verdict_dot_json=VERDICT[:40]),
        arguments=REPLAY,
    ),
    Case(
        id="M24-other-version",
        title="a verdict of a later form",
        exit=2,
        code=None,
        mentions=("E-RPL-003", "this version reads 1"),
        build=files(runs__a__verdict_dot_json=VERDICT.replace('"schema": 1', '"schema": 9')),
        arguments=REPLAY,
    ),
    Case(
        id="M24-leaves",
        title="a policy outside the workspace",
        exit=4,
        code="E-SEC-002",
        build=files(runs__a__verdict_dot_json=VERDICT),
        arguments=(*REPLAY, "--config", "../other.yaml"),
    ),
    Case(
        id="M24-and-files",
        title="past runs and two files at once",
        exit=2,
        code="E-ARG-015",
        build=files(runs__a__verdict_dot_json=VERDICT),
        arguments=(*REPLAY, "--candidate", "a.parquet"),
    ),
)

NUMBERS = (
    Case(
        id="M25-nan",
        title="a report with NaN",
        exit=1,
        code="E-MET-004",
        build=files(new_dot_json='{"rmse": NaN}', old_dot_json='{"rmse": 1}'),
        arguments=FILES,
    ),
    Case(
        id="M25-dvc-error",
        title="metrics that DVC could not read, although it ended well",
        exit=2,
        code="E-MET-003",
        mentions=("DVC could not read m.json",),
        build=files(
            new_dot_json='{"": {"data": {"m.json": {"error": {"type": "x", "msg": "corrupted"}}}}}',
            old_dot_json='{"rmse": 1}',
        ),
        arguments=FILES,
    ),
    Case(
        id="M25-lost",
        title="a metric that only the old side of a difference has",
        exit=2,
        code="E-MET-006",
        build=files(new_dot_json='{"m.json": {"rmse": {"old": 1, "new": null}}}'),
        arguments=("compare-models", "--candidate", "new.json", *GATE),
    ),
    Case(
        id="M25-mixed",
        title="rows against numbers",
        exit=2,
        code="E-ARG-016",
        build=files(new_dot_json='{"columns": ["id"], "data": [[1]]}', old_dot_json='{"rmse": 1}'),
        arguments=FILES,
    ),
    Case(
        id="M25-ragged",
        title="a table with a short row",
        exit=2,
        code="E-MET-003",
        mentions=("has 1 values in row 2 for 2 columns",),
        build=files(new_dot_json='{"columns": ["id", "y"], "data": [[1, 2], [3]]}', old_dot_json='{"rmse": 1}'),
        arguments=FILES,
    ),
    Case(
        id="M25-alone",
        title="one file of rows without the other",
        exit=2,
        code="E-ARG-013",
        build=files(new_dot_csv="id,target\n1,2\n"),
        arguments=("compare-models", "--candidate", "new.csv", *GATE),
    ),
    Case(
        id="M25-limits-of-none",
        title="limits in front of several metrics",
        exit=2,
        code="E-ARG-011",
        build=files(new_dot_json='{"rmse": 1, "mae": 1}', old_dot_json='{"rmse": 1, "mae": 1}'),
        arguments=(*FILES[:5], "--at-most", "1", *GATE, "--metric", "mae", "--at-most", "2"),
    ),
)

CASES = (*EVIDENCE, *NUMBERS)
