"""Where the token may go: to the API of the GitHub that this job runs on, over https, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from tidegate.errors import SecurityRefusal

PUBLIC = "https://github.com"
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, kw_only=True)
class Address:
    """Addresses without a final slash: of the pages, of the REST API, of GraphQL."""

    server: str
    api: str
    graphql: str

    def covers(self, url: str) -> bool:
        """Whether `url` is on the API's own host, so that the token may follow."""
        parts = _split(url)
        return parts is not None and safe(url) and _origin(parts) == _origin(urlsplit(self.api))

    @property
    def loopback(self) -> bool:
        """Whether this is a GitHub on our own machine, to which no proxy leads."""
        return _loopback(urlsplit(self.api))


def address(environ: Mapping[str, str]) -> Address:
    """The addresses that the runner names. Raises SecurityRefusal E-SEC-040 for one that is foreign or not https."""
    server = (environ.get("GITHUB_SERVER_URL") or PUBLIC).rstrip("/")
    public = server == PUBLIC
    api = environ.get("GITHUB_API_URL") or ("https://api.github.com" if public else f"{server}/api/v3")
    graphql = environ.get("GITHUB_GRAPHQL_URL") or (f"{api.removesuffix('/v3')}/graphql")
    for name, url in (("GITHUB_SERVER_URL", server), ("GITHUB_API_URL", api), ("GITHUB_GRAPHQL_URL", graphql)):
        _check(name, url, server)
    return Address(server=server, api=api.rstrip("/"), graphql=graphql.rstrip("/"))


def safe(url: str) -> bool:
    """Whether `url` can be asked at all: https, or anything on our own machine, without a name and password in it."""
    parts = _split(url)
    return (
        parts is not None
        and not parts.username
        and not parts.password
        and (parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts)))
    )


def _check(name: str, url: str, server: str) -> None:
    parts, home = _split(url), _split(server)
    if parts is None or home is None or not safe(url) or parts.query or parts.fragment:
        raise _refusal(name, url, "it is not a plain https address")
    same = _origin(parts) == _origin(home)
    api_of_same = parts.hostname == f"api.{home.hostname}" and parts.port in (None, 443)
    if not same and not api_of_same:
        raise _refusal(name, url, f"that is not the GitHub at {home.hostname}")


def _refusal(name: str, url: str, why: str) -> SecurityRefusal:
    parts = _split(url)
    shown = f"{parts.scheme}://{parts.hostname}" if parts else "an unreadable address"
    return SecurityRefusal(
        "E-SEC-040",
        f"refuses to send the token to {shown[:100]!r}: {why}.",
        where=name,
        fix="Leave the variable as the runner sets it.",
    )


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = url.isprintable() and " " not in url and "\\" not in url and port != 0
    return parts if parts.hostname and plain else None


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
