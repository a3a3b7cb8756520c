"""Where a token may go (row G10, E-SEC-040)."""

from __future__ import annotations

import pytest

from tidegate.adapters.github import address as github_address
from tidegate.errors import SecurityRefusal


def environ(server: str = "", api: str = "", graphql: str = "") -> dict[str, str]:
    return {"GITHUB_SERVER_URL": server, "GITHUB_API_URL": api, "GITHUB_GRAPHQL_URL": graphql}


GOOD = {
    "github.com by default": (environ(), "https://api.github.com", "https://api.github.com/graphql"),
    "github.com": (
        environ("https://github.com", "https://api.github.com", "https://api.github.com/graphql"),
        "https://api.github.com",
        "https://api.github.com/graphql",
    ),
    "Enterprise Server": (
        environ("https://git.acme.example"),
        "https://git.acme.example/api/v3",
        "https://git.acme.example/api/graphql",
    ),
    "Enterprise Server on a port": (
        environ("https://git.acme.example:8443", "https://git.acme.example:8443/api/v3"),
        "https://git.acme.example:8443/api/v3",
        "https://git.acme.example:8443/api/graphql",
    ),
    "Enterprise Cloud with data residency": (
        environ("https://acme.ghe.com", "https://api.acme.ghe.com", "https://api.acme.ghe.com/graphql"),
        "https://api.acme.ghe.com",
        "https://api.acme.ghe.com/graphql",
    ),
    "our own machine": (
        environ("http://127.0.0.1:4000", "http://127.0.0.1:4000/job/1/api/v3"),
        "http://127.0.0.1:4000/job/1/api/v3",
        "http://127.0.0.1:4000/job/1/api/graphql",
    ),
    "our own machine, IPv6": (
        environ("http://[::1]:4000"),
        "http://[::1]:4000/api/v3",
        "http://[::1]:4000/api/graphql",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_addresses_of_this_github(name: str) -> None:
    given, api, graphql = GOOD[name]
    address = github_address.address(given)
    assert (address.api, address.graphql) == (api, graphql)


BAD = {
    "another host": environ(api="https://evil.example"),
    "a host that begins alike": environ(api="https://api.github.com.evil.example"),
    "a host that ends alike": environ(api="https://evilapi.github.com"),
    "another subdomain": environ(api="https://uploads.github.com"),
    "a name before the host": environ(api="https://api.github.com@evil.example"),
    "a password before the host": environ(api="https://a:b@api.github.com"),
    "a backslash": environ(api="https://evil.example\\@api.github.com"),
    "http": environ(api="http://api.github.com"),
    "http on an Enterprise Server": environ("http://git.acme.example"),
    "http on a private network": environ("http://10.0.0.1"),
    "a file": environ(api="file:///etc/passwd"),
    "no scheme": environ(api="api.github.com"),
    "another port": environ(api="https://api.github.com:8443"),
    "another port of the same server": environ("https://git.acme.example", "https://git.acme.example:8443/api/v3"),
    "a port that is none": environ(api="https://api.github.com:99999"),
    "a query": environ(api="https://api.github.com/?x="),
    "a fragment": environ(api="https://api.github.com/#"),
    "a space": environ(api="https://api.github.com /"),
    "a newline": environ(api="https://api.github.com\nevil.example"),
    "a loopback name of another": environ(api="http://localhost.evil.example"),
    "a number that is no loopback": environ("http://2130706433"),
    "GraphQL elsewhere": environ(graphql="https://evil.example/graphql"),
    "an empty host": environ(api="https:///api"),
    "half an IPv6 address": environ(api="https://[::1"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_goes_nowhere_else(name: str) -> None:
    with pytest.raises(SecurityRefusal) as caught:
        github_address.address(BAD[name])
    assert caught.value.code == "E-SEC-040"
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("url", "covered"),
    [
        ("https://api.github.com/repositories/1/pulls", True),
        ("https://API.github.com/x", True),
        ("https://github.com/x", False),
        ("http://api.github.com/x", False),
        ("https://api.github.com:444/x", False),
        ("https://x@api.github.com/x", False),
        ("//api.github.com/x", False),
        ("/x", False),
        ("", False),
    ],
)
def test_what_the_api_leads_to_has_to_stay_on_its_host(url: str, covered: bool) -> None:
    assert github_address.address(environ()).covers(url) is covered
