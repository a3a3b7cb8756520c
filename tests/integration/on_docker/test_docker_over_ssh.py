"""The engine of another machine, over a real SSH: releases take over there, and what keeps us out is told apart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fixtures.deployments import free_address
from fixtures.docker_targets import Dock, deploy
from fixtures.load import ask, closed_loop
from fixtures.releases import linear, packaged
from fixtures.sshd import Machine, machine, missing
from tidegate.adapters.images import building
from tidegate.adapters.images.engine import connect
from tidegate.adapters.images.tunnel import Tunnel
from tidegate.core.deployment.target import Package
from tidegate.errors import InfrastructureError, InputError

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
HOLDS = """\
import os, sys
from tidegate.adapters.images.tunnel import Tunnel
tunnel = Tunnel(sys.argv[1], dict(os.environ))
tunnel.reach(int(sys.argv[2]))
print(tunnel._process.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with machine(tmp_path_factory.mktemp("machine")) as found:
        yield found


def test_releases_take_over_on_another_machine_and_no_request_is_lost(
    dock: Dock, other: Machine, tmp_path: Path
) -> None:
    engine, address = connect(other.host(dock.here.host), other.environ), free_address()

    def image(package: Package) -> str:
        return building.release_image(
            engine, dock.contents(package), Path(package.folder), dock.cache, dict(os.environ)
        )

    target = dock.target("tidegate-far", address, image=image, engine=engine)
    packages = [packaged(tmp_path, version, linear(float(version))) for version in ("1", "2")]
    try:
        assert deploy(target, address, packages[0]).failed == ""
        with closed_loop(address, clients=2) as load:
            assert deploy(target, address, packages[1]).failed == ""
        assert load.lost == {}
        assert ask(address, 3.0) == (6.0, "")
        [instance] = target.fleet().instances
        assert (instance.version, instance.weight, instance.ready) == ("2", 100, True)
        port = target._containers.all()[0].port
        assert target.address(packages[1].release) != f"127.0.0.1:{port}"
        assert ask(target.address(packages[1].release), 3.0) == (6.0, "")
    finally:
        target.close()
        engine.close()


def test_a_key_that_is_not_known_is_not_learned(dock: Dock, tmp_path: Path) -> None:
    with machine(tmp_path / "machine") as found:
        right = (found.place / "host.pub").read_text()
        (found.place / "known").write_text("")
        with pytest.raises(InfrastructureError, match="the host's key is not known") as caught:
            connect(found.host(dock.here.host), found.environ)
        assert (caught.value.code, caught.value.exit_code) == ("E-SSH-002", 3)
        assert "ssh-keyscan" in str(caught.value.fix)
        assert (found.place / "known").read_text() == ""
        found.knows((found.place / "user.pub").read_text())
        with pytest.raises(InfrastructureError, match="the host shows another key than the one that is known"):
            connect(found.host(dock.here.host), found.environ)
        found.knows(right)
        connect(found.host(dock.here.host), found.environ).close()


def test_what_keeps_us_out_is_told_apart(dock: Dock, other: Machine, tmp_path: Path) -> None:
    nobody = int(free_address().rpartition(":")[2])
    cases = [
        (other.host(dock.here.host, port=nobody), "E-SSH-001", "it cannot be reached: .*refused"),
        (
            other.host(dock.here.host, user="nobody"),
            "E-SSH-003",
            "it does not let this user in: .*ermission denied",
        ),
        (other.host(f"unix://{tmp_path}/none.sock"), "E-DOC-001", "socket does not answer on that machine"),
    ]
    (other.place / "known").write_text("\n".join(f"[127.0.0.1]:{port} {key}" for port, key in _known(other, nobody)))
    for host, code, why in cases:
        with pytest.raises(InfrastructureError, match=why) as caught:
            connect(host, other.environ)
        assert (caught.value.code, caught.value.exit_code, caught.value.where) == (code, 3, host)


def _known(other: Machine, *more: int) -> Iterator[tuple[int, str]]:
    key = (other.place / "host.pub").read_text().strip()
    yield from ((port, key) for port in (other.port, *more))


@pytest.mark.parametrize("more", ["AllowStreamLocalForwarding no", "PermitOpen none"])
def test_a_machine_that_forwards_nothing_is_told(dock: Dock, tmp_path: Path, more: str) -> None:
    with machine(tmp_path / "machine", more) as found:
        with pytest.raises(InfrastructureError, match="socket does not answer on that machine") as caught:
            connect(found.host(dock.here.host), found.environ)
        assert (caught.value.code, caught.value.exit_code) == ("E-DOC-001", 3)
        assert "AllowStreamLocalForwarding" in str(caught.value.fix)


def test_without_a_client_or_an_address_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ssh is not installed") as caught:
        Tunnel("ssh://a@b", {"PATH": str(tmp_path)})
    assert caught.value.code == "E-SSH-004"
    with pytest.raises(InputError, match="expected ssh://user@host"):
        Tunnel("ssh://-oProxyCommand=x@b", dict(os.environ))


def test_a_deployer_that_is_killed_leaves_no_connection_behind(dock: Dock, other: Machine) -> None:
    command = [sys.executable, "-c", HOLDS, other.host(dock.here.host), "20000"]
    environ = {**other.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "scripts")}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
    deadline, lives = time.monotonic() + 20, partial(Path(f"/proc/{pid}").exists)
    while lives():
        assert time.monotonic() < deadline
        time.sleep(0.05)
