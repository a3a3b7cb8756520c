"""A running model, asked as its clients ask it: rows in, predictions out."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.errors import InfrastructureError
from tidegate.server.wire.message import CHECK

_LIMIT = 4 * 1024 * 1024


def ask(address: str, rows: Sequence[Mapping[str, Any]], *, seconds: float) -> list[float]:
    """One prediction per row of a model with one output. Raises InfrastructureError E-DEP-015 without an answer.

    These are questions of ours: the server answers them and takes them for no client's.
    """
    link = http.client.HTTPConnection(address, timeout=seconds)
    try:
        body = json.dumps({"dataframe_records": list(rows)}, allow_nan=False)
        link.request("POST", "/invocations", body, {"Content-Type": "application/json", CHECK: "1"})
        reply = link.getresponse()
        text = reply.read(_LIMIT).decode()
        if reply.status != 200:
            raise InfrastructureError("E-DEP-015", f"{address} answers {reply.status}: {text[:300]}")
        return [_number(address, value) for value in _flat(json.loads(text)["predictions"])]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        raise InfrastructureError("E-DEP-015", f"{address} does not answer: {error!r:.200}") from error
    finally:
        link.close()


def identity(address: str, *, seconds: float) -> dict[str, str]:
    """``release``, ``version`` and ``commit`` of what answers at an address, as it says itself.

    Raises InfrastructureError E-DEP-015 without such an answer.
    """
    link = http.client.HTTPConnection(address, timeout=seconds)
    try:
        link.request("GET", "/version")
        reply = link.getresponse()
        document = json.loads(reply.read(_LIMIT).decode())
        return {name: str(document[name]) for name in ("release", "version", "commit")}
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        message = f"{address} does not say which release it is: {error!r:.200}"
        raise InfrastructureError("E-DEP-015", message) from error
    finally:
        link.close()


def _number(address: str, value: Any) -> float:
    if not isinstance(value, int | float):
        raise InfrastructureError("E-DEP-015", f"{address} answers with {value!r:.100} where one number is expected.")
    return float(value)


def _flat(predictions: Any) -> list[Any]:
    return [entry[0] if isinstance(entry, list) and len(entry) == 1 else entry for entry in predictions]
