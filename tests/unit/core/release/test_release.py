"""The file that says what runs: what is written is read again, and nothing else is."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.release.release import Release, parsed, text
from tidegate.core.release.tags import assignment_tags, next_assignment, next_version, version_tag
from tidegate.errors import InputError

names = st.from_regex(r"\A[a-z][a-z0-9_]{0,12}\Z")
sums = st.from_regex(r"\Asha256:[0-9a-f]{64}\Z")
releases = st.builds(
    Release,
    model=st.just("bike-demand"),
    version=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,12}\Z"),
    commit=st.from_regex(r"\A[0-9a-f]{40}\Z"),
    digests=st.dictionaries(names, sums, max_size=4),
    metrics=st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=4),
    origin=st.dictionaries(names, st.from_regex(r"\A[1-9][0-9]{0,9}\Z"), max_size=3),
)


@given(releases)
def test_what_is_written_is_read_again(release: Release) -> None:
    assert parsed(yaml.load(text(release), Loader=yaml.BaseLoader), "release.yaml") == release  # noqa: S506 - texts only


@given(releases)
def test_other_readers_of_yaml_take_the_version_for_what_it_is(release: Release) -> None:
    read = yaml.safe_load(text(release))["version"]
    assert str(read) == release.version
    assert isinstance(read, str) or release.version.isdigit()


GOOD = {"model": "bike-demand", "version": "7", "commit": "c" * 40}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": None}, "names no model"),
        ({"model": "../bike"}, "names no model"),
        ({"commit": "c" * 39}, "no full commit id"),
        ({"commit": "main"}, "no full commit id"),
        ({"version": None}, "has no version"),
        ({"version": "-7"}, "has no version"),
        ({"digests": {"model": "latest"}}, "the digest model is 'latest'"),
        ({"digests": ["sha256:00"]}, "digests is no mapping"),
        ({"metrics": {"rmse": "small"}}, "a metric is no number"),
        ({"image": "latest"}, "it has 'image'"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_no_promotion_wrote_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        parsed({**GOOD, **change}, "environments/staging/release.yaml")
    assert caught.value.code == "E-REL-001"
    assert caught.value.where == "environments/staging/release.yaml"


def test_tags_of_other_models_and_other_tools_do_not_count() -> None:
    tags = ["bike@v1", "bike@v12", "bike-demand@v3", "bike@v0", "bike@latest", "v13", "bike@v2!", "bike#staging#4"]
    assert next_version("bike", tags) == "13"
    assert next_version("bike-demand", tags) == "4"
    assert next_version("new", tags) == "1"
    assert version_tag("bike", "13") == "bike@v13"


def test_what_came_to_run_is_in_the_order_in_which_it_did() -> None:
    tags = ["bike#staging#2", "bike#staging#10", "bike#production#3", "bike#staging#1", "bike-demand#staging#11"]
    assert assignment_tags("bike", "staging", tags) == ["bike#staging#1", "bike#staging#2", "bike#staging#10"]
    assert next_assignment("bike", "staging", tags) == "bike#staging#11"
    assert next_assignment("bike", "canary", tags) == "bike#canary#1"
