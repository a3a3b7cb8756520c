"""The copy that act reads may differ from the original in few ways and in no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tidegate.errors import InputError
from tidegate.simulator import workflow_yaml
from tidegate.simulator.rendering import (
    called_workflow,
    gated,
    local_repositories,
    render,
    rendered,
    sources,
    used,
)

ROOT = Path(__file__).resolve().parents[3]
OWN = "harbour/bikes/{}@c0ffee"


def _differences(before: Any, after: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            yield from _differences(before.get(key), after.get(key), (*path, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from _differences(*pair, (*path, number))
    elif before != after:
        yield path


def _allowed(path: tuple[object, ...], before: Any) -> bool:
    for key in path:
        if isinstance(before, dict | list):
            before = before.get(key) if isinstance(before, dict) else before[key]  # type: ignore[index]
    own = path[-1] == "uses" and isinstance(before, str) and before.startswith("$/")
    own = own or path[-1] in ("SIMULATED_ENVIRONMENT", "SIMULATED_GROUPS") or (path[-1] == "env" and before is None)
    return own or path[-2:] == ("concurrency", "queue") or path[-1] == "cache-mode"


@pytest.mark.parametrize("file", list(sources(ROOT)), ids=lambda file: str(file.relative_to(ROOT)))
def test_the_copy_of_our_files_differs_only_in_what_act_cannot_read(file: Path) -> None:
    before = workflow_yaml.load(file.read_text(encoding="utf-8"), file.name)
    after = workflow_yaml.load(workflow_yaml.dump(gated(rendered(before, OWN))), file.name)
    assert [path for path in _differences(before, after) if not _allowed(path, before)] == []
    assert not [uses for uses in used(after) if uses.startswith("$/")]


def test_the_three_rewrites() -> None:
    before = workflow_yaml.load(
        """
on: push
cache-mode: none
concurrency: {group: a, queue: max, cancel-in-progress: false}
jobs:
  queue:
    cache-mode: read
    steps:
      - uses: $/actions/greet
        with: {queue: kept}
  call: {uses: $/.github/workflows/x.yml}
""",
        "x.yml",
    )
    assert rendered(before, OWN) == {
        "on": "push",
        "concurrency": {"group": "a", "cancel-in-progress": False},
        "jobs": {
            "queue": {"steps": [{"uses": "harbour/bikes/actions/greet@c0ffee", "with": {"queue": "kept"}}]},
            "call": {"uses": "harbour/bikes/.github/workflows/x.yml@c0ffee"},
        },
    }


QUEUED = {"group": "g-${{ github.ref }}", "cancel-in-progress": False}


@pytest.mark.parametrize(
    ("shared", "job", "variables"),
    [
        ({}, {}, None),
        ({}, {"environment": "staging"}, {"SIMULATED_ENVIRONMENT": "staging"}),
        ({}, {"environment": {"name": "${{ matrix.e }}", "url": "x"}}, {"SIMULATED_ENVIRONMENT": "${{ matrix.e }}"}),
        ({"concurrency": QUEUED}, {}, {"SIMULATED_GROUPS": "g-${{ github.ref }}"}),
        ({"concurrency": QUEUED}, {"concurrency": "h"}, {"SIMULATED_GROUPS": "g-${{ github.ref }},h"}),
        ({"concurrency": {**QUEUED, "cancel-in-progress": True}}, {}, None),
        ({}, {"environment": "e", "env": {"A": "1"}}, {"A": "1", "SIMULATED_ENVIRONMENT": "e"}),
    ],
    ids=["nothing", "a name", "a mapping", "the workflow's", "both", "one that cancels", "beside others"],
)
def test_jobs_know_what_they_wait_for(
    shared: dict[str, Any], job: dict[str, Any], variables: dict[str, str] | None
) -> None:
    job = {"steps": [], **job}
    [found] = gated({**shared, "jobs": {"deploy": job}})["jobs"].values()
    assert found == ({**job, "env": variables} if variables else job)


def test_a_job_that_calls_a_workflow_has_no_variables() -> None:
    workflow = {"concurrency": QUEUED, "jobs": {"call": {"uses": "./.github/workflows/x.yml"}}}
    assert gated(workflow) == workflow


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "y", "'true'", "1.10", "2026-01-05", "0x10", "null", "~"])
def test_a_scalar_survives_the_round_trip(word: str) -> None:
    value = workflow_yaml.load(f"key: {word}", "x.yml")
    assert workflow_yaml.load(workflow_yaml.dump(value), "x.yml") == value
    if word in ("on", "off", "yes", "no", "y"):
        assert value == {"key": word}


@pytest.mark.parametrize("text", ["a: [", "- a", "word"])
def test_what_is_no_mapping_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError) as caught:
        workflow_yaml.load(text, "broken.yml")
    assert caught.value.where == "broken.yml"


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_every_used_action_is_found_without_a_network(tmp_path: Path) -> None:
    toolkit = tmp_path / "toolkit"
    toolkit.mkdir()
    _write(
        tmp_path / "project",
        ".github/workflows/a.yml",
        """
on: push
jobs:
  a:
    steps:
      - uses: actions/checkout@v9
      - uses: actions/cache/restore@v9
      - uses: someone/tidegate/actions/x@v1
      - uses: ./local
      - uses: $/actions/own
""",
    )
    render(tmp_path / "project", "harbour/bikes", "c0ffee")
    places = local_repositories(tmp_path / "project", "harbour/bikes", "c0ffee", toolkit)
    assert set(places) == {"harbour/bikes@c0ffee", "actions/checkout@v9", "actions/cache@v9", "someone/tidegate@v1"}
    assert (places["actions/cache@v9"] / "restore/action.yml").is_file()
    assert places["someone/tidegate@v1"] == toolkit


def test_an_action_without_a_stand_in_is_named(tmp_path: Path) -> None:
    _write(tmp_path, ".github/workflows/a.yml", "on: push\njobs: {a: {steps: [{uses: docker/login-action@v4}]}}\n")
    with pytest.raises(InputError, match="docker/login-action@v4") as caught:
        local_repositories(tmp_path, "harbour/bikes", "c0ffee", tmp_path)
    assert "actions/checkout" in caught.value.message


def test_our_own_workflows_need_nothing_else() -> None:
    assert local_repositories(ROOT, "harbour/bikes", "c0ffee", ROOT)


@pytest.mark.parametrize(
    ("uses", "place"),
    [
        ("./.github/workflows/x.yml", "project"),
        ("harbour/bikes/.github/workflows/x.yml@c0ffee", "project"),
        ("tidegate/tidegate/.github/workflows/x.yml@v1", "toolkit"),
        ("actions/checkout@v9", None),
        ("", None),
    ],
)
def test_a_called_workflow_is_found(uses: str, place: str | None) -> None:
    found = called_workflow(uses, Path("project"), Path("toolkit"))
    assert found == (Path(place) / ".github/workflows/x.yml" if place else None)
