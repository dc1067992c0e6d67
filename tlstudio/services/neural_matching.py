"""The look of other images by style transfer at low strength: what statistics of colours miss, such
as grain and the softness of edges, at the price of seconds an image.

The picture is painted small by the worker of stylings, begun from the image itself; what changed is
made as large as the image and added to it, so its own details and its depth stay.
docs/decisions/0025-looks.md
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.styling import StyleSettings, StyleSource, Styling
from tlstudio.imaging.looks import Look, apply_look
from tlstudio.imaging.looks.colour import is_grey
from tlstudio.imaging.unit import read_unit, resized
from tlstudio.services._look_images import LookImage, spread_over
from tlstudio.services._scratch import scratch
from tlstudio.services._style_worker import StyleWorker
from tlstudio.services.styling import feature_weights

NEURAL = "neural"
NETWORK = "squeezenet1_1"
SOURCES = 4
"""References that are mixed, at most."""
SIDE = 384
"""Longest side of what is painted, in pixels."""
STEPS = 40
FULL_WEIGHT = 0.5
"""Weight of the style, 1 being that of a painting, at strength 1: forms stay where they are."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NeuralLook:
    """References whose look is taken, with the weights of the feature network as the worker is
    told of them."""

    references: tuple[LookImage, ...]
    weights: Mapping[str, Any] = field(default_factory=dict)
    method: str = NEURAL

    @property
    def images(self) -> int:
        return len(self.references)


AnyLook = Look | NeuralLook


def neural_look(references: Sequence[LookImage], weights: str = "default") -> NeuralLook:
    """The look of up to SOURCES of the references. UserError: weights.absent,
    styling.weights_file."""
    told = feature_weights(NETWORK, weights)
    return NeuralLook(tuple(spread_over(references, SOURCES)), told)


def paint_look(pixels: Floats, look: NeuralLook, strength: float) -> Floats:
    """`pixels` [H, W, 3] in 0..1 with the look; a grey image stays grey.

    One at a time: a newer call makes a running one raise UserError("style.replaced"). UserErrors
    of the styling and of the references; Cancelled after `rest_neural`.
    """
    side = max(64, min(SIDE, max(pixels.shape[:2])))
    with _guard:
        folder = _place()
    content, out = folder / "content.png", folder / "painted.png"
    Image.fromarray(np.rint(_shrunk(pixels, side) * 255).astype(np.uint8)).save(content)
    settings = StyleSettings.read(
        {"network": NETWORK, "size": side, "steps": STEPS, "style_weight": FULL_WEIGHT * strength}
    )
    sources = tuple(StyleSource(str(each.path), each.frame) for each in look.references)
    made = _worker.make(Styling(str(content), 0, sources, settings), look.weights, out)
    painted = read_unit(made.file)
    before = _at(pixels, painted.shape[1], painted.shape[0])
    change = painted - before
    if is_grey(pixels):
        change = np.repeat(change.mean(axis=2, keepdims=True), 3, axis=2)
    larger = np.stack([_channel(change[..., c], pixels.shape) for c in range(3)], axis=-1)
    result: Floats = np.clip(pixels + larger, 0, 1)
    return result


def give_look(pixels: Floats, look: AnyLook, strength: float, source: Look | None = None) -> Floats:
    """`pixels` with a look of either kind; see `apply_look` and `paint_look`."""
    if isinstance(look, NeuralLook):
        return paint_look(pixels, look, strength)
    return apply_look(pixels, look, strength, source)


def rest_neural() -> None:
    """End the worker; its memory is free again."""
    _worker.close()


_guard = threading.Lock()
_worker = StyleWorker()
_folder: Path | None = None
atexit.register(rest_neural)


def _place() -> Path:
    global _folder
    if _folder is None or not _folder.is_dir():
        _folder = scratch("neural-look")
    return _folder


def _shrunk(pixels: Floats, side: int) -> Floats:
    """At most `side` pixels a side, never larger than it is."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale == 1:
        return pixels
    return _at(pixels, max(1, round(width * scale)), max(1, round(height * scale)))


def _at(pixels: Floats, width: int, height: int) -> Floats:
    made: Any = resized(pixels, width, height)
    found: Floats = made
    return found


def _channel(change: Floats, shape: tuple[int, ...]) -> Floats:
    """A change, which may be negative, at the size of the image."""
    whole = Image.fromarray(np.ascontiguousarray(change))
    made: Floats = np.asarray(whole.resize((shape[1], shape[0]), Image.Resampling.BICUBIC))
    return made
