"""Images and the engine as people write them: pinned by digest, and nothing that is for another target."""

from __future__ import annotations

import pytest

from tidegate.adapters.contract import environment_file
from tidegate.adapters.contract import file as contract_file
from tidegate.core.contract import Image
from tidegate.core.deployment.engine_host import Remote, remote
from tidegate.core.deployment.environment import Docker
from tidegate.errors import TidegateError

DIGEST = f"sha256:{'a' * 64}"
LEAST = b"target: docker\naddress: 127.0.0.1:8080\n"
CONTRACT = """\
version: 1
models:
  m:
    path: model
    data: {{tracked: data.dvc, expectations: suites}}
    evaluation: {{predictions: p.csv, id: id, target: y, prediction: p}}
    gates: [{{metric: rmse, no_worse_by: 1%}}]
    image: {image}
"""


def image(text: str) -> Image | None:
    return contract_file.parse(CONTRACT.format(image=text), "tidegate.yaml").model(None).image


@pytest.mark.parametrize(
    "base",
    [
        f"python@{DIGEST}",
        f"python:3.12-slim@{DIGEST}",
        f"127.0.0.1:5000/base@{DIGEST}",
        f"ghcr.io/an-owner/a_name:v1.2@{DIGEST}",
    ],
)
def test_a_base_is_named_by_digest(base: str) -> None:
    assert image(f'{{base: "{base}"}}') == Image(base=base)


def test_an_image_may_be_pushed() -> None:
    found = image(f'{{base: "python@{DIGEST}", repository: ghcr.io/owner/name}}')
    assert found == Image(base=f"python@{DIGEST}", repository="ghcr.io/owner/name")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{base: python}", "is not pinned: a tag can be moved"),
        ("{base: 'python:3.12-slim'}", "Write the digest behind it: python:3.12-slim@sha256:"),
        ("{base: 'ghcr.io/owner/name:latest'}", "is not pinned"),
        (f"{{base: 'python@{DIGEST[:-1]}'}}", "expected an image by digest"),
        (f"{{base: 'python@md5:{'a' * 64}'}}", "expected an image by digest"),
        (f"{{base: '-x@{DIGEST}'}}", "expected an image by digest"),
        ("{base: 12}", "expected a text"),
        (f"{{base: 'python@{DIGEST}', repository: 'ghcr.io/owner/name:v1'}}", "without tag or digest"),
        (f"{{base: 'python@{DIGEST}', repository: 'ghcr.io/Owner/name'}}", "without tag or digest"),
        (f"{{base: 'python@{DIGEST}', repository: 'https://ghcr.io/o/n'}}", "without tag or digest"),
        (f"{{base: 'python@{DIGEST}', tag: v1}}", "tag"),
        ("{repository: ghcr.io/owner/name}", 'key "base" is missing'),
    ],
    ids=lambda value: value[:60],
)
def test_an_image_that_could_be_another_tomorrow_is_refused(text: str, told: str) -> None:
    with pytest.raises(TidegateError) as caught:
        image(text)
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_engine_is_read() -> None:
    text = LEAST + b'docker: {host: "unix:///run/d.sock", network: models, memory: 512MiB, kept: 5, replicas: 3}\n'
    found = environment_file.parse(text, "e.yaml", "staging").docker
    assert found == Docker(host="unix:///run/d.sock", network="models", memory=512 << 20, kept=5, replicas=3)
    assert environment_file.parse(LEAST, "e.yaml", "staging").docker == Docker()


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("ssh://deploy@models.example.org", Remote(user="deploy", host="models.example.org", port="")),
        ("ssh://models", Remote(user="", host="models", port="")),
        ("ssh://a@10.0.0.7:2222", Remote(user="a", host="10.0.0.7", port="2222")),
        ("ssh://a@[fe80::1]:22/run/d.sock", Remote(user="a", host="fe80::1", port="22", socket="/run/d.sock")),
    ],
)
def test_an_engine_may_be_another_machines(host: str, parts: Remote) -> None:
    text = LEAST + f'docker: {{host: "{host}"}}\n'.encode()
    assert environment_file.parse(text, "e.yaml", "staging").docker.host == host
    assert remote(host) == parts


@pytest.mark.parametrize(
    "proxy", ["haproxy:3.2", f"haproxy@{DIGEST}", f"ghcr.io/o/haproxy:3.2@{DIGEST}", "127.0.0.1:5000/haproxy:1"]
)
def test_the_proxys_image_may_be_another_one(proxy: str) -> None:
    text = LEAST + f'docker: {{proxy: "{proxy}"}}\n'.encode()
    assert environment_file.parse(text, "e.yaml", "staging").docker.proxy == proxy


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"docker: {host: 'tcp://10.0.0.1:2375'}\n", "reach it over SSH"),
        (b"docker: {host: 'ssh://-oProxyCommand=x@host'}\n", "expected unix:///path or ssh://user@host"),
        (b"docker: {host: 'ssh://user@-oProxyCommand=x'}\n", "expected unix:///path or ssh://user@host"),
        (b"docker: {host: 'ssh://user:password@host'}\n", "expected unix:///path or ssh://user@host"),
        (b"docker: {host: 'ssh://host:99999'}\n", "expected unix:///path or ssh://user@host"),
        (b"docker: {host: 'ssh://host/run/$(id).sock'}\n", "expected unix:///path or ssh://user@host"),
        (b"docker: {replicas: 0}\n", "expected 1 to 8"),
        (b"docker: {replicas: 9}\n", "expected 1 to 8"),
        (b"docker: {replicas: many}\n", "expected 1 to 8"),
        (b"docker: {proxy: haproxy}\n", "has neither tag nor digest"),
        (b"docker: {proxy: '127.0.0.1:5000/haproxy'}\n", "has neither tag nor digest"),
        (b"docker: {proxy: '-v /:/host'}\n", "expected an image such as"),
        (b"docker: {host: /run/docker.sock}\n", "expected unix:///path"),
        (b"docker: {memory: 512}\n", "such as 512MiB"),
        (b"docker: {memory: 32MiB}\n", "expected 64MiB or more"),
        (b"docker: {memory: 1GB}\n", "such as 512MiB"),
        (b"docker: {kept: 0}\n", "0"),
        (b"docker: {network: a b}\n", "cannot be a name"),
        (b"docker: {replica: 2}\n", "replica"),
    ],
    ids=lambda value: value.decode()[8:].strip() if isinstance(value, bytes) else None,
)
def test_what_is_wrong_with_the_engine_is_told(text: bytes, told: str) -> None:
    with pytest.raises(TidegateError) as caught:
        environment_file.parse(LEAST + text, "e.yaml", "staging")
    assert told in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_engine_for_another_target_is_a_slip() -> None:
    with pytest.raises(TidegateError, match="docker is set, and the target is process") as caught:
        environment_file.parse(LEAST.replace(b"docker", b"process") + b"docker: {kept: 1}\n", "e.yaml", "staging")
    assert caught.value.code == "E-ENV-004"
