"""dvc.yaml and dvc.lock as values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.training.pipeline import (
    Definition,
    Record,
    Unsettled,
    defined_only,
    definition,
    definitions,
    normal,
    records,
    sources_never_run,
    trimmed,
    working_folders,
)
from tidegate.errors import InputError

PARAMS: dict[str, Any] = {"train": {"rate": 0.1, "fast": True, "name": "a b", "grid": [1, 2]}, "seed": 1}


def defined(stage: dict[str, Any], **document: Any) -> Definition:
    return definition("train", {"stages": {"train": stage}, **document}, "model", PARAMS)


def test_paths_are_seen_from_the_root() -> None:
    stage = defined(
        {"cmd": "x", "deps": ["../data", "a.py"], "outs": ["out/m"], "metrics": [{"m.json": {"cache": False}}]}
    )
    assert stage.deps == {"data", "model/a.py"}
    assert stage.outs == {"model/out/m", "model/m.json"}
    assert stage.in_git == {"model/m.json"}


def test_a_stages_own_folder_is_where_its_paths_begin() -> None:
    stage = defined({"cmd": "x", "wdir": "../shared", "deps": ["a.py"], "params": ["seed"]})
    assert stage.deps == {"shared/a.py"}
    assert list(stage.params) == ["shared/params.yaml"]


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("run ${train.rate}", "run 0.1"),
        ("run ${ seed } ${train.fast}", "run 1 true"),
        ("run '${train.name}'", "run 'a b'"),
        ("echo $HOME", "echo $HOME"),
    ],
)
def test_expressions_are_filled_as_dvc_fills_them(written: str, filled: str) -> None:
    assert defined({"cmd": written}).cmd == filled


@pytest.mark.parametrize(
    "stage",
    [
        {"cmd": "x ${train}"},
        {"cmd": "x ${train.grid}"},
        {"cmd": "x ${missing}"},
        {"cmd": "x ${train[rate]}"},
        {"cmd": r"x \${train.rate} ${"},
        {"cmd": "x", "params": ["train.*"]},
        {"cmd": "x", "deps": ["../../elsewhere"]},
        {"cmd": "x", "deps": ["s3://bucket/data"]},
        {"cmd": "x", "frozen": True},
        {"cmd": "x", "always_changed": True},
        {"foreach": [1], "do": {"cmd": "x"}},
        {"matrix": {"a": [1]}, "cmd": "x"},
        {"cmd": "x", "outs": [{"a": {}, "b": {}}]},
    ],
    ids=repr,
)
def test_what_only_dvc_can_tell_is_not_guessed(stage: dict[str, Any]) -> None:
    with pytest.raises(Unsettled):
        defined(stage)


def test_variables_of_the_whole_file_are_not_guessed() -> None:
    with pytest.raises(Unsettled):
        defined({"cmd": "x"}, vars=[{"a": 1}])


def test_params_are_by_file_and_a_file_alone_is_all_of_it() -> None:
    stage = defined({"cmd": "x", "params": ["seed", "train.rate", {"other.yaml": ["a"]}, {"all.yaml": None}]})
    assert stage.params == {
        "model/params.yaml": ("seed", "train.rate"),
        "model/other.yaml": ("a",),
        "model/all.yaml": (),
    }


def test_a_lock_is_read_with_digests_of_plain_bytes_only() -> None:
    document = {
        "stages": {
            "train": {
                "cmd": "x",
                "deps": [
                    {"path": "../data", "hash": "md5", "md5": "aa.dir", "size": 1},
                    {"path": "old.txt", "md5": "bb"},
                    {"path": "s3://bucket/x", "etag": "cc"},
                ],
                "outs": [{"path": "m", "hash": "md5", "md5": "dd"}],
                "params": {"params.yaml": {"seed": 1}},
            }
        }
    }
    (record,) = records(document, "model").values()
    assert record.deps == {"data": "aa.dir", "model/old.txt": "?", "s3://bucket/x": "?"}
    assert record.outs == {"model/m": "dd"}
    assert record.params == {"model/params.yaml": {"seed": 1}}


@pytest.mark.parametrize(
    "document",
    [None, [], "text", {}, {"stages": []}, {"stages": {"a": None}}, {"stages": {"a": {"deps": 1}}},
     {"stages": {"a": {"cmd": "x", "outs": [{"md5": "a"}]}}}],
    ids=repr,
)  # fmt: skip
def test_what_dvc_did_not_write_is_an_error(document: Any) -> None:
    with pytest.raises(InputError) as error:
        records(document, "model")
    assert (error.value.code, error.value.where) == ("E-DVC-003", "model/dvc.lock")


DOCUMENT = {
    "stages": {
        "fetch": {"cmd": "x", "outs": ["raw"]},
        "each": {"foreach": [1], "do": {"cmd": "x", "outs": ["a"]}},
        "train": {"cmd": "x", "deps": ["raw"], "outs": ["m"]},
        "tune": {"cmd": "x", "params": ["seed"], "outs": ["t"]},
    }
}


def test_stages_that_read_nothing_and_never_ran() -> None:
    assert sources_never_run({}, DOCUMENT) == ["fetch", "each"]
    ran = {name: Record(name=name, cmd="x") for name in ("fetch", "each@1")}
    assert sources_never_run(ran, DOCUMENT) == []


def test_records_of_stages_that_are_gone_are_dropped() -> None:
    stages = {name: Record(name=name, cmd="x") for name in ("train", "each@1", "gone", "gone@1")}
    assert list(defined_only(stages, DOCUMENT)) == ["train", "each@1"]
    assert defined_only(stages, None) == {}


def test_what_a_stage_no_longer_names_is_trimmed_where_that_is_known() -> None:
    stages = {
        "train": Record(name="train", cmd="x", deps={"model/raw": "a", "model/old.py": "b"}, outs={"model/m": "c"}),
        "each@1": Record(name="each@1", cmd="x", outs={"model/b": "d"}),
    }
    known = definitions(stages, DOCUMENT, "model", {})
    assert set(known) == {"train"}
    assert trimmed(stages, known)["train"].deps == {"model/raw": "a"}
    assert trimmed(stages, known)["each@1"] == stages["each@1"]


def test_working_folders_of_a_definition_that_is_none() -> None:
    assert working_folders(None) == working_folders({"stages": [1]}) == {}
    assert working_folders({"stages": {"a": {"wdir": "src"}, "b": {}}}) == {"a": "src"}


@given(st.text(alphabet="abc./", max_size=20))
def test_a_normal_path_never_leaves_the_root(path: str) -> None:
    try:
        found = normal("model", path)
    except Unsettled:
        return
    assert not found.startswith("/")
    assert ".." not in found.split("/")
