"""What the rows of the YOLO table promise: they build, and have the parameters they say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tlstudio.catalog import yolo
from tlstudio.catalog.index import find, models
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.tasks import Task

SPECS = yolo.detectors()


@pytest.fixture(autouse=True)
def quiet(tl_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tl_home / "libraries"))


@pytest.fixture
def no_first_guess(quiet: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without values, as on the meta device, a head cannot compute the biases it begins with."""
    from tlstudio.ml.ultralytics.quiet import open_quietly

    open_quietly()
    from ultralytics.nn.modules.head import Detect

    monkeypatch.setattr(Detect, "bias_init", lambda self: None)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_parameters_are_those_of_the_description(spec: ModelSpec, no_first_guess: None) -> None:
    from tlstudio.ml.ultralytics.network import build

    with torch.device("meta"):
        network = build(spec, 80)
    assert sum(p.numel() for p in network.parameters()) == spec.params


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_rows_are_complete(spec: ModelSpec) -> None:
    assert spec.task is Task.DETECTION and spec in models(Task.DETECTION)
    assert find(spec.id) == spec == ModelSpec.from_json(spec.to_json())
    assert spec.licence == spec.weights_licence == "AGPL-3.0"
    assert spec.sizes.allows(640) and spec.sizes.allows(64) and not spec.sizes.allows(100)
    assert spec.builder.startswith("tlstudio.ml.ultralytics.")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_weights_come_from_where_ultralytics_takes_them(spec: ModelSpec, quiet: None) -> None:
    import inspect

    from tlstudio.ml.ultralytics.quiet import open_quietly

    open_quietly()
    from ultralytics.utils import downloads

    assert spec.weights is not None
    assert spec.weights.name in downloads.GITHUB_ASSETS_NAMES
    release = inspect.signature(downloads.attempt_download_asset).parameters["release"].default
    expected = f"https://github.com/{downloads.GITHUB_ASSETS_REPO}/releases/download/{release}/"
    assert spec.weights.url == expected + f"{spec.id}.pt"
    assert (spec.weights.size, spec.weights.hash_prefix) == (None, None)


@pytest.mark.parametrize("model", ["yolov8n", "yolo11n", "yolo26n"])
def test_networks_answer_for_their_labels_and_their_backbone_is_known(model: str) -> None:
    from tlstudio.ml.ultralytics.network import backbone_depth, build, layer_of

    network = build(find(model), 2).eval()
    with torch.inference_mode():
        answer = network(torch.zeros(1, 3, 64, 64))[0]
    cells = 8 * 8 + 4 * 4 + 2 * 2
    assert answer.shape == (1, 4 + 2, cells)
    depth = backbone_depth(network)
    assert depth == (10 if model == "yolov8n" else 11)
    layers = {layer_of(name) for name, _ in network.named_parameters()}
    assert min(layers) == 0 and max(layers) == len(network.model) - 1  # type: ignore[arg-type]


def test_sizes_are_refused_in_plain_words() -> None:
    with pytest.raises(UserError, match="nearest size is 96"):
        find("yolo11n").check_size(100)
