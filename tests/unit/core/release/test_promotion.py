"""What is promoted is what was reviewed, however it was merged; anything else stops here."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from tidegate.core.evidence import Subject
from tidegate.core.release.promotion import is_same_model, release_of
from tidegate.errors import InputError, SecurityRefusal

JUDGED = Subject(commit="a" * 40, tree="t", data="md5:" + "d" * 32, params="p", environment="e", policy="y")
MERGED = replace(JUDGED, commit="b" * 40)
DIGESTS = {"release": "sha256:" + "1" * 64, "model": "sha256:" + "2" * 64, "recorded": "md5:" + "3" * 32}
VERDICT_DIGEST = "sha256:" + "4" * 64


def verdict(**changes: Any) -> dict[str, Any]:
    result = {
        "sentence": "promotable",
        "candidate": {"artifacts": {"model/model.onnx": DIGESTS["recorded"]}},
        "metrics": [{"name": "rmse", "candidate": 48.4}, {"name": "r2", "candidate": None}],
    }
    return {"model": "bike", "verdict": "pass", "subject": asdict(JUDGED), "result": result, **changes}


def test_a_squash_merge_promotes_what_was_judged() -> None:
    found = release_of(verdict(), VERDICT_DIGEST, MERGED, "7", DIGESTS)
    assert (found.model, found.version, found.commit) == ("bike", "7", "b" * 40)
    assert found.digests == {
        "release": DIGESTS["release"],
        "model": DIGESTS["model"],
        "data": JUDGED.data,
        "verdict": VERDICT_DIGEST,
    }
    assert found.metrics == {"rmse": 48.4}
    assert is_same_model(found, DIGESTS)


@pytest.mark.parametrize("word", ["fail", "undecided", "incomparable", "error", "skipped"])
def test_only_a_pass_is_promoted(word: str) -> None:
    with pytest.raises(InputError, match=f"the verdict is {word}") as caught:
        release_of(verdict(verdict=word), VERDICT_DIGEST, MERGED, "7", DIGESTS)
    assert caught.value.code == "E-PRO-002"


@pytest.mark.parametrize("member", ["tree", "data", "params", "environment", "policy"])
@pytest.mark.parametrize("value", ["other", None])
def test_other_inputs_stop_it(member: str, value: str | None) -> None:
    with pytest.raises(InputError, match="is not what was judged") as caught:
        release_of(verdict(), VERDICT_DIGEST, replace(MERGED, **{member: value}), "7", DIGESTS)
    assert caught.value.code == "E-PRO-003"


def test_inputs_unknown_on_both_sides_are_not_the_same() -> None:
    judged = {**asdict(JUDGED), "tree": None}
    with pytest.raises(InputError, match="files of the model"):
        release_of(verdict(subject=judged), VERDICT_DIGEST, replace(MERGED, tree=None), "7", DIGESTS)


def test_another_model_than_the_judged_one_is_a_danger() -> None:
    with pytest.raises(SecurityRefusal, match="none of the files that were judged"):
        release_of(verdict(), VERDICT_DIGEST, MERGED, "7", {**DIGESTS, "recorded": "md5:" + "9" * 32})
