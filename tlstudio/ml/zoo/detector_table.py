"""Rows of the catalogue's table of detectors, counted by building them on the meta device."""

from __future__ import annotations

from typing import Any

import torch

from tlstudio.catalog.classifiers import classifiers
from tlstudio.domain.models import ModelSpec, SizeRule
from tlstudio.domain.tasks import Task
from tlstudio.ml.zoo.detector import build_detector
from tlstudio.ml.zoo.tables import source_of

LABELS = 90  # of COCO, as numbered in the published files

# id -> (family, name, classifier, usual input, whether torchvision publishes a file)
_PUBLISHED = {
    "fasterrcnn_mobilenet_v3_large_320_fpn": (
        "fasterrcnn", "Faster R-CNN MobileNet V3 Large 320", "mobilenet_v3_large", 320),
    "fasterrcnn_mobilenet_v3_large_fpn": (
        "fasterrcnn", "Faster R-CNN MobileNet V3 Large FPN", "mobilenet_v3_large", 800),
    "fasterrcnn_resnet50_fpn": ("fasterrcnn", "Faster R-CNN ResNet-50 FPN", "resnet50", 800),
    "fasterrcnn_resnet50_fpn_v2": ("fasterrcnn", "Faster R-CNN ResNet-50 FPN v2", "resnet50", 800),
    "ssdlite320_mobilenet_v3_large": (
        "ssdlite", "SSDlite320 MobileNet V3 Large", "mobilenet_v3_large", 320),
    "ssd300_vgg16": ("ssd", "SSD300 VGG-16", "vgg16", 300),
    "retinanet_resnet50_fpn": ("retinanet", "RetinaNet ResNet-50 FPN", "resnet50", 800),
    "retinanet_resnet50_fpn_v2": ("retinanet", "RetinaNet ResNet-50 FPN v2", "resnet50", 800),
    "fcos_resnet50_fpn": ("fcos", "FCOS ResNet-50 FPN", "resnet50", 800),
}  # fmt: skip
_OURS = {
    "ssdlite:mobilenet_v3_large": ("ssdlite", "SSDlite", "mobilenet_v3_large", 320),
    **{
        f"fasterrcnn:{name}": ("fasterrcnn", "Faster R-CNN", name, 320)
        for name in (
            "squeezenet1_1", "mobilenet_v3_small", "mobilenet_v3_large", "mobilenet_v2",
            "efficientnet_b0", "resnet18", "resnet34", "resnet50", "resnet101",
        )
    },
}  # fmt: skip


def detector_rows() -> list[dict[str, Any]]:
    """A row for each detector of torchvision and of our own; pixels are normalised as the
    classifier's weights want them."""
    from torchvision.models import get_model_weights

    known = {spec.id: spec for spec in classifiers()}
    rows = []
    for name, (family, title, classifier, size) in {**_OURS, **_PUBLISHED}.items():
        look = known[classifier]
        source = None
        if name in _PUBLISHED:
            source = source_of(get_model_weights(name).DEFAULT)
        else:
            title = f"{title} on {look.name}"
        row = {
            "id": name,
            "family": family,
            "name": title,
            "params": 0,
            "input_size": size,
            "mean": list(look.mean),
            "std": list(look.std),
            "backbone": classifier,
            "weights": source,
        }
        rows.append({**row, "params": _counted(row)})
    return rows


def _counted(row: dict[str, Any]) -> int:
    """Parameters with layers for COCO's labels."""
    spec = ModelSpec(
        id=row["id"], task=Task.DETECTION, family=row["family"], name="", description="", params=0,
        input_size=row["input_size"], sizes=SizeRule(1), mean=tuple(row["mean"]),
        std=tuple(row["std"]), licence="", weights_licence="", weights=None,
        builder="tlstudio.ml.zoo.torchvision_detectors:build", backbone=row["backbone"],
    )  # fmt: skip
    with torch.device("meta"):
        model = build_detector(spec, labels_of(spec), image_size=row["input_size"])
    return sum(p.numel() for p in model.parameters())


def labels_of(spec: ModelSpec) -> int:
    """Labels with which a detector has the layers of the published file: heads without a
    background count its place as one more."""
    return LABELS + 1 if spec.family in ("retinanet", "fcos") else LABELS
