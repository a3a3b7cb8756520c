"""Nothing of a release folder is used before all of it was found to be what was released."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tidegate.errors import InputError, SecurityRefusal, TidegateError
from tidegate.server.release import folder
from tidegate.server.release.folder import Release, digest_of


@pytest.fixture
def copy(fruit: Release, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    source = next(tmp_path_factory.getbasetemp().glob("fruit*"))
    return Path(shutil.copytree(source, tmp_path / "release"))


def test_a_release_knows_the_digest_of_every_file(copy: Path) -> None:
    release = folder.load(copy)
    assert release.digest == digest_of((copy / "release.json").read_bytes())
    assert release.files == {
        name: digest_of((copy / name).read_bytes()) for name in ("model.onnx", "profile.json", "signature.json")
    }
    assert folder.load(copy, release.digest) == release


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _swap(folder: Path, one: str, other: str) -> None:
    first, second = (folder / one).read_bytes(), (folder / other).read_bytes()
    (folder / one).write_bytes(second)
    (folder / other).write_bytes(first)


def _link(path: Path) -> None:
    path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")


TAMPERINGS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "model flipped": (lambda at: _flip(at / "model.onnx"), "E-SEC-050", "expected sha256:"),
    "profile flipped": (lambda at: _flip(at / "profile.json"), "E-SEC-050", "profile.json"),
    "signature flipped": (lambda at: _flip(at / "signature.json"), "E-SEC-050", "signature.json"),
    "two swapped": (lambda at: _swap(at, "profile.json", "signature.json"), "E-SEC-050", "profile.json"),
    "model emptied": (lambda at: (at / "model.onnx").write_bytes(b""), "E-SEC-050", "model.onnx"),
    "model a pickle": (lambda at: (at / "model.onnx").write_bytes(pickle.dumps({})), "E-SEC-050", "model.onnx"),
    "file added": (lambda at: (at / "weights.bin").write_bytes(b"x"), "E-SEC-051", "weights.bin"),
    "file removed": (lambda at: (at / "profile.json").unlink(), "E-SEC-051", "missing: profile.json"),
    "file renamed": (lambda at: (at / "profile.json").rename(at / "p.json"), "E-SEC-051", "p.json"),
    "folder added": (lambda at: (at / ".git").mkdir(), "E-SEC-051", ".git"),
    "a link": (lambda at: _link(at / "model.onnx"), "E-SEC-051", "plain file"),
    "a folder for a file": (
        lambda at: ((at / "model.onnx").unlink(), (at / "model.onnx").mkdir()),
        "E-SEC-051",
        "plain file",
    ),
}


@pytest.mark.parametrize(("tamper", "code", "words"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_tampered_is_refused(copy: Path, tamper: Callable[[Path], object], code: str, words: str) -> None:
    tamper(copy)
    with pytest.raises(SecurityRefusal) as caught:
        folder.load(copy)
    assert caught.value.code == code
    assert words in str(caught.value)
    assert "Nothing was loaded" in str(caught.value)


def test_manifest_and_file_changed_together_need_the_digest_from_outside(copy: Path) -> None:
    right = digest_of((copy / "release.json").read_bytes())
    (copy / "profile.json").write_bytes(b"{}")
    manifest = json.loads((copy / "release.json").read_bytes())
    manifest["files"]["profile.json"] = digest_of(b"{}")
    (copy / "release.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert folder.load(copy).profile == {}
    with pytest.raises(SecurityRefusal, match=r"release\.json is not the file that was released"):
        folder.load(copy, right)


def _edit(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda manifest: {**manifest, **changes}


MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "a list": (lambda manifest: [manifest], "object"),
    "newer": (_edit(schema=2), "reads 1"),
    "more keys": (_edit(more=1), "object with"),
    "name with a path": (_edit(name="../etc"), "name"),
    "version with a slash": (_edit(version="1/2"), "version"),
    "version a number": (_edit(version=7), "version"),
    "short commit": (_edit(commit="4f1c9a2"), "commit"),
    "no files": (_edit(files={}), "digests of"),
    "weak digest": (lambda m: {**m, "files": dict.fromkeys(m["files"], "md5:00")}, "sha256"),
    "digest a number": (lambda m: {**m, "files": dict.fromkeys(m["files"], 1)}, "sha256"),
}


@pytest.mark.parametrize(("change", "words"), MANIFESTS.values(), ids=MANIFESTS.keys())
def test_bad_manifest_is_refused(copy: Path, change: Callable[[dict[str, Any]], Any], words: str) -> None:
    path = copy / "release.json"
    path.write_text(json.dumps(change(json.loads(path.read_bytes()))), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        folder.load(copy)
    assert caught.value.code == "E-SRV-002"
    assert words in caught.value.message
    assert str(path) in caught.value.where


@pytest.mark.parametrize("text", ["", "{", "[" * 50_000, "\xff"])
def test_manifest_that_is_no_json(copy: Path, text: str) -> None:
    (copy / "release.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="is no JSON"):
        folder.load(copy)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(TidegateError, match="E-SRV-001"):
        folder.load(tmp_path / "nothing")
