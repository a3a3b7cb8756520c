"""`tidegate validate-data` believes no byte that it has not hashed, whoever holds it: work tree, cache or remote."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from data_sets import DataSet, data_set, refused
from tidegate.core.answer import Verdict
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, TidegateError


@pytest.fixture
def here(tmp_path: Path) -> DataSet:
    return data_set(tmp_path / "project")


def test_a_changed_file_in_the_work_tree_is_refused_by_name(here: DataSet) -> None:
    recorded = here.files()["2024-01.parquet"]
    here.edit("2024-01.parquet", 3, price=11.0)
    told = refused(here, SecurityRefusal)
    assert f"E-DAT-031 data/2024-01.parquet md5 expected {recorded}, got " in told
    assert "If it was changed on purpose, run dvc add data" in told
    assert not (here.root / ".tidegate" / "validate-data.json").exists()


def test_missing_and_additional_files_are_refused_and_ignored_ones_are_not(here: DataSet) -> None:
    here.write("data/notes.tmp", "mine")
    assert "E-DAT-031 data/notes.tmp is not in what the pointer names" in refused(here, SecurityRefusal)
    here.write(".dvcignore", "*.tmp\n")
    assert here.validate().verdict is Verdict.PASS
    here.forget("data/2024-02.parquet", ".tidegate/cache")
    assert "data/2024-02.parquet is in what the pointer names, and missing" in refused(here, SecurityRefusal)


def test_a_file_in_the_folder_s_place_is_refused(here: DataSet) -> None:
    here.forget("data")
    here.write("data", "x")
    assert "E-DAT-031 data expected a folder, got a file" in refused(here, SecurityRefusal)


def _flip(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[100] ^= 1
    place.chmod(0o644)
    place.write_bytes(bytes(data))


def _object(here: DataSet, store: str, name: str) -> Path:
    digest = here.files()[name] if name else here.digest()
    return here.root / ".dvc" / store / "files" / "md5" / digest[:2] / digest[2:]


def test_an_object_that_was_changed_in_the_cache_is_refused(here: DataSet) -> None:
    place = _object(here, "cache", "2024-01.parquet")
    here.forget("data")
    _flip(place)
    told = refused(here, SecurityRefusal)
    assert f"E-DAT-031 {place.relative_to(here.root)} md5 expected" in told
    assert "Delete this file and run again" in told


@pytest.mark.parametrize(
    "listing",
    [
        b"[",
        b"3",
        b"{}",
        b"[3]",
        b'[{"relpath": "a.csv"}]',
        b'[{"relpath": "a.csv", "md5": "../../secret"}]',
        b'[{"relpath": "../a.csv", "md5": "0123456789abcdef0123456789abcdef"}]',
        b'[{"relpath": "/a.csv", "md5": "0123456789abcdef0123456789abcdef"}]',
        b'[{"relpath": "x/../../a.csv", "md5": "0123456789abcdef0123456789abcdef"}]',
        b'[{"relpath": "a", "md5": "%(n)s"}, {"relpath": "a", "md5": "%(n)s"}]' % {b"n": b"0" * 32},
    ],
)
def test_a_listing_that_dvc_did_not_write_is_refused(here: DataSet, listing: bytes) -> None:
    digest = f"{hashlib.md5(listing, usedforsecurity=False).hexdigest()}.dir"
    place = here.root / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(listing)
    here.replace("data.dvc", here.digest(), digest)
    here.forget("data")
    assert re.match("E-(DVC-015|EVD-001) data.dvc", refused(here, TidegateError))


@pytest.mark.parametrize("verify", ["true", "false"])
def test_an_object_that_was_changed_on_the_remote_is_refused_whatever_the_remote_says(
    here: DataSet, verify: str
) -> None:
    place = _object(here, "storage", "2024-01.parquet")
    here.replace(".dvc/config", "verify = true", f"verify = {verify}")
    here.fresh()
    _flip(place)
    assert "E-DVC-011 data.dvc 1 of 2 objects have other bytes on the remote" in refused(here, SecurityRefusal)
    assert place.parent.name + place.name not in here.objects()


@pytest.mark.parametrize("name", ["2024-01.parquet", ""], ids=["a-file", "the-listing"])
def test_a_remote_that_lost_an_object_is_incomplete(here: DataSet, name: str) -> None:
    place = _object(here, "storage", name)
    here.fresh()
    place.unlink()
    told = refused(here, InfrastructureError)
    assert "E-DVC-010 data.dvc 1 of 3 objects are missing: neither in DVC's cache nor on its remote" in told


def test_a_remote_that_is_gone_is_not_up_to_date(here: DataSet) -> None:
    here.fresh()
    here.forget(".dvc/storage")
    assert "E-DVC-010" in refused(here, InfrastructureError)


def test_without_a_remote_it_says_so(here: DataSet) -> None:
    here.fresh()
    here.write(".dvc/config", "")
    assert "E-DVC-007" in refused(here, InputError)


def test_a_remote_at_a_relative_path_outside_the_repository_is_reached(here: DataSet) -> None:
    (here.root / ".dvc" / "storage").rename(here.root.parent / "elsewhere")
    here.replace(".dvc/config", "url = storage", "url = ../../elsewhere")
    here.fresh()
    assert here.validate().verdict is Verdict.PASS
