"""Feature networks with random weights, in files like those of the store, and small pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models


@pytest.fixture(scope="session")
def random_features(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A file of weights by the network's name: random tensors of the published names, scaled so
    that activations neither vanish nor explode (He et al. 2015)."""
    folder = tmp_path_factory.mktemp("features")

    def make(name: str) -> Path:
        path = folder / f"{name}.safetensors"
        if not path.exists():
            with torch.device("meta"):
                shapes = models.get_model(name, weights=None).features.state_dict()
            generator = torch.Generator().manual_seed(0)
            save_file(
                {f"features.{k}": _random(v.shape, generator) for k, v in shapes.items()}, path
            )
        return path

    return make


def _random(shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    if len(shape) == 1:
        return torch.zeros(shape)
    incoming = shape[1] * shape[2] * shape[3]
    return torch.randn(shape, generator=generator) * (2 / incoming) ** 0.5
