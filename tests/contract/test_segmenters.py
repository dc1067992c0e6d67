"""What every segmenter of the catalogue must do.

Every decoder is tried on one light backbone, and one decoder on a backbone of each family.
"""

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

from tlstudio.catalog import segmenters
from tlstudio.catalog.index import find, models
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.tasks import Task
from tlstudio.ml import zoo
from tlstudio.ml.optim import Rates, stages_of
from tlstudio.ml.runs.plan import Plan
from tlstudio.ml.runs.tuning import Tuning, batch_norms
from tlstudio.ml.segmentation.onnx import export_onnx
from tlstudio.ml.zoo.loading import load_backbone, load_whole
from tlstudio.ml.zoo.segmenter import Segmenter, build_segmenter

SIZE = 64
LIGHT = "mobilenet_v3_small"
PAIRS = (
    *(f"{kind}:{LIGHT}" for kind in segmenters.DECODERS),
    "unet:resnet18",
    "unet:squeezenet1_1",
    "unet:efficientnet_b0",
    "unet:mobilenet_v2",
    "unet:timm-convnext_atto",
    "unet:timm-regnety_002",
    "lraspp_mobilenet_v3_large",
    "deeplabv3_mobilenet_v3_large",
)
HEAVY = ("unet:densenet121", "unet:vgg11_bn", "fcn_resnet50")
"""Tried for their names alone."""


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """One thread, and a fixed seed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def patches(size: int = SIZE) -> Tensor:
    """A smooth gradient and a fine pattern, normalised."""
    y, x = torch.meshgrid(torch.linspace(-2, 2, size), torch.linspace(-2, 2, size), indexing="ij")
    noise = torch.randn(3, size, size, generator=torch.Generator().manual_seed(1))
    return torch.stack([torch.stack([x, y, x * y / 2]), noise])


def size_of(spec: ModelSpec) -> int:
    """The least size; pooling to a sixth is tried where six does not divide the map."""
    return spec.sizes.nearest(160 if spec.family == "pan" else SIZE)


def step(model: Segmenter, images: Tensor) -> list[str]:
    """One step of plain gradient descent; layers that drop whole blocks by chance do not. Gives
    the names of what no gradient reaches."""
    model.train()
    for module in model.modules():
        if type(module).__name__ in ("StochasticDepth", "DropPath"):
            module.eval()
    model(images).square().mean().backward()
    unused = [name for name, p in model.named_parameters() if p.grad is None]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.1 * parameter.grad / (parameter.grad.norm() + 1e-12)
                parameter.grad = None
    return unused


def answers(model: nn.Module, images: Tensor) -> np.ndarray:
    with torch.no_grad():
        return model.eval()(images).numpy()


def onnx_answers(path: Path, images: Tensor) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    return session.run(None, {given.name: images.numpy()})[0]


@pytest.mark.parametrize("model_id", PAIRS)
def test_segmenter_keeps_the_contract(model_id: str, tmp_path: Path) -> None:
    spec = find(model_id)
    size = size_of(spec)
    model = build_segmenter(spec, 3, size=size)
    images = patches(size)
    start = answers(model, images)
    unused = step(model, images)
    assert not unused, f"no part of the answer: {unused[:5]}"

    expected = answers(model, images)
    assert expected.shape == (2, 3, size, size) and not np.allclose(expected, start)
    save_file(model.state_dict(), tmp_path / "whole.safetensors")
    again = build_segmenter(spec, 3, size=size)
    matched = load_whole(again, load_file(tmp_path / "whole.safetensors"), again.published)
    assert (matched.keys_missing, matched.unused) == (0, ())
    assert np.array_equal(answers(again, images), expected)

    export_onnx(model, size, tmp_path / "model.onnx")
    found = onnx_answers(tmp_path / "model.onnx", images)
    one = onnx_answers(tmp_path / "model.onnx", images[:1])
    tolerance = 1e-4 * max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found, expected, atol=tolerance)
    np.testing.assert_allclose(one, expected[:1], atol=tolerance)
    assert np.array_equal(answers(model, images), expected), "the export left the model as it was"


@pytest.mark.parametrize("model_id", [*PAIRS, *HEAVY])
def test_blocks_hold_each_parameter_of_the_backbone_once_and_can_be_frozen(model_id: str) -> None:
    spec = find(model_id)
    with torch.device("meta"):
        model = build_segmenter(spec, 2, size=size_of(spec))
    held = [p for _, modules in model.blocks() for m in modules for p in m.parameters()]
    assert {id(p) for p in held} == {id(p) for p in model.backbone.parameters()}
    assert len({id(p) for p in held}) == len(held) and len(model.blocks()) >= 3
    blocks = [modules for _, modules in model.blocks()]
    stages = stages_of(blocks, model)
    assert len(stages) == len(blocks) + 1, "the decoder is the last stage"
    Tuning(model, stages, blocks, Plan(True, 1, Rates(0.1), 0.0), norms=[],
           device=torch.device("meta"), steps=1, epochs=1).begin(1)  # fmt: skip
    assert not any(p.requires_grad for p in model.backbone.parameters())
    assert not any(norm.training for norm in batch_norms(model.backbone))
    assert all(p.requires_grad for p in model.head.parameters())


@pytest.mark.parametrize(
    "model_id",
    [*(p for p in PAIRS if p.startswith(("unet:", "lraspp", "deeplabv3_"))), *HEAVY],
)
def test_a_classifiers_backbone_fits_name_by_name(model_id: str) -> None:
    spec = find(model_id)
    assert spec.backbone is not None
    classifier_spec = find(spec.backbone)
    size = classifier_spec.sizes.nearest(classifier_spec.input_size)
    classifier = zoo.build(classifier_spec, 2, image_size=size)
    model = build_segmenter(spec, 2, size=size_of(spec))
    plain = classifier.backbone.state_dict()
    for given in (plain, {f"backbone.{name}": value for name, value in plain.items()}):
        matched = load_backbone(model, given)
        assert (matched.keys_missing, matched.misshapen) == (0, ())
    own = model.backbone.state_dict()
    assert all(torch.equal(own[name], plain[name]) for name in own)


@pytest.mark.parametrize("model_id", ["deeplabv3_mobilenet_v3_large", "fcn_resnet50"])
def test_the_published_file_of_a_whole_model_fits(model_id: str) -> None:
    from torchvision import models as torchvision_models

    with torch.device("meta"):
        official = torchvision_models.get_model(
            model_id, weights=None, weights_backbone=None, num_classes=21, aux_loss=True
        )
        model = build_segmenter(find(model_id), 21, size=64)
    file = official.state_dict()
    names = {name: model.published(name) for name in model.state_dict()}
    assert not [
        n for n, theirs in names.items() if file[theirs].shape != model.state_dict()[n].shape
    ]
    left = {name.partition(".")[0] for name in file.keys() - set(names.values())}
    assert left == {"aux_classifier"}


def test_another_number_of_labels_leaves_only_the_last_layer_random() -> None:
    spec = find("unet:resnet18")
    source, model = build_segmenter(spec, 3, size=64), build_segmenter(spec, 2, size=64)
    matched = load_whole(model, source.state_dict(), model.published)
    assert matched.misshapen == ("head.segmentation_head.0.weight", "head.segmentation_head.0.bias")
    backbone = {f"backbone.{k}": v for k, v in source.backbone.state_dict().items()}
    with pytest.raises(UserError) as refused:
        load_whole(model, backbone, model.published)
    assert refused.value.code == "weights.mismatch"


def test_the_u_net_is_the_librarys_own() -> None:
    import segmentation_models_pytorch as smp

    torch.manual_seed(3)
    plain = smp.Unet("resnet18", encoder_weights=None, classes=2)
    torch.manual_seed(3)
    ours = build_segmenter(find("unet:resnet18"), 2, size=64)
    assert np.array_equal(answers(ours, patches()), answers(plain, patches()))
    again = build_segmenter(find("unet:resnet18"), 2, size=64)
    matched = load_whole(again, plain.state_dict(), again.published)
    assert matched.keys_missing == 0 and not matched.unused


@pytest.mark.parametrize(
    "model_id", ["linknet:timm-convnext_atto", "unet:timm-vit_tiny_patch16_224"]
)
def test_a_backbone_without_the_maps_is_refused_in_plain_words(model_id: str) -> None:
    spec = find(model_id)
    with pytest.raises(UserError) as refused:
        build_segmenter(spec, 2, size=spec.sizes.nearest(224))
    assert refused.value.code == "training.no_pyramid"


@pytest.mark.parametrize("spec", segmenters.segmenters(), ids=lambda spec: spec.id)
def test_rows_are_complete_and_true(spec: ModelSpec) -> None:
    assert spec.task is Task.SEGMENTATION and spec.description.endswith(".")
    assert spec.params > 0 and spec.licence and spec.weights_licence
    assert spec.sizes.allows(spec.sizes.nearest(spec.input_size))
    assert spec.backbone is not None
    backbone = find(spec.backbone)
    assert backbone.task is Task.CLASSIFICATION
    assert (spec.mean, spec.std) == (backbone.mean, backbone.std)
    assert find(spec.id) == spec


def test_parameters_of_the_table_are_those_that_are_built() -> None:
    rows = {spec.id: spec.params for spec in segmenters.segmenters()}
    for name in ("unet:resnet18", "fpn:efficientnet_b0", "unet:squeezenet1_1", "fcn_resnet50"):
        with torch.device("meta"):
            model = build_segmenter(find(name), 2, size=256)
        assert sum(p.numel() for p in model.parameters()) == rows[name]


@pytest.mark.parametrize("model_id", [spec.id for spec in segmenters._torchvision()])
def test_published_files_are_those_of_the_installed_torchvision(model_id: str) -> None:
    from torchvision.models import get_model_weights

    spec = find(model_id)
    official = get_model_weights(model_id).DEFAULT
    look = official.transforms()
    assert spec.weights is not None and spec.weights.url == official.url
    assert spec.weights.hash_prefix and f"-{spec.weights.hash_prefix}." in official.url
    assert spec.weights.size is not None
    assert math.isclose(spec.weights.size / 2**20, official.meta["_file_size"], abs_tol=1e-3)
    assert (list(spec.mean), list(spec.std)) == (look.mean, look.std)


def test_the_list_is_short_and_everything_else_is_found_by_its_id() -> None:
    shown = models(Task.SEGMENTATION)
    assert shown[0].id == "unet:resnet18" and len(shown) < 100
    ids = {spec.id for spec in shown}
    assert {"unet:squeezenet1_1", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large"} <= ids
    assert {spec.family for spec in shown} >= set(segmenters.DECODERS)
    other = find("segformer:vgg16_bn")
    assert other.id not in ids and other.params > 0 and other.backbone == "vgg16_bn"
    tagged = find("unet:timm-resnet10t")
    assert tagged.id == "unet:timm-resnet10t.c3_in1k" and tagged == find(tagged.id)
    assert tagged.backbone == "timm:resnet10t.c3_in1k"
    plain = {name: find(f"unet:{name}") for name in ("vgg11", "vgg13", "vgg16", "vgg19")}
    assert plain["vgg16"].backbone == "vgg16" and plain["vgg16"].name == "U-Net VGG-16"
    assert plain["vgg11"].backbone == "timm:vgg11.tv_in1k"
    assert plain["vgg11"].name == "U-Net VGG-11"
    for nonsense in ("unet:nothing", "nothing:resnet18", "deeplabv3:vgg16_bn"):
        with pytest.raises(UserError):
            find(nonsense)
