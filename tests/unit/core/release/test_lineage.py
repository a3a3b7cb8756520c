"""The lineage as people read it and as JSON: what is not known is said and never left out."""

from __future__ import annotations

import json

from tidegate.core.release.lineage import Change, Event, Lineage, document, text
from tidegate.core.release.release import Release

COMMIT, DATA, VERDICT = "c" * 40, f"md5:{'b' * 32}.dir", f"sha256:{'f' * 64}"
CHANGE = Change(commit=COMMIT, author="Ada", when="2026-11-02T10:00:00+00:00", subject="Deeper trees")
MERGE = Change(commit="d" * 40, author="Bo", when="2026-11-03T10:00:00+00:00", subject="Merge pull request #128")
WHOLE = Lineage(
    release=Release(
        model="bike-demand",
        version="7",
        commit=COMMIT,
        digests={"data": DATA, "verdict": VERDICT},
        metrics={"rmse": 71.25, "mae": 45.0},
    ),
    tag="bike-demand@v7",
    change=CHANGE,
    merge=MERGE,
    parameters={"model/params.yaml": {"train.depth": 5, "seed": 1}},
    pull_request="128",
    run="99120",
    mlflow_run="3f0a",
    approvers=("cy", "di"),
    events=(
        Event(environment="staging", tag="bike-demand#staging#4", when="2026-11-04", who="bot", ran=True),
        Event(environment="production", tag="m!production!1", when="2026-11-05", who="bot", ran=False, reason="slow"),
    ),
)
BARE = Lineage(
    release=Release(model="bike-demand", version="9", commit=COMMIT),
    tag="bike-demand@v9",
    change=None,
    unknown=("its code: the commit is not in this clone",),
)


def test_everything_that_is_known() -> None:
    assert text(WHOLE).splitlines() == [
        "bike-demand 7",
        f"code          {COMMIT} (Ada, 2026-11-02: Deeper trees)",
        f"data          {DATA}",
        "parameters    model/params.yaml: seed = 1, train.depth = 5",
        "run           GitHub 99120 · MLflow 3f0a",
        "pull request  #128",
        "merged        dddddddddddd (Bo, 2026-11-03: Merge pull request #128)",
        "approved by   cy, di",
        f"verdict       pass, {VERDICT}",
        "metrics       mae 45",
        "              rmse 71.25",
        "deployed      2026-11-04  staging      came to run (bike-demand#staging#4, bot)",
        "              2026-11-05  production   was taken back (m!production!1, bot): slow",
    ]


def test_what_is_not_known_is_said() -> None:
    assert text(BARE).splitlines() == [
        "bike-demand 9",
        f"code          {COMMIT}",
        "data          unknown",
        "run           unknown",
        "pull request  unknown",
        "approved by   unknown",
        "verdict       unknown",
        "deployed      nowhere",
        "unknown: its code: the commit is not in this clone",
    ]


def test_both_as_json() -> None:
    whole, bare = (json.loads(json.dumps(document(one))) for one in (WHOLE, BARE))
    assert whole.keys() == bare.keys()
    assert whole["events"][1]["reason"] == "slow"
    assert whole["code"]["author"] == "Ada"
    assert (bare["data"], bare["verdict"], bare["pull_request"], bare["merge"]) == (None, None, None, None)
    assert bare["unknown"] == ["its code: the commit is not in this clone"]
