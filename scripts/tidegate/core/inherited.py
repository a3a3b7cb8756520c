"""Which of the caller's variables a model's own program may see: what programs need, and nothing that opens doors.

A list of what passes and not of what does not: nobody knows the names of all credentials.
"""

from __future__ import annotations

from collections.abc import Mapping

from tidegate.core.redaction import names_a_secret, redacted

_NAMES = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TZ", "LANG", "LANGUAGE", "TERM", "TMPDIR", "TEMP", "TMP"),
        *("VIRTUAL_ENV", "PYTHONNOUSERSITE", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONUTF8"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_HOME", "CUDA_PATH", "JAVA_HOME", "SPARK_HOME", "R_HOME"),
        *("OMP_NUM_THREADS", "CI", "XDG_CACHE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    )
)
_FAMILIES = ("LC_", "CUDA_", "NVIDIA_", "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "R_LIBS", "TF_", "XLA_", "NIX_")


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of `environ` that a model's program is given; none names a secret or holds one of a known form."""
    return {name: value for name, value in environ.items() if _passes(name) and redacted(value) == value}


def _passes(name: str) -> bool:
    return (name in _NAMES or name.startswith(_FAMILIES)) and not names_a_secret(name)
