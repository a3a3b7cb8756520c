"""Smart HTTP for the bare repositories, through Git's own CGI program: what `git fetch` and `git push` talk to."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from aiohttp import web

from tidegate.simulator.permissions import RANK, Token

SECONDS = 120
JOB = "simulated-job/"
"""In Git's user agent, before the run and job that asks: all jobs of a run have one token, each its own permissions."""
ROUTE = re.compile(
    r"/(?P<repository>[\w-][\w.-]*/[\w-][\w.-]*?)(?:\.git)?/(?P<rest>info/refs|git-upload-pack|git-receive-pack)"
)


class GitServer:
    """Serves ``<folder>/<owner>/<name>.git``, for reading to all (`private`: to known tokens), for writing to whom may.

    `jobs` are the grants of each job; `pushed` hears of every push that Git has answered, before the client does.
    """

    def __init__(
        self, folder: Path, tokens: Mapping[str, Token], jobs: Mapping[str, Mapping[str, str]], *, private: bool
    ) -> None:
        self.folder = folder
        self.pushed: Callable[[str], None] = lambda _repository: None
        self._tokens = tokens
        self._jobs = jobs
        self._private = private
        self._writing = asyncio.Lock()

    def path_of(self, repository: str) -> Path:
        """The bare repository of ``owner/name``."""
        return self.folder / f"{repository}.git"

    async def handle(self, request: web.Request) -> web.Response | None:
        """The answer to Git's own requests, `None` for all others."""
        found = ROUTE.fullmatch(request.path)
        if not found:
            return None
        token = self._tokens.get(_password(request.headers.get("Authorization", "")))
        writes = "git-receive-pack" in (found["rest"], request.query.get("service"))
        if token is None and (self._private or writes):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
        if not self.path_of(found["repository"]).is_dir():
            return web.Response(status=404, text="Repository not found.\n")
        if token and writes and not self._may_write(token, request.headers.get("User-Agent", "")):
            text = f"Permission to {found['repository']}.git denied to {token.login}.\n"
            return web.Response(status=403, text=text)
        path = f"/{found['repository']}.git/{found['rest']}"
        if found["rest"] != "git-receive-pack":
            return await self._backend(request, path, token)
        async with self._writing:
            answer = await self._backend(request, path, token)
            await asyncio.to_thread(self.pushed, found["repository"])
        return answer

    def _may_write(self, token: Token, agent: str) -> bool:
        job = agent.partition(JOB)[2]
        grants = self._jobs.get(job, {}) if token.grants is not None and job else token.grants
        return grants is None or RANK[grants.get("contents", "none")] >= RANK["write"]

    async def _backend(self, request: web.Request, path: str, token: Token | None) -> web.Response:
        environ = {
            "PATH": os.defpath,
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH_INFO": path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            **({"REMOTE_USER": token.login} if token else {}),
        }
        process = await asyncio.create_subprocess_exec(
            "git",
            "http-backend",
            env=environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        # aiohttp has already undone a compressed request body.
        output, _ = await asyncio.wait_for(process.communicate(await request.read()), timeout=SECONDS)
        return _reply(output)


def _reply(output: bytes) -> web.Response:
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200 OK").split(" ")[0])
    return web.Response(status=status, body=body, headers=headers)


def _password(authorization: str) -> str:
    kind, _, encoded = authorization.partition(" ")
    try:
        return base64.b64decode(encoded).decode().partition(":")[2] if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
