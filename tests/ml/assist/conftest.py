"""Promptable networks with random weights: no published ones are at hand where tests run.

What they outline means nothing; that the whole path carries it unharmed is what is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tlstudio.ml.assist.networks import Promptable


@pytest.fixture
def quiet(tl_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ultralytics writes into the test's own folder."""
    place = tl_home / "libraries"
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(place))
    return place


@pytest.fixture
def random_network(quiet: Path) -> Iterator[Callable[[str], Promptable]]:
    """A network by the id of its model, the same random weights each time."""
    import torch

    threads = torch.get_num_threads()  # ultralytics' own predictors change it

    from tlstudio.catalog.index import find
    from tlstudio.ml.assist.networks import empty, ready

    def make(model: str) -> Promptable:
        torch.manual_seed(0)
        return ready(empty(find(model)))

    yield make
    torch.set_num_threads(threads)
