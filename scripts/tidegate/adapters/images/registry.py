"""A registry takes and gives images by digest. Tags are for people; nothing that is deployed is found by one."""

from __future__ import annotations

import re

from tidegate.adapters.images.engine import Engine
from tidegate.core.release import image
from tidegate.errors import InfrastructureError, InputError, TidegateError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DENIED = re.compile(r"(?i)unauthorized|denied|no basic auth|authentication required")


def push(engine: Engine, built: str, repository: str, tag: str) -> str:
    """Push an image and return the digest by which the registry gives it; the registry is asked for it afterwards.

    Raises InputError E-IMG-010 without a login, InfrastructureError E-IMG-011 for a push that did not end whole.
    """
    with engine.asked(f"pushing to {repository}"):
        engine.client.api.tag(built, repository, tag)
        told = list(engine.client.api.push(repository, tag=tag, stream=True, decode=True))
    wrong = next((entry["error"] for entry in told if "error" in entry), None)
    found = next((entry["aux"]["Digest"] for entry in told if "Digest" in entry.get("aux", {})), None)
    if wrong is not None or found is None or not _DIGEST.fullmatch(found):
        raise _refused(repository, str(wrong or "the registry names no digest"))
    _check_there(engine, repository, found)
    return str(found)


def pull(engine: Engine, reference: str) -> str:
    """The id of the image ``repository@sha256:…`` or ``repository:tag`` on the engine, pulled unless it is there.

    Raises InputError E-IMG-010 without a login, InfrastructureError E-IMG-012 when the registry does not have it.
    """
    import docker.errors

    reference = image.untagged(reference) if "@" in reference else reference
    with engine.asked(f"the image {reference}"):
        try:
            return str(engine.client.images.get(reference).id)
        except docker.errors.ImageNotFound:
            pass
        repository, which = _parts(reference)
        wrong = _pulled(engine, repository, which)
        if not wrong:
            return str(engine.client.images.get(reference).id)
    if lacks := engine.lacks(wrong):
        raise lacks
    if _DENIED.search(wrong) and "does not exist" not in wrong:
        raise _denied(repository, wrong)
    message = f"is not on the engine, and the registry does not give it: {_line(wrong)}"
    raise InfrastructureError(
        "E-IMG-012", message, where=reference, fix="Name another image, or promote the commit again."
    )


def _parts(reference: str) -> tuple[str, str]:
    """The repository, and the digest or the tag."""
    if "@" in reference:
        repository, _, digest = reference.partition("@")
        return repository, digest
    path, slash, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{path}{slash}{name}", tag


def _pulled(engine: Engine, repository: str, digest: str) -> str:
    """What the registry says against it; empty when the image is there now."""
    import docker.errors

    try:
        told = list(engine.client.api.pull(repository, tag=digest, stream=True, decode=True))
    except docker.errors.APIError as error:
        return str(error.explanation)
    return next((str(entry["error"]) for entry in told if "error" in entry), "")


def _check_there(engine: Engine, repository: str, digest: str) -> None:
    import docker.errors

    with engine.asked(f"asking {repository} for what was pushed"):
        try:
            found = engine.client.api.inspect_distribution(f"{repository}@{digest}")["Descriptor"]["digest"]
        except docker.errors.APIError as error:
            raise _refused(repository, str(error.explanation)) from error
    if found != digest:
        raise _refused(repository, f"it gives {found} for {digest}")


def _refused(repository: str, said: str) -> TidegateError:
    if _DENIED.search(said):
        return _denied(repository, said)
    message = f"the push did not end whole: {_line(said)}"
    return InfrastructureError("E-IMG-011", message, where=repository, fix="Run again: what arrived is not sent again.")


def _denied(repository: str, said: str) -> InputError:
    fix = "Log in before (docker login); in a workflow, packages: write and the login action."
    return InputError("E-IMG-010", f"the registry does not let us in: {_line(said)}", where=repository, fix=fix)


def _line(said: str) -> str:
    return " ".join(said.split())[:300]
