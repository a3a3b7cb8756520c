"""The rules of the real actions that bite, kept by their stand-ins."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tidegate.simulator.stand_ins import cache, download_artifact, upload_artifact
from tidegate.simulator.stand_ins.step import Failed, Step
from tidegate.simulator.stand_ins.upload_artifact import found


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    for name in ("a.json", "sub/b.json", ".tidegate/c.json", ".tidegate/plots/d.svg", ".tidegate/.x.json"):
        file = tmp_path / "work" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    (tmp_path / "simulator/artifacts/9").mkdir(parents=True)
    return tmp_path / "work"


def _step(workspace: Path, ref: str = "refs/pull/1/merge", **inputs: str) -> Step:
    environ = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    output = workspace.parent / "output"
    output.write_text("")
    environ |= {
        "GITHUB_WORKSPACE": str(workspace),
        "SIMULATOR": str(workspace.parent / "simulator"),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_RUN_ID": "9",
        "GITHUB_REF": ref,
        "GITHUB_SERVER_URL": "http://x",
        "GITHUB_REPOSITORY": "o/n",
    }
    return Step(environ=environ)


def _outputs(step: Step) -> dict[str, str]:
    lines = Path(step.environ["GITHUB_OUTPUT"]).read_text().split("\n")
    return {name.split("<<")[0]: value for name, value, _ in zip(lines[::3], lines[1::3], lines[2::3], strict=False)}


@pytest.mark.parametrize(
    ("patterns", "hidden", "names"),
    [
        (["a.json"], False, ["a.json"]),
        (["."], False, ["a.json", "sub/b.json"]),
        (["**/*.json"], False, ["a.json", "sub/b.json"]),
        (["**/*.json", "!sub/**"], False, ["a.json"]),
        ([".tidegate/*.json"], False, []),
        ([".tidegate/"], False, []),
        ([".tidegate/c.json"], False, [".tidegate/c.json"]),
        ([".tidegate/*.json"], True, [".tidegate/.x.json", ".tidegate/c.json"]),
        ([".tidegate"], True, [".tidegate/.x.json", ".tidegate/c.json", ".tidegate/plots/d.svg"]),
        (["nothing"], True, []),
    ],
)
def test_hidden_files_stay_out_unless_asked_for(
    workspace: Path, patterns: list[str], hidden: bool, names: list[str]
) -> None:
    _, files = found(workspace, patterns, hidden=hidden)
    assert [str(file.relative_to(workspace)) for file in files] == names


@pytest.mark.parametrize(
    ("path", "names"),
    [
        (".tidegate/*.json\n.tidegate/plots/*", [".x.json", "c.json", "plots/d.svg"]),
        ("a.json", ["a.json"]),
        ("sub", ["b.json"]),
        ("a.json\nsub/b.json", ["a.json", "sub/b.json"]),
    ],
)
def test_paths_in_the_archive_start_at_the_least_common_folder(workspace: Path, path: str, names: list[str]) -> None:
    step = _step(workspace, name="evidence", path=path, include_hidden_files="true")
    upload_artifact.run(step)
    with zipfile.ZipFile(workspace.parent / "simulator/artifacts/9/evidence.zip") as archive:
        assert sorted(archive.namelist()) == names
    assert int(_outputs(step)["artifact-id"]) == upload_artifact.number("9", "evidence")


def test_a_name_is_used_once_unless_overwritten(workspace: Path) -> None:
    upload_artifact.run(_step(workspace, path="a.json"))
    with pytest.raises(Failed, match="already exists"):
        upload_artifact.run(_step(workspace, path="a.json"))
    upload_artifact.run(_step(workspace, path="a.json", overwrite="true"))


@pytest.mark.parametrize("wish", ["warn", "ignore"])
def test_nothing_found_is_no_failure(workspace: Path, wish: str) -> None:
    upload_artifact.run(_step(workspace, path="none", if_no_files_found=wish))
    assert list((workspace.parent / "simulator/artifacts/9").iterdir()) == []


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"path": "none", "if_no_files_found": "error"}, "No files were found"),
        ({"path": "none", "if_no_files_found": "maybe"}, "Unrecognized"),
        ({"path": "a.json", "name": "a/b"}, "not valid"),
        ({"path": ".", "archive": "false"}, "exactly one file"),
        ({"path": "a.json", "overwrite": "perhaps"}, "Core Schema"),
    ],
)
def test_a_wrong_upload_fails(workspace: Path, inputs: dict[str, str], message: str) -> None:
    with pytest.raises(Failed, match=message):
        upload_artifact.run(_step(workspace, **inputs))


def test_one_file_can_be_kept_as_it_is(workspace: Path) -> None:
    upload_artifact.run(_step(workspace, path="sub/b.json", archive="false", name="ignored"))
    assert (workspace.parent / "simulator/artifacts/9/b.json.raw").read_text() == "sub/b.json"


def test_an_artifact_comes_back_by_name_or_all_by_pattern(workspace: Path) -> None:
    upload_artifact.run(_step(workspace, path="sub", name="one"))
    upload_artifact.run(_step(workspace, path="a.json", name="two"))
    download_artifact.run(_step(workspace, name="one", path="flat"))
    download_artifact.run(_step(workspace, pattern="*", path="all"))
    download_artifact.run(_step(workspace, path="merged", merge_multiple="true"))
    names = {str(path.relative_to(workspace)) for path in workspace.rglob("*.json")}
    assert {"flat/b.json", "all/one/b.json", "all/two/a.json", "merged/a.json", "merged/b.json"} <= names


def test_a_missing_artifact_fails_the_step(workspace: Path) -> None:
    with pytest.raises(Failed, match="not found for name: evidence"):
        download_artifact.run(_step(workspace, name="evidence"))


def test_an_archive_does_not_write_outside_of_its_folder(workspace: Path) -> None:
    with zipfile.ZipFile(workspace.parent / "simulator/artifacts/9/evil.zip", "w") as archive:
        archive.writestr("../../outside", "x")
    with pytest.raises(Failed, match="Malformed"):
        download_artifact.run(_step(workspace, name="evil", path="in/here"))
    assert not (workspace / "outside").exists()


def test_a_cache_comes_back_by_key_and_by_the_newest_prefix(workspace: Path) -> None:
    for key, text in (("dvc-1", "old"), ("dvc-2", "new")):
        (workspace / "sub/b.json").write_text(text)
        cache.save(_step(workspace, path="sub", key=key))
    step = _step(workspace, path="sub", key="dvc-3", restore_keys="other-\ndvc-")
    cache.restore(step)
    assert (workspace / "sub/b.json").read_text() == "new"
    assert _outputs(step)["cache-hit"] == "false"
    assert _outputs(step)["cache-matched-key"] == "dvc-2"
    exact = _step(workspace, path="sub", key="dvc-1")
    cache.restore(exact)
    assert (workspace / "sub/b.json").read_text() == "old"
    assert _outputs(exact)["cache-hit"] == "true"


def test_a_key_is_written_once_and_a_pull_request_reads_only_its_own_and_the_default_branchs(workspace: Path) -> None:
    cache.save(_step(workspace, path="sub", key="k"))
    (workspace / "sub/b.json").write_text("changed")
    cache.save(_step(workspace, path="sub", key="k"))
    cache.restore(_step(workspace, path="sub", key="k"))
    assert (workspace / "sub/b.json").read_text() == "sub/b.json"
    other = _step(workspace, "refs/pull/2/merge", path="sub", key="k")
    cache.restore(other)
    assert _outputs(other)["cache-hit"] == ""
    cache.save(_step(workspace, "refs/heads/main", path="sub", key="k"))
    again = _step(workspace, "refs/pull/2/merge", path="sub", key="k")
    cache.restore(again)
    assert _outputs(again)["cache-hit"] == "true"


@pytest.mark.parametrize("key", ["", "a,b", "x" * 513])
def test_a_wrong_key_fails(workspace: Path, key: str) -> None:
    with pytest.raises(Failed, match="Key Validation"):
        cache.restore(_step(workspace, path="sub", key=key))
