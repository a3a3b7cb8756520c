"""Smart HTTP for the bare repositories, through Git's own CGI program: what `git fetch` in a job talks to."""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from tidegate.simulator.permissions import Token

SECONDS = 120
ROUTE = re.compile(
    r"/(?P<repository>[\w-][\w.-]*/[\w-][\w.-]*?)(?:\.git)?/(?P<rest>info/refs|git-upload-pack|git-receive-pack)"
)


class GitServer:
    """Serves ``<folder>/<owner>/<name>.git`` for reading; `private` asks for a token that is known."""

    def __init__(self, folder: Path, tokens: Mapping[str, Token], *, private: bool) -> None:
        self.folder = folder
        self._tokens = tokens
        self._private = private

    def path_of(self, repository: str) -> Path:
        """The bare repository of ``owner/name``."""
        return self.folder / f"{repository}.git"

    async def handle(self, request: web.Request) -> web.Response | None:
        """The answer to Git's own requests, `None` for all others."""
        found = ROUTE.fullmatch(request.path)
        if not found:
            return None
        if "git-receive-pack" in (found["rest"], request.query.get("service")):
            return web.Response(status=403, text="This repository is read-only here.\n")
        if self._private and _password(request.headers.get("Authorization", "")) not in self._tokens:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="GitHub"'})
        if not self.path_of(found["repository"]).is_dir():
            return web.Response(status=404, text="Repository not found.\n")
        return await self._backend(request, f"/{found['repository']}.git/{found['rest']}")

    async def _backend(self, request: web.Request, path: str) -> web.Response:
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
