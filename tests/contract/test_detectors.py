"""What every detector of the catalogue must do; the list is the catalogue itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tlstudio.catalog.detectors import detectors
from tlstudio.catalog.index import find
from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.ml import zoo
from tlstudio.ml.detection.onnx import OUTPUTS, answers, export_onnx, unmatched
from tlstudio.ml.zoo.detector_table import labels_of
from tlstudio.ml.zoo.loading import backbone_keys

IDS = [spec.id for spec in detectors()]
PUBLISHED = [spec.id for spec in detectors() if spec.weights]


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """One thread, and a fixed seed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def small(spec: ModelSpec) -> int:
    return spec.sizes.nearest(max(spec.sizes.least, 96))


def scene(size: int) -> tuple[Tensor, list[dict[str, Tensor]]]:
    """Two pictures: one with a bright and a striped square, one with nothing."""
    images = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1)) * 0.1
    s = size // 8
    images[0, :, s : 4 * s, s : 4 * s] += 2
    images[0, 0, 4 * s : 7 * s : 2, 4 * s : 7 * s] -= 2
    boxes = torch.tensor([[s, s, 4 * s, 4 * s], [4 * s, 4 * s, 7 * s, 7 * s]]).float()
    none = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    return images, [{"boxes": boxes, "labels": torch.tensor([0, 1])}, none]


def quick(model: zoo.Detector) -> zoo.Detector:
    """With few proposals, where there are any, and answers however unsure."""
    head: Any = model.head
    if hasattr(head, "rpn"):
        head.rpn._post_nms_top_n = {"training": 40, "testing": 40}
        head.roi_heads.score_thresh = 0.0
    return model


def loss_of(model: zoo.Detector, images: Tensor, targets: Any) -> Tensor:
    torch.manual_seed(3)  # which boxes are sampled
    model.train()
    return sum(model(images, targets).values())  # type: ignore[return-value]


def settle(model: zoo.Detector, images: Tensor) -> None:
    """Batch norm with the statistics of these images, as after training."""
    model.eval()
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    if norms:
        with torch.no_grad():
            model(images)
    model.eval()


def onnx_answers(path: Path, images: Tensor) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return tuple(session.run(list(OUTPUTS), {"images": images.numpy()}))


@pytest.mark.parametrize("model_id", IDS)
def test_detector_keeps_the_contract(model_id: str, tmp_path: Path) -> None:
    spec = find(model_id)
    size = small(spec)
    model = quick(zoo.build_detector(spec, 2, image_size=size))
    images, targets = scene(size)

    first = loss_of(model, images, targets)
    first.backward()
    gradients = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    silent = [n for n, _ in model.named_parameters() if not _heard(gradients.get(n))]
    # The layers on boxes get no gradient from an image where no proposal is near an object.
    assert not [n for n in silent if n.startswith("backbone.")], silent[:5]
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4)
    optimizer.step()  # proposals move with the weights, and the loss with them: a few steps
    for _ in range(8):
        optimizer.zero_grad()
        loss = loss_of(model, images, targets)
        if loss < first:
            break
        loss.backward()
        optimizer.step()
    else:
        pytest.fail("nine steps did not lower the loss")

    settle(model, images)
    found = answers(model, images[:1])
    assert len(found[0]) and set(found[2]) <= {0, 1}
    assert (np.diff(found[1]) <= 0).all()
    path = tmp_path / "model.onnx"
    export_onnx(model, (size, size), path)
    assert unmatched(found, onnx_answers(path, images[:1]), pixels=0.05, score=1e-3) <= 2
    path.unlink()

    save_file(model.state_dict(), tmp_path / "whole.safetensors")
    again = quick(zoo.build_detector(spec, 2, image_size=size))
    tensors = load_file(tmp_path / "whole.safetensors")
    again.load_state_dict(tensors)
    again.eval()
    assert np.array_equal(answers(again, images[:1])[0], found[0])

    more = zoo.build_detector(spec, 5, image_size=size)
    fresh = {k: v.clone() for k, v in more.state_dict().items() if more.depends_on_labels(k)}
    assert fresh
    loaded = zoo.load_detector(more, spec, tensors)
    learned = [k for k in backbone_keys(more) if not more.depends_on_labels(k)]
    assert loaded.keys_matched == len(learned)
    now = more.state_dict()
    assert all(torch.equal(now[k], fresh[k]) for k in fresh)
    assert all(torch.equal(now[k], tensors[k]) for k in learned)


@pytest.mark.parametrize("model_id", IDS)
def test_backbone_of_a_classifier_run_fits_and_can_be_frozen(model_id: str) -> None:
    spec = find(model_id)
    assert spec.backbone
    look = find(spec.backbone)
    classifier = zoo.build(look, 2, image_size=look.input_size)
    model = zoo.build_detector(spec, 2, image_size=small(spec))
    loaded = zoo.load_detector(model, spec, classifier.state_dict(), only_backbone=True)
    whole = loaded.backbone == loaded.backbone_keys
    assert whole != (model_id == "ssdlite320_mobilenet_v3_large")  # whose last layers are halved
    assert loaded.rest == 0
    own, theirs = model.state_dict(), classifier.state_dict()
    fitting = [k for k in backbone_keys(model) if k.startswith("backbone.")]
    if whole:
        assert all(torch.equal(own[k], theirs[k]) for k in fitting)
    held = [p for _, modules in model.blocks() for m in modules for p in m.parameters()]
    assert len({id(p) for p in held}) == len(held)
    assert {id(p) for p in held} == {id(p) for p in model.backbone.parameters()}
    assert len(model.blocks()) >= 4


@pytest.mark.parametrize("model_id", IDS)
def test_parameters_are_counted_and_wrong_sizes_refused(model_id: str) -> None:
    spec = find(model_id)
    with torch.device("meta"):
        model = zoo.build_detector(spec, labels_of(spec), image_size=spec.input_size)
    assert spec.params == sum(p.numel() for p in model.parameters())
    with pytest.raises(UserError) as refusal:
        zoo.build_detector(spec, 2, image_size=spec.sizes.least - 1)
    assert refusal.value.code == "recipe.size"


@pytest.mark.parametrize("model_id", PUBLISHED)
def test_published_file_fits_and_gives_the_same_maps(model_id: str) -> None:
    """torchvision's own model, with made-up weights in its published names and normalisation."""
    from torchvision.models import get_model, get_model_weights

    spec = find(model_id)
    entry = get_model_weights(model_id).DEFAULT
    assert spec.weights is not None and spec.weights.url == entry.url
    assert spec.weights.hash_prefix and f"-{spec.weights.hash_prefix}." in entry.url
    assert abs(spec.weights.size / 2**20 - entry.meta["_file_size"]) < 1e-3

    theirs = get_model(model_id, weights=None, weights_backbone=None).eval()
    assert sum(p.numel() for p in theirs.parameters()) == spec.params
    generator = torch.Generator().manual_seed(5)
    for module in theirs.backbone.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            shape = module.running_var.shape
            module.running_var.copy_(torch.rand(shape, generator=generator) + 0.5)
            module.running_mean.copy_(torch.randn(shape, generator=generator) * 0.1)
            if model_id in ("fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn"):
                module.eps = 0.0
            elif "fasterrcnn_mobilenet" in model_id:
                module.eps = 1e-5

    size = 320 if spec.family in ("ssd", "ssdlite") else 128
    model = zoo.build_detector(spec, 2, image_size=size)
    loaded = zoo.load_detector(model, spec, theirs.state_dict())
    labels = [k for k in backbone_keys(model) if model.depends_on_labels(k)]
    assert loaded.keys_missing == len(labels)

    model.eval()
    pixels = torch.rand(1, 3, size, size, generator=generator)
    look = theirs.transform
    with torch.inference_mode():
        wanted = theirs.backbone((pixels - _column(look.image_mean)) / _column(look.image_std))
        found = model.head.backbone((pixels - _column(spec.mean)) / _column(spec.std))
    assert list(wanted) == list(found)
    # Padding is another colour where the normalisation differs: not at the rim, and loosely
    # where squeeze-and-excitation carries the rim everywhere.
    rim, most = {"ssd": (6, 1e-3), "ssdlite": (6, 0.02)}.get(spec.family, (0, 1e-3))
    inner = [slice(rim, s - rim) for s in wanted["0"].shape[2:]]
    one, other = wanted["0"][:, :, *inner], found["0"][:, :, *inner]
    assert (one - other).abs().max() / one.abs().max() < most


def _heard(gradient: Tensor | None) -> bool:
    return gradient is not None and bool(gradient.abs().max() > 0)


def _column(values: Any) -> Tensor:
    return torch.tensor(list(values)).view(1, 3, 1, 1)


def test_a_classifiers_name_in_place_of_a_detector_is_told() -> None:
    spec = find("fasterrcnn:squeezenet1_1")
    model = zoo.build_detector(spec, 2, image_size=96)
    other = zoo.build(find("resnet18"), 2, image_size=64)
    with pytest.raises(UserError) as refusal:
        zoo.load_detector(model, spec, other.state_dict())
    assert refusal.value.code == "weights.mismatch"
