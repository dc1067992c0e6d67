"""YOLO networks with random weights: no published ones are at hand where tests run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from torch import nn


@pytest.fixture(autouse=True)
def quiet(tl_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ultralytics writes into the test's own folder."""
    place = tl_home / "libraries"
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(place))
    return place


@pytest.fixture
def network() -> Callable[..., nn.Module]:
    """`network("yolo11n", 3)`: the same random weights each time."""
    import torch

    from tlstudio.catalog.index import find
    from tlstudio.ml.ultralytics.network import build

    def make(model: str = "yolo11n", classes: int = 3) -> nn.Module:
        torch.manual_seed(0)
        return build(find(model), classes)

    return make
