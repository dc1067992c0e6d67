"""Segmenters: decoders of segmentation-models-pytorch on backbones of the catalogue, and
torchvision's.

An id names the decoder and the backbone, as in `unet:resnet18`; the backbone's weights are those of
the classifier. A short list is shown; any decoder with any backbone is found by its id, timm's
(`unet:timm-NAME`) too. Parameters are in segmenters.json, counted for one label by
`python -m tlstudio.ml.zoo.tables segmenters`; 0 for a pair that nobody counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from tlstudio.catalog import classifiers, timm_models
from tlstudio.catalog.tables import rows_of
from tlstudio.domain.models import ModelSpec, SizeRule, WeightsSource
from tlstudio.domain.tasks import Task


@dataclass(frozen=True, slots=True)
class Decoder:
    """A kind of segmenter; `dilates` where its backbone must be one that can be dilated. `least`
    is the side in pixels of its smallest patch."""

    title: str
    words: str
    dilates: bool = False
    least: int = 64


DECODERS: dict[str, Decoder] = {
    "unet": Decoder(
        "U-Net",
        "The standard of biomedical images: fine borders from few labelled images; start here.",
    ),
    "unetplusplus": Decoder(
        "U-Net++", "A U-Net with denser links: a little finer, and slower to train."
    ),
    "fpn": Decoder("FPN", "A pyramid of features: light, good with objects of many sizes."),
    "deeplabv3plus": Decoder(
        "DeepLabV3+",
        "Sees wide surroundings and mends the borders: for scenes and large objects.",
        dilates=True,
    ),
    "segformer": Decoder(
        "SegFormer decoder", "Mixes the features of all scales in a few layers: light and quick."
    ),
    "upernet": Decoder(
        "UPerNet", "A pyramid with a look at the whole image: strong with modern backbones."
    ),
    "linknet": Decoder("LinkNet", "Adds features instead of joining them: quick, few parameters."),
    "manet": Decoder("MA-Net", "A U-Net that weighs its features by attention."),
    "pan": Decoder(
        "PAN",
        "A pyramid with attention: very light, at some cost in fine borders.",
        dilates=True,
        least=128,  # it halves the map at 1/16 three times more
    ),
    "pspnet": Decoder(
        "PSPNet", "Looks at regions of several sizes on shallow features: the quickest, coarse."
    ),
    "deeplabv3": Decoder(
        "DeepLabV3", "Sees wide surroundings on fine features; slow to train.", dilates=True
    ),
}

ENCODERS = (
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152",
    "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4",
    "efficientnet_v2_s", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
    "squeezenet1_1", "densenet121", "densenet169", "densenet201",
    "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn",
    "timm-tf_efficientnet_b5", "timm-tf_efficientnet_b6", "timm-tf_efficientnet_b7",
    "timm-convnext_tiny", "timm-regnety_016", "timm-resnest50d", "timm-hrnet_w18",
)  # fmt: skip
"""Backbones that are shown with the U-Net."""

USUAL = ("resnet18", "resnet34", "resnet50", "efficientnet_b0", "mobilenet_v3_large")
"""Backbones that are shown with every other decoder."""

_NAMED = ("vgg11", "vgg13", "vgg16", "vgg19")
"""Further backbones that are found by their id."""

_ELSEWHERE = {name: f"timm:{name}" for name in ("vgg11", "vgg13", "vgg11_bn", "vgg13_bn")}
_UNDILATED = ("vgg", "densenet")
_TIMM = "timm-"

INPUT = 256
"""Side in pixels of a usual patch."""
SIZES = SizeRule(64, step=32)
"""The deepest map has a cell of 32 pixels, and batch norm needs two cells a side."""

SMP_LICENCE = "MIT"
SMP_BUILDER = "tlstudio.ml.zoo.smp_segmenters:build"
TORCHVISION_BUILDER = "tlstudio.ml.zoo.torchvision_segmenters:build"
COCO_LICENCE = "not stated by torchvision; trained on COCO and ImageNet-1k, whose terms apply"
_FILES = "https://download.pytorch.org/models/"

# id, name, family, words, backbone, file, bytes
_TORCHVISION = (
    ("deeplabv3_resnet50", "DeepLabV3 ResNet-50", "deeplabv3",
     "Published weights know 20 everyday things; large and slow without a graphics card.",
     "resnet50", "deeplabv3_resnet50_coco-cd0a2569.pth", 168_312_177),
    ("deeplabv3_resnet101", "DeepLabV3 ResNet-101", "deeplabv3",
     "The larger of the two: a little more accurate, and slower.",
     "resnet101", "deeplabv3_resnet101_coco-586e9e4e.pth", 244_545_749),
    ("deeplabv3_mobilenet_v3_large", "DeepLabV3 MobileNet V3", "deeplabv3",
     "Published weights know 20 everyday things; quick on any machine.",
     "mobilenet_v3_large", "deeplabv3_mobilenet_v3_large-fc3c493d.pth", 44_355_813),
    ("fcn_resnet50", "FCN ResNet-50", "fcn",
     "The first network of its kind, with a simple head on a strong backbone.",
     "resnet50", "fcn_resnet50_coco-1167a1af.pth", 141_567_197),
    ("fcn_resnet101", "FCN ResNet-101", "fcn",
     "The larger of the two: a little more accurate, and slower.",
     "resnet101", "fcn_resnet101_coco-7ecb50ca.pth", 217_800_770),
    ("lraspp_mobilenet_v3_large", "LR-ASPP MobileNet V3", "lraspp",
     "The lightest with published weights of its own; coarse borders.",
     "mobilenet_v3_large", "lraspp_mobilenet_v3_large-d234d4ea.pth", 13_096_714),
)  # fmt: skip


@cache
def segmenters() -> tuple[ModelSpec, ...]:
    """The models that are shown, the one to begin with first."""
    pairs = [("unet", encoder) for encoder in ENCODERS]
    pairs += [(kind, encoder) for kind in DECODERS if kind != "unet" for encoder in USUAL]
    found = [_pair(kind, encoder) for kind, encoder in pairs]
    return (*(spec for spec in found if spec is not None), *_torchvision())


def find(model_id: str) -> ModelSpec | None:
    """The model of this id, one that is shown or any decoder with any backbone; None: no such.

    Whether one of timm's networks gives the maps that a decoder needs is known only when it is
    built.
    """
    kind, colon, encoder = model_id.partition(":")
    if not colon:
        return next((spec for spec in _torchvision() if spec.id == model_id), None)
    return _pair(kind, encoder) if kind in DECODERS else None


def counted() -> list[str]:
    """Ids of all pairs whose parameters the table holds: every decoder with every backbone that
    is shown and fits it."""
    return [
        f"{kind}:{encoder}"
        for kind, decoder in DECODERS.items()
        for encoder in ENCODERS
        if not (decoder.dilates and encoder.startswith(_UNDILATED))
        and (kind, encoder) not in _UNFIT
    ]


# Maps that are missing or cannot be dilated: said by the networks when they are built.
_UNFIT = frozenset(
    {
        ("deeplabv3", "squeezenet1_1"),
        ("linknet", "timm-convnext_tiny"),
        *((kind, "timm-hrnet_w18") for kind in ("pan", "deeplabv3", "deeplabv3plus")),
    }
)


@cache
def _pair(kind: str, encoder: str) -> ModelSpec | None:
    classifier = _classifier(encoder)
    decoder = DECODERS[kind]
    unfit = decoder.dilates and encoder.startswith(_UNDILATED)
    if classifier is None or unfit or (kind, encoder) in _UNFIT:
        return None
    name = encoder
    if encoder.startswith(_TIMM):
        name = _TIMM + classifier.id.removeprefix(timm_models.PREFIX)
    model_id = f"{kind}:{name}"
    return ModelSpec(
        id=model_id,
        task=Task.SEGMENTATION,
        family=kind,
        name=f"{decoder.title} {_title(encoder, classifier)}",
        description=decoder.words,
        params=_params().get(model_id, 0),
        input_size=INPUT,
        sizes=_sizes(decoder, encoder, classifier),
        mean=classifier.mean,
        std=classifier.std,
        licence=SMP_LICENCE,
        weights_licence=classifier.weights_licence,
        weights=None,
        builder=SMP_BUILDER,
        backbone=classifier.id,
    )


def _classifier(encoder: str) -> ModelSpec | None:
    """The classifier whose weights fit the encoder; None for an encoder nobody knows."""
    if encoder.startswith(_TIMM):
        return timm_models.find(timm_models.PREFIX + encoder.removeprefix(_TIMM))
    if encoder not in (*ENCODERS, *_NAMED):
        return None
    if encoder in _ELSEWHERE:
        return timm_models.find(_ELSEWHERE[encoder])
    return next(spec for spec in classifiers.classifiers() if spec.id == encoder)


def _title(encoder: str, classifier: ModelSpec) -> str:
    if encoder in _ELSEWHERE:
        return f"VGG-{encoder[3:5]}" + (" with batch norm" if encoder.endswith("_bn") else "")
    return classifier.name


def _sizes(decoder: Decoder, encoder: str, classifier: ModelSpec) -> SizeRule:
    """Multiples of 32, for a network of timm those that its classifier takes too."""
    if not encoder.startswith(_TIMM):
        return SizeRule(decoder.least, SIZES.step)
    own = classifier.sizes
    step = math.lcm(SIZES.step, own.step)
    least = max(decoder.least, own.least)
    return SizeRule(-(-least // step) * step, step, own.most)


def _torchvision() -> tuple[ModelSpec, ...]:
    return tuple(
        ModelSpec(
            id=model_id,
            task=Task.SEGMENTATION,
            family=family,
            name=name,
            description=words,
            params=_params().get(model_id, 0),
            input_size=INPUT,
            sizes=SIZES,
            mean=(0.485, 0.456, 0.406),
            std=(0.229, 0.224, 0.225),
            licence=classifiers.CODE_LICENCE,
            weights_licence=COCO_LICENCE,
            weights=WeightsSource(
                _FILES + file, size, file.rpartition("-")[2].removesuffix(".pth"), file
            ),
            builder=TORCHVISION_BUILDER,
            backbone=backbone,
        )
        for model_id, name, family, words, backbone, file, size in _TORCHVISION
    )


@cache
def _params() -> dict[str, int]:
    return {row["id"]: row["params"] for row in rows_of("segmenters.json")}
