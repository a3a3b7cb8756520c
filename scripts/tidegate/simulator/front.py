"""A GitHub to talk to: start it, hand out tokens, act as its people, and look at what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from tidegate.errors import InfrastructureError
from tidegate.simulator import emulator, tools
from tidegate.simulator.completion import completed
from tidegate.simulator.faults import Faults
from tidegate.simulator.git_server import GitServer
from tidegate.simulator.permissions import BOT, Token, grants_of
from tidegate.simulator.proxy import Exchange, Proxy
from tidegate.simulator.runs import Runs

VISITOR = "visitor"
LARGEST_REQUEST = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class GitHub:
    """A running front. `address` has no path; `certificate` is the authority to trust when it is https."""

    address: str
    repository: str
    proxy: Proxy
    certificate: Path | None

    @property
    def owner(self) -> str:
        """The repository owner's login, a person who may do everything."""
        return self.repository.split("/")[0]

    @property
    def api_url(self) -> str:
        """What `GITHUB_API_URL` is on this GitHub."""
        return f"{self.address}/api/v3"

    @property
    def graphql_url(self) -> str:
        """What `GITHUB_GRAPHQL_URL` is on this GitHub."""
        return f"{self.address}/api/graphql"

    @property
    def faults(self) -> Faults:
        """Order faults here."""
        return self.proxy.faults

    @property
    def log(self) -> list[Exchange]:
        """Every request so far, through the front."""
        return self.proxy.log

    @property
    def runs(self) -> Runs:
        """Workflow runs and their artifacts."""
        return self.proxy.runs

    @property
    def minimized(self) -> dict[str, str]:
        """Node ids of hidden comments, with the reason."""
        return self.proxy.graphql.minimized

    def token(self, permissions: object = None, *, login: str = BOT) -> str:
        """A new Actions token with a workflow's `permissions:` (a mapping, ``read-all``, ``write-all``, nothing)."""
        secret = f"ghs_{secrets.token_hex(18)}"
        self.proxy.tokens[secret] = Token(login=login, grants=grants_of(permissions))
        return secret

    def personal_token(self, login: str) -> str:
        """A new token of a person (of the owner or of the visitor), who may do everything."""
        secret = f"ghp_{secrets.token_hex(18)}"
        self.proxy.tokens[secret] = Token(login=login)
        return secret

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, login: str | None = None) -> Any:
        """Act as a person or look something up, past permissions, limits, faults and the log."""
        return emulator.request(self.proxy.emulator, login or self.owner, method, path, body)

    def shown(self, repository: str = "") -> dict[str, Any]:
        """The repository (or another) as the API shows it."""
        return dict(completed(self.ask("GET", f"/repos/{repository or self.repository}"), self.address))

    def pull_request(self, number: int) -> dict[str, Any]:
        """A pull request as the API shows it, with its branch's newest commit."""
        pull = completed(self.ask("GET", f"/repos/{self.repository}/pulls/{number}"), self.address)
        head = pull["head"]
        ref = self.ask("GET", f"/repos/{head['repo']['full_name']}/git/ref/heads/{head['ref']}")
        head["sha"] = ref["object"]["sha"]
        return dict(pull)

    def comments(self, number: int) -> list[dict[str, Any]]:
        """All comments of an issue or pull request, oldest first."""
        found: list[dict[str, Any]] = []
        path = f"/repos/{self.repository}/issues/{number}/comments?per_page=100&page="
        while page := self.ask("GET", f"{path}{len(found) // 100 + 1}"):
            found += page
            if len(page) < 100:
                break
        return found

    def check_runs(self, commit: str) -> list[dict[str, Any]]:
        """All check runs of a commit, newest first."""
        answer = self.ask("GET", f"/repos/{self.repository}/commits/{commit}/check-runs?filter=all")
        return list(answer["check_runs"])

    def fork(self) -> str:
        """The visitor's fork, made when there is none: its full name."""
        forks = self.ask("GET", f"/repos/{self.repository}/forks")
        if not forks:
            forks = [self.ask("POST", f"/repos/{self.repository}/forks", {}, login=VISITOR)]
        return str(forks[0]["full_name"])

    def push(self, branch: str, files: Mapping[str, str], *, repository: str = "", message: str = "change") -> str:
        """Commit text files on a branch (made off the default branch when new): the commit's SHA."""
        root = f"/repos/{repository or self.repository}"
        login = root.split("/")[2]
        tips = {ref["ref"]: ref["object"]["sha"] for ref in self.ask("GET", f"{root}/git/matching-refs/heads")}
        ref = f"refs/heads/{branch}"
        parent = tips.get(ref) or tips["refs/heads/main"]
        base = self.ask("GET", f"{root}/git/commits/{parent}")["tree"]["sha"]
        entries = [{"path": path, "mode": "100644", "type": "blob", "content": text} for path, text in files.items()]
        tree = self.ask("POST", f"{root}/git/trees", {"base_tree": base, "tree": entries}, login=login)["sha"]
        commit = {"message": message, "tree": tree, "parents": [parent]}
        sha = str(self.ask("POST", f"{root}/git/commits", commit, login=login)["sha"])
        if ref in tips:
            self.ask("PATCH", f"{root}/git/{ref}", {"sha": sha, "force": True}, login=login)
        else:
            self.ask("POST", f"{root}/git/refs", {"ref": ref, "sha": sha}, login=login)
        if repository not in ("", self.repository):
            self._reach(sha, root)
        return sha

    def _reach(self, commit: str, fork: str) -> None:
        """A fork's commits can be reached from the repository that it comes from, as on GitHub."""
        own = f"/repos/{self.repository}"
        shown = self.ask("GET", f"{fork}/git/commits/{commit}")
        for parent in shown["parents"]:
            self._reach(parent["sha"], fork)
        tree = self.ask("GET", f"{fork}/git/trees/{shown['tree']['sha']}?recursive=1")["tree"]
        files = [entry for entry in tree if entry["type"] == "blob"]
        for file in files:
            blob = self.ask("GET", f"{fork}/git/blobs/{file['sha']}")
            self.ask("POST", f"{own}/git/blobs", {"content": blob["content"], "encoding": blob["encoding"]})
        entries = [{key: file[key] for key in ("path", "mode", "type", "sha")} for file in files]
        copied = {key: shown[key] for key in ("message", "author", "committer")}
        copied["tree"] = self.ask("POST", f"{own}/git/trees", {"tree": entries})["sha"]
        self.ask("POST", f"{own}/git/commits", copied | {"parents": [parent["sha"] for parent in shown["parents"]]})

    def open_pull_request(self, branch: str, *, title: str = "", from_fork: bool = False) -> int:
        """Open a pull request from a branch of the repository or of the visitor's fork: its number."""
        login = VISITOR if from_fork else self.owner
        body = {"title": title or branch, "head": f"{login}:{branch}", "base": "main", "body": ""}
        return int(self.ask("POST", f"/repos/{self.repository}/pulls", body, login=login)["number"])


@contextmanager
def serve(
    environ: Mapping[str, str],
    *,
    repository: str = "harbour/bike-demand",
    folder: Path | None = None,
    tls: bool = False,
    private: bool = False,
) -> Iterator[GitHub]:
    """A GitHub with one repository (a README on `main`), its owner, a visitor and the Actions bot, until the end.

    `folder` keeps logs and artifacts; without it a temporary one is used. `tls` serves https with a certificate
    of its own making; `private` lets nobody fetch from ``<folder>/git`` without a token.
    Raises InputError where Node's package manager is missing.
    """
    program = tools.emulator(environ)
    with contextlib.ExitStack() as stack:
        place = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tidegate-front-")))
        place.mkdir(parents=True, exist_ok=True)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        base = f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        certificate = _certificate(place) if tls else None
        proxy = Proxy(base, Runs(place / "artifacts"), repository.split("/")[0])
        proxy.git = GitServer(place / "git", proxy.tokens, proxy.jobs, private=private)
        logins = (repository.split("/")[0], VISITOR, BOT)
        proxy.emulator = stack.enter_context(
            emulator.running(program, place, base=base, logins=logins, repository=repository)
        )
        stack.enter_context(_listening(proxy, listener, certificate))
        yield GitHub(address=base, repository=repository, proxy=proxy, certificate=certificate)


@contextmanager
def _listening(proxy: Proxy, listener: socket.socket, certificate: Path | None) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tidegate-front", daemon=True)
    thread.start()
    application = web.Application(client_max_size=LARGEST_REQUEST)
    application.router.add_route("*", "/{path:.*}", proxy.handle)
    runner = web.AppRunner(application, shutdown_timeout=1, access_log=None)
    try:
        asyncio.run_coroutine_threadsafe(_start(runner, listener, certificate), loop).result(timeout=10)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(_stop(runner, proxy), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _start(runner: web.AppRunner, listener: socket.socket, certificate: Path | None) -> None:
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    await runner.setup()
    await web.SockSite(runner, listener, ssl_context=context).start()


async def _stop(runner: web.AppRunner, proxy: Proxy) -> None:
    for connection in runner.server.connections if runner.server else []:
        if connection.transport:
            connection.transport.abort()
    await runner.cleanup()
    await proxy.close()
    await asyncio.sleep(0)  # transports say that they are closed one turn later


def _certificate(folder: Path) -> Path:
    """A certificate for the loopback address, with its key beside it; openssl makes both."""
    certificate, key = folder / "front.pem", folder / "front.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if result.returncode:
        raise InfrastructureError("E-SIM-005", f"openssl made no certificate: {result.stderr.strip()[-200:]}")
    return certificate
