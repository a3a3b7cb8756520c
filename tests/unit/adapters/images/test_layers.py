"""A layer is its bytes: neither clock nor owner nor the order of a folder is in it."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tidegate.adapters.images.layers import Entry, context, tarred, tree

NAMES = st.lists(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8}){0,2}\.x", fullmatch=True), unique=True, min_size=1, max_size=8)


@given(NAMES, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(names: list[str], chance: Random) -> None:
    entries = [Entry(name=name, data=name.encode()) for name in names]
    mixed = list(entries)
    chance.shuffle(mixed)
    assert tarred(entries) == tarred(mixed)


def test_neither_times_nor_owners_nor_modes_are_in_it(tmp_path: Path) -> None:
    told = []
    for moment, mode in ((1, 0o600), (2_000_000_000, 0o755)):
        (tmp_path / "a").write_bytes(b"bytes")
        (tmp_path / "a").chmod(mode)
        os.utime(tmp_path / "a", (moment, moment))
        told.append(tarred(tree(tmp_path, "/opt/x")))
    assert told[0] == told[1]
    with tarfile.open(fileobj=io.BytesIO(told[0])) as archive:
        assert [(member.name, member.mtime, member.uid) for member in archive] == [
            ("opt", 0, 0),
            ("opt/x", 0, 0),
            ("opt/x/a", 0, 0),
        ]


def test_what_an_installer_leaves_beside_packages_is_left_out(tmp_path: Path) -> None:
    for name in ("bin/tool", "pkg/__pycache__/a.pyc", ".lock", "pkg/a.py", "pkg/bin/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "link").symlink_to("/etc/hostname")
    assert sorted(entry.name for entry in tree(tmp_path, "")) == ["pkg/a.py", "pkg/bin/b.py"]


def test_a_context_has_its_recipe() -> None:
    with context("FROM x\n", {"release.tar": b"bytes"}) as stream, tarfile.open(fileobj=stream) as archive:
        assert archive.getnames() == ["Dockerfile", "release.tar"]
