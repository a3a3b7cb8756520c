"""What any target asks the server of a release over HTTP: is it ready, is it the right one, what did it do so far."""

from __future__ import annotations

import contextlib
import http.client
import json
import urllib.request
from collections.abc import Sequence

from tidegate.adapters.targets import metrics_text
from tidegate.core.deployment.traffic import Histogram, Traffic
from tidegate.errors import InfrastructureError

_ASK = 2.0


def is_ready(port: int, release: str) -> bool:
    """Whether it answers on this port of the loopback, and says that it is what it should be."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        get(port, "/v2/health/ready")
        return bool(json.loads(get(port, "/version"))["release"] == release)
    return False


def traffic(ports: Sequence[int], version: str, requests: int, errors: int) -> Traffic:
    """Times and predictions as a release's servers counted them, beside the proxy's `requests` and `errors`.

    Raises InfrastructureError E-DEP-013 when its metrics cannot be read.
    """
    try:
        found = [sample for port in ports for sample in metrics_text.samples(get(port, "/metrics"))]
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise InfrastructureError("E-DEP-013", f"the metrics of {version} cannot be read: {error}.") from error
    times = metrics_text.histogram(found, "tidegate_request_seconds", "endpoint", ("infer", "invocations"))
    predictions = metrics_text.histogram(found, "tidegate_prediction", "column")
    nothing = Histogram(edges=(1.0,), counts=(0, 0))
    return Traffic(requests=requests, errors=errors, latency=times or nothing, predictions=predictions)


def get(port: int, path: str) -> str:
    """The answer of a path. Raises OSError or HTTPException."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=_ASK) as answer:
        body: bytes = answer.read()
        return body.decode()
