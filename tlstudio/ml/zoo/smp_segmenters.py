"""The decoders of segmentation-models-pytorch on any backbone that gives feature maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import segmentation_models_pytorch as smp
from segmentation_models_pytorch.encoders import encoders
from segmentation_models_pytorch.encoders._base import EncoderMixin
from torch import Tensor, nn

from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.ml.zoo.pyramids import Pyramid, make_pyramid
from tlstudio.ml.zoo.segmenter import Maps, Parts

_WIDTHS = (256, 128, 64, 32, 16)
_LINK = 4  # LinkNet quarters the channels of each map


@dataclass(frozen=True, slots=True)
class Manner:
    """How a decoder is made: `depth` and `stride` are those of its backbone, `settings` follow
    from the depth that the backbone has."""

    make: Callable[..., Any]
    depth: int = 5
    stride: int = 32
    settings: Callable[[int], dict[str, Any]] = field(default=lambda _depth: {})


def _widths(depth: int) -> dict[str, Any]:
    return {"decoder_channels": _WIDTHS[:depth]}


def _quarter(depth: int) -> dict[str, Any]:
    """These decoders end at the fourth map from the last."""
    return {"upsampling": 2 ** (depth - 3)}


MANNERS: dict[str, Manner] = {
    "unet": Manner(smp.Unet, settings=_widths),
    "unetplusplus": Manner(smp.UnetPlusPlus, settings=_widths),
    "manet": Manner(smp.MAnet, settings=_widths),
    "linknet": Manner(smp.Linknet),
    "fpn": Manner(smp.FPN, settings=_quarter),
    "pspnet": Manner(smp.PSPNet, depth=3),
    "pan": Manner(smp.PAN, stride=16, settings=lambda _: {"encoder_output_stride": 16}),
    "deeplabv3": Manner(smp.DeepLabV3, stride=8, settings=lambda _: {"encoder_output_stride": 8}),
    "deeplabv3plus": Manner(
        smp.DeepLabV3Plus, stride=16, settings=lambda _: {"encoder_output_stride": 16}
    ),
    "upernet": Manner(smp.UPerNet),
    "segformer": Manner(smp.Segformer),
}


class _Declared(nn.Module, EncoderMixin):  # type: ignore[misc]
    """An encoder that only says which maps there will be."""

    def __init__(self, out_channels: list[int], depth: int, output_stride: int) -> None:
        super().__init__()
        self._out_channels, self._depth = out_channels, depth
        self._in_channels, self._output_stride = 3, output_stride

    def make_dilated(self, output_stride: int) -> None:
        """The backbone is dilated already."""


class _Head(nn.Module):
    def __init__(self, decoder: nn.Module, segmentation_head: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder
        self.segmentation_head = segmentation_head

    def forward(self, maps: Maps) -> Tensor:
        logits: Tensor = self.segmentation_head(self.decoder(maps))
        return logits


def build(spec: ModelSpec, classes: int, size: int) -> Parts:
    """The model `ARCHITECTURE:ENCODER` names, with random weights."""
    architecture, _, encoder = spec.id.partition(":")
    manner = MANNERS[architecture]
    pyramid = make_pyramid(encoder, depth=manner.depth, stride=manner.stride, size=size)
    if architecture == "linknet" and min(pyramid.channels[1:]) < _LINK:
        raise UserError("training.no_pyramid", model=encoder)
    try:
        head = _head(manner, pyramid, architecture == "unet" and encoder.startswith("vgg"), classes)
    except (RuntimeError, ValueError) as error:  # maps of a kind the decoder cannot join
        raise UserError("training.no_pyramid", model=encoder) from error
    return Parts(pyramid.module, pyramid.features, head, pyramid.stages, published=_library_name)


def _library_name(name: str) -> str:
    """The library's own name of a tensor, as its checkpoints have it."""
    if name.startswith("backbone."):
        return "encoder." + name.removeprefix("backbone.")
    return name.removeprefix("head.")


def _head(manner: Manner, pyramid: Pyramid, centre: bool, classes: int) -> nn.Module:
    """The library's own decoder and head, made over an encoder that only declares its maps.

    By the encoder's name the library decides whether a U-Net has a block in its `centre`.
    """
    name = "vgg-declared" if centre else "declared"
    encoders[name] = {"encoder": _Declared, "params": {"out_channels": list(pyramid.channels)}}
    try:
        model = manner.make(
            name,
            encoder_depth=pyramid.depth,
            encoder_weights=None,
            classes=classes,
            **manner.settings(pyramid.depth),
        )
    finally:
        del encoders[name]
    return _Head(model.decoder, model.segmentation_head)
