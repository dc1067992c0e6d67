"""Pretrained classifiers of torchvision: the table torchvision.json, with what families share.

The table (parameters, sizes, normalisation, addresses, hash prefixes) is written by
`python -m tlstudio.ml.zoo.tables` from the installed torchvision; a contract test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from tlstudio.catalog.tables import distinct, rows_of
from tlstudio.domain.models import ModelSpec, SizeRule, WeightsSource
from tlstudio.domain.tasks import Task


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one architecture share: words, and the sizes they train and export at."""

    title: str
    words: str
    sizes: SizeRule


# Sizes were found by exporting to ONNX and comparing with onnxruntime. AlexNet and VGG end in an
# adaptive pooling to 6x6 and 7x7, which exports only where it divides the feature map.
FAMILIES: dict[str, Family] = {
    "alexnet": Family(
        "AlexNet",
        "The network that began it all in 2012: quick, large file, mostly for comparison.",
        SizeRule(224, step=192, offset=32),
    ),
    "vgg": Family(
        "VGG",
        "Plain stacks of convolutions: slow and very large, useful for texture and style.",
        SizeRule(224, step=224),
    ),
    "resnet": Family(
        "ResNet",
        "The dependable standard; start here and compare others with it.",
        SizeRule(32),
    ),
    "inception": Family(
        "Inception",
        "Looks at several scales at once; Inception v3 is common in medical publications.",
        SizeRule(75),
    ),
    "densenet": Family(
        "DenseNet",
        "Every layer sees all earlier ones: few parameters, popular for X-ray images.",
        SizeRule(32),
    ),
    "efficientnet": Family(
        "EfficientNet",
        "Much accuracy for its size; higher numbers want larger images and more time.",
        SizeRule(32),
    ),
    "mobilenet": Family(
        "MobileNet",
        "Made for phones: small and quick, a good choice without a graphics card.",
        SizeRule(32),
    ),
    "squeezenet": Family(
        "SqueezeNet",
        "The smallest file here, at some cost in accuracy; quick on any machine.",
        SizeRule(32),
    ),
    "shufflenet": Family(
        "ShuffleNet",
        "Very little computation: for slow machines and many images.",
        SizeRule(32),
    ),
    "convnext": Family(
        "ConvNeXt",
        "A modern convolutional network: among the most accurate, wants a graphics card.",
        SizeRule(32),
    ),
    "vit": Family(
        "Vision transformer",
        "Cuts the image into patches and relates them: strong with good pretraining, slow.",
        SizeRule(32, step=16),
    ),
    "swin": Family(
        "Swin transformer",
        "A transformer with shifted windows: accurate and robust, wants a graphics card.",
        SizeRule(32),
    ),
}

CODE_LICENCE = "BSD-3-Clause"
WEIGHTS_LICENCE = "not stated by torchvision; trained on ImageNet-1k, whose terms apply"
TABLE = "torchvision.json"
_BUILDER = "tlstudio.ml.zoo.torchvision_models:build"


@cache
def classifiers() -> tuple[ModelSpec, ...]:
    """Every row of the table; ValueError where an id is there twice."""
    return distinct(_spec(row) for row in rows_of(TABLE))


@cache
def published(model_id: str) -> tuple[WeightsSource, ...]:
    """All official files of this model, its spec's own first; files of the others fit as well."""
    row = next((row for row in rows_of(TABLE) if row["id"] == model_id), None)
    return tuple(WeightsSource(**source) for source in row["weights"]) if row else ()


def _spec(row: dict[str, Any]) -> ModelSpec:
    family = FAMILIES[row["family"]]
    sizes = family.sizes
    if row["id"] == "vit_b_32":
        sizes = SizeRule(64, step=32)
    if row["id"] == "googlenet":
        sizes = SizeRule(32)
    return ModelSpec(
        id=row["id"],
        task=Task.CLASSIFICATION,
        family=row["family"],
        name=row["name"],
        description=family.words,
        params=row["params"],
        input_size=row["input_size"],
        sizes=sizes,
        mean=tuple(row["mean"]),
        std=tuple(row["std"]),
        licence=CODE_LICENCE,
        weights_licence=WEIGHTS_LICENCE,
        weights=published(row["id"])[0],
        builder=_BUILDER,
        interpolation=row["interpolation"],
    )
