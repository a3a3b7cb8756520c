"""Which cluster, and as whom: the kubeconfig's answer, or the one that every pod of a cluster carries.

Configuration, credentials and TLS are the official client's; so what `kubectl` can log in to, we can.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tidegate.errors import InputError

_DEFAULT = "~/.kube/config"
_FIX = "Set KUBECONFIG, or `context` under `kubernetes` in environment.yaml."


def client(context: str, environ: Mapping[str, str]) -> Any:
    """A client of the official library. Raises InputError E-KUB-002 where nothing says which cluster, or wrongly."""
    import yaml

    try:
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import ConfigException, load_incluster_config, load_kube_config
    except ImportError as error:
        fix = "Install what scripts/requirements/target-kubernetes.txt names; scripts/run.sh does it by itself."
        raise InputError("E-KUB-002", f"the client of the target kubernetes is missing: {error}.", fix=fix) from error
    configuration = Configuration()
    file = environ.get("KUBECONFIG") or str(Path(environ.get("HOME", "~"), _DEFAULT.removeprefix("~/")).expanduser())
    inside = not context and not environ.get("KUBECONFIG") and not Path(file).is_file()
    try:
        if inside and environ.get("KUBERNETES_SERVICE_HOST"):
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        elif inside:
            raise InputError("E-KUB-002", f"there is no kubeconfig at {_DEFAULT}.", fix=_FIX)
        else:
            options = {"context": context or None, "client_configuration": configuration, "persist_config": False}
            load_kube_config(file, **options)  # type: ignore[no-untyped-call]
    except (ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError) as error:
        told = " ".join(str(error).split())[:300]
        raise InputError("E-KUB-002", f"the kubeconfig leads to no cluster: {told}.", fix=_FIX) from error
    return ApiClient(configuration)
