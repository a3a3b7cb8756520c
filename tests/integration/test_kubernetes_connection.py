"""Which cluster, and as whom: what a kubeconfig may lack, and what surrounds a release."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from fixtures.cluster import Cluster, running
from fixtures.cluster_releases import api
from fixtures.manifest_schemas import KUBECTL, ROOT
from tidegate.adapters.targets.kubernetes import connection, overlay
from tidegate.adapters.targets.kubernetes.api import DEPLOYMENTS, Api
from tidegate.errors import InputError, TidegateError
from tidegate.simulator.front import GitHub

Served = tuple[Cluster, str]


@pytest.fixture
def cluster() -> Iterator[Served]:
    with running() as served:
        yield served


def kubeconfig(folder: Path, url: str, **user: str) -> Path:
    path = folder / "config"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": "secret", **user}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


def test_a_kubeconfig_leads_to_its_cluster_with_its_token(cluster: Served, tmp_path: Path) -> None:
    found = connection.client("here", {"KUBECONFIG": str(kubeconfig(tmp_path, cluster[1]))})
    assert Api(found, "bikes").list(DEPLOYMENTS, "a=b") == []
    assert cluster[0].tokens == {"Bearer secret"}


@pytest.mark.parametrize(
    ("context", "text", "told"),
    [
        pytest.param("", None, "", id="absent"),
        pytest.param("", "", "empty", id="empty"),
        pytest.param("", "[]", "", id="a list"),
        pytest.param("", "clusters: {", "", id="no YAML"),
        pytest.param("elsewhere", "whole", "elsewhere", id="unknown context"),
        pytest.param("", "apiVersion: v1\nkind: Config\n", "", id="no context"),
    ],
)
def test_a_kubeconfig_that_leads_nowhere_is_named(context: str, text: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "config"
    if text == "whole":
        kubeconfig(tmp_path, "http://127.0.0.1:9")
    elif text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"E-KUB-002 .*Set KUBECONFIG") as caught:
        connection.client(context, {"KUBECONFIG": str(path)})
    assert told in str(caught.value)


def test_without_any_kubeconfig_it_is_said_where_one_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"E-KUB-002 there is no kubeconfig at ~/.kube/config"):
        connection.client("", {"HOME": str(tmp_path)})


def test_a_certificate_that_nobody_vouches_for_is_named(github_over_tls: GitHub) -> None:
    """Any server with a certificate of its own will do."""
    with pytest.raises(InputError, match=r"E-KUB-003 .*certificate is not accepted"):
        api(github_over_tls.api_url).list(DEPLOYMENTS, "a=b")


def program(folder: Path, text: str) -> dict[str, str]:
    """A kubectl that does as it is told."""
    path = folder / "kubectl"
    path.write_text(f"#!{sys.executable}\nimport sys\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return {"PATH": str(folder), "KUBECONFIG": "/nowhere", "SECRET": "x"}


def test_an_overlay_is_applied_under_a_name_of_its_own_and_without_our_secrets(tmp_path: Path) -> None:
    told = tmp_path / "told"
    environ = program(tmp_path, f"import os; open({str(told)!r}, 'w').write(repr((sys.argv[1:], dict(os.environ))))")
    overlay.apply(tmp_path, "production", environ)
    text = told.read_text(encoding="utf-8")
    assert "'--server-side', '--field-manager=tidegate-overlay'" in text
    assert "'--context=production'" in text
    assert "KUBECONFIG" in text
    assert "SECRET" not in text


def test_an_overlay_that_is_refused_says_why(tmp_path: Path) -> None:
    environ = program(tmp_path, "sys.exit('error: Apply failed with 1 conflict')")
    with pytest.raises(InputError, match=r"E-KUB-009 .*Apply failed with 1 conflict"):
        overlay.apply(tmp_path, "", environ)


def test_without_kubectl_an_overlay_cannot_be_applied(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"E-KUB-009 .*kubectl is not installed"):
        overlay.apply(tmp_path, "", {"PATH": str(tmp_path)})


def test_the_real_kubectl_says_what_is_wrong_with_an_overlay(tmp_path: Path) -> None:
    environ = {"PATH": str(KUBECTL.parent), "KUBECONFIG": str(kubeconfig(tmp_path, "http://127.0.0.1:9"))}
    (tmp_path / "kustomization.yaml").write_text("resources: [absent.yaml]\n", encoding="utf-8")
    with pytest.raises(TidegateError, match=r"E-KUB-009 .*absent\.yaml"):
        overlay.apply(tmp_path, "", environ)
    with pytest.raises(TidegateError, match=r"E-KUB-009"):
        overlay.apply(ROOT / "environments" / "staging" / "kubernetes", "", environ)
