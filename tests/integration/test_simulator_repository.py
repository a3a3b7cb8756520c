"""Repositories with the same bytes every time, and their mirror in the emulator."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tidegate.errors import InfrastructureError, InputError
from tidegate.simulator import repository
from tidegate.simulator.front import GitHub
from tidegate.simulator.mirror import Mirror
from tidegate.simulator.repository import Repository


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    for name, data in {
        "a.txt": b"one\n",
        "deep/er/b.bin": b"\0\xff\n",
        "ünï code.txt": b"x",
        "ignored/c": b"no",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ".gitignore").write_text("ignored\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("a.txt")
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True, timeout=30)
    return folder


@pytest.fixture
def origin(source: Path, tmp_path: Path) -> Repository:
    return repository.create(source, tmp_path / "o/n.git", author="Ada")


def _paths(origin: Repository, revision: str) -> set[str]:
    return set(origin.git("ls-tree", "-r", "-z", "--name-only", revision).strip("\0").split("\0"))


def test_it_holds_what_is_tracked_or_new_and_not_what_is_ignored(origin: Repository) -> None:
    assert _paths(origin, "main") == {".gitignore", "a.txt", "deep/er/b.bin", "ünï code.txt", "run.sh", "link"}


def test_the_same_files_make_the_same_commits(source: Path, origin: Repository, tmp_path: Path) -> None:
    again = repository.create(source, tmp_path / "again.git", author="Ada")
    assert again.tip("main") == origin.tip("main")
    edits = {"a.txt": "two\n"}
    assert again.commit("topic", edits, "x", author="Ada") == origin.commit("topic", edits, "x", author="Ada")


def test_a_commit_edits_adds_and_deletes(origin: Repository) -> None:
    origin.commit("topic", {"a.txt": "two\n", "new/d.txt": "d", "run.sh": None}, "x", author="Ada")
    assert _paths(origin, "topic") == {".gitignore", "a.txt", "deep/er/b.bin", "ünï code.txt", "link", "new/d.txt"}
    assert origin.read("topic", "a.txt") == "two\n"
    assert origin.read("main", "a.txt") == "one\n"
    assert sorted(origin.changed("main", "topic")) == ["a.txt", "new/d.txt", "run.sh"]


def test_an_edited_program_stays_one(origin: Repository) -> None:
    origin.commit("topic", {"run.sh": "#!/bin/bash\n"}, "x", author="Ada")
    assert origin.git("ls-tree", "--format=%(objectmode)", "topic", "run.sh") == "100755"


def test_a_file_that_is_not_there_is_named(origin: Repository) -> None:
    with pytest.raises(InputError, match=r"model/params\.yaml"):
        origin.read("main", "model/params.yaml")


def test_a_merge_has_both_parents_and_a_conflict_none(origin: Repository) -> None:
    head = origin.commit("topic", {"a.txt": "two\n"}, "x", author="Ada")
    base = origin.commit("main", {"run.sh": "y\n"}, "y", author="Ada")
    merge = origin.merge(3, base, head)
    assert merge == origin.tip("refs/pull/3/merge")
    assert origin.git("rev-parse", f"{merge}^1", f"{merge}^2").split() == [base, head]
    assert origin.read(str(merge), "run.sh") == "y\n"
    conflicting = origin.commit("main", {"a.txt": "three\n"}, "z", author="Ada")
    assert origin.merge(3, conflicting, head) is None
    assert origin.tip("refs/pull/3/head") == head


def test_a_fork_goes_its_own_way_and_can_be_fetched_from(origin: Repository, tmp_path: Path) -> None:
    copy = repository.fork(origin, tmp_path / "v/n.git")
    head = copy.commit("idea", {"a.txt": "theirs\n"}, "x", author="Visitor")
    assert origin.tip("idea") is None
    assert origin.fetch(copy, "refs/heads/idea") == head


def test_a_clone_stands_at_a_commit_with_the_asked_for_names(origin: Repository, tmp_path: Path) -> None:
    commit = origin.commit("topic", {"a.txt": "two\n"}, "x", author="Ada")
    origin.check_out(commit, tmp_path / "clone", ["a.txt", "deep", "absent"])
    assert {path.name for path in (tmp_path / "clone").iterdir()} == {".git", "a.txt", "deep"}
    assert Repository(path=tmp_path / "clone/.git").git("rev-parse", "HEAD") == commit


def test_a_folder_of_several_commits_is_kept_once_and_linked(origin: Repository, tmp_path: Path) -> None:
    store = tmp_path / "trees"
    first = origin.commit("topic", {"a.txt": "two\n"}, "x", author="Ada")
    second = origin.commit("topic", {"deep/new.sh": "true\n"}, "x", author="Ada")
    for commit in (first, str(origin.tip("main")), second):
        (tmp_path / commit).mkdir()
        origin.link(commit, "deep", tmp_path / commit, store)
        listed = set(origin.git("ls-tree", "-r", "--name-only", f"{commit}:deep").splitlines())
        place = tmp_path / commit / "deep"
        assert {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()} == listed
    assert len(list(store.iterdir())) == 2
    for name in ("absent", "a.txt"):
        origin.link(first, name, tmp_path / first, store)
        assert not (tmp_path / first / name).exists()


def test_a_folder_that_is_no_work_tree_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(InputError, match="not a Git work tree"):
        repository.create(tmp_path / "plain", tmp_path / "x.git", author="Ada")


def test_the_emulator_computes_the_same_ids(origin: Repository, github: GitHub) -> None:
    mirror = Mirror(origin, github.repository, github)
    main = mirror.push("heads/main")
    origin.commit("topic", {"a.txt": "two\n", "deep/er/c.txt": "c\n", "link": None}, "x", author="Ada")
    head = mirror.push("heads/topic")
    origin.merge(1, main, head)
    merge = mirror.push("pull/1/merge")
    root = f"/repos/{github.repository}"
    assert github.ask("GET", f"{root}/git/ref/heads/topic")["object"]["sha"] == head
    assert [p["sha"] for p in github.ask("GET", f"{root}/git/commits/{merge}")["parents"]] == [main, head]
    compared = github.ask("GET", f"{root}/compare/main...topic")
    assert sorted(file["filename"] for file in compared["files"]) == ["a.txt", "deep/er/c.txt", "link"]
    with pytest.raises(InfrastructureError, match="absent is not there"):
        mirror.push("heads/absent")
