"""What a model's program sees of the caller's variables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.inherited import inherited

PASSES = {"PATH": "/usr/bin", "HOME": "/home/a", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "2"}


def test_what_programs_need_passes() -> None:
    assert inherited(PASSES) == PASSES


@pytest.mark.parametrize(
    "name",
    [
        *("GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_ENV"),
        *("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET"),
        *("GOOGLE_APPLICATION_CREDENTIALS", "MLFLOW_TRACKING_PASSWORD", "DATABASE_URL", "SSH_AUTH_SOCK", "INPUT_TOKEN"),
        *("PYTHONPATH", "PYTHONSTARTUP", "LD_PRELOAD", "TF_VAR_API_KEY", "PIP_INDEX_URL", "anything_else"),
    ],
)
def test_what_opens_doors_does_not(name: str) -> None:
    assert inherited({name: "x", "PATH": "/bin"}) == {"PATH": "/bin"}


def test_a_credential_in_a_harmless_variable_does_not_pass_either() -> None:
    assert inherited({"LC_ALL": "ghp_" + "a" * 36, "TMPDIR": "https://a:secret@example.org"}) == {}


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12)))
def test_nothing_is_added(environ: dict[str, str]) -> None:
    found = inherited(environ)
    assert found.items() <= environ.items()
    assert inherited(found) == found
