"""Feature networks with random weights, in files like those of the store, and small pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision import models

from tlstudio.domain.styling import StyleSettings, StyleSource, Styling


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


@pytest.fixture
def painted(tmp_path: Path) -> Callable[..., Path]:
    """`painted("name", seed=0, size=(96, 64))`: a drawn colour picture as a file."""

    def draw(name: str, seed: int = 0, size: tuple[int, int] = (96, 64)) -> Path:
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[0 : size[1], 0 : size[0]] / 32
        waves = [np.sin(x * f + y * g + p) for f, g, p in rng.uniform(1, 6, (3, 3))]
        tint = rng.uniform(60, 190, 3)
        pixels = tint + 50 * np.stack(waves, -1) + rng.normal(0, 8, (*size[::-1], 3))
        path = tmp_path / f"{name}.png"
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
        return path

    return draw


@pytest.fixture
def order(
    random_features: Callable[[str], Path], painted: Callable[..., Path]
) -> Callable[..., dict[str, Any]]:
    """`order(out, sources=[...], start_from=None, size=64, steps=8, …)`: params of a job."""

    def make(
        out: Path | str,
        *,
        content: Path | None = None,
        sources: Sequence[StyleSource] | None = None,
        start_from: str | None = None,
        previews: bool = False,
        **settings: object,
    ) -> dict[str, Any]:
        chosen = StyleSettings.read({"size": 64, "steps": 8, "device": "cpu"} | settings)
        style = StyleSource(str(painted("style", 1)))
        styling = Styling(str(content or painted("content")), 0, tuple(sources or [style]), chosen)
        weights = {"kind": "file", "path": str(random_features(chosen.network))}
        return {
            "styling": styling.to_json(),
            "weights": weights | {"sha256": None, "label": ""},
            "out": str(out),
            "start_from": start_from,
            "previews": previews,
        }

    return make
