"""A whole image through windows that overlap, blended where they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.ml.runs.packing import Packed, unpack
from tlstudio.ml.segmentation.view import View

AT_ONCE = 4  # windows in one pass of the network
SIGMA = 1 / 8  # of the window's side, as in nnU-Net (Isensee et al. 2021)
LEAST = 1e-3  # weight of a pixel at a window's corner, of the most
FLIPS: tuple[tuple[int, ...], ...] = ((), (3,), (2,), (2, 3))
"""Axes of [B, C, H, W] that are turned over, one after the other, for averaging over flips."""

Ask = Callable[[Tensor], Tensor]
Floats = NDArray[np.float32]


def weight_of(size: int) -> Floats:
    """[size, size]: how much a window says about each of its pixels: a Gaussian about its centre,
    never less than a thousandth of the most."""
    place = np.arange(size, dtype=np.float64) - (size - 1) / 2
    line = np.exp(-0.5 * (place / (SIGMA * size)) ** 2)
    table: Floats = np.maximum(np.outer(line, line), LEAST).astype(np.float32)
    return table


def probabilities(
    ask: Ask,
    pixels: Packed,
    inside: tuple[int, int],
    size: tuple[int, int],
    view: View,
    device: torch.device,
    *,
    watch: Callable[[], None] = lambda: None,
) -> Tensor:
    """[C, H, W] of an image of `size` (H, W), the background first, on the CPU.

    `pixels` are those of a sample, of which `inside` (rows, columns) is image; `ask` gives
    probabilities [B, C, S, S] of windows [B, 3, S, S]; `watch` is called before every pass.
    """
    height, width = pixels.shape[:2]
    weight = torch.from_numpy(weight_of(view.size)).to(device)
    places = [(y, x) for y in view.starts(height) for x in view.starts(width)]
    if len(places) == 1:
        watch()
        total = ask(_windows(pixels, places, view, device))[0]
    else:
        total, share = torch.zeros(0), torch.zeros(height, width, device=device)
        for chosen in _few(places):
            watch()
            answers = ask(_windows(pixels, chosen, view, device))
            if not total.numel():
                total = torch.zeros(answers.shape[1], height, width, device=device)
            for answer, (y, x) in zip(answers, chosen, strict=True):
                area = (slice(y, y + view.size), slice(x, x + view.size))
                total[:, *area] += answer * weight
                share[area] += weight
        total /= share
    total = total[:, : inside[0], : inside[1]]
    if inside != size:
        total = F.interpolate(total[None], size=size, mode="bilinear", align_corners=False)[0]
    return total.float().cpu()


def asking(model: torch.nn.Module, view: View, *, flips: bool) -> Ask:
    """Probabilities of windows in 0..1, the mean over FLIPS where wanted; no gradients."""

    def ask(values: Tensor) -> Tensor:
        images = view.normalise(values.contiguous(memory_format=torch.channels_last))
        with torch.inference_mode():
            answers = [
                model(images.flip(axes)).float().softmax(dim=1).flip(axes)
                for axes in (FLIPS if flips else FLIPS[:1])
            ]
            mean: Tensor = sum(answers[1:], answers[0]) / len(answers)
            return mean

    return ask


def _few(places: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    for at in range(0, len(places), AT_ONCE):
        yield places[at : at + AT_ONCE]


def _windows(
    pixels: Packed, places: list[tuple[int, int]], view: View, device: torch.device
) -> Tensor:
    cut = [unpack(pixels[y : y + view.size, x : x + view.size]) for y, x in places]
    return torch.from_numpy(np.stack(cut)).permute(0, 3, 1, 2).to(device)
