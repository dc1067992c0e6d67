"""torchvision's detectors, and Faster R-CNN on classifiers: the table detectors.json.

The table is written by `python -m tlstudio.ml.zoo.tables detectors` from the installed
torchvision; a contract test compares them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tlstudio.catalog.classifiers import CODE_LICENCE, WEIGHTS_LICENCE, Family
from tlstudio.catalog.tables import distinct, rows_of
from tlstudio.domain.models import ModelSpec, SizeRule, WeightsSource
from tlstudio.domain.tasks import Task

# Sizes were found by building, exporting to ONNX and comparing with onnxruntime.
FAMILIES: dict[str, Family] = {
    "fasterrcnn": Family(
        "Faster R-CNN",
        "Looks for places first and names them second: accurate, also with few images.",
        SizeRule(64, step=32),
    ),
    "retinanet": Family(
        "RetinaNet",
        "One step from image to boxes, made for sets with few objects among much background.",
        SizeRule(64, step=32),
    ),
    "fcos": Family(
        "FCOS",
        "One step from image to boxes without anchors, so objects of odd shapes suit it.",
        SizeRule(64, step=32),
    ),
    "ssd": Family(
        "SSD",
        "The classic quick detector on VGG: simple, a large file, weak on small objects.",
        SizeRule(288, step=4),
    ),
    "ssdlite": Family(
        "SSDlite",
        "Made for phones: the quickest and smallest here, weaker on small objects.",
        SizeRule(96, step=32),
    ),
}
LIGHT_WORDS = "Faster R-CNN with small layers of its own on this classifier: trains on a laptop."
COCO_LICENCE = "not stated by torchvision; trained on COCO, whose terms apply"
TABLE = "detectors.json"
_BUILDER = "tlstudio.ml.zoo.torchvision_detectors:build"


@cache
def detectors() -> tuple[ModelSpec, ...]:
    """Every row of the table; ValueError where an id is there twice."""
    return distinct(_spec(row) for row in rows_of(TABLE))


def _spec(row: dict[str, Any]) -> ModelSpec:
    family = FAMILIES[row["family"]]
    light = row["id"].startswith("fasterrcnn:")
    source = row["weights"]
    return ModelSpec(
        id=row["id"],
        task=Task.DETECTION,
        family=row["family"],
        name=row["name"],
        description=LIGHT_WORDS if light else family.words,
        params=row["params"],
        input_size=row["input_size"],
        sizes=family.sizes,
        mean=tuple(row["mean"]),
        std=tuple(row["std"]),
        licence=CODE_LICENCE,
        weights_licence=COCO_LICENCE if source else WEIGHTS_LICENCE,
        weights=WeightsSource(**source) if source else None,
        builder=_BUILDER,
        backbone=row["backbone"],
    )
