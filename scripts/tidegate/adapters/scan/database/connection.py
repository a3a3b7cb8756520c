"""From a connection URL to a database, in the words of Ibis; a password comes from the environment and is never told.

`duckdb://` alone counts files in-process, `duckdb://live.duckdb` opens a file, `spark://local[2]`, `spark://yarn` and
`spark://host:7077` start a session on that master. Everything else is what `ibis.connect` takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from tidegate.errors import InfrastructureError, InputError, TidegateError

_PACKAGES = "Install it beside the packages of scripts/requirements/detect-drift.txt."
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}
"""A session inside this process listens to nobody else and has few rows to shuffle: counts."""


def filled(url: str, variable: str, environ: Mapping[str, str]) -> str:
    """The URL with the password that the environment's `variable` holds. Raises InputError E-DRF-026: it is not set."""
    if not variable:
        return url
    if not environ.get(variable):
        fix = f"Set it in the job, from a secret: {variable}."
        raise InputError("E-DRF-026", f"the variable {variable} is not set.", where=url, fix=fix)
    head, _, rest = url.partition("@")
    return f"{head}:{quote(environ[variable], safe='')}@{rest}"


def connect(url: str, shown: str, folder: Path) -> Any:
    """An Ibis backend. `shown`: the URL as the contract has it; `folder`: what file names in it are relative to.

    Raises InputError E-DRF-027 for a kind of database that is not known or not installed, InfrastructureError E-DRF-028
    for one that does not answer.
    """
    scheme, _, rest = url.partition("://")
    with driver(url, lambda said: InfrastructureError("E-DRF-028", f"cannot be reached: {said}.", where=shown)):
        try:
            return _connected(scheme, rest, url, folder)
        except ImportError as error:
            message = f"needs packages that are not installed here: {error.name or error}."
            raise InputError("E-DRF-027", message, where=shown, fix=_PACKAGES) from None


@contextmanager
def driver(url: str, failed: Callable[[str], TidegateError]) -> Iterator[None]:
    """Whatever a driver raises in here, as `failed` of what it says: every one has exceptions of its own."""
    try:
        yield
    except TidegateError:
        raise
    except Exception as error:
        raise failed(_told(error, url)) from error


def _told(error: BaseException, url: str) -> str:
    """The first line of a driver's message without what is secret in the URL."""
    first = " ".join((str(error).strip().splitlines() or [type(error).__name__])[0].split())
    written = url.partition("@")[0].partition("://")[2].partition(":")[2]
    for secret in filter(None, (url, written, unquote(written))):
        first = first.replace(secret, "***")
    return first[:200].rstrip(".")


def _connected(scheme: str, rest: str, url: str, folder: Path) -> Any:
    import ibis

    if scheme == "duckdb":
        return _duckdb(rest, folder)
    if scheme == "spark":
        return _spark(rest)
    try:
        return ibis.connect(url)
    except ValueError as error:
        if "Don't know how to connect" not in str(error):
            raise
        message = f"is no kind of database that is known: {scheme[:40]!r}."
        raise InputError("E-DRF-027", message, where=f"{scheme[:40]}://", fix="Name one that Ibis has.") from None


def _duckdb(rest: str, folder: Path) -> Any:
    """A file is opened to be read, so that whoever writes it is not in the way, and nothing of it can change."""
    import ibis

    path, _, query = rest.partition("?")
    if not path or path.startswith(("md:", "motherduck:")):
        return ibis.duckdb.connect(path or ":memory:", **dict(parse_qsl(query)))
    place = folder / path
    if not place.is_file():
        raise InputError("E-DAT-003", "is no file.", where=str(place), fix="Name the database's file.")
    return ibis.duckdb.connect(place, read_only=True, **dict(parse_qsl(query)))


def _spark(rest: str) -> Any:
    import ibis
    from pyspark.sql import SparkSession

    master, _, query = rest.partition("?")
    alone = master.startswith("local")
    named = master if alone or master in ("yarn",) or master.startswith("k8s") else f"spark://{master}"
    builder = SparkSession.builder.appName("tidegate detect-drift").master(named)
    for name, value in {**(_LOCAL if alone else {}), **dict(parse_qsl(query))}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)
