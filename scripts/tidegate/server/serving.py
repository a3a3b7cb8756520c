"""The process from start to end: check, load, listen, and on SIGTERM drain so that no request is lost."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable

from tidegate.errors import InfrastructureError, InputError
from tidegate.server.application import Application
from tidegate.server.inference import probes
from tidegate.server.inference.batches import Batches, BatchRules
from tidegate.server.inference.onnx_model import OnnxModel, RunFailed
from tidegate.server.inference.worker import Worker
from tidegate.server.mirroring.outlet import Outlet
from tidegate.server.observation.log_file import LogFiles
from tidegate.server.observation.prediction_log import LogRules, PredictionLog, to_stderr
from tidegate.server.release import folder
from tidegate.server.release.folder import Release
from tidegate.server.settings import Settings
from tidegate.server.wire.connection import Connection

TICK = 0.5
BACKLOG = 1024


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. Raises TidegateError when it cannot begin."""
    import uvloop

    start = time.monotonic()
    listener = _bound(settings)
    try:
        release = folder.load(settings.release, settings.digest)
        model = OnnxModel(release.model, release.signature, threads=settings.threads)
        rules = batch_rules(settings, release, model)
        uvloop.run(_serve(settings, release, model, rules, listener, lambda: say(_ready(listener, release, start))))
    finally:
        listener.close()
    say("tidegate-server: drained")


def _bound(settings: Settings) -> socket.socket:
    """The address is taken first: a port in use is found out before anything is loaded."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        fix = "Choose another --host or --port, or end what listens there."
        raise InfrastructureError("E-SRV-030", f"cannot listen: {error.strerror}.", where=where, fix=fix) from None
    return listener


def batch_rules(settings: Settings, release: Release, model: OnnxModel) -> BatchRules:
    """What the start-up measurement says about running requests together; it also warms the model up.

    Raises InputError E-SRV-023 for a model that cannot run at all.
    """
    rows = probes.rows(release.signature, release.profile)
    try:
        least, per_row = probes.seconds(model, release.signature, rows)
        sizes = probes.SIZES if least < probes.SLOW else probes.SIZES_OF_SLOW
        together = settings.batching and probes.same_in_batches(model, release.signature, rows, sizes)
    except RunFailed as error:
        message = f"it fails on plausible rows, made up from its own profile: {' '.join(str(error).split())[-300:]}"
        fix = "Ask it for rows within the profile's limits and words before it is released."
        raise InputError("E-SRV-023", message, where="model.onnx", fix=fix) from error
    return BatchRules(
        together=BatchRules.together if together else 1,
        waiting=settings.waiting_rows,
        deadline=settings.deadline,
        least=least,
        per_row=per_row,
    )


def _ready(listener: socket.socket, release: Release, start: float) -> str:
    host, port = listener.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    seconds = time.monotonic() - start
    return f"tidegate-server: {release.name} {release.version} ready on http://{host}:{port} after {seconds:.2f} s"


async def _serve(
    settings: Settings,
    release: Release,
    model: OnnxModel,
    rules: BatchRules,
    listener: socket.socket,
    ready: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    log = _log(settings.log, release) if settings.log else None
    outlet = Outlet(settings.copies, loop) if settings.copies else None
    application = Application(release, settings.limits, settings.most_rows, log, outlet)
    batches = Batches(model, release.signature, rules, loop, Worker(loop), application.watch, application.trouble)
    application.connect(batches)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    server = await loop.create_server(lambda: Connection(application), sock=listener.dup(), backlog=BACKLOG)
    ticking = asyncio.create_task(_tick(application, batches, outlet))
    if log:
        log.start()
    _calm_collector()
    ready()
    await stop.wait()
    await _drain(settings, application, server, listener)
    ticking.cancel()
    if outlet:
        outlet.close()
    batches.close()
    if log and not log.close(settings.drain):
        to_stderr("the prediction log could not be written in time")


def _calm_collector() -> None:
    """What was made until now stays: going through it again and again took a third of the time of a request."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def _log(rules: LogRules, release: Release) -> PredictionLog:
    writer = f"{os.getpid()}-{secrets.token_hex(4)}"
    return PredictionLog(LogFiles(rules.folder, release.signature, release.version, writer), rules, to_stderr)


async def _tick(application: Application, batches: Batches, outlet: Outlet | None) -> None:
    while True:
        if outlet:
            outlet.look()
        await asyncio.sleep(TICK)
        application.tick()
        batches.expire(application.clock())


async def _drain(settings: Settings, application: Application, server: asyncio.Server, listener: socket.socket) -> None:
    """Say not ready, go on for a moment; then take no more connections, finish what was begun, within a bound."""
    application.draining = True
    await asyncio.sleep(settings.drain_notice)
    server.close()
    await _take_last(application, listener)
    deadline = time.monotonic() + settings.drain
    while application.connections and time.monotonic() < deadline:
        for connection in tuple(application.connections):
            connection.close_if_idle()
        await asyncio.sleep(0.02)
    for connection in tuple(application.connections):
        connection.abort()
    await asyncio.sleep(0)


async def _take_last(application: Application, listener: socket.socket) -> None:
    """Clients that the kernel has connected already and that nobody has accepted would otherwise be reset."""
    loop = asyncio.get_running_loop()
    listener.setblocking(False)
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            break
        accepted.setblocking(False)
        await loop.connect_accepted_socket(lambda: Connection(application), accepted)
    listener.close()
