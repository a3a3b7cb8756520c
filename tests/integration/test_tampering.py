"""T19: after a model was judged somebody changes it, at eight places. What was changed is never served."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fixtures import bad_releases
from fixtures.deployments import PIPELINE, Shop, shop
from fixtures.load import ask, closed_loop
from fixtures.proxies import needs_proxy
from fixtures.releases import linear, packaged
from tidegate.adapters.targets.process.target import ProcessTarget
from tidegate.console import Console
from tidegate.core.answer import Verdict
from tidegate.core.deployment.environment import Environment, Strategy
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal
from tidegate.steps.deployment.takeover import Ended, Takeover

pytestmark = needs_proxy
RIGHT, EVIL = 2.0, 666.0


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Shop]:
    """A repository whose models are in DVC's cache and remote, and not in Git."""
    found = shop(tmp_path)
    found.project.write("model/dvc.yaml", PIPELINE.replace("build/model.onnx: {cache: false}", "build/model.onnx"))
    found.project.write("model/.gitignore", "/build/model.onnx\n")
    found.project.dvc("remote", "add", "--default", "shared", str(tmp_path / "remote"))
    yield found
    for name, address in found.addresses.items():
        ProcessTarget(found.state / name, address, {}).close()


def trained(here: Shop) -> str:
    commit = here.train(RIGHT)
    here.project.dvc("push", "--quiet")
    return commit


def changed(folder: Path) -> int:
    """Every model in a store of DVC's, replaced by another one that is as good a model."""
    found = [path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == linear(RIGHT)]
    for path in found:
        path.chmod(0o644)
        path.write_bytes(linear(EVIL))
    return len(found)


def serves_nothing(here: Shop) -> bool:
    return ProcessTarget(here.state / "staging", "", {}).fleet().instances == ()


def test_a_changed_file_in_the_work_tree_is_not_looked_at(here: Shop) -> None:
    here.wants("staging", "1", trained(here))
    path = here.project.root / "model/build/model.onnx"
    path.unlink()
    path.write_bytes(linear(EVIL))
    here.deploy()
    assert ask(here.addresses["staging"], 3.0) == (3 * RIGHT, "")


def test_a_changed_object_in_dvcs_cache_is_thrown_away_and_fetched_anew(here: Shop) -> None:
    here.wants("staging", "1", trained(here))
    assert changed(here.project.root / ".dvc/cache") == 1
    shutil.rmtree(here.project.root / ".tidegate")
    here.deploy()
    assert ask(here.addresses["staging"], 3.0) == (3 * RIGHT, "")


def test_a_changed_object_in_dvcs_remote_is_as_good_as_none(here: Shop, tmp_path: Path) -> None:
    here.wants("staging", "1", trained(here))
    assert changed(tmp_path / "remote") == 1
    shutil.rmtree(here.project.root / ".dvc/cache")
    (here.project.root / "model/build/model.onnx").unlink()
    shutil.rmtree(here.project.root / ".tidegate")
    with pytest.raises(InfrastructureError, match="damaged") as caught:
        here.deploy()
    assert (caught.value.code, caught.value.exit_code) == ("E-DVC-010", 3)
    assert serves_nothing(here)


def test_a_lock_that_names_another_model_is_not_the_release_that_was_promoted(here: Shop) -> None:
    """Cache, remote and `dvc.lock` changed together, and the release's commit moved along: one digest is left."""
    good = trained(here)
    here.wants("staging", "1", good)
    release = here.project.read("environments/staging/release.yaml")
    evil = here.train(EVIL)
    here.project.write("environments/staging/release.yaml", release.replace(good, evil))
    here.project.commit("moved")
    with pytest.raises(SecurityRefusal, match="Nothing was started") as caught:
        here.deploy()
    assert (caught.value.code, caught.value.exit_code) == ("E-SEC-061", 4)
    assert serves_nothing(here)


def test_a_changed_digest_in_the_release_file_is_refused(here: Shop) -> None:
    here.wants("staging", "1", trained(here), release=f"sha256:{'0' * 64}")
    with pytest.raises(SecurityRefusal) as caught:
        here.deploy()
    assert (caught.value.code, caught.value.exit_code) == ("E-SEC-061", 4)
    assert serves_nothing(here)


def test_a_verdict_about_another_model_promotes_nothing(here: Shop) -> None:
    trained(here)
    assert here.judge().verdict is Verdict.PASS
    place = here.project.root / ".tidegate" / "verdict.json"
    verdict = json.loads(place.read_text())
    artifacts = verdict["result"]["candidate"]["artifacts"]
    assert artifacts
    verdict["result"]["candidate"]["artifacts"] = dict.fromkeys(artifacts, f"md5:{'0' * 32}")
    place.write_text(json.dumps(verdict))
    with pytest.raises(SecurityRefusal) as caught:
        here.promote()
    assert (caught.value.code, caught.value.exit_code) == ("E-SEC-060", 4)
    assert not (here.project.root / "environments/staging/release.yaml").exists()


@pytest.mark.parametrize(
    "message",
    [
        json.dumps({"version": "1", "release": f"sha256:{'0' * 64}"}),
        json.dumps({"version": "1"}),
        "version 1, believe me",
        "[]",
        "",
    ],
    ids=["another release", "no release", "no JSON", "a list", "nothing"],
)
def test_a_changed_tag_proves_nothing(here: Shop, message: str) -> None:
    commit = trained(here)
    here.wants("staging", "1", commit)
    here.wants("production", "1", commit)
    if message:
        here.project.git("tag", "--annotate", "linear#staging#1", "--message", message, commit)
    else:
        here.project.git("tag", "linear#staging#1", commit)
    with pytest.raises(InputError, match="has not proven itself in staging"):
        here.deploy("production")
    assert ProcessTarget(here.state / "production", "", {}).fleet().instances == ()


def takeover(target: ProcessTarget, address: str, package: object, seen: Callable[[int, str], None]) -> Ended:
    return Takeover(
        environment=Environment(
            name="staging", target="process", address=address, strategy=Strategy(kind="blue-green")
        ),
        package=package,  # type: ignore[arg-type]
        target=target,
        smoke=lambda _: "",
        record=lambda: None,
        console=Console(),
        ready_within=15,
        seen=seen,
    ).run()


@pytest.mark.parametrize("file", ["model.onnx", "profile.json", "signature.json", "release.json"])
def test_a_release_folder_that_was_changed_after_packing_is_not_served(tmp_path: Path, here: Shop, file: str) -> None:
    address = here.addresses["staging"]
    target = ProcessTarget(here.state / "staging", address, {"PATH": "/usr/bin:/bin"})
    takeover(target, address, packaged(tmp_path, "1", linear(1.0)), lambda *_: None)
    package, other = packaged(tmp_path, "2", linear(RIGHT)), packaged(tmp_path, "3", linear(EVIL))

    def tamper(_number: int, name: str) -> None:
        if name == "start":
            data = (Path(other.folder) / file).read_bytes()
            (Path(package.folder) / file).write_bytes(data + (b"" if file != "profile.json" else b"\n"))
            if file == "signature.json":
                (Path(package.folder) / file).write_bytes(data.replace(b'"y"', b'"z"'))

    with closed_loop(address, clients=2) as load:
        found = takeover(target, address, package, tamper)
    assert "E-SEC-05" in found.failed
    assert load.lost == {}
    assert set(load.answers) == {1.0}


def test_a_server_that_is_another_release_than_it_was_started_as_gets_no_client(tmp_path: Path, here: Shop) -> None:
    address, kinds = here.addresses["staging"], dict[str, str]()
    target = bad_releases.target(here.state / "staging", address, kinds)
    takeover(target, address, packaged(tmp_path, "1", linear(1.0)), lambda *_: None)
    package = packaged(tmp_path, "2", linear(RIGHT))
    kinds[package.release] = "wrong digest"
    with closed_loop(address, clients=2) as load:
        found = takeover(target, address, package, lambda *_: None)
    assert "it was not ready within" in found.failed
    assert load.lost == {}
    assert set(load.answers) == {1.0}
