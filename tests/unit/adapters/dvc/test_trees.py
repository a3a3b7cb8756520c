"""Digests as DVC writes them; the expected ones were made with DVC 3.67.1."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.adapters.dvc.documents import parsed, pointed
from tidegate.adapters.dvc.trees import CommitTree, WorkTree, digest_of
from tidegate.errors import InputError

FOLDER = "81395f7062200dc1d478ceddfff98db0.dir"
FILES = {"data/a.csv": b"1,2\n", "data/b.csv": b"3,4\n"}
POINTER = b"outs:\n- md5: 0123.dir\n  size: 8\n  nfiles: 2\n  hash: md5\n  path: data\n"


def commit(files: dict[str, bytes]) -> CommitTree:
    return CommitTree(read=files.get, listing=lambda folder: [path for path in files if path.startswith(folder + "/")])


def work(root: Path, files: dict[str, bytes]) -> WorkTree:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return WorkTree(root)


def test_a_folder_has_the_digest_that_dvc_gives_it(tmp_path: Path) -> None:
    assert commit(FILES).digest("data") == work(tmp_path, FILES).digest("data") == FOLDER


def test_a_file_has_the_md5_of_its_bytes(tmp_path: Path) -> None:
    expected = "3ecfad755fa825f7a17c5526ec44e651"
    assert commit(FILES).digest("data/a.csv") == work(tmp_path, FILES).digest("data/a.csv") == expected


def test_the_pointer_stands_for_what_is_not_here(tmp_path: Path) -> None:
    files = {"data.dvc": POINTER}
    assert commit(files).digest("data") == work(tmp_path, files).digest("data") == "0123.dir"


def test_content_that_is_here_counts_more_than_its_pointer(tmp_path: Path) -> None:
    assert work(tmp_path, {**FILES, "data.dvc": POINTER}).digest("data") == FOLDER


def test_what_is_nowhere_has_no_digest(tmp_path: Path) -> None:
    assert commit({}).digest("data") is None
    assert WorkTree(tmp_path).digest("data") is None


def test_what_is_too_large_to_hash_quickly_has_none(tmp_path: Path) -> None:
    work(tmp_path, FILES)
    assert digest_of(tmp_path / "data", limit=7) is None
    assert digest_of(tmp_path / "data", limit=8) == FOLDER


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("a.yaml", b"rate: 1e-3\non: yes\n", {"rate": 0.001, "on": "yes"}),
        ("a.json", b'{"a": 1}', {"a": 1}),
        ("a.yaml", b"a: [", None),
        ("a.yaml", b"<<<<<<< ours\na: 1\n", None),
        ("a.py", b"a = 1", None),
        ("a.yaml", b"\xff", None),
    ],
)
def test_documents_are_read_as_dvc_reads_them(path: str, content: bytes, expected: object) -> None:
    assert commit({path: content}).document(path) == expected


@pytest.mark.parametrize(
    ("data", "code", "where"),
    [
        (b"a: 1\n<<<<<<< ours\n", "E-DVC-002", "dvc.lock:2"),
        (b"a: 1\n>>>>>>> theirs\n", "E-DVC-002", "dvc.lock:2"),
        (b"a: [1\n", "E-DVC-001", "dvc.lock"),
        (b"a: 1\na: 2\n", "E-DVC-001", "dvc.lock"),
        (b"\xff\xfe", "E-DVC-001", "dvc.lock"),
    ],
    ids=["ours", "theirs", "syntax", "key twice", "bytes"],
)
def test_what_is_no_document_is_an_error(data: bytes, code: str, where: str) -> None:
    with pytest.raises(InputError) as error:
        parsed(data, "dvc.lock")
    assert (error.value.code, error.value.where) == (code, where)


@pytest.mark.parametrize(
    "document", [None, [], {"outs": [{"path": "a", "etag": "x"}]}, {"outs": [{"path": "a", "md5": "x"}]}], ids=repr
)
def test_a_pointer_without_a_plain_digest_points_at_nothing(document: object) -> None:
    assert pointed(document) == {}
