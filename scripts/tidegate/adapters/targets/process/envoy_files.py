"""What Envoy reads and says: its two files, and the one answer by which it tells who is behind it.

All releases are hosts of one cluster. A request that cannot be handed to one of them goes to another, as with
HAProxy's redispatch, and one file that is replaced changes everything at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tidegate.adapters.targets.haproxy import Counts, Slot
from tidegate.server.wire.message import CHECK

CLUSTER = "releases"
_TYPE = "type.googleapis.com/envoy."
_MOST = 4096
_LARGEST = 5 << 20  # bytes; the server takes 4 MiB
# Envoy has no weight of 0. Both words mean that a host gets no new requests and finishes what it has.
_NO_WEIGHT, _TAKEN_OUT = "DRAINING", "UNHEALTHY"


@dataclass(frozen=True)
class Host:
    """One slot; `known` is False for one that was taken out and may still be answering."""

    slot: int
    port: int
    weight: int
    known: bool = True


def name(slot: int) -> str:
    """What Envoy calls a slot."""
    return f"s{slot}"


def hosts(slots: Mapping[int, Slot], left: Iterable[Host]) -> list[Host]:
    """The slots, and those of `left` that are not among them; a port that is used again is the new slot's."""
    wanted = [Host(number, slot.port, slot.weight) for number, slot in slots.items()]
    ports = {host.port for host in wanted}
    gone = (Host(host.slot, host.port, 0, known=False) for host in left)
    return [*wanted, *(host for host in gone if host.slot not in slots and host.port not in ports)]


def assignment(wanted: list[Host]) -> bytes:
    """The file of hosts."""
    resource = {
        "@type": f"{_TYPE}config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": CLUSTER,
        "endpoints": [{"lb_endpoints": [_endpoint(host) for host in wanted]}],
    }
    return json.dumps({"resources": [resource]}, indent=1).encode()


def _endpoint(host: Host) -> dict[str, Any]:
    status = "HEALTHY" if host.weight else _NO_WEIGHT if host.known else _TAKEN_OUT
    endpoint = {"hostname": name(host.slot), "address": _address("127.0.0.1", host.port)}
    return {"endpoint": endpoint, "health_status": status, "load_balancing_weight": max(1, host.weight)}


def host(status: Mapping[str, Any]) -> Host:
    """A host as /clusters tells of it."""
    health = status.get("health_status", {}).get("eds_health_status")
    return Host(
        slot=int(status["hostname"][1:]),
        port=int(status["address"]["socket_address"]["port_value"]),
        weight=0 if health in (_NO_WEIGHT, _TAKEN_OUT) else int(status["weight"]),
        known=health != _TAKEN_OUT,
    )


def statistics(status: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of a host by their names; Envoy leaves out values that are 0."""
    return {entry["name"]: int(entry.get("value", 0)) for entry in status["stats"]}


def counts(status: Mapping[str, Any]) -> Counts:
    """Answers and what was not answered."""
    found = statistics(status)
    return Counts(requests=found["rq_success"] + found["rq_error"], errors=found["rq_error"])


def bootstrap(listens: tuple[str, int], socket: Path, assignment_file: Path) -> bytes:
    """The file that Envoy starts with: one listener, one cluster, nothing that calls anybody else."""
    document = {
        "node": {"id": "tidegate", "cluster": "tidegate"},
        "admin": {"address": {"pipe": {"path": str(socket), "mode": 0o600}}},
        "overload_manager": {"resource_monitors": [_connection_limit()]},
        "static_resources": {
            "listeners": [
                {
                    "name": "clients",
                    "address": _address(*listens),
                    # Two proxies must never share an address, each with half of the requests.
                    "enable_reuse_port": False,
                    "filter_chains": [{"filters": [_clients()]}],
                }
            ],
            "clusters": [_releases(assignment_file)],
        },
    }
    return json.dumps(document, indent=1).encode()


def _clients() -> dict[str, Any]:
    manager = {
        "@type": f"{_TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "clients",
        "use_remote_address": True,
        "skip_xff_append": True,
        "generate_request_id": False,
        "server_header_transformation": "PASS_THROUGH",
        "common_http_protocol_options": {"idle_timeout": "60s"},
        "stream_idle_timeout": "60s",
        "request_headers_timeout": "10s",
        "route_config": {
            "name": CLUSTER,
            "virtual_hosts": [{"name": CLUSTER, "domains": ["*"], "routes": [_route()]}],
            "request_headers_to_remove": [CHECK],
        },
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {
                    "@type": f"{_TYPE}extensions.filters.http.router.v3.Router",
                    "suppress_envoy_headers": True,
                },
            }
        ],
    }
    return {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}


def _route() -> dict[str, Any]:
    others = f"{_TYPE}extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
    retry = {
        # Only what no server has begun to answer: a prediction that was made is not made twice.
        "retry_on": "connect-failure,refused-stream",
        "num_retries": 3,
        "retry_back_off": {"base_interval": "0.02s", "max_interval": "0.2s"},
        "retry_host_predicate": [
            {"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": others}}
        ],
        "host_selection_retry_max_attempts": 8,
    }
    return {
        "match": {"prefix": "/"},
        # A request is kept until a server has taken it; one that does not fit cannot be handed to another.
        "request_body_buffer_limit": _LARGEST,
        "route": {"cluster": CLUSTER, "timeout": "60s", "retry_policy": retry},
    }


def _releases(assignment_file: Path) -> dict[str, Any]:
    options = {
        "@type": f"{_TYPE}extensions.upstreams.http.v3.HttpProtocolOptions",
        "common_http_protocol_options": {"idle_timeout": "2s"},
        "explicit_http_config": {"http_protocol_options": {}},
    }
    limits = {"max_connections": _MOST, "max_pending_requests": _MOST, "max_requests": _MOST, "max_retries": _MOST}
    return {
        "name": CLUSTER,
        "type": "EDS",
        "connect_timeout": "2s",
        "lb_policy": "ROUND_ROBIN",
        # Otherwise Envoy asks everybody, weight or not, when few are left to ask.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "circuit_breakers": {"thresholds": [limits]},
        "eds_cluster_config": {
            "eds_config": {"resource_api_version": "V3", "path_config_source": {"path": str(assignment_file)}}
        },
        "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": options},
    }


def _connection_limit() -> dict[str, Any]:
    kind = f"{_TYPE}extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    return {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {"@type": kind, "max_active_downstream_connections": str(_MOST)},
    }


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
