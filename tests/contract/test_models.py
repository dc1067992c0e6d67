"""What every model of the catalogue must do; the list of models is the catalogue itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tlstudio.catalog import classifiers
from tlstudio.catalog.index import find
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.ml import zoo
from tlstudio.ml.export.onnx import export_onnx

# timm holds two thousand; one of each manner of building stands for them.
TIMM = (
    "timm:resnet10t",
    "timm:convnext_atto",
    "timm:mobilenetv4_conv_small",
    "timm:regnety_002",
    "timm:vit_tiny_patch16_224",
    "timm:deit_tiny_distilled_patch16_224",
    "timm:swin_tiny_patch4_window7_224",
    "timm:levit_128s",
    "timm:tiny_vit_5m_224",
    "timm:eva02_tiny_patch14_224",
)
# They have no other layers than a sibling, which shows for them how another size exports.
DEEPER = frozenset({
    "vgg16", "vgg19", "vgg19_bn", "swin_s", "swin_b", "convnext_small", "convnext_base",
    "resnet101", "resnet152", "densenet169", "densenet201", "efficientnet_b3", "efficientnet_b4",
})  # fmt: skip
IDS = [spec.id for spec in classifiers.classifiers()] + list(TIMM)


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """One thread, and a fixed seed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def two_images(size: int) -> Tensor:
    """A smooth gradient and a fine pattern, normalised: as unlike as two pictures can be."""
    y, x = torch.meshgrid(torch.linspace(-2, 2, size), torch.linspace(-2, 2, size), indexing="ij")
    noise = torch.randn(3, size, size, generator=torch.Generator().manual_seed(1))
    return torch.stack([torch.stack([x, y, x * y / 2]), noise])


def other_size(spec: ModelSpec) -> int:
    """An allowed size that is not the default: a small one where there is one.

    Twice the least, so that batch norm has more than one pixel to look at in the last layers.
    """
    small = spec.sizes.nearest(2 * spec.sizes.least)
    return (
        small if small < spec.input_size else spec.sizes.nearest(spec.input_size + spec.sizes.step)
    )


def take_step(model: zoo.Classifier, images: Tensor) -> None:
    """One step of plain gradient descent, long enough to be seen in single precision.

    Layers that drop whole blocks by chance do not, so that every block has its say.
    """
    model.train()
    for module in model.modules():
        if type(module).__name__ in ("StochasticDepth", "DropPath"):
            module.eval()
    loss = nn.functional.cross_entropy(model(images), torch.tensor([0, 2]))
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad / (parameter.grad.norm() + 1e-12)
                parameter.grad = None


def settle(model: nn.Module, images: Tensor) -> None:
    """Give batch norm the statistics of these images and mixtures of them, as training would.

    With the statistics of an untrained network (mean 0, variance 1) signals die out or explode
    through a deep stack of random layers, and nothing could be told apart.
    """
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d | nn.BatchNorm1d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    if not norms:
        model.eval()
        return
    model.train()
    shares = torch.linspace(0, 1, 5).view(-1, 1, 1, 1)
    with torch.no_grad():
        model(shares * images[:1] + (1 - shares) * images[1:].flip(2, 3))
        model(shares * images[:1] + (1 - shares) * images[1:])
    model.eval()


def answers(model: nn.Module, images: Tensor) -> np.ndarray:
    with torch.no_grad():
        return torch.softmax(model(images), dim=1).numpy()


def onnx_answers(path: Path, images: Tensor) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return session.run(None, {given.name: images.numpy()})[0]


def check_export(model: zoo.Classifier, size: int, path: Path, settled_at: int) -> None:
    """The exported file answers as the model does, and tells the two images apart."""
    images = two_images(size)
    settle(model, two_images(settled_at))
    expected = answers(model, images)
    export_onnx(model, size, path)
    found = onnx_answers(path, images)
    path.unlink()
    apart = np.abs(expected[0] - expected[1]).max()
    assert apart > 1e-4, f"the two images get the same answer at {size} px"
    np.testing.assert_allclose(found, expected, atol=min(1e-4, apart / 100))


@pytest.mark.parametrize("model_id", IDS)
def test_model_keeps_the_contract(model_id: str, tmp_path: Path) -> None:
    spec = find(model_id)
    small, large = sorted((spec.input_size, other_size(spec)))
    assert small != large or spec.sizes.least == spec.sizes.most

    model = zoo.build(spec, 2, image_size=small, dropout=0.1)
    model.change_head(3, 0.0)
    images = two_images(small)
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    take_step(model, images)
    take_step(model, images)  # some residual branches begin as zero and learn from here on
    after = dict(model.named_parameters())
    still = [name for name in before if torch.equal(before[name], after[name])]
    assert not still, f"unchanged by two steps: {still[:5]}"
    del before, after

    check_export(model, small, tmp_path / "small.onnx", small)

    save_file(model.state_dict(), tmp_path / "whole.safetensors")
    again = zoo.build(spec, 3, image_size=small, dropout=0.5).eval()
    again.load_state_dict(load_file(tmp_path / "whole.safetensors"))
    assert np.array_equal(answers(again, images), answers(model, images))
    del again

    bigger = zoo.build(spec, 3, image_size=large, dropout=0.1)
    matched = zoo.load_backbone(bigger, load_file(tmp_path / "whole.safetensors"))
    assert (matched.keys_missing, matched.misshapen) == (0, ())
    if model_id in DEEPER:
        return
    del model
    bigger.head.load_state_dict(
        {"1.weight": torch.randn(3, bigger.feature_dim) * 0.1, "1.bias": torch.zeros(3)}
    )
    check_export(bigger, large, tmp_path / "large.onnx", min(large, spec.input_size))


@pytest.mark.parametrize("model_id", IDS)
def test_blocks_hold_each_parameter_of_the_backbone_once(model_id: str) -> None:
    spec = find(model_id)
    with torch.device("meta"):
        model = zoo.build(spec, 2, image_size=spec.input_size)
    held = [p for _, modules in model.blocks() for m in modules for p in m.parameters()]
    assert len({id(p) for p in held}) == len(held)
    assert {id(p) for p in held} == {id(p) for p in model.backbone.parameters()}
    assert len(model.blocks()) >= 4


@pytest.mark.parametrize("model_id", IDS)
def test_sizes_that_cannot_be_used_are_refused_before_anything_is_built(model_id: str) -> None:
    spec = find(model_id)
    wrong = spec.sizes.least - 1 if spec.sizes.step == 1 else spec.input_size + 1
    with pytest.raises(UserError) as refusal:
        zoo.build(spec, 2, image_size=wrong)
    assert refusal.value.code == "recipe.size"
    assert spec.sizes.allows(refusal.value.params["nearest"])


@pytest.mark.parametrize("size", [96, 128, 160, 256])
@pytest.mark.parametrize("model_id", ["alexnet", "vgg16", "vgg19"])
def test_alexnet_and_vgg_refuse_what_their_pooling_does_not_divide(
    model_id: str, size: int
) -> None:
    with pytest.raises(UserError, match="nearest size is 224"):
        find(model_id).check_size(size)


@pytest.mark.parametrize("spec", classifiers.classifiers(), ids=lambda spec: spec.id)
def test_table_agrees_with_the_installed_torchvision(spec: ModelSpec) -> None:
    from torchvision.models import get_model_weights

    official = get_model_weights(spec.id).IMAGENET1K_V1
    look = official.transforms()
    assert spec.weights is not None
    assert spec.weights.url == official.url
    assert spec.weights.hash_prefix and f"-{spec.weights.hash_prefix}." in official.url
    assert math.isclose(spec.weights.size / 2**20, official.meta["_file_size"], abs_tol=1e-3)
    assert spec.params == official.meta["num_params"]
    assert (spec.input_size,) == tuple(look.crop_size)
    assert (list(spec.mean), list(spec.std)) == (look.mean, look.std)
    assert spec.interpolation == look.interpolation.value
