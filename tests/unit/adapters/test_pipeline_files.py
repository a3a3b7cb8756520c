"""What a pipeline left on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tidegate.adapters.pipeline_files import claimed, copy_pictures, described
from tidegate.errors import InputError, SecurityRefusal


def write(root: Path, path: str, content: str = "<svg") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [("m.json", '{"a": {"b": 1.5}}'), ("m.yaml", "a: {b: 1.5}"), ("m.yml", "a:\n  b: 1.5"), ("m.toml", "a.b = 1.5")],
)
def test_metrics_of_each_format(tmp_path: Path, name: str, content: str) -> None:
    write(tmp_path, name, content)
    assert claimed(tmp_path, [name]) == {"a.b": 1.5}


def test_metrics_of_several_files_begin_with_the_files_name(tmp_path: Path) -> None:
    write(tmp_path, "m.json", '{"a": 1}')
    write(tmp_path, "n.yaml", "a: 2")
    assert claimed(tmp_path, ["m.json", "n.yaml"]) == {"m.json:a": 1, "n.yaml:a": 2}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("m.json", None, "E-MET-001"),
        ("m.json", " \n", "E-MET-002"),
        ("m.yaml", "a: {b", "E-MET-003"),
        ("m.yaml", "a: 1\na: 2", "E-MET-008"),
        ("m.yaml", "a: .nan", "E-MET-004"),
        ("m.yaml", "a: 'x'", "E-MET-005"),
        ("m.yaml", "a: yes", "E-MET-005"),
        ("m.toml", "a = ", "E-MET-003"),
        ("m.toml", "a = inf", "E-MET-004"),
        ("m.csv", "a;1", "E-MET-003"),
    ],
)
def test_metrics_that_cannot_be_read_are_an_error(tmp_path: Path, name: str, content: str | None, code: str) -> None:
    if content is not None:
        write(tmp_path, name, content)
    with pytest.raises(InputError) as error:
        claimed(tmp_path, [name])
    assert error.value.code == code
    assert error.value.where.startswith(name)


def test_metrics_outside_the_workspace_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SecurityRefusal):
        claimed(tmp_path, ["../m.json"])


def test_files_are_described_by_content(tmp_path: Path) -> None:
    write(tmp_path, "out/b.txt", "abc")
    write(tmp_path, "a.txt", "")
    assert described(tmp_path, ["out", "a.txt", "absent"]) == [
        {
            "path": "a.txt",
            "sha256": "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "bytes": 0,
        },
        {
            "path": "out/b.txt",
            "sha256": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "bytes": 3,
        },
    ]


def test_pictures_of_the_run_before_are_gone_and_names_stay_apart(tmp_path: Path) -> None:
    target = tmp_path / ".tidegate" / "plots"
    write(target, "old.svg")
    for path in ("one/a.svg", "two/a.svg", "two/data.csv"):
        write(tmp_path, path)
    assert copy_pictures(tmp_path, ["one", "two"], target) == []
    assert sorted(path.name for path in target.iterdir()) == ["a.svg", "two-a.svg"]


def test_no_more_than_twelve_pictures_are_kept(tmp_path: Path) -> None:
    for number in range(14):
        write(tmp_path, f"plots/{number:02}.svg")
    left = copy_pictures(tmp_path, ["plots"], tmp_path / "kept")
    assert left == ["plots/12.svg: more than 12 pictures", "plots/13.svg: more than 12 pictures"]
