"""Made-up rows keep to the signature; a model whose bits depend on its batch is found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from fixtures import server_models
from fixtures.releases import linear
from tidegate.errors import InputError
from tidegate.server.inference import probes
from tidegate.server.inference.onnx_model import OnnxModel
from tidegate.server.release.folder import Release
from tidegate.server.release.packing import Rules
from tidegate.server.release.profile import ProfileColumn
from tidegate.server.requests.rows import Judge
from tidegate.server.serving import batch_rules
from tidegate.server.settings import Settings


def test_made_up_rows_are_valid_and_always_the_same(fruit: Release) -> None:
    rows = probes.rows(fruit.signature, fruit.profile)
    assert rows == probes.rows(fruit.signature, fruit.profile)
    Judge(fruit.signature, 1000).checked(list(rows))
    assert {len(column) for column in rows} == {probes.ROWS}


@pytest.mark.parametrize(
    ("limits", "low", "high"),
    [
        ({}, 0, 100),
        ({"minimum": 200}, 200, 200),
        ({"maximum": -7}, -7, -7),
        ({"minimum": 5, "maximum": 6}, 5, 6),
    ],
    ids=str,
)
def test_limits_are_kept_without_a_profile(tmp_path: Path, limits: dict[str, Any], low: int, high: int) -> None:
    release = server_models.release(tmp_path, server_models.slow(), {}, Rules(limits={"rounds": limits}))
    (values,) = probes.rows(release.signature, release.profile)
    assert all(low <= value <= high for value in values)


class Moody:
    """Adds its batch's size to the last bit, as some matrix products do."""

    def run(self, feed: dict[str, Any]) -> list[Any]:
        x = feed["size"]
        return [np.nextafter(x, np.inf) if len(x) > 3 else x]


def test_a_model_whose_bits_depend_on_the_batch_is_found_out(fruit: Release) -> None:
    rows = probes.rows(fruit.signature, fruit.profile)
    assert not probes.same_in_batches(Moody(), fruit.signature, rows, probes.SIZES)  # type: ignore[arg-type]
    model = OnnxModel(fruit.model, fruit.signature)
    assert probes.same_in_batches(model, fruit.signature, rows, probes.SIZES)


def test_the_start_up_measurement_decides(fruit: Release, tmp_path: Path) -> None:
    model = OnnxModel(fruit.model, fruit.signature)
    settings = Settings(release=tmp_path)
    assert batch_rules(settings, fruit, model).together > 1
    assert batch_rules(Settings(release=tmp_path, batching=False), fruit, model).together == 1


def test_a_model_that_fails_on_all_that_is_plausible_says_so(tmp_path: Path) -> None:
    release = server_models.release(tmp_path, onnx.load_from_string(linear(1.0, fails=True)), {}, Rules())
    ones = replace(release, profile={"x": ProfileColumn(low=1.0, high=1.0)})
    model = OnnxModel(ones.model, ones.signature)
    with pytest.raises(InputError, match=r"E-SRV-023 model\.onnx it fails on plausible rows.*out of data bounds"):
        batch_rules(Settings(release=tmp_path), ones, model)
