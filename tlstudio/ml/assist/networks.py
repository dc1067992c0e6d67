"""One way to use the two lines of promptable networks: look once, then answer prompts.

The calls are those of ultralytics' own predictors, of which nothing else is needed here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from tlstudio.domain.models import ModelSpec

_STEADY_BY = 0.05
_STEADY_FROM = 0.98


@dataclass(frozen=True, slots=True)
class Features:
    """What a network saw: `image` [1, 256, 64, 64], and finer maps where it has them."""

    image: Tensor
    fine: tuple[Tensor, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """In pixels of the square. `points` [n, 2] with `labels` [n] (1 belongs, 0 does not), `box`
    (x0, y0, x1, y1), `previous` the logits [cells, cells] of an answer to go on from."""

    points: Tensor
    labels: Tensor
    box: tuple[float, float, float, float] | None = None
    previous: Tensor | None = None

    @property
    def ambiguous(self) -> bool:
        """One point can mean a part, a thing or a group of things."""
        return len(self.points) < 2 and self.box is None and self.previous is None


class Promptable(ABC):
    """A network of the family, in eval mode on its device."""

    def __init__(self, network: Any) -> None:
        self.network = network

    @property
    def device(self) -> torch.device:
        return next(iter(self.network.parameters())).device  # type: ignore[no-any-return]

    @abstractmethod
    def steps(self) -> list[nn.Module]:
        """Modules that run one after the other while an image is looked at."""

    @abstractmethod
    def look(self, square: Tensor) -> Features:
        """Features of an image [1, 3, S, S]."""

    @abstractmethod
    def answer(self, features: Features, prompt: Prompt) -> tuple[Tensor, Tensor]:
        """Logits [4, cells, cells] and scores [4]: first the answer to a clear prompt, then
        three readings of an ambiguous one."""

    def order(self, logits: Tensor, scores: Tensor, *, ambiguous: bool) -> list[int]:
        """Places in the answer, the best first."""
        readings = sorted(range(1, len(scores)), key=lambda place: -float(scores[place]))
        if ambiguous or not self._trusts(logits[0]):
            return [*readings, 0]
        return [0, *readings]

    def _trusts(self, _logits: Tensor) -> bool:
        return True


class Sam(Promptable):
    """SAM and MobileSAM."""

    def steps(self) -> list[nn.Module]:
        encoder = self.network.image_encoder
        if hasattr(encoder, "layers"):
            return [block for layer in encoder.layers for block in layer.blocks]
        return list(encoder.blocks)

    def look(self, square: Tensor) -> Features:
        return Features(self.network.image_encoder(square))

    def answer(self, features: Features, prompt: Prompt) -> tuple[Tensor, Tensor]:
        encoder = self.network.prompt_encoder
        box = None if prompt.box is None else torch.tensor([prompt.box], device=self.device)
        given = (prompt.points[None], prompt.labels[None]) if len(prompt.points) else None
        sparse, dense = encoder(points=given, boxes=box, masks=_batch(prompt.previous))
        logits, scores = self.network.mask_decoder.predict_masks(
            image_embeddings=features.image,
            image_pe=encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )
        return logits[0], scores[0]


class Sam2(Promptable):
    """SAM 2 and SAM 2.1, which look at a box as at two points of their own kinds."""

    def steps(self) -> list[nn.Module]:
        return list(self.network.image_encoder.trunk.blocks)

    def look(self, square: Tensor) -> Features:
        seen = self.network.forward_image(square)["backbone_fpn"]
        levels = seen[-self.network.num_feature_levels :]
        nothing_before = self.network.no_mem_embed.reshape(1, -1, 1, 1)
        return Features(levels[-1] + nothing_before, tuple(levels[:-1]))

    def answer(self, features: Features, prompt: Prompt) -> tuple[Tensor, Tensor]:
        encoder = self.network.sam_prompt_encoder
        points, labels = prompt.points[None], prompt.labels[None]
        if prompt.box is not None:
            corners = torch.tensor([prompt.box], device=self.device).view(1, 2, 2)
            points = torch.cat([corners, points], dim=1)
            kinds = torch.tensor([[2, 3]], dtype=labels.dtype, device=self.device)
            labels = torch.cat([kinds, labels], dim=1)
        sparse, dense = encoder(points=(points, labels), boxes=None, masks=_batch(prompt.previous))
        logits, scores, _tokens, _there = self.network.sam_mask_decoder.predict_masks(
            image_embeddings=features.image,
            image_pe=encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            repeat_image=False,
            high_res_features=list(features.fine),
        )
        return logits[0], scores[0]

    def _trusts(self, logits: Tensor) -> bool:
        """Whether the outline hardly depends on the threshold; else its readings are better."""
        least = int((logits > _STEADY_BY).sum())
        most = int((logits > -_STEADY_BY).sum())
        return most == 0 or least / most >= _STEADY_FROM


def _batch(mask: Tensor | None) -> Tensor | None:
    return None if mask is None else mask[None, None]


def empty(spec: ModelSpec) -> nn.Module:
    """The network of `spec` with random weights, on the processor."""
    module, function = spec.builder.split(":")
    network: nn.Module = getattr(import_module(module), function)(spec)
    return network


def ready(network: nn.Module) -> Promptable:
    """`network` of either line, ready to be prompted."""
    return Sam2(network) if hasattr(network, "sam_mask_decoder") else Sam(network)
