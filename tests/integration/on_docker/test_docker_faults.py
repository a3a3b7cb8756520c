"""What goes wrong with containers and the engine itself: clients notice nothing, and nothing that serves is ended."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fixtures.deployments import free_address
from fixtures.docker_targets import Dock, deploy, docker_target
from fixtures.engine import daemon
from fixtures.load import ask, closed_loop
from fixtures.releases import linear, packaged
from tidegate.adapters.images import building
from tidegate.adapters.images.engine import connect
from tidegate.adapters.targets.docker.engine import PLACE
from tidegate.adapters.targets.docker.target import DockerTarget
from tidegate.core.deployment.environment import Docker, Strategy
from tidegate.core.deployment.target import Package
from tidegate.errors import InfrastructureError

AT_ONCE = Strategy(kind="blue-green")
MEMORY = 256 << 20
HANGS = "import time; time.sleep(999)"
HOARDS = "import time; kept = [bytearray(1 << 20) for _ in range(2000)]; time.sleep(999)"


@pytest.fixture
def address() -> str:
    return free_address()


@pytest.fixture
def special() -> dict[str, str]:
    """Images that a release is given instead of its own, by version."""
    return {}


@pytest.fixture
def target(dock: Dock, tmp_path: Path, address: str, special: dict[str, str]) -> Iterator[DockerTarget]:
    def image(package: Package) -> str:
        return special.get(package.version) or dock.image(package)

    options = Docker(memory=MEMORY)
    with docker_target(dock, address=address, image=image, options=options) as found:
        yield found


@pytest.fixture
def first(target: DockerTarget, address: str, tmp_path: Path) -> Package:
    """A release that runs."""
    package = packaged(tmp_path, "1", linear(1.0))
    deploy(target, address, package, strategy=AT_ONCE)
    return package


def entry(program: str) -> str:
    return f'ENTRYPOINT ["python3", "-c", "{program}"]'


def still(target: DockerTarget, address: str) -> None:
    """The first release answers, alone."""
    assert [(one.version, one.weight, one.ready) for one in target.fleet().instances] == [("1", 100, True)]
    assert ask(address, 1.0) == (1.0, "")


@pytest.mark.parametrize(
    ("program", "why"),
    [(HANGS, "it was not ready within 3 s"), (HOARDS, "the container ended with 137, out of memory")],
    ids=["ignores even its end", "takes more memory than it may"],
)
def test_a_container_that_never_serves_is_taken_back(
    target: DockerTarget,
    dock: Dock,
    first: Package,
    special: dict[str, str],
    address: str,
    tmp_path: Path,
    program: str,
    why: str,
) -> None:
    special["2"] = dock.below(dock.here.base, entry(program))
    with closed_loop(address, clients=2) as load:
        ended = deploy(target, address, packaged(tmp_path, "2", linear(2.0)), ready_within=3)
    assert why in ended.failed
    assert load.lost == {}
    assert set(load.answers) == {1.0}
    still(target, address)
    assert first.version == "1"


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize(
    ("kind", "why", "lost"),
    [
        ("exits", "a library is missing · the container ended with 1", False),
        ("hangs", "it was not ready within 3 s", False),
        ("never ready", "it was not ready within 3 s", False),
        ("wrong digest", "it was not ready within 3 s", False),
        ("wrong schema", "1 gives 400", False),
        ("5xx", "requests failed", True),
        ("slow", "times as long", False),
        ("out of memory", "it ended|does not say that it is ready|metrics of 2 cannot be read", True),
    ],
)
def test_a_bad_server_in_an_image_is_taken_back(
    target: DockerTarget,
    dock: Dock,
    special: dict[str, str],
    address: str,
    tmp_path: Path,
    kind: str,
    why: str,
    lost: bool,
) -> None:
    def smoke(asked: str) -> str:
        answer, problem = ask(asked, 1.0)
        return "" if not problem and answer == 1.0 else f"1 gives {problem or answer}"

    special["2"] = dock.bad_image(kind)
    with closed_loop(address, clients=2) as load:
        ended = deploy(target, address, packaged(tmp_path, "2", linear(1.0)), smoke=smoke, ready_within=3)
    assert re.search(why, ended.failed)
    assert lost or load.lost == {}
    with closed_loop(address, clients=2) as after:
        still(target, address)
    assert after.lost == {}


def test_an_image_that_was_pruned_is_built_again(
    target: DockerTarget, dock: Dock, first: Package, address: str, tmp_path: Path
) -> None:
    deploy(target, address, packaged(tmp_path, "2", linear(2.0)), strategy=AT_ONCE)
    dock.here.engine.client.images.remove(dock.image(first), force=True)
    assert deploy(target, address, first, strategy=AT_ONCE).failed == ""
    still(target, address)


@pytest.mark.usefixtures("first")
def test_somebody_elses_container_with_our_name_is_left_alone(
    target: DockerTarget, dock: Dock, address: str, tmp_path: Path
) -> None:
    package = packaged(tmp_path, "2", linear(2.0))
    name = f"tidegate-tests-{package.release[7:19]}"
    engine = dock.here.engine.client
    other = engine.containers.run(
        dock.here.base, ["-c", HANGS], entrypoint="python3", name=name, detach=True, network_mode="none"
    )
    try:
        with pytest.raises(InfrastructureError, match="somebody else's container has the name") as caught:
            deploy(target, address, package)
        assert (caught.value.code, caught.value.exit_code) == ("E-DOC-005", 3)
        still(target, address)
        other.reload()
        assert other.status == "running"
    finally:
        other.remove(force=True)


@pytest.mark.usefixtures("first")
def test_a_network_that_is_gone_starts_and_ends_nothing(
    target: DockerTarget, dock: Dock, address: str, tmp_path: Path
) -> None:
    named = dock.target("tidegate-tests", address, options=Docker(network="gone"))
    with pytest.raises(InfrastructureError, match="the network is gone") as caught:
        deploy(named, address, packaged(tmp_path, "2", linear(2.0)))
    assert caught.value.code == "E-DOC-006"
    still(target, address)


def test_an_address_that_is_taken_ends_nothing(target: DockerTarget, address: str, tmp_path: Path) -> None:
    host, port = address.split(":")
    package = packaged(tmp_path, "1", linear(1.0))
    with socket.create_server((host, int(port))):
        with pytest.raises(InfrastructureError, match="HAProxy does not start") as caught:
            deploy(target, address, package, strategy=AT_ONCE)
        assert caught.value.exit_code == 3
        assert [(one.version, one.weight) for one in target.fleet().instances] == [("1", 0)]
    assert deploy(target, address, package, strategy=AT_ONCE).failed == ""
    still(target, address)


def test_a_port_that_is_taken_is_told(dock: Dock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"80/tcp": ("127.0.0.1", taken.getsockname()[1])}
        engine = dock.here.engine
        network = engine.client.networks.create("tidegate-port")
        made = engine.client.containers.create(dock.here.base, ["true"], ports=ports, network="tidegate-port")
        try:
            with pytest.raises(InfrastructureError, match="a port is taken") as caught, engine.asked("starting"):
                made.start()
        finally:
            made.remove(force=True)
            network.remove()
    assert caught.value.code == "E-DOC-004"


def test_an_engine_that_is_down_is_told(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="it cannot be reached") as caught:
        connect(f"unix://{tmp_path}/docker.sock")
    assert (caught.value.code, caught.value.exit_code) == ("E-DOC-001", 3)


def test_a_socket_that_is_closed_to_us_is_told(dock: Dock) -> None:
    """Root is let in everywhere, so somebody else asks."""
    path = Path(dock.here.host.removeprefix("unix://"))
    told = os.fork()
    if told == 0:
        code = 70
        try:
            os.setuid(65534)
            connect(f"unix://{path}")
        except InfrastructureError as error:
            code = 0 if error.code == "E-DOC-002" else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(told, 0)[1]) == 0


def test_a_disk_that_is_full_is_told(dock: Dock, tmp_path: Path) -> None:
    with TemporaryDirectory(prefix="tidegate-full-") as place, small_disk(Path(place) / "data"):
        with daemon(Path(place)) as host:
            engine = connect(host)
            with pytest.raises(InfrastructureError, match="its disk is full") as caught:
                building.runtime_image(engine, dock.here.base, tmp_path / "cache", dict(os.environ))
            engine.close()
        assert (caught.value.code, caught.value.exit_code) == ("E-DOC-003", 3)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--recursive", "--lazy", str(folder)], check=True)


def test_containers_that_a_killed_run_made_are_cleared_away(
    target: DockerTarget, dock: Dock, first: Package, address: str, tmp_path: Path
) -> None:
    package = packaged(tmp_path, "2", linear(2.0))
    engine = dock.here.engine.client
    engine.containers.create(
        dock.image(package), name=f"tidegate-tests-{package.release[7:19]}", labels={PLACE: "tidegate-tests"}
    )
    assert deploy(target, address, package, strategy=AT_ONCE).failed == ""
    assert [one.version for one in target.fleet().instances] == ["2"]
    assert first.release not in {one.release for one in target.fleet().instances}
