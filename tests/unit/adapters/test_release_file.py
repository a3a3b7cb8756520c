"""A release file names one model version, or is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.adapters.release_file import parse
from tidegate.core.release.release import Release, text
from tidegate.errors import InputError

COMMIT = "4f1c9a2" + "0" * 33
WHOLE = f"""\
model: bike-demand
version: 7
commit: {COMMIT}
digests: {{model: "sha256:{"1" * 64}", data: "md5:{"2" * 32}.dir"}}
metrics: {{rmse: 71.3}}
"""


def test_a_release_is_read() -> None:
    assert parse(WHOLE.encode(), "release.yaml") == Release(
        model="bike-demand",
        commit=COMMIT,
        version="7",
        digests={"model": f"sha256:{'1' * 64}", "data": f"md5:{'2' * 32}.dir"},
        metrics={"rmse": 71.3},
    )


BROKEN = {
    "empty": ("", "it is no mapping"),
    "a list": ("- model", "it is no mapping"),
    "no model": (WHOLE.replace("model: bike-demand\n", ""), "it names no model"),
    "a branch": (WHOLE.replace(COMMIT, "main"), "commit 'main' is no full commit id"),
    "a short commit": (WHOLE.replace(COMMIT, COMMIT[:12]), "is no full commit id"),
    "an option": (WHOLE.replace(COMMIT, "--upload-pack=x"), "is no full commit id"),
    "no version": (WHOLE.replace("version: 7\n", ""), "it has no version"),
    "no YAML": ("model: [", "while parsing"),
    "not UTF-8": (b"model: \xff\xfe", ""),
    "an object": (WHOLE.replace("bike-demand", "!!python/object/apply:os.getcwd []"), "it names no model"),
    "no digest": (WHOLE.replace("sha256:", "latest:"), "the digest model is"),
    "another key": (WHOLE + "image: latest\n", "it has 'image'"),
    "large": ("x: " + "y" * 70_000, "larger than"),
}


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_no_promotion_wrote_is_refused(content: str | bytes, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(content.encode() if isinstance(content, str) else content, "environments/production/release.yaml")
    assert caught.value.code == "E-REL-001"
    assert caught.value.where == "environments/production/release.yaml"
    assert reason in caught.value.message


@given(st.dictionaries(st.text(max_size=40), st.floats(allow_nan=False, allow_infinity=False), max_size=5))
def test_no_name_of_a_metric_changes_what_the_file_says(metrics: dict[str, float]) -> None:
    release = Release(model="bike-demand", version="7", commit="a" * 40, metrics=metrics)
    assert parse(text(release).encode(), "release.yaml") == release


@given(st.text(max_size=40))
def test_no_origin_changes_what_the_file_says(origin: str) -> None:
    release = Release(model="bike-demand", version="7", commit="a" * 40, origin={"run": origin})
    assert parse(text(release).encode(), "release.yaml") == release
