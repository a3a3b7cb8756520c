"""The digests in a verdict are of the very bytes that were judged, whoever writes the files meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from comparisons import PREDICTIONS, Repository, table
from tidegate.adapters import files
from tidegate.core.answer import Verdict
from tidegate.core.evidence import digest
from tidegate.errors import InfrastructureError


def test_the_candidates_file_written_anew_after_it_was_read_changes_nothing(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.champion(table())
    repository.candidate(table(0.9))
    judged = (repository.folder / PREDICTIONS).read_bytes()

    def meanwhile(_: Any, __: Any, commit: str, ___: str) -> Path:
        """The champion is fetched after the candidate was read."""
        repository.candidate(table(3.0))
        return repository.champions[commit]

    assert repository.compare(output=meanwhile).verdict is Verdict.PASS
    assert repository.result["candidate"]["predictions"] == digest(judged)
    assert (repository.folder / PREDICTIONS).read_bytes() != judged


def test_a_file_whose_bytes_are_not_those_of_its_digest_is_tried_again() -> None:
    files.require_same("sha256:a", "sha256:a", "p.parquet")
    with pytest.raises(InfrastructureError, match=r"changed while it was read\. Run again") as caught:
        files.require_same("sha256:a", "sha256:b", "p.parquet")
    assert (caught.value.code, caught.value.where, caught.value.exit_code) == ("E-MET-022", "p.parquet", 3)
