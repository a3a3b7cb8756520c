"""`.dvc` files: which data one stands for."""

from __future__ import annotations

import pytest

from tidegate.adapters.dvc import pointer as dvc_pointer
from tidegate.adapters.dvc.pointer import Pointer
from tidegate.errors import InputError

MD5 = "0123456789abcdef0123456789abcdef"


def test_a_folder() -> None:
    text = f"outs:\n- md5: {MD5}.dir\n  size: 3\n  nfiles: 12\n  hash: md5\n  path: data\n"
    found = dvc_pointer.read(text.encode(), "data.dvc")
    assert found == Pointer(path="data.dvc", target="data", digest=f"{MD5}.dir", files=12)
    assert found.is_folder


@pytest.mark.parametrize(
    ("path", "extra", "target"),
    [
        ("data.csv.dvc", "", "data.csv"),
        ("model/live.dvc", "", "model/data.csv"),
        ("model/live.dvc", "wdir: ..\n", "data.csv"),
        ("model/live.dvc", "wdir: ../sets\n", "sets/data.csv"),
    ],
)
def test_where_the_data_belongs(path: str, extra: str, target: str) -> None:
    text = f"{extra}outs:\n- md5: {MD5}\n  hash: md5\n  path: data.csv\n  remote: other\n"
    found = dvc_pointer.read(text.encode(), path)
    assert (found.target, found.remote, found.is_folder) == (target, "other", False)


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        (None, "E-DVC-013", "not found"),
        ("", "E-DVC-014", "exactly one output"),
        ("3", "E-DVC-014", "exactly one output"),
        ("outs: []\n", "E-DVC-014", "exactly one output"),
        ("outs: [a]\n", "E-DVC-014", "exactly one output"),
        (f"outs:\n- md5: {MD5}\n  path: data\n", "E-DVC-014", "written by DVC 2: run dvc cache migrate"),
        ("outs:\n- etag: x\n  path: data\n", "E-DVC-014", "does not name its data by MD5"),
        ("outs:\n- md5: ../../x\n  hash: md5\n  path: data\n", "E-DVC-014", "which is no object"),
        (f"outs:\n- md5: {MD5}\n  hash: md5\n", "E-DVC-014", "which is no object"),
        ("outs: [\n", "E-DVC-001", "cannot be parsed"),
        ("<<<<<<< ours\nouts:\n", "E-DVC-002", "conflict markers"),
    ],
)
def test_what_is_no_pointer_is_refused(text: str | None, code: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        dvc_pointer.read(None if text is None else text.encode(), "data.dvc")
    assert caught.value.code == code
    assert caught.value.where.startswith("data.dvc")
    assert told in caught.value.message
