"""Whether a lock's records provably hold: each single difference has to raise a doubt."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tidegate.core.training.freshness import doubts, leading_to, same, to_be_read
from tidegate.core.training.pipeline import definition, records

DEFINED: dict[str, Any] = {
    "stages": {
        "prepare": {"cmd": "prepare", "deps": ["../data", "prepare.py"], "outs": ["ready.csv"]},
        "train": {
            "cmd": "train ${rate}",
            "deps": ["ready.csv"],
            "params": ["rate", {"more.yaml": None}],
            "outs": ["model.onnx"],
        },
        "unrelated": {"cmd": "other", "deps": ["other.py"], "outs": ["other.txt"]},
    }
}
LOCK: dict[str, Any] = {
    "stages": {
        "prepare": {
            "cmd": "prepare",
            "deps": [
                {"path": "../data", "hash": "md5", "md5": "d.dir"},
                {"path": "prepare.py", "hash": "md5", "md5": "p"},
            ],
            "outs": [{"path": "ready.csv", "hash": "md5", "md5": "r"}],
        },
        "train": {
            "cmd": "train 0.1",
            "deps": [{"path": "ready.csv", "hash": "md5", "md5": "r"}],
            "params": {"params.yaml": {"rate": 0.1}, "more.yaml": {"deep": {"er": 1}}},
            "outs": [{"path": "model.onnx", "hash": "md5", "md5": "m"}],
        },
        "unrelated": {
            "cmd": "other",
            "deps": [{"path": "other.py", "hash": "md5", "md5": "o"}],
            "outs": [{"path": "other.txt", "hash": "md5", "md5": "t"}],
        },
    }
}


@dataclass
class Files:
    digests: dict[str, str] = field(
        default_factory=lambda: {"data": "d.dir", "model/prepare.py": "p", "model/other.py": "o"}
    )
    documents: dict[str, Any] = field(
        default_factory=lambda: {"model/params.yaml": {"rate": 0.1}, "model/more.yaml": {"deep": {"er": 1}}}
    )

    def digest(self, path: str) -> str | None:
        return self.digests.get(path)

    def document(self, path: str) -> Any:
        return self.documents.get(path)


@dataclass
class World:
    defined: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(DEFINED))
    lock: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(LOCK))
    files: Files = field(default_factory=Files)

    def doubts(self, output: str | None = None) -> dict[str, list[str]]:
        return doubts(records(self.lock, "model"), self.defined, "model", self.files, output)


def test_records_that_hold_raise_no_doubt() -> None:
    assert World().doubts() == {}
    assert World().doubts("model/model.onnx") == {}


CHANGES: dict[str, Callable[[World], Any]] = {
    "code": lambda world: world.files.digests.update({"model/prepare.py": "q"}),
    "code is gone": lambda world: world.files.digests.pop("model/prepare.py"),
    "data": lambda world: world.files.digests.update({"data": "e.dir"}),
    "parameter": lambda world: world.files.documents["model/params.yaml"].update(rate=0.2),
    "parameter's type": lambda world: world.files.documents["model/more.yaml"]["deep"].update(er=True),
    "parameter is gone": lambda world: world.files.documents["model/params.yaml"].pop("rate"),
    "parameter file is gone": lambda world: world.files.documents.pop("model/more.yaml"),
    "parameter is new in a file that counts whole": lambda world: world.files.documents["model/more.yaml"].update(x=1),
    "another parameter is tracked": lambda world: world.defined["stages"]["train"]["params"].insert(0, "seed"),
    "another parameter file is tracked": lambda world: world.defined["stages"]["train"]["params"].append(
        {"x.yaml": None}
    ),
    "command": lambda world: world.defined["stages"]["train"].update(cmd="train harder ${rate}"),
    "dependency is new": lambda world: world.defined["stages"]["train"]["deps"].append("train.py"),
    "dependency is dropped": lambda world: world.defined["stages"]["prepare"]["deps"].pop(),
    "output is new": lambda world: world.defined["stages"]["train"]["outs"].append("more.txt"),
    "stage became frozen": lambda world: world.defined["stages"]["train"].update(frozen=True),
    "record of the stage before is another's": lambda world: world.lock["stages"]["prepare"]["outs"][0].update(md5="s"),
    "record has no digest": lambda world: world.lock["stages"]["prepare"]["deps"][1].pop("md5"),
    "record is of an old kind": lambda world: world.lock["stages"]["prepare"]["deps"][1].pop("hash"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_difference_raises_a_doubt(change: Callable[[World], Any]) -> None:
    world = World()
    change(world)
    assert world.doubts()
    assert world.doubts("model/model.onnx")


def test_a_stage_that_was_never_recorded_raises_a_doubt() -> None:
    world = World()
    del world.lock["stages"]["unrelated"]
    assert world.doubts() == {"unrelated": ["stage unrelated was never recorded"]}


def test_a_record_whose_stage_is_gone_does_not_matter_and_proves_nothing() -> None:
    world = World()
    del world.defined["stages"]["unrelated"]
    assert world.doubts() == {}
    del world.defined["stages"]["prepare"]
    assert world.doubts() == {"train": ["model/ready.csv differs from what stage train read"]}
    world.files.digests["model/ready.csv"] = "r"
    assert world.doubts() == {}


def test_stages_that_do_not_lead_to_the_output_do_not_matter() -> None:
    world = World()
    world.files.digests["model/other.py"] = "changed"
    assert world.doubts()
    assert world.doubts("model/model.onnx") == {}


def test_what_leads_to_an_output() -> None:
    stages = records(LOCK, "model")
    assert leading_to(stages, "model/model.onnx") == ("train", "prepare")
    assert leading_to(stages, "nothing writes this") == ()


@pytest.mark.parametrize(
    ("stale", "read"),
    [
        ([], []),
        (["train"], ["model/ready.csv"]),
        (["prepare"], ["data", "model/prepare.py"]),
        (["unrelated"], ["model/other.py"]),
        (["prepare", "unrelated"], ["data", "model/other.py", "model/prepare.py"]),
    ],
)
def test_stale_stages_and_those_after_them_read_what_none_of_them_writes(stale: list[str], read: list[str]) -> None:
    assert to_be_read(records(LOCK, "model"), {}, stale) == read


def test_a_stage_that_never_ran_reads_what_its_definition_says() -> None:
    defined = {"new": definition("new", {"stages": {"new": {"cmd": "x", "deps": ["model.onnx"]}}}, "model", {})}
    assert to_be_read(records(LOCK, "model"), defined, ["new"]) == ["model/model.onnx"]
    assert to_be_read(records(LOCK, "model"), defined, ["train"]) == ["model/ready.csv"]


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1, True),
        (1, 1.0, False),
        (1, True, False),
        ([1, "a"], [1, "a"], True),
        ([1], [1, 2], False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"b": 1}, False),
        (None, None, True),
        (None, {}, False),
    ],
    ids=repr,
)
def test_sameness_is_of_value_and_type(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is same(other, one) is equal
