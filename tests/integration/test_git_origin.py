"""Git's remote: what it takes, what it refuses and why, and a token that no list of processes shows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fixtures.remotes import Remote
from fixtures.remotes import remote as made
from pipelines import environment
from tidegate.adapters.git_origin import Origin, Sent, credentials
from tidegate.errors import InfrastructureError, InputError

SECRET = "ghs_0123456789abcdefghij"


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    return made(tmp_path)


@pytest.fixture
def origin(remote: Remote) -> Origin:
    return Origin(repository=remote.here.root, environ=environment())


def headers(repository: Path, environ: dict[str, str], url: str) -> list[str]:
    """What Git would send to an address."""
    asked = ["git", "-C", str(repository), "config", "--get-urlmatch", "http.extraheader", url]
    return subprocess.run(asked, env=environ, capture_output=True, text=True, check=False).stdout.split("\n")[:-1]


def test_the_token_goes_to_its_own_server_and_replaces_what_a_checkout_left(remote: Remote) -> None:
    remote.here.git("config", "http.https://github.com/.extraheader", "AUTHORIZATION: basic b2xk")
    environ = credentials(environment(), "https://github.com", SECRET)
    (sent,) = headers(remote.here.root, environ, "https://github.com/harbour/bike.git")
    assert sent.startswith("AUTHORIZATION: basic ")
    assert "b2xk" not in sent
    assert SECRET not in str(environ)
    assert headers(remote.here.root, environ, "https://evil.example/harbour/bike.git") == []


def test_configuration_that_the_caller_gave_stays() -> None:
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b", "GIT_CONFIG_VALUE_0": "c"}
    found = credentials(given, "https://github.com/", SECRET)
    assert found["GIT_CONFIG_KEY_0"] == "a.b"
    assert found["GIT_CONFIG_COUNT"] == "3"
    assert found["GIT_CONFIG_KEY_1"] == found["GIT_CONFIG_KEY_2"] == "http.https://github.com/.extraheader"
    assert found["GIT_CONFIG_VALUE_1"] == ""


def test_a_commit_and_a_tag_touch_nothing_before_they_are_sent(remote: Remote, origin: Origin) -> None:
    remote.here.write("README.md", "changed and not committed\n")
    before = remote.here.git("for-each-ref"), remote.here.git("status", "--porcelain")
    commit = origin.commit(remote.tip(), {"a/b.txt": b"\x00", "README.md": None}, "one\n\ntwo")
    tag = origin.tag("bike@v1", commit, '{"release": "x"}')
    assert (remote.here.git("for-each-ref"), remote.here.git("status", "--porcelain")) == before
    assert origin.send(f"{commit}:refs/heads/main", f"{tag}:refs/tags/bike@v1").sent is Sent.TAKEN
    assert origin.refs("refs/tags/bike@v*") == {"refs/tags/bike@v1": tag}
    assert remote.tip() == commit
    listing = remote.here.run("git", "--git-dir", str(remote.bare), "ls-tree", "-r", "--name-only", "main")
    assert listing.split() == ["a/b.txt"]


def test_all_is_sent_or_nothing(remote: Remote, origin: Origin) -> None:
    commit = origin.commit(remote.tip(), {"a.txt": b"1"}, "ours")
    theirs = remote.pushes("main", {"b.txt": "2"})
    reply = origin.send(f"{commit}:refs/heads/main", f"{origin.tag('x', commit, 'm')}:refs/tags/x")
    assert reply.sent is Sent.OVERTAKEN
    assert remote.tip() == theirs
    assert remote.tip("refs/tags/x") == ""


@pytest.mark.parametrize("pattern", ["refs/heads/*", "refs/tags/*"])
def test_a_rule_is_told_from_somebody_who_was_faster(remote: Remote, origin: Origin, pattern: str) -> None:
    remote.forbid(pattern)
    commit = origin.commit(remote.tip(), {"a.txt": b"1"}, "ours")
    reply = origin.send(f"{commit}:refs/heads/main", f"{origin.tag('x', commit, 'm')}:refs/tags/x")
    assert reply.sent is Sent.REFUSED
    assert "GH006" in reply.said
    assert remote.tip("refs/tags/x") == ""


def test_a_tag_is_never_moved(remote: Remote, origin: Origin) -> None:
    first = origin.tag("x", remote.tip(), "first")
    assert origin.send(f"{first}:refs/tags/x").sent is Sent.TAKEN
    assert origin.send(f"{origin.tag('x', remote.tip(), 'second')}:refs/tags/x").sent is Sent.OVERTAKEN
    assert origin.send(f"{first}:refs/tags/x").sent is Sent.TAKEN
    assert remote.tip("refs/tags/x") == first


def test_a_lease_gives_way_to_whoever_was_there(remote: Remote, origin: Origin) -> None:
    old = remote.pushes("topic", {"a.txt": "1"})
    remote.pushes("topic", {"a.txt": "2"})
    commit = origin.commit(remote.tip(), {"a.txt": b"3"}, "ours")
    reply = origin.send(f"{commit}:refs/heads/topic", lease=f"refs/heads/topic:{old}")
    assert reply.sent is Sent.OVERTAKEN


def test_a_remote_that_is_not_there_is_infrastructure(remote: Remote, origin: Origin, tmp_path: Path) -> None:
    remote.here.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    with pytest.raises(InfrastructureError) as caught:
        origin.send("HEAD:refs/heads/main")
    assert caught.value.code == "E-GIT-001"


def test_without_a_name_the_bot_commits(remote: Remote) -> None:
    kept = {key: value for key, value in environment().items() if not key.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))}
    assert (
        Origin(repository=remote.here.root, environ=kept)
        .email()
        .endswith("github-actions[bot]@users.noreply.github.com")
    )


def test_a_push_that_is_not_permitted_names_the_permission(remote: Remote, origin: Origin) -> None:
    program = remote.here.root / "refuse"
    program.write_text('#!/bin/sh\necho "remote: Permission to harbour/bike.git denied to x." >&2\nexit 1\n')
    program.chmod(0o755)
    remote.here.git("config", "remote.origin.receivepack", str(program))
    with pytest.raises(InputError) as caught:
        origin.send("HEAD:refs/heads/main")
    assert caught.value.code == "E-GIT-006"
    assert "`contents: write`" in caught.value.fix
