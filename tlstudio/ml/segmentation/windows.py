"""A whole image through windows that overlap, blended where they do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.ml.runs.packing import Packed, unpack
from tlstudio.ml.segmentation.view import View

AT_ONCE = 4  # windows in one pass of the network
ROWS = 256  # of an image that are made larger or smaller at once
SIGMA = 1 / 8  # of the window's side, as in nnU-Net (Isensee et al. 2021)
LEAST = 1e-3  # weight of a pixel at a window's corner, of the most
FLIPS: tuple[tuple[int, ...], ...] = ((), (3,), (2,), (2, 3))
"""Axes of [B, C, H, W] that are turned over, one after the other, for averaging over flips."""

Ask = Callable[[Tensor], Tensor]
Watch = Callable[[], None]
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
    watch: Watch = lambda: None,
) -> Iterator[Tensor]:
    """[C, rows, W] of an image of `size` (H, W), the background first, on the CPU: some rows after
    the others from the top down, so that a large image is never held whole.

    `pixels` are those of a sample, of which `inside` (rows, columns) is image; `ask` gives
    probabilities [B, C, S, S] of windows [B, 3, S, S]; `watch` is called before every pass.
    """
    bands = _inside(_blended(ask, pixels, view, device, watch), inside)
    for band in bands if inside == size else _stretched(bands, inside, size):
        yield band.float().cpu()


def _blended(
    ask: Ask, pixels: Packed, view: View, device: torch.device, watch: Watch
) -> Iterator[Tensor]:
    """[C, rows, W] of all `pixels`; rows come as soon as no window to come touches them."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in view.starts(height) for x in view.starts(width)]
    weight = torch.from_numpy(weight_of(view.size)).to(device)
    top, total, share = 0, torch.zeros(0), torch.zeros(view.size, width, device=device)
    for at in range(0, len(places), AT_ONCE):
        chosen = places[at : at + AT_ONCE]
        watch()
        answers = ask(_windows(pixels, chosen, view, device))
        if len(places) == 1:
            yield answers[0]
            return
        if not total.numel():
            total = torch.zeros(answers.shape[1], view.size, width, device=device)
        for answer, (y, x) in zip(answers, chosen, strict=True):
            if y > top:
                ready = y - top
                yield total[:, :ready] / share[:ready]
                total, share, top = _moved_up(total, ready), _moved_up(share, ready), y
            total[:, :, x : x + view.size] += answer * weight
            share[:, x : x + view.size] += weight
    yield total / share


def _moved_up(values: Tensor, rows: int) -> Tensor:
    """[..., H, W] without its first `rows`, and as many of zeros at its end."""
    return F.pad(values[..., rows:, :], (0, 0, 0, rows))


def _inside(bands: Iterable[Tensor], inside: tuple[int, int]) -> Iterator[Tensor]:
    """The rows and columns of the upper left that are image."""
    left, columns = inside
    for band in bands:
        if left > 0:
            yield band[:, :left, :columns]
        left -= band.shape[1]


def _stretched(
    bands: Iterable[Tensor], old: tuple[int, int], new: tuple[int, int]
) -> Iterator[Tensor]:
    """Rows of an image of size `old` as those of one of size `new`, bilinear as torch's
    interpolate has it, at most ROWS at once."""
    places = torch.arange(new[0], dtype=torch.float64)
    at = ((places + 0.5) * (old[0] / new[0]) - 0.5).clamp(0, old[0] - 1)
    above = at.floor().long()
    below = (above + 1).clamp(max=old[0] - 1)
    made, first, held = 0, 0, torch.zeros(0)
    for band in bands:
        held = torch.cat([held.to(band), band], dim=1) if held.numel() else band
        ready = int(torch.searchsorted(below, first + held.shape[1]))
        for start in range(made, ready, ROWS):
            rows = slice(start, min(start + ROWS, ready))
            share = (at[rows] - above[rows]).to(held).view(-1, 1)
            upper, lower = (held[:, (to[rows] - first).to(held.device)] for to in (above, below))
            yield _widened(upper * (1 - share) + lower * share, new[1])
        made = ready
        if made < new[0]:
            passed = min(int(above[made]) - first, held.shape[1])
            held, first = held[:, passed:], first + passed


def _widened(band: Tensor, width: int) -> Tensor:
    """[C, rows, W] at another width, bilinear."""
    size = (band.shape[1], width)
    return F.interpolate(band[None], size=size, mode="bilinear", align_corners=False)[0]


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


def _windows(
    pixels: Packed, places: list[tuple[int, int]], view: View, device: torch.device
) -> Tensor:
    cut = [unpack(pixels[y : y + view.size, x : x + view.size]) for y, x in places]
    return torch.from_numpy(np.stack(cut)).permute(0, 3, 1, 2).to(device)
