"""Detector: a classifier's layers as backbone, and one of torchvision's detection heads on it."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from torch import Tensor, nn
from torchvision.models.detection.image_list import ImageList

from tlstudio.domain.anchors import published_priors
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.priors import Priors
from tlstudio.ml.zoo.blocks import Stage, group_modules
from tlstudio.ml.zoo.maps import Maps

MOST_FOUND = 300  # objects a detector answers with at most
FLOOR = 0.001  # least score of an answer


@dataclass(frozen=True, slots=True)
class Parts:
    """What a builder returns.

    `head` is a torchvision detector whose own backbone is a `Looking`; `label_layers` match the
    start of the names below `head` of the layers whose shape or meaning depends on the labels.
    `offset` is what the head adds to the number of a label (1 where 0 is its background).
    """

    body: nn.Module
    stages: Sequence[Stage]
    head: nn.Module
    label_layers: str
    offset: int


Builder = Callable[[ModelSpec, int, int, Priors], Parts]


class Looking(nn.Module):
    """Images to named feature maps: the body's maps through a neck of new layers.

    The body is held but not registered: its parameters belong to the detector alone.
    """

    def __init__(self, maps: Maps, neck: nn.Module, out_channels: Any) -> None:
        super().__init__()
        self._maps = (maps,)
        self.neck = neck
        self.out_channels = out_channels

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        found = self._maps[0](images)
        return cast(
            dict[str, Tensor], self.neck(OrderedDict((str(i), x) for i, x in enumerate(found)))
        )


class _AsItIs(nn.Module):
    """In place of torchvision's own resizing: images come in the size the detector wants."""

    def forward(self, images: Tensor, targets: Any = None) -> tuple[ImageList, Any]:
        size = (int(images.shape[-2]), int(images.shape[-1]))
        return ImageList(images, [size] * len(images)), targets

    def postprocess(self, found: Any, *_sizes: Any) -> Any:
        return found


class Detector(nn.Module):
    """Images [B, 3, H, W], normalised as the model's spec says, to boxes.

    While training, with `targets` (a list of {"boxes": [N, 4] x0 y0 x1 y1 in input pixels,
    "labels": [N] int64 from 0}), the losses by name. Else a list of {"boxes", "labels", "scores"},
    by falling score, at most MOST_FOUND an image.

    `backbone` keeps the names of the classifier it comes from; everything else is in `head`.
    """

    def __init__(self, parts: Parts, priors: Priors) -> None:
        super().__init__()
        self.backbone = parts.body
        self.head = parts.head
        self.head.transform = _AsItIs()
        self.priors = priors
        self._stages = tuple(parts.stages)
        self._label_layers = re.compile(parts.label_layers)
        self._offset = parts.offset

    def forward(self, images: Tensor, targets: Sequence[Mapping[str, Tensor]] | None = None) -> Any:
        if self.training:
            return self.head(images, self._shifted(targets or ()))
        return [{**found, "labels": found["labels"] - self._offset} for found in self.head(images)]

    def _shifted(self, targets: Sequence[Mapping[str, Tensor]]) -> list[dict[str, Tensor]]:
        return [{**target, "labels": target["labels"] + self._offset} for target in targets]

    def blocks(self) -> list[tuple[str, list[nn.Module]]]:
        """The backbone in blocks from input to output; see Classifier.blocks."""
        return group_modules(self.backbone, self._stages)

    def depends_on_labels(self, name: str) -> bool:
        """Whether the tensor `name` of the state dict belongs to layers made for the labels."""
        inner = name.removeprefix("head.")
        return inner != name and self._label_layers.match(inner) is not None


def build_detector(
    spec: ModelSpec, classes: int, *, image_size: int, priors: Priors | None = None
) -> Detector:
    """The detector `spec` describes, with random weights, for `classes` labels and inputs whose
    longer side is `image_size`; without `priors`, the published ones.

    Raises UserError("recipe.size") for a size the model cannot train and export at.
    """
    spec.check_size(image_size)
    module, _, name = spec.builder.partition(":")
    if not module.startswith("tlstudio.ml.zoo."):
        raise ValueError(f"{spec.builder!r} is no builder of this program")
    home = import_module(module)
    chosen = priors or published_priors(spec)
    builder = cast(Builder, getattr(home, name))
    return Detector(builder(spec, classes, image_size, chosen), chosen)
