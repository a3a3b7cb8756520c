"""One request to GitHub at a time, with patience: what may be repeated is, no earlier than GitHub asks, and no longer
than a budget allows.

github3.py brings the session (credentials, base address, time-outs) and repeats nothing. urllib3's `Retry` is left the
one case that is always safe, a connection that never came to be. Everything else is judged here, because `Retry` knows
neither the time at which a limit is lifted nor that a comment must not be written twice.

github3.py's models are not used: they insist on fields that not every reply has (a comment whose author is gone), and
load a repository and an issue to write one comment.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tidegate import __version__
from tidegate.adapters.github.address import Address
from tidegate.adapters.github.call import Call, Patience, Reply
from tidegate.adapters.github.refusal import Answered, Unknown, refusal
from tidegate.errors import InfrastructureError, InputError, SecurityRefusal, TidegateError

if TYPE_CHECKING:
    from github3.session import GitHubSession
    from requests import RequestException, Response

API_VERSION = "2022-11-28"
_REDIRECTS = (301, 302, 307, 308)
_MOST_REDIRECTS = 3
_MOST_PAGES = 40
_WITHOUT_ADVICE = 60.0
_LEAST = 1.0
_NO_JSON = object()


@dataclass(kw_only=True)
class Connection:
    """A session with one repository's GitHub, and what was spent on it so far."""

    session: GitHubSession
    address: Address
    repository: str
    patience: Patience
    waited: float = 0.0
    requests: int = 0
    slowest: float = 0.0
    _written: dict[str, float] = field(default_factory=dict)

    def ask(self, call: Call, *, follow: bool = True) -> Reply:
        """Send `call` until there is an answer to it.

        Raises Unknown where it may have taken effect and must not be sent again; what `github_refusal.refusal` makes
        of GitHub's no; InfrastructureError E-GH-013 (limit) and E-GH-014 (out of order or out of reach).
        """
        self._keep_distance(call)
        for pause in self.patience.tries:
            answer = self._once(call, follow=follow)
            if isinstance(answer, Reply):
                return answer
            if not call.repeatable:
                raise answer
            self.wait(pause, answer)
        answer = self._once(call, follow=follow)
        if isinstance(answer, Reply):
            return answer
        raise answer

    def pages(self, call: Call) -> Iterator[Reply]:
        """The replies to a listing, page by page. Raises like `ask`, SecurityRefusal where the next is elsewhere."""
        for _ in range(_MOST_PAGES):
            reply = self.ask(call)
            yield reply
            if not reply.next:
                return
            if not self.address.covers(reply.next):
                raise _leads_away(call)
            call = replace(call, path=reply.next, query={})

    def wait(self, seconds: float, instead: TidegateError | None = None) -> None:
        """Let time pass. Raises `instead` (or E-GH-013) at once when the budget does not allow it."""
        if self.waited + seconds > self.patience.budget:
            raise instead or _limited(self.patience.now() + seconds)
        self.waited += seconds
        self.patience.sleep(seconds)

    def _once(self, call: Call, *, follow: bool) -> Reply | Unknown:
        """The answer, after whatever limit there is; or that there was none that can be used."""
        while True:
            response = self._redirected(call, follow=follow)
            if isinstance(response, Unknown):
                return response
            pause = self._until_lifted(response)
            if pause is None:
                return _judged(call, response)
            self.wait(pause)

    def _redirected(self, call: Call, *, follow: bool) -> Response | Unknown:
        """The response where redirects end: GitHub sends them for a repository that has another name now."""
        url = call.path if call.path.startswith("http") else f"{self.address.api}{call.path}"
        response = self._sent(call, url, call.query)
        for _ in range(_MOST_REDIRECTS):
            if isinstance(response, Unknown) or response.status_code not in _REDIRECTS or not follow:
                break
            url = response.headers.get("Location", "")
            if not self.address.covers(url):
                raise _leads_away(call)
            response = self._sent(call, url, {})
        return response

    def _sent(self, call: Call, url: str, query: Mapping[str, str]) -> Response | Unknown:
        from requests import RequestException

        self.requests += 1
        body = None if call.body is None else json.dumps(call.body)
        begun = self.patience.now()
        try:
            return self.session.request(  # type: ignore[no-any-return]
                call.method, url, params=dict(query), data=body, allow_redirects=False
            )
        except RequestException as error:
            if _never_sent(error):
                raise _out_of_reach(call, error) from None
            return _unknown(call, type(error).__name__)
        finally:
            self.slowest = max(self.slowest, self.patience.now() - begun)

    def _until_lifted(self, response: Response) -> float | None:
        """Seconds until a limit is lifted, None where no limit was met. A limited request has had no effect."""
        if response.status_code not in (403, 429):
            return None
        headers = response.headers
        advice, reset = headers.get("Retry-After", ""), headers.get("X-RateLimit-Reset", "")
        if _is_number(advice):
            return max(float(advice), _LEAST)
        if headers.get("X-RateLimit-Remaining") == "0" and _is_number(reset):
            return max(math.ceil(float(reset) - self.patience.now()) + _LEAST, _LEAST)
        limited = response.status_code == 429 or "rate limit" in _message(response).lower()
        return _WITHOUT_ADVICE if limited else None

    def _keep_distance(self, call: Call) -> None:
        """A second between two writes of one kind, as GitHub asks of everybody who writes several."""
        if not call.writes:
            return
        left = self._written.get(call.kind, -math.inf) + self.patience.gap - self.patience.now()
        if left > 0:
            self.wait(left)
        self._written[call.kind] = self.patience.now()


def connect(environ: Mapping[str, str], token: str, where: Address, repository: str, patience: Patience) -> Connection:
    """A connection that sends `token` to `where` only. Raises InputError E-GH-010 for what cannot be a token."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise InputError("E-GH-010", "the token has characters that no token has.", fix="Pass the token alone.")
    session = _session(environ, where, patience)
    session.token_auth(token)
    return Connection(session=session, address=where, repository=repository, patience=patience)


def _session(environ: Mapping[str, str], where: Address, patience: Patience) -> GitHubSession:
    from github3.session import GitHubSession
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    session = GitHubSession(default_connect_timeout=patience.connect, default_read_timeout=patience.read)
    session.base_url = where.api
    session.headers["Accept"] = "application/vnd.github+json"
    session.headers["X-GitHub-Api-Version"] = API_VERSION
    session.headers["User-Agent"] = f"tidegate/{__version__}"
    if where.loopback:
        # No proxy leads to our own machine, and none may see the token on its way there.
        session.trust_env = False
        session.verify = environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE") or True
    never_connected = Retry(total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.3)
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=never_connected))
    return session


def _judged(call: Call, response: Response) -> Reply | Unknown:
    """A usable answer, or none. Raises what GitHub's no means."""
    status = response.status_code
    if status >= 500:
        return _unknown(call, f"status {status}")
    if status >= 400:
        what, grant = call.what, call.grant
        raise refusal(
            Answered(status=status, message=_message(response), headers=response.headers, what=what, grant=grant)
        )
    if status in _REDIRECTS:
        return Reply(value=None, headers=response.headers, location=response.headers.get("Location", ""))
    value = None if status == 204 else _json(response)
    if value is _NO_JSON:
        return _unknown(call, "an unreadable reply")
    return Reply(value=value, headers=response.headers, next=response.links.get("next", {}).get("url", ""))


def _json(response: Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return _NO_JSON


def _message(response: Response) -> str:
    value = _json(response)
    return str(value.get("message", "")) if isinstance(value, dict) else ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _never_sent(error: RequestException) -> bool:
    """Whether a request failed before anything of it left, so that it cannot have had an effect."""
    from requests.exceptions import ConnectTimeout, ProxyError, SSLError
    from urllib3.exceptions import NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, ConnectTimeout | ProxyError | SSLError) or isinstance(reason, NewConnectionError)


def _unknown(call: Call, why: str) -> Unknown:
    effect = " It may have taken effect." if call.writes else ""
    return Unknown("E-GH-014", f"{call.what}: no usable answer from GitHub ({why}).{effect}", fix="Run the job again.")


def _out_of_reach(call: Call, error: Exception) -> InfrastructureError:
    return InfrastructureError(
        "E-GH-014",
        f"{call.what}: GitHub cannot be reached ({type(error).__name__}).",
        fix="Run the job again when it can.",
    )


def _limited(until: float) -> InfrastructureError:
    at = time.strftime("%H:%M UTC", time.gmtime(until))
    return InfrastructureError("E-GH-013", f"GitHub's rate limit is reached until {at}.", fix=f"Retry after {at}.")


def _leads_away(call: Call) -> SecurityRefusal:
    return SecurityRefusal("E-SEC-042", f"{call.what}: GitHub's answer leads to another host; the token stays here.")
