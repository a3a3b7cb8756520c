"""Hostile artifacts are refused whole, and good ones are read (threat T3)."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from fixtures.hostile_zips import HOSTILE, packed
from tidegate.adapters import untrusted_zip
from tidegate.errors import SecurityRefusal
from tidegate.steps.report.foreign_run import RULES

GOOD = {
    "validate-data.json": b'{"schema":1}',
    "compare-models.json": b"x" * 100_000,
    "plots/by_hour.svg": b"<svg/>",
    "plots/A-1.2.png": b"\x89PNG",
    "plots/Größe by hour (2).svg": b"<svg/>",
}


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 20


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    archive = HOSTILE[name]()
    before = sorted(tmp_path.parent.iterdir())
    tracemalloc.start()
    with pytest.raises(SecurityRefusal) as caught:
        untrusted_zip.read(archive, RULES)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.code == "E-SEC-041"
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300
    assert peak < 30 * 1024 * 1024
    assert not list(tmp_path.iterdir())
    assert sorted(tmp_path.parent.iterdir()) == before


def test_a_good_archive_is_read_whole() -> None:
    assert untrusted_zip.read(packed(*GOOD.items()), RULES) == GOOD


def test_folders_as_the_uploading_action_writes_them_do_not_matter() -> None:
    assert untrusted_zip.read(packed(("plots/", b""), *GOOD.items()), RULES) == GOOD


def test_a_folder_with_bytes_in_it_is_none() -> None:
    with pytest.raises(SecurityRefusal):
        untrusted_zip.read(packed(("plots/", b"x")), RULES)


def test_an_empty_archive_has_no_members() -> None:
    assert untrusted_zip.read(packed(), RULES) == {}
