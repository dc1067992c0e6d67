"""SSD's loss: torchvision's own where there are objects, and more than nothing where not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.ssd import SSD

from tlstudio.catalog.index import find
from tlstudio.ml.zoo import build_detector
from tlstudio.ml.zoo.ssd import AttentiveSSD

BOXES, CLASSES = 20, 3
Batch = tuple[list[dict[str, Tensor]], dict[str, Tensor], list[Tensor], list[Tensor]]


def losses_of(kind: type[SSD], batch: Batch) -> dict[str, Tensor]:
    head = kind(nn.Identity(), DefaultBoxGenerator([[2]]), (64, 64), CLASSES, head=nn.Identity())
    found: dict[str, Tensor] = head.compute_loss(*batch)
    return found


def batch_of(*objects: int) -> Batch:
    """Images with so many objects, each matched by two default boxes."""
    torch.manual_seed(0)
    box = torch.tensor([8.0, 8.0, 40.0, 40.0])
    targets, matched = [], []
    for count in objects:
        labels = torch.ones(count, dtype=torch.int64)
        targets.append({"boxes": box.repeat(count, 1), "labels": labels})
        match = torch.full((BOXES,), -1)
        match[: 2 * count] = torch.arange(count).repeat(2)
        matched.append(match)
    images = len(objects)
    outputs = {
        "bbox_regression": torch.randn(images, BOXES, 4),
        "cls_logits": torch.randn(images, BOXES, CLASSES),
    }
    return targets, outputs, [box.repeat(BOXES, 1)] * images, matched


def test_with_objects_in_each_image_the_loss_is_torchvisions() -> None:
    ours, theirs = (losses_of(kind, batch_of(1, 3)) for kind in (AttentiveSSD, SSD))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_an_image_without_objects_adds_its_three_worst_mistakes() -> None:
    batch = batch_of(2, 0)
    ours, theirs = (losses_of(kind, batch) for kind in (AttentiveSSD, SSD))
    mistakes = -batch[1]["cls_logits"][1].log_softmax(-1)[:, 0]
    added = mistakes.sort(descending=True).values[:3].sum() / 4
    assert torch.equal(ours["bbox_regression"], theirs["bbox_regression"])
    assert ours["classification"] == pytest.approx(float(theirs["classification"] + added))


def test_a_batch_without_objects_gives_the_mean_of_its_images() -> None:
    batch = batch_of(0, 0)
    assert not losses_of(SSD, batch)["classification"]
    mistakes = -batch[1]["cls_logits"].log_softmax(-1)[..., 0]
    mean = mistakes.sort(dim=1, descending=True).values[:, :3].sum() / 2
    assert losses_of(AttentiveSSD, batch)["classification"] == pytest.approx(float(mean))


def test_the_catalogues_ssd_learns_from_an_empty_image() -> None:
    torch.manual_seed(0)
    model = build_detector(find("ssdlite:mobilenet_v3_large"), 2, image_size=96).train()
    target = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    losses = model(torch.randn(2, 3, 96, 96), [target] * 2)
    losses["classification"].backward()
    assert any(p.grad is not None and p.grad.any() for p in model.backbone.parameters())
