"""Our front before the emulator: one request at a time, from its credential to its reply.

Order, as on GitHub: who asks, may they, is it too large, then the answer. Faults on order come first of all
(before it takes effect) or last (after it did).
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

from tidegate.simulator import environments_api, faults, limits, merges, permissions, runs_api
from tidegate.simulator.completion import completed
from tidegate.simulator.deployments import Deployments
from tidegate.simulator.dispatches import Dispatches
from tidegate.simulator.faults import Fault
from tidegate.simulator.gates import Gates
from tidegate.simulator.git_server import GitServer
from tidegate.simulator.graphql import GraphQL
from tidegate.simulator.merges import Merges
from tidegate.simulator.permissions import REFUSAL, Token
from tidegate.simulator.runs import Runs
from tidegate.simulator.wire import DOCUMENTATION, Call, Reply, message, sent, spoiled

PASSED_ON = ("Link", "Location", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "ETag")

GATE_PAUSE = 0.05

BAD_CREDENTIALS = {"message": "Bad credentials", "documentation_url": DOCUMENTATION, "status": "401"}


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request as the front saw it; `at` is monotonic seconds, `fault` what was done to it.

    `run` is the workflow run whose job asked, 0 for everybody else.
    """

    method: str
    path: str
    status: int
    login: str
    at: float
    fault: str = ""
    run: int = 0

    @property
    def writes(self) -> bool:
        """Whether it could change anything."""
        return self.method not in ("GET", "HEAD")


class Proxy:
    """The front's request handler; its public attributes are what tests set and read."""

    def __init__(self, base: str, runs: Runs, owner: str = "") -> None:
        self.base = base
        self.owner = owner
        self.emulator = ""
        self.runs = runs
        self.git: GitServer | None = None
        self.graphql = GraphQL()
        self.faults = faults.Faults()
        self.gates = Gates()
        self.merges = Merges()
        self.dispatches = Dispatches()
        self.deployments = Deployments(base, lambda ref: ref if re.fullmatch(r"[0-9a-f]{40}", ref) else None)
        self.tokens: dict[str, Token] = {}
        self.jobs: dict[str, dict[str, str]] = {}
        self.log: list[Exchange] = []
        self._heads: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Let go of the connections to the emulator."""
        if self._session:
            await self._session.close()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        git = await self.git.handle(request) if self.git else None
        if git is not None:
            return git
        gate = re.fullmatch(r"/job/(?P<run>\d+)-(?P<job>[^/]+)/gate", request.path)
        if gate:
            return await self._gate(request, int(gate["run"]), gate["job"])
        call, problem = await self._taken_apart(request)
        met = self.faults.met(call.method, call.path)
        at = time.monotonic()
        for fault in met:
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds)
        early = next((fault for fault in met if fault.kind in ("answer", "reset") and not fault.committed), None)
        reply = problem or (spoiled(early, None) if early else await self._answer(call))
        if not problem and not early:
            for fault in met:
                reply = spoiled(fault, reply)
        self._note(call, reply, at, met)
        return sent(request, reply, call.prefix, self.base)

    async def _gate(self, request: web.Request, number: int, job: str) -> web.Response:
        """A job waits here until it may start (200) or never will (403); see `gates`."""
        run, groups = self.runs.find(number), list(filter(None, request.headers.get("X-Groups", "").split(",")))
        if run is None:
            return web.Response(status=404)
        environment = request.headers.get("X-Environment", "").strip()
        while (state := self.gates.ask(number, job, run.actor, environment, groups)) == "waiting":
            run.status = "waiting"
            await asyncio.sleep(GATE_PAUSE)
        run.status = "in_progress"
        return web.Response(status=200 if state == "approved" else 403)

    def _note(self, call: Call, reply: Reply, at: float, met: list[Fault]) -> None:
        names = ",".join(fault.kind for fault in met)
        job = re.match(r"/job/(\d+)-", call.prefix)
        exchange = Exchange(
            method=call.method,
            path=call.path,
            status=reply.status,
            login=call.token.login,
            at=at,
            fault=names,
            run=int(job[1]) if job else 0,
        )
        self.log.append(exchange)

    async def _taken_apart(self, request: web.Request) -> tuple[Call, Reply | None]:
        found = re.fullmatch(r"((?:/job/(?P<job>[^/]+))?(?:/api/v3|(?=/api/graphql))?)(?P<path>/.*)", request.path)
        prefix, job, path = (found[1], found["job"], found["path"]) if found else ("", None, request.path)
        secret = re.sub(r"(?i)^(bearer|token)\s+", "", request.headers.get("Authorization", "")).strip()
        token = self.tokens.get(secret)
        problem = None if token or path.startswith(runs_api.STORAGE) else Reply(status=401, value=BAD_CREDENTIALS)
        if token and token.grants is not None and job is not None:
            token = Token(login=token.login, grants=self.jobs.get(job, {}))
        call = Call(
            method=request.method,
            prefix=prefix,
            path=path,
            query=request.query,
            query_string=request.query_string,
            body=await request.read(),
            token=token or Token(login="", grants={}),
        )
        return call, problem

    async def _answer(self, call: Call) -> Reply:
        if call.path in ("/api/graphql", "/graphql"):
            return Reply(status=200, value=self.graphql.answer(call.token, call.body))
        refusal = permissions.refused(call.token, call.method, call.path)
        if refusal or (call.path == "/user" and call.token.is_installation):
            accepted = {"X-Accepted-GitHub-Permissions": refusal or ""}
            return Reply(status=403, value=message(REFUSAL, 403), headers=accepted)
        too_large = limits.exceeded(call.method, call.path, call.body)
        if too_large:
            return Reply(status=422, value=too_large)
        own = (
            self.deployments.answer(call)
            or environments_api.answer(self.gates, call, self.base)
            or self.dispatches.answer(call)
            or runs_api.answer(self.runs, call, self.base)
        )
        return own or await self._pulls_of_commit(call) or await self._not_opened(call) or await self._forwarded(call)

    async def _pulls_of_commit(self, call: Call) -> Reply | None:
        """The pull requests of a commit, newest first; the emulator does not know the question."""
        found = merges.PULLS_OF_COMMIT.fullmatch(call.path)
        if not found:
            return None
        pulls = await self._pulls(call, found["repository"], "all")
        fitting = [pull for pull in pulls if self.merges.belongs(pull, found["commit"])]
        return Reply(status=200, value=fitting)

    async def _not_opened(self, call: Call) -> Reply | None:
        """GitHub's 422 for a pull request that is there already, or whose branch is not."""
        found = re.fullmatch(r"/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)/pulls", call.path)
        if not found or call.method != "POST":
            return None
        given = json.loads(call.body or b"{}")
        pulls = await self._pulls(call, f"{found['owner']}/{found['name']}", "open")
        head = str(given.get("head", ""))
        owner, branch = head.split(":", 1) if ":" in head else (found["owner"], head)
        heads = {f"{owner}:{branch}"} if await self._has_branch(owner, found["name"], branch) else set()
        there = {(pull["head"]["label"], pull["base"]["ref"]) for pull in pulls}
        refusal = merges.refusal(given, found["owner"], heads, there)
        error = {"resource": "PullRequest", "code": "custom", "message": refusal}
        value = message("Validation Failed", 422) | {"errors": [error]}
        return Reply(status=422, value=value) if refusal else None

    async def _has_branch(self, owner: str, name: str, branch: str) -> bool:
        path = f"/repos/{owner}/{name}/git/ref/heads/{branch}"
        status, _, _ = await self._ask(self.owner, "GET", path, "", b"")
        return status == 200

    async def _pulls(self, call: Call, repository: str, state: str) -> list[dict[str, Any]]:
        query = f"state={state}&per_page=100&sort=created&direction=desc"
        asked = Call(
            method="GET",
            prefix=call.prefix,
            path=f"/repos/{repository}/pulls",
            query={},
            query_string=query,
            body=b"",
            token=call.token,
        )
        value = (await self._forwarded(asked)).value
        return value if isinstance(value, list) else []

    async def _forwarded(self, call: Call) -> Reply:
        status, value, headers = await self._ask(call.token.login, call.method, call.path, call.query_string, call.body)
        value = completed(value, self.base)
        if re.search(r"/pulls(/\d+)?$", call.path):
            for pull in value if isinstance(value, list) else [value]:
                await self._follow(pull)
        return Reply(status=status, value=value, headers=headers)

    async def _follow(self, pull: Any) -> None:
        """An open pull request's head is its branch's newest commit; the emulator remembers the first."""
        if not isinstance(pull, dict) or "head" not in pull:
            return
        self.merges.complete(pull)
        head = pull["head"]
        if pull["state"] == "open" and head["repo"]:
            path = f"/repos/{head['repo']['full_name']}/git/ref/heads/{head['ref']}"
            status, value, _ = await self._ask(pull["base"]["user"]["login"], "GET", path, "", b"")
            if status == 200:
                self._heads[pull["url"]] = value["object"]["sha"]
        head["sha"] = self._heads.get(pull["url"], head["sha"])

    async def _ask(
        self, login: str, method: str, path: str, query: str, body: bytes
    ) -> tuple[int, Any, dict[str, str]]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        headers = {"Authorization": f"token {login}", "Content-Type": "application/json"}
        url = self.emulator + path + (f"?{query}" if query else "")
        async with self._session.request(
            method, url, data=body or None, headers=headers, allow_redirects=False
        ) as reply:
            text = await reply.read()
            passed = {
                name: reply.headers[name].replace(self.emulator, self.base)
                for name in PASSED_ON
                if name in reply.headers
            }
            return reply.status, json.loads(text) if text else None, passed
