"""What every stylizer of the catalogue must do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor

from tlstudio.catalog.index import find, models
from tlstudio.catalog.styles import PARAMETERS, WIDTH, stylizers
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.styling import NETWORKS
from tlstudio.domain.tasks import Task
from tlstudio.ml.style.fast_onnx import INPUT, OUTPUT, export_onnx
from tlstudio.ml.style.fast_teacher import LAYERS, Teacher, Weights
from tlstudio.ml.style.perception import FeatureNetwork
from tlstudio.ml.zoo.stylizer import COLOURS, LEAST, Stylizer, build, luminance

IDS = tuple(spec.id for spec in stylizers())


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """One thread, and a fixed seed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def picture(height: int, width: int, count: int = 1) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1))


def telling(colour: str = "style") -> Stylizer:
    """Random, but with norms that have learned something too."""
    model = Stylizer(8, colour)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(torch.randn_like(parameter) * 0.3)
    return model.eval()


def test_the_catalogue_has_one_for_each_feature_network() -> None:
    assert tuple(f"fast-style:{name}" for name in NETWORKS) == IDS
    assert [spec.id for spec in models(Task.STYLE)] == list(IDS)
    for spec in stylizers():
        assert find(spec.id) == spec and ModelSpec.from_json(spec.to_json()) == spec
        assert spec.backbone is not None and find(spec.backbone).task is Task.CLASSIFICATION
        assert spec.weights is None and spec.sizes.allows(spec.input_size)


@pytest.mark.parametrize("model_id", IDS)
def test_it_is_built_as_the_catalogue_says(model_id: str) -> None:
    model = build(find(model_id))
    assert sum(p.numel() for p in model.parameters()) == PARAMETERS == find(model_id).params
    assert model.width == WIDTH and build(find(model_id), 20).width == 20


@pytest.mark.parametrize("size", [(LEAST, LEAST), (33, 50), (64, 31), (71, 90)])
def test_a_picture_of_any_size_keeps_it(size: tuple[int, int]) -> None:
    with torch.no_grad():
        made = telling()(picture(*size, count=2))
    assert made.shape == (2, 3, *size) and float(made.min()) >= 0 and float(made.max()) <= 1
    assert float(made.std()) > 0.01


def test_pictures_of_a_batch_do_not_change_each_other() -> None:
    model, pair = telling(), picture(40, 44, count=2)
    with torch.no_grad():
        torch.testing.assert_close(model(pair)[1:], model(pair[1:]))


def test_every_part_learns() -> None:
    model = Stylizer(8)
    model(picture(32, 32)).square().mean().backward()
    assert not [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]


def test_kept_colours_are_those_of_the_picture() -> None:
    given = 0.4 + 0.2 * picture(48, 48)
    model = telling("luminance")
    with torch.no_grad():
        model.last.weight.mul_(0.2)  # gentle, so that nothing is cut off at black or white
        made = model(given)
    change = made - given
    assert float(change.abs().max()) > 0.01
    torch.testing.assert_close(change, luminance(change).expand_as(change), atol=1e-6, rtol=0)


@pytest.mark.parametrize("colour", COLOURS)
def test_onnx_takes_any_size_and_answers_alike(colour: str, tmp_path: Path) -> None:
    model = telling(colour)
    export_onnx(model, tmp_path / "model.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        tmp_path / "model.onnx", options, providers=["CPUExecutionProvider"]
    )
    assert session.get_inputs()[0].shape == ["batch", 3, "height", "width"]
    for height, width, count in ((LEAST, 9, 1), (32, 32, 2), (61, 90, 1), (128, 70, 3)):
        given = picture(height, width, count)
        (found,) = session.run([OUTPUT], {INPUT: given.numpy()})
        with torch.no_grad():
            np.testing.assert_allclose(found, model(given).numpy(), atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_teacher_prefers_the_style_and_what_is_shown(name: str, tmp_path: Path) -> None:
    content, styles = LAYERS[name]
    network = FeatureNetwork(name, {content, *styles})
    torch.manual_seed(2)
    tensors = {
        f"features.{key}": torch.randn(value.shape) * (2 / value[0].numel()) ** 0.5
        if value.ndim > 1
        else torch.zeros(value.shape)
        for key, value in network.features.state_dict().items()
    }
    torch.save(tensors, tmp_path / "weights.pth")
    style, given = picture(64, 64), torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    cpu = torch.device("cpu")
    teacher = Teacher(
        name, tmp_path / "weights.pth", style, Weights(1, 1, 1), colour="style", device=cpu
    )
    kept, taken = teacher.losses(given, given.clone()), teacher.losses(given, style)
    assert float(kept["content_loss"]) == 0 < float(kept["style_loss"])
    assert float(taken["style_loss"]) < 1e-6 < float(taken["content_loss"])
    made = given.clone().requires_grad_()
    teacher.losses(given, made, shift=(3, 1))["loss"].backward()
    assert made.grad is not None and bool(made.grad.any())
