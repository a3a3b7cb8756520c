"""The recipes of an image: nothing is run while it is built, and its labels say what is in it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tidegate.core.release.image import (
    RELEASE,
    Contents,
    arguments,
    comparing,
    differing,
    labels,
    release_recipe,
    runtime_recipe,
    untagged,
)

DIGEST = f"sha256:{'a' * 64}"
CONTENTS = Contents(
    model="bike",
    version="7",
    commit="b" * 40,
    release=DIGEST,
    files={"model.onnx": f"sha256:{'c' * 64}", "profile.json": f"sha256:{'d' * 64}"},
    base=f"python:3.12@{DIGEST}",
)


@pytest.mark.parametrize("recipe", [runtime_recipe(CONTENTS.base), release_recipe("sha256:1", CONTENTS)])
def test_nothing_is_run_while_an_image_is_built(recipe: str) -> None:
    words = [line.split()[0] for line in recipe.splitlines()]
    assert words[0] == "FROM"
    assert set(words) <= {"FROM", "ADD", "USER", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "LABEL", "CMD"}


def test_no_shell_starts_the_server() -> None:
    recipe = runtime_recipe(CONTENTS.base)
    entry = next(line for line in recipe.splitlines() if line.startswith("ENTRYPOINT"))
    assert json.loads(entry.partition(" ")[2])[0] == "python3"
    health = next(line for line in recipe.splitlines() if line.startswith("HEALTHCHECK"))
    assert json.loads(health.partition(" CMD ")[2])[0] == "python3"
    assert "\nUSER 65532:65532\n" in recipe


def test_the_server_is_told_which_release_it_must_be() -> None:
    given = arguments(DIGEST)
    assert given[given.index("--digest") + 1] == DIGEST


def test_an_image_compares_without_a_shell_what_two_releases_answer() -> None:
    command = comparing("10.0.0.1:8080", "[fd00::1]:8080")
    assert command[:3] == ["python3", "-I", "-c"]
    assert "from tidegate.server.mirroring.__main__ import main" in command[3]
    assert command[command.index("--of") + 1] == "10.0.0.1:8080"
    assert command[command.index("--to") + 1] == "[fd00::1]:8080"


def test_labels_say_what_is_in_an_image() -> None:
    assert labels(CONTENTS)[RELEASE] == DIGEST
    assert labels(CONTENTS)["io.tidegate.file.model.onnx"] == f"sha256:{'c' * 64}"
    assert labels(CONTENTS)["org.opencontainers.image.base.digest"] == DIGEST


@pytest.mark.parametrize(
    "other",
    [
        replace(CONTENTS, version="8"),
        replace(CONTENTS, commit="0" * 40),
        replace(CONTENTS, release=f"sha256:{'0' * 64}"),
        replace(CONTENTS, files={**CONTENTS.files, "model.onnx": f"sha256:{'0' * 64}"}),
    ],
    ids=["version", "commit", "release", "a file"],
)
def test_labels_of_something_else_differ(other: Contents) -> None:
    assert len(differing(labels(other), CONTENTS)) == 1
    assert differing(labels(CONTENTS), CONTENTS) == []
    assert differing({}, CONTENTS)


def test_another_base_is_no_other_release() -> None:
    assert differing(labels(replace(CONTENTS, base=f"other@sha256:{'0' * 64}")), CONTENTS) == []


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (f"python:3.12@{DIGEST}", f"python@{DIGEST}"),
        (f"python@{DIGEST}", f"python@{DIGEST}"),
        (f"127.0.0.1:5000/base:1@{DIGEST}", f"127.0.0.1:5000/base@{DIGEST}"),
        (f"127.0.0.1:5000/base@{DIGEST}", f"127.0.0.1:5000/base@{DIGEST}"),
    ],
)
def test_a_tag_beside_a_digest_says_nothing(reference: str, expected: str) -> None:
    assert untagged(reference) == expected
