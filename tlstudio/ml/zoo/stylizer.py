"""The stylizer: a network that redraws a picture of any size in the one style it has learned.

After Johnson, Alahi and Fei-Fei 2016 (Perceptual losses for real-time style transfer), with the
instance normalisation of Ulyanov, Vedaldi and Lempitsky 2016, mirrored borders, and enlarging
before convolving instead of transposed convolutions, which leave a checkerboard (Odena, Dumoulin
and Olah 2016). It is narrower than theirs, with smaller kernels at full size: those cost most of
the time on a processor and were not seen to matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tlstudio.catalog.styles import WIDTH
from tlstudio.domain.models import ModelSpec

BLOCKS = 3
STRIDE = 4
"""The blocks work at a quarter of the picture's size."""
LEAST = 8
"""Shortest side in pixels of a picture that can be redrawn."""
REACH = 48
"""Pixels on either side that what is drawn at a pixel can depend on, if the statistics are kept:
5 x 5, two halvings, six layers at a quarter of the size, two doublings and 5 x 5 again make 40."""
EPS = 1e-5
LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601: what red, green and blue give to the brightness."""
COLOURS = ("style", "luminance")


class Stylizer(nn.Module):
    """Unit RGB [N, 3, H, W] in 0..1 to the same in the style, any H and W from LEAST on.

    `colour` is style: the colours are those of the style; or luminance: brightness alone is
    redrawn, and every pixel keeps its own I and Q of YIQ as far as 0..1 has room for them.
    """

    def __init__(self, width: int = WIDTH, colour: str = "style") -> None:
        super().__init__()
        if colour not in COLOURS:
            raise ValueError(f"no colour {colour!r}")
        self.width, self.colour = width, colour
        self.down = nn.Sequential(
            _Layer(3, width, 5), _Layer(width, 2 * width, 3, 2), _Layer(2 * width, 4 * width, 3, 2)
        )
        self.blocks = nn.Sequential(*(_Block(4 * width) for _ in range(BLOCKS)))
        self.up = nn.Sequential(_Larger(4 * width, 2 * width), _Larger(2 * width, width))
        self.last = nn.Conv2d(width, 3, 5)
        self._norms = [module for module in self.modules() if isinstance(module, _Norm)]
        self._channels = [norm.weight.numel() for norm in self._norms]

    def forward(self, pixels: Tensor, statistics: Tensor | None = None) -> Tensor:
        """`statistics` [2, channels], as `survey` gives them, take the place of each picture's
        own. With them no pixel depends on one further away than REACH: a picture can be redrawn
        in pieces whose borders are multiples of STRIDE apart from its upper left corner."""
        self._choose(None if statistics is None else torch.split(statistics, self._channels, dim=1))
        return self._answer(pixels)

    def survey(self, pieces: Tensor) -> Tensor:
        """[2, channels]: the means and variances in front of every norm over pieces
        [N, 3, h, w] of one picture together."""
        self._choose(())
        self._answer(pieces)
        return torch.cat([norm.seen for norm in self._norms], dim=1)

    def _answer(self, pixels: Tensor) -> Tensor:
        if self.colour == "style":
            return self._redrawn(pixels)
        bright = luminance(pixels)
        redrawn = luminance(self._redrawn(bright.expand(-1, 3, -1, -1)))
        return (pixels + (redrawn - bright)).clamp(0, 1)

    def _choose(self, kept: Sequence[Tensor] | None) -> None:
        """Norms by each picture's own statistics (None), those of the batch (empty) or `kept`."""
        for place, norm in enumerate(self._norms):
            norm.pooled, norm.kept = kept is not None, kept[place] if kept else None

    def _redrawn(self, pixels: Tensor) -> Tensor:
        """Mirrored to the right and below to a multiple of STRIDE, redrawn, and cut again."""
        height, width = pixels.shape[2], pixels.shape[3]
        x = F.pad((pixels - 0.5) / 0.25, (0, -width % STRIDE, 0, -height % STRIDE), mode="reflect")
        x = self.up(self.blocks(self.down(x)))
        x = torch.sigmoid(self.last(F.pad(x, (2, 2, 2, 2), mode="reflect")))
        return x[:, :, :height, :width]


def luminance(pixels: Tensor) -> Tensor:
    """[N, 1, H, W]: the Y of YIQ."""
    red, green, blue = LUMA
    return red * pixels[:, :1] + green * pixels[:, 1:2] + blue * pixels[:, 2:]


def build(spec: ModelSpec, width: int = 0, colour: str = "style") -> Stylizer:
    """The stylizer that `spec` describes, with random weights; width 0 is the usual one."""
    if spec.builder != f"{__name__}:build":
        raise ValueError(f"{spec.builder!r} builds no stylizer")
    return Stylizer(width or WIDTH, colour)


class _Norm(nn.Module):
    """Instance norm, or the same by the statistics of the whole batch, which are left in `seen`,
    or by statistics `kept` [2, channels]."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.pooled = False
        self.kept: Tensor | None = None
        self.seen = torch.zeros(2, channels)

    def forward(self, x: Tensor) -> Tensor:
        if not self.pooled and torch.onnx.is_in_onnx_export():  # one operator there
            return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=EPS)
        if not self.pooled:  # the same, and it leaves channels last in memory: a quarter sooner
            return F.group_norm(x, len(self.weight), self.weight, self.bias, EPS)
        if self.kept is None:
            mean = x.mean(dim=(0, 2, 3))
            spread = (x - mean[:, None, None]).square().mean(dim=(0, 2, 3))
            self.seen = torch.stack([mean, spread])
        else:
            mean, spread = self.kept[0], self.kept[1]
        scale = self.weight / torch.sqrt(spread + EPS)
        shift = self.bias - mean * scale
        return x * scale[:, None, None] + shift[:, None, None]


class _Layer(nn.Module):
    """Convolution with mirrored borders, instance norm and, unless `bare`, rectification."""

    def __init__(
        self, given: int, made: int, kernel: int, stride: int = 1, *, bare: bool = False
    ) -> None:
        super().__init__()
        self.border, self.bare = kernel // 2, bare
        # Its own bias would be taken away again by the norm.
        self.conv = nn.Conv2d(given, made, kernel, stride, bias=False)
        self.norm = _Norm(made)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, (self.border,) * 4, mode="reflect")
        x = cast(Tensor, self.norm(self.conv(x)))
        return x if self.bare else F.relu(x)


class _Block(nn.Module):
    """Two layers whose answer is added to what they were given."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Layer(channels, channels, 3)
        self.second = _Layer(channels, channels, 3, bare=True)

    def forward(self, x: Tensor) -> Tensor:
        return x + cast(Tensor, self.second(self.first(x)))


class _Larger(nn.Module):
    """Twice as large, each pixel repeated, then a layer."""

    def __init__(self, given: int, made: int) -> None:
        super().__init__()
        self.layer = _Layer(given, made, 3)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.layer(F.interpolate(x, scale_factor=2.0, mode="nearest")))
