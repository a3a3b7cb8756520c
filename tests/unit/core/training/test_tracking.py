"""Names, addresses and requirements for the record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.core.training.tracking import Run, checked_uri, named, requirements, shown_uri, without
from tidegate.errors import InputError

LOCK = """\
# made by a tool
numpy==2.0.1 ; python_version >= "3.9" \\
    --hash=sha256:aa \\
    --hash=sha256:bb
mlflow[extras]==3.17.2 \\
    --hash=sha256:cc
    # via something
--index-url ANOTHER
plain==1.0
unpinned>=1
"""


def test_requirements_are_the_pinned_ones_without_hashes() -> None:
    assert requirements(LOCK) == ('numpy==2.0.1 ; python_version >= "3.9"', "mlflow[extras]==3.17.2", "plain==1.0")


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:5000",
        "https://user:word@tracking.example.org/mlflow",
        "sqlite:////home/a/mlflow.db",
        "postgresql+psycopg2://u:p@host/db",
        "file:///tmp/runs",
        "databricks",
        "databricks://profile",
    ],
)
def test_addresses_of_servers_and_stores_are_taken(uri: str) -> None:
    assert checked_uri(uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        *("tracking", "http://", "https://u:secret1@", "http://host:99999", "gopher://host", "ftp:"),
        *("htp:/u:secret1@host", "u:secret1@host", "http:u:secret1@host", "http:///u:secret1@host"),
    ],
)
def test_other_addresses_are_refused_without_showing_credentials(uri: str) -> None:
    with pytest.raises(InputError) as error:
        checked_uri(uri)
    assert error.value.code == "E-MLF-002"
    assert "secret1" not in str(error.value)


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("https://user:word@host:5000/path?token=abc#x", "https://host:5000/path"),
        ("https://token@host", "https://host"),
        ("postgresql://u:p@host/db", "postgresql://host/db"),
        ("sqlite:////a/mlflow.db", "sqlite:////a/mlflow.db"),
        ("databricks", "databricks"),
    ],
)
def test_an_address_is_shown_without_credentials(uri: str, shown: str) -> None:
    assert shown_uri(uri) == shown


def test_named_secrets_and_those_of_a_known_form_are_taken_out() -> None:
    assert without("a hunter22 b ghp_" + "x" * 36, ["hunter22", ""]) == "a [redacted] b [redacted]"


def test_names_that_mlflow_refuses_are_changed_and_stay_apart() -> None:
    assert named({"a[0]": 1, "a{0}": 2, "ok.b-c/d e": 3, "": 4}) == {"a_0_": 1, "a_0__2": 2, "ok.b-c/d e": 3, "_": 4}


@given(st.dictionaries(st.text(max_size=300), st.integers(), max_size=20))
def test_no_value_is_lost_by_renaming(values: dict[str, int]) -> None:
    assert list(named(values).values()) == list(values.values())


def test_values_are_cut_to_what_is_accepted() -> None:
    document = Run(experiment="e", name="n", params={"a": "x" * 9000}, metrics={}, tags={"t": "y" * 9000}).document()
    assert len(document["params"]["a"]) == len(document["tags"]["t"]) == 5000
