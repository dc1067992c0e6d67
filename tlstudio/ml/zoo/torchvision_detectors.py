"""torchvision's detectors, and Faster R-CNN on further classifiers of the catalogue.

Each is put together from torchvision's own parts so that its published files fit once their
names are translated (detector_loading); the classifier's layers keep the classifier's names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from torch import Tensor, nn
from torchvision.models.detection import FCOS, FasterRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.faster_rcnn import (
    FastRCNNConvFCHead,
    FastRCNNPredictor,
    RPNHead,
    TwoMLPHead,
)
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.models.detection.ssd import SSDFeatureExtractorVGG, SSDHead
from torchvision.models.detection.ssdlite import SSDLiteFeatureExtractorMobileNet, SSDLiteHead
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.feature_pyramid_network import (
    FeaturePyramidNetwork,
    LastLevelMaxPool,
    LastLevelP6P7,
)

from tlstudio.catalog.index import find
from tlstudio.domain.anchors import LIGHT
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.priors import Priors
from tlstudio.ml.zoo import maps
from tlstudio.ml.zoo.classifier import Backbone
from tlstudio.ml.zoo.detector import FLOOR, MOST_FOUND, Looking, Parts
from tlstudio.ml.zoo.ssd import AttentiveSSD

LIGHT_CHANNELS = 128
LIGHT_STRIDES = (8, 16, 32)

_SSD_RATIOS = {
    "ssd300_vgg16": ([2], [2, 3], [2, 3], [2, 3], [2], [2]),
    "ssdlite": ([2, 3],) * 6,
}
_C4 = 13  # the block of MobileNet v3 large whose expansion SSDlite looks at
_CONV4_3 = 22  # the layer of VGG-16 that SSD looks at first
_LABELS_RCNN = r"roi_heads\.box_predictor\."
_LABELS_DENSE = r"head\.classification_head\.cls_logits\."
_FEW_PROPOSALS: dict[str, Any] = {
    "rpn_pre_nms_top_n_train": 1000,
    "rpn_post_nms_top_n_train": 500,
    "rpn_pre_nms_top_n_test": 1000,
    "rpn_post_nms_top_n_test": 500,
    "rpn_batch_size_per_image": 128,
    "box_batch_size_per_image": 64,
}
# Half of what torchvision draws: boxes are learned from as well, in less time.
_PROPOSALS: dict[str, Any] = {
    "rpn_post_nms_top_n_train": 1000,
    "box_batch_size_per_image": 256,
}
_ANSWERS: dict[str, Any] = {"box_score_thresh": FLOOR, "box_detections_per_img": MOST_FOUND}
_DENSE_ANSWERS: dict[str, Any] = {"score_thresh": FLOOR, "detections_per_img": MOST_FOUND}


def build(spec: ModelSpec, classes: int, image_size: int, priors: Priors) -> Parts:
    """The parts of one of torchvision's detectors, with random weights."""
    if spec.id.startswith(LIGHT):
        return _light(spec, classes, priors)
    return _FAMILIES[spec.family](spec, classes, image_size, priors)


def _anchors(priors: Priors) -> AnchorGenerator:
    return AnchorGenerator(priors.sizes, (priors.ratios,) * len(priors.sizes))


def _classifier(spec: ModelSpec) -> ModelSpec:
    if spec.backbone is None:
        raise ValueError(f"{spec.id} names no classifier")
    return find(spec.backbone)


def _pyramid(channels: list[int], out: int, extra: Any, norm: Any = None) -> nn.Module:
    return cast(
        nn.Module, FeaturePyramidNetwork(channels, out, extra_blocks=extra, norm_layer=norm)
    )


def _resnet(spec: ModelSpec, layers: tuple[int, ...]) -> tuple[Backbone, maps.Maps, list[int]]:
    found = maps.body_of(_classifier(spec))
    looked = maps.resnet_maps(found.module, layers)
    return found, looked, maps.channels_of(looked, found.module)


def _faster(spec: ModelSpec, classes: int, _size: int, priors: Priors) -> Parts:
    second = spec.id.endswith("_v2")
    settings = {**_PROPOSALS, **_ANSWERS}
    if "mobilenet" in spec.id:
        found = maps.body_of(_classifier(spec))
        looked = maps.sequential_maps(found.module, (13, 16))
        channels = maps.channels_of(looked, found.module)
        # The layers on boxes cost more than the body: with fewer boxes a step takes a third.
        settings |= {"rpn_post_nms_top_n_train": 500, "box_batch_size_per_image": 64}
        if "320" in spec.id:  # as published: fewer proposals for the small input
            settings |= {"rpn_pre_nms_top_n_test": 150, "rpn_post_nms_top_n_test": 150}
            settings |= {"rpn_score_thresh": 0.0}
    else:
        found, looked, channels = _resnet(spec, (1, 2, 3, 4))
    neck = _pyramid(channels, 256, LastLevelMaxPool(), nn.BatchNorm2d if second else None)
    generator = _anchors(priors)
    if second:
        settings["rpn_head"] = RPNHead(256, generator.num_anchors_per_location()[0], conv_depth=2)
        settings["box_head"] = FastRCNNConvFCHead(
            (256, 7, 7), [256] * 4, [1024], norm_layer=nn.BatchNorm2d
        )
    head = FasterRCNN(
        Looking(looked, neck, 256), classes + 1, rpn_anchor_generator=generator, **settings
    )
    return Parts(found.module, found.stages, head, _LABELS_RCNN, 1)


def _light(spec: ModelSpec, classes: int, priors: Priors) -> Parts:
    """Faster R-CNN of a size that a laptop trains: maps of stride 8 to 32, 128 channels, small
    layers on the boxes (Lin et al. 2017, Feature pyramid networks, with less of everything)."""
    classifier = _classifier(spec)
    found = maps.body_of(classifier)
    body: Any = found.module
    if classifier.family == "resnet":
        looked = maps.resnet_maps(body, (2, 3, 4))
    else:
        looked = maps.sequential_maps(body, maps.last_taps(body, LIGHT_STRIDES))
    channels = maps.channels_of(looked, body)
    width = LIGHT_CHANNELS
    neck = _pyramid(channels, width, LastLevelMaxPool())
    names = [str(at) for at in range(len(channels))]
    head = FasterRCNN(
        Looking(looked, neck, width),
        rpn_anchor_generator=_anchors(priors),
        box_roi_pool=MultiScaleRoIAlign(names, output_size=7, sampling_ratio=2),
        box_head=TwoMLPHead(width * 49, 256),
        box_predictor=FastRCNNPredictor(256, classes + 1),
        **_FEW_PROPOSALS,
        **_ANSWERS,
    )
    return Parts(body, found.stages, head, _LABELS_RCNN, 1)


def _retinanet(spec: ModelSpec, classes: int, _size: int, priors: Priors) -> Parts:
    second = spec.id.endswith("_v2")
    found, looked, channels = _resnet(spec, (2, 3, 4))
    neck = _pyramid(channels, 256, LastLevelP6P7(2048 if second else 256, 256))
    generator = _anchors(priors)
    settings: dict[str, Any] = dict(_DENSE_ANSWERS)
    if second:
        settings["head"] = RetinaNetHead(
            256,
            generator.num_anchors_per_location()[0],
            classes,
            norm_layer=partial(nn.GroupNorm, 32),
        )
        settings["head"].regression_head._loss_type = "giou"
    head = RetinaNet(Looking(looked, neck, 256), classes, anchor_generator=generator, **settings)
    return Parts(found.module, found.stages, head, _LABELS_DENSE, 0)


def _fcos(spec: ModelSpec, classes: int, _size: int, _priors: Priors) -> Parts:
    found, looked, channels = _resnet(spec, (2, 3, 4))
    neck = _pyramid(channels, 256, LastLevelP6P7(256, 256))
    head = FCOS(Looking(looked, neck, 256), classes, **_DENSE_ANSWERS)
    return Parts(found.module, found.stages, head, _LABELS_DENSE, 0)


class _Extras(nn.Module):
    """SSD's neck: what the body found first, then ever smaller maps."""

    def __init__(self, extra: nn.ModuleList) -> None:
        super().__init__()
        self.extra = extra

    def forward(self, found: dict[str, Tensor]) -> dict[str, Tensor]:
        outputs = list(found.values())
        x = outputs[-1]
        for block in self.extra:
            x = block(x)
            outputs.append(x)
        return {str(at): output for at, output in enumerate(outputs)}


class _VggExtras(_Extras):
    """The same for VGG: its first map scaled by its length, its last only passed on."""

    def __init__(self, extra: nn.ModuleList, scale: nn.Parameter) -> None:
        super().__init__(extra)
        self.scale_weight = scale

    def forward(self, found: dict[str, Tensor]) -> dict[str, Tensor]:
        first, x = found.values()
        outputs = [self.scale_weight.view(1, -1, 1, 1) * nn.functional.normalize(first)]
        for block in self.extra:
            x = block(x)
            outputs.append(x)
        return {str(at): output for at, output in enumerate(outputs)}


def _boxes(spec: ModelSpec, size: int, priors: Priors) -> DefaultBoxGenerator:
    """SSD's default boxes. At the published size VGG's steps are the published ones; at others
    they follow from the maps."""
    steps = [8, 16, 32, 64, 100, 300] if spec.family == "ssd" and size == 300 else None
    ratios = _SSD_RATIOS["ssdlite" if spec.family == "ssdlite" else spec.id]
    scales = [level[0] for level in priors.sizes]
    return DefaultBoxGenerator([list(r) for r in ratios], scales=scales, steps=steps)


def _ssd(spec: ModelSpec, classes: int, size: int, priors: Priors) -> Parts:
    found = maps.body_of(_classifier(spec))
    body: Any = found.module
    # torchvision's extractor is made for its new layers and its change of the third pooling.
    extractor = SSDFeatureExtractorVGG(body.features, False)
    new = nn.ModuleList([extractor.extra[0][-1], *extractor.extra[1:]])
    neck = _VggExtras(new, extractor.scale_weight)
    looked = maps.sequential_maps(body, (_CONV4_3, len(body.features) - 2))
    channels = [512, 1024, 512, 256, 256, 256]
    generator = _boxes(spec, size, priors)
    anchors = generator.num_anchors_per_location()
    head = AttentiveSSD(
        Looking(looked, neck, channels),
        generator,
        (size, size),
        classes + 1,
        head=SSDHead(channels, anchors, classes + 1),
        **_DENSE_ANSWERS,
    )
    return Parts(body, found.stages, head, r"head\.classification_head\.module_list\.", 1)


def _ssdlite(spec: ModelSpec, classes: int, size: int, priors: Priors) -> Parts:
    reduced = spec.id == "ssdlite320_mobilenet_v3_large"
    found = maps.body_of(_classifier(spec), reduced_tail=reduced)
    body: Any = found.module
    norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.03)
    neck = _Extras(SSDLiteFeatureExtractorMobileNet(body.features, _C4, norm).extra)
    looked = maps.expansion_maps(body, _C4)
    channels = [*maps.channels_of(looked, body), 512, 256, 256, 128]
    generator = _boxes(spec, size, priors)
    anchors = generator.num_anchors_per_location()
    head = AttentiveSSD(
        Looking(looked, neck, channels),
        generator,
        (size, size),
        classes + 1,
        head=SSDLiteHead(channels, anchors, classes + 1, norm),
        nms_thresh=0.55,
        **_DENSE_ANSWERS,
    )
    # Each prediction is a depthwise part, which is kept, and a last layer made for the labels.
    labels = r"head\.classification_head\.module_list\.\d+\.1\."
    return Parts(body, found.stages, head, labels, 1)


_FAMILIES: dict[str, Callable[[ModelSpec, int, int, Priors], Parts]] = {
    "fasterrcnn": _faster,
    "retinanet": _retinanet,
    "fcos": _fcos,
    "ssd": _ssd,
    "ssdlite": _ssdlite,
}
