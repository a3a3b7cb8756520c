"""Git as it is met in workflows: shallow, detached, without the base, with hostile refs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tidegate.adapters import git
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal

Run = Callable[..., str]


def run_git(folder: Path, *arguments: str) -> str:
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, env={**os.environ, **identity}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """main: base, later; topic: base, change (a.txt edited, ü.txt new)."""
    folder = tmp_path / "origin"
    folder.mkdir()
    run_git(folder, "init", "-q", "-b", "main")
    run_git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    (folder / "a.txt").write_text("1")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-qm", "base")
    run_git(folder, "checkout", "-qb", "topic")
    (folder / "a.txt").write_text("2")
    (folder / "ü.txt").write_text("new")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-qm", "change")
    run_git(folder, "checkout", "-q", "main")
    (folder / "later.txt").write_text("3")
    run_git(folder, "add", ".")
    run_git(folder, "commit", "-qm", "later")
    return folder


@pytest.fixture
def shallow(origin: Path, tmp_path: Path) -> Path:
    """A clone of the topic branch alone, one commit deep, as checkouts in workflows are."""
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", "--branch=topic", f"file://{origin}", str(tmp_path / "shallow")], check=True
    )
    return tmp_path / "shallow"


def test_the_base_of_a_shallow_clone_is_fetched_alone(origin: Path, shallow: Path) -> None:
    base = run_git(origin, "rev-parse", "topic~1")
    assert git.commit_of(shallow, base) is None
    assert git.ensure_commit(shallow, base) == base
    assert set(git.changed_paths(shallow, base, "HEAD")) == {"a.txt", "ü.txt"}
    assert git.commit_of(shallow, run_git(origin, "rev-parse", "main")) is None


def test_a_branch_that_is_not_here_is_fetched_by_name(origin: Path, shallow: Path) -> None:
    assert git.ensure_commit(shallow, "main") == run_git(origin, "rev-parse", "main")


def test_a_commit_that_nobody_has_names_the_fix(shallow: Path) -> None:
    with pytest.raises(InfrastructureError, match="not in this clone") as caught:
        git.ensure_commit(shallow, "1" * 40)
    assert "fetch-depth" in caught.value.fix


@pytest.mark.parametrize(
    "ref", ["", "--upload-pack=touch x", "-x", "a..b", "a b", "a\nb", "HEAD^{commit}", "a:b", "@{-1}\\"]
)
def test_refs_that_git_could_read_otherwise_are_refused(shallow: Path, ref: str) -> None:
    with pytest.raises(SecurityRefusal):
        git.ensure_commit(shallow, ref)


def test_work_tree_changes_count_new_files_but_not_ignored_ones(origin: Path) -> None:
    (origin / ".gitignore").write_text("ignored\n")
    (origin / "ignored").write_text("x")
    (origin / "new\nline").write_text("x")
    assert git.changed_paths(origin, "HEAD", None) == (".gitignore", "new\nline")


def test_files_and_trees_of_a_commit(origin: Path) -> None:
    assert git.show(origin, "topic", "ü.txt") == b"new"
    assert git.show(origin, "main", "ü.txt") is None
    assert set(git.tree_ids(origin, "topic", ["a.txt", "ü.txt", "absent"])) == {"a.txt", "ü.txt"}


def test_a_second_work_tree_leaves_nothing_behind(origin: Path) -> None:
    with git.work_tree(origin, git.head(origin)) as tree:
        assert (tree / "later.txt").read_text() == "3"
        assert len(run_git(origin, "worktree", "list").splitlines()) == 2
    assert not tree.exists()
    assert len(run_git(origin, "worktree", "list").splitlines()) == 1


def test_a_folder_without_a_commit_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a Git checkout"):
        git.head(tmp_path)
