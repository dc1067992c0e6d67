"""The teacher of a stylizer: how far a picture is from what it shows and from a style's look.

The perceptual losses of Johnson, Alahi and Fei-Fei 2016, each divided by the size of what it is
compared with, so that the same weights suit every feature network and every style.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tlstudio.domain.recipe import Recipe
from tlstudio.domain.windows import AUTO
from tlstudio.imaging.unit import read_seen, resized, to_unit
from tlstudio.ml.style.perception import FeatureNetwork, gram
from tlstudio.ml.zoo.reading import read_weights
from tlstudio.ml.zoo.stylizer import luminance

LAYERS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "squeezenet1_1": ("fire3", {"relu1": 0.3, "fire3": 1.0, "fire5": 1.0, "fire7": 1.0}),
    "vgg19": ("relu3_1", {"relu1_1": 0.3, "relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0}),
}
"""The layer whose features are kept, and those whose Gram matrices are learned with what each
counts for. The first counts for less: it knows fine grain alone, which is learned before strokes
and then hides them."""

CONTENT, STYLE, SMOOTH = 1.0, 6.0, 20.0
"""Weights of the three parts where the recipe says 1; chosen by looking at what was drawn after
the minutes that a person waits."""

STYLE_SIDE = 2.0
"""Longest side of the style image, in squares that are learned from, at style_scale 1."""
SHIFT = 4
"""Pixels that the teacher's look is moved by at most. It looks at every other pixel first, and
would otherwise see the same ones of every picture."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of the loss counts for."""

    content: float
    style: float
    smooth: float

    @classmethod
    def of(cls, recipe: Recipe) -> Weights:
        return cls(
            CONTENT * recipe.content_weight,
            STYLE * recipe.style_weight,
            SMOOTH * recipe.smoothness,
        )


class Teacher:
    """Knows one style by its Gram matrices, which are computed once."""

    def __init__(
        self,
        name: str,
        weights_file: Path,
        style: Tensor,
        weights: Weights,
        *,
        colour: str,
        device: torch.device,
    ) -> None:
        """`name` is the feature network's, `style` the style image as [1, 3, H, W] in 0..1;
        UserErrors of `FeatureNetwork.load`."""
        tensors = read_weights(weights_file)
        content, styles = LAYERS[name]
        self._colour, self._weights = colour, weights
        self._content, self._styles = content, styles
        self._whole = _network(name, (content, *styles), tensors, weights_file, device)
        self._shallow = _network(name, (content,), tensors, weights_file, device)
        with torch.no_grad():
            looks = self._whole(self._seen(style.to(device)))
        self._grams = {layer: gram(looks[layer]) for layer in styles}
        self._sizes = {layer: g.square().sum() for layer, g in self._grams.items()}

    def losses(self, given: Tensor, made: Tensor, shift: tuple[int, int] = (0, 0)) -> _Losses:
        """How far `made` [N, 3, H, W] is from what `given` shows and from the style; means over
        the pictures. `shift` (down, right) is left out at the upper and the left border."""
        down, right = shift
        found = self._whole(self._seen(made[:, :, down:, right:]))
        with torch.no_grad():
            kept = self._shallow(self._seen(given[:, :, down:, right:]))[self._content]
        content = (found[self._content] - kept).square().mean() / kept.square().mean()
        gaps = [share * self._far(layer, found[layer]) for layer, share in self._styles.items()]
        style = torch.stack(gaps).mean()
        smooth = made.diff(dim=2).square().mean() + made.diff(dim=3).square().mean()
        w = self._weights
        total = w.content * content + w.style * style + w.smooth * smooth
        return {"loss": total, "content_loss": content, "style_loss": style}

    def _far(self, layer: str, features: Tensor) -> Tensor:
        gaps = (gram(features) - self._grams[layer]).square().sum(dim=(1, 2))
        return gaps.mean() / self._sizes[layer]

    def _seen(self, pixels: Tensor) -> Tensor:
        """Brightness alone where the picture keeps its own colours."""
        if self._colour == "style":
            return pixels
        return luminance(pixels).expand(-1, 3, -1, -1)


_Losses = dict[str, Tensor]


def _network(
    name: str,
    layers: tuple[str, ...],
    tensors: Mapping[str, Tensor],
    file: Path,
    device: torch.device,
) -> FeatureNetwork:
    made = FeatureNetwork(name, set(layers))
    made.fill(tensors, str(file))
    return made.to(device).to(memory_format=torch.channels_last)


def read_style(path: Path, frame: int, side: int) -> Tensor:
    """[1, 3, H, W] in 0..1 of the style image, its longest side `side` pixels."""
    seen = read_seen(path, frame=frame, window=AUTO)
    height, width = seen.shape[:2]
    scale = side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    unit = to_unit(resized(seen, *size))
    return torch.from_numpy(unit).permute(2, 0, 1)[None]
