"""Credentials are found by their form and shown to nobody; ordinary words are left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.redaction import REDACTED, names_a_secret, redacted, secrets_in

# Put together here, so that no scanner takes this file for a leak.
TOKENS = {
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + "a1B2" * 9,
    "github-fine": "github_pat_" + "11ABCDE" * 5,
    "gitlab": "glpat-" + "a1B2c3D4e5F6g7H8",
    "slack": "xoxb-" + "123456789012-abcdef",
    "hugging-face": "hf_" + "aBcD" * 9,
    "npm": "npm_" + "aBc1" * 9,
    "pypi": "pypi-" + "AgEIcHlwaS5vcmcCJDUx",
    "openai": "sk-" + "proj-" + "aB1" * 10,
    "databricks": "dapi" + "0123456789abcdef" * 2,
    "google": "AIza" + "SyA1" * 9,
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + ".s5Vx",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("around", ["{}", "see {} there", "token: {}", "https://host/{}", "a\n{}\nb"])
def test_a_token_is_found_and_removed(token: str, around: str) -> None:
    text = around.format(token)
    assert next(secrets_in(text)) == text.index(token)
    assert token not in redacted(text)
    assert REDACTED in redacted(text)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("https://me:s3cret@host/x", f"https://{REDACTED}@host/x"),
        ("http://:s3cret@host", f"http://{REDACTED}@host"),
        ("--password=hunter2 --rows=5", f"--password={REDACTED} --rows=5"),
        ("?api_key=abcdef&x=1", f"?api_key={REDACTED}&x=1"),
        ("DB_TOKEN=abcdef", f"DB_TOKEN={REDACTED}"),
    ],
)
def test_a_credential_inside_a_text_is_cut_out(text: str, seen: str) -> None:
    assert redacted(text) == seen


def test_a_private_key_is_removed_to_its_end() -> None:
    key = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEow\n-----END " + "RSA PRIVATE KEY-----"
    assert redacted(f"before {key} after") == f"before {REDACTED} after"


@pytest.mark.parametrize(
    "text",
    [
        "model/reports/predictions.parquet",
        "task-a-rather-long-branch-name-for-once",
        "sk-learn-baseline-with-a-long-name",
        "https://host:8080/path@v2",
        "git@github.com:owner/name.git",
        "sha256:" + "0a" * 32,
        "password=${PASSWORD}",
        "the token is in the vault",
        "global-temperature-anomaly-1950",
        "AKIA",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert redacted(text) == text
    assert not list(secrets_in(text))


@pytest.mark.parametrize("name", ["password", "DB_PASSWORD", "api-key", "apikey", "aws.secret", "access_token"])
def test_a_name_that_says_secret(name: str) -> None:
    assert names_a_secret(name)


@pytest.mark.parametrize("name", ["target", "tokens", "secretary", "passwordless", "key", ""])
def test_a_name_that_does_not(name: str) -> None:
    assert not names_a_secret(name)


@given(st.text())
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert redacted(redacted(text)) == redacted(text)


@pytest.mark.parametrize("unit", ["eyJ", "://a:", "token", "-----BEGIN ", "AKIA", "password="])
def test_time_grows_with_the_length_only(unit: str) -> None:
    start = time.process_time()
    text = unit * (500_000 // len(unit))
    redacted(text)
    list(secrets_in(text))
    assert time.process_time() - start < 2
