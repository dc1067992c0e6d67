"""Made-up scanners and stainings: one image as other sites would have taken it.

For learning models that do not rely on one site's colours. Each image is changed as a whole by
what is drawn for it, point by point, so nothing moves and no detail is lost but what is cut off
at black and white. The work is done through tables of 4096 steps: fast enough to be made anew
each time an image is shown. docs/decisions/0029-other-sites-look.md
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.looks.colour import (
    FROM_ROOTS,
    LEAST,
    LIGHT_TO_XYZ,
    TO_ROOTS,
    WHITE,
    is_grey,
    light_of,
    roots_of,
    shares_of,
    unit_of,
)

KINDS = ("none", "colour", "stain")
DRAWS = 6
"""Numbers in 0..1 that are drawn for an image."""

GAMMA = 0.35
LIGHTNESS = 8.0
CONTRAST = 0.2
CAST = 10.0
CHROMA = 0.3
"""Largest changes at strength 1: gamma, contrast and chroma as logarithms of their factor,
lightness and cast (each of a and b) in units of CIELAB."""

STAIN = 0.2
"""Largest change of a stain's amount at strength 1: as a factor and as an addend, sigma of
"HED-strong" in Tellez et al. 2018 (theirs is drawn evenly too)."""

HED = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
"""Densities in red, green and blue of haematoxylin, eosin and DAB (Ruifrok and Johnston 2001)."""

FULL = 0.5  # density from which on a pixel counts as stained through, for addends

_STEPS = 4095
_PART = 16_384  # pixels
_SOME = 1024  # pixels that the mean lightness is taken from
_TOP = 1.3  # roots of colours brighter than white, which a shift can make
_TOP_DENSITY = 6.0

P = TypeVar("P", bound=NDArray[Any])
Floats = NDArray[np.float32]
Pixels = NDArray[Any]


def vary(pixels: P, drawn: NDArray[np.float64], kind: str, strength: float) -> P:
    """`pixels` [H, W, 3] or grey [H, W, 1] as another site would have them; the same type again.

    uint8, uint16, or floats in 0..1. `drawn` [DRAWS] in 0..1 says how, `strength` in 0..1 how far
    at most. "colour": gamma, contrast, lightness, cast and chroma in CIELAB. "stain": the amounts
    of three stains; what is not stained (white) stays. In a grey image both are gamma, contrast
    and lightness.
    """
    if kind == "none" or not strength or not pixels.size:
        return pixels
    signed = (2 * drawn - 1) * strength
    if pixels.shape[-1] == 1 or is_grey(pixels):
        return cast(P, _grey(pixels, signed))
    return cast(P, _stain(pixels, signed) if kind == "stain" else _colour(pixels, signed))


def _grey(pixels: Pixels, signed: NDArray[np.float64]) -> Pixels:
    """Gamma, then contrast about the image's own mean, then lightness, on one channel."""
    one = pixels[..., :1]
    gamma, contrast = np.exp(signed[0] * GAMMA), np.exp(signed[2] * CONTRAST)
    shift = signed[1] * LIGHTNESS / 100
    bent = _lookup(pixels.dtype, lambda values: values**gamma)(one)
    mean = bent.mean(dtype=np.float64)
    made = (bent - np.float32(mean)) * np.float32(contrast) + np.float32(mean + shift)
    kept = _as(made, pixels.dtype)
    return np.repeat(kept, pixels.shape[-1], axis=-1)


def _colour(pixels: Pixels, signed: NDArray[np.float64]) -> Pixels:
    gamma, contrast = np.exp(signed[0] * GAMMA), np.exp(signed[2] * CONTRAST)
    chroma = np.exp(signed[5] * CHROMA)
    bent = _lookup(pixels.dtype, lambda values: light_of(values**gamma))
    to_xyz = (LIGHT_TO_XYZ.T / WHITE).astype(np.float32)
    to_light = np.linalg.inv(LIGHT_TO_XYZ.T / WHITE).astype(np.float32)

    def roots_of_some(flat: Pixels) -> Floats:
        return _table("roots").take(_steps(bent(flat) @ to_xyz, 1.0))

    flat = pixels.reshape(-1, 3)
    mean = float(roots_of_some(flat[:: max(1, len(flat) // _SOME)])[:, 1].mean()) * 116
    # In the roots, which CIELAB is a linear map of: L about its mean, a and b about none.
    scale = (FROM_ROOTS.T @ np.diag([contrast, chroma, chroma]) @ TO_ROOTS.T).astype(np.float32)
    moved = np.array([(1 - contrast) * mean + signed[1] * LIGHTNESS, *(signed[3:5] * CAST)])
    shift = (moved @ TO_ROOTS.T).astype(np.float32)

    def changed(part: Pixels) -> Pixels:
        roots = roots_of_some(part) @ scale
        roots += shift
        shares = _table("shares").take(_steps(roots, _TOP))
        return _from_table(shares @ to_light, part, "unit", 1.0)

    return _in_parts(flat, changed).reshape(pixels.shape)


def _stain(pixels: Pixels, signed: NDArray[np.float64]) -> Pixels:
    factors, addends = 1 + signed[:3] * STAIN, signed[3:] * STAIN
    density_of = _lookup(pixels.dtype, lambda values: -np.log(np.maximum(values, LEAST)))
    vectors = HED / np.linalg.norm(HED, axis=1, keepdims=True)
    scale = (np.linalg.inv(vectors) @ np.diag(factors) @ vectors).astype(np.float32)
    shift = (addends @ vectors).astype(np.float32)
    sum_of_three = np.full((3, 1), 1 / FULL, np.float32)

    def changed(part: Pixels) -> Pixels:
        density = density_of(part)
        stained = np.minimum(density @ sum_of_three, np.float32(1))
        made = density @ scale
        made += stained * shift
        return _from_table(made, part, "stained", _TOP_DENSITY)

    return _in_parts(pixels.reshape(-1, 3), changed).reshape(pixels.shape)


def _in_parts(flat: Pixels, change: Callable[[Pixels], Pixels]) -> Pixels:
    """`change` of some pixels at a time: what a core holds at hand is changed twice as fast."""
    if len(flat) <= _PART:
        return change(flat)
    made = np.empty_like(flat)
    for at in range(0, len(flat), _PART):
        made[at : at + _PART] = change(flat[at : at + _PART])
    return made


def _lookup(kind: np.dtype[Any], make: Callable[[Any], Any]) -> Callable[[NDArray[Any]], Floats]:
    """`make` of values in 0..1, for pixels: of bytes through a table of 256, of others one by
    one."""
    if kind == np.uint8:
        table = make(np.arange(256, dtype=np.float32) / np.float32(255)).astype(np.float32)
        return lambda pixels: table.take(pixels)
    most = np.float32(65535 if kind == np.uint16 else 1)
    return lambda pixels: make(pixels.astype(np.float32) / most).astype(np.float32, copy=False)


def _steps(values: Floats, top: float) -> NDArray[np.uint16]:
    """The step of a table for values in 0..`top`; those beyond take the ends."""
    scaled = values * np.float32(_STEPS / top)
    scaled += np.float32(0.5)
    np.clip(scaled, 0, _STEPS, out=scaled)
    return scaled.astype(np.uint16)


@cache
def _table(name: str) -> Floats:
    steps = np.arange(_STEPS + 1) / _STEPS
    if name == "roots":
        made = roots_of(steps)
    elif name == "shares":
        made = shares_of(steps * _TOP)
    elif name == "unit":
        made = unit_of(steps)
    else:
        made = np.exp(-steps * _TOP_DENSITY)
    table: Floats = made.astype(np.float32)
    return table


@cache
def _byte_table(name: str) -> NDArray[np.uint8]:
    return _as(_table(name), np.dtype(np.uint8))


def _from_table(values: Floats, like: Pixels, name: str, top: float) -> Pixels:
    steps = _steps(values, top)
    if like.dtype == np.uint8:
        return _byte_table(name).take(steps).reshape(like.shape)
    return _as(_table(name).take(steps), like.dtype).reshape(like.shape)


def _as(values: Floats, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Values in 0..1, cut off there, in the type of the pixels they come from."""
    kept = np.clip(values, 0, 1)
    if dtype.kind == "f":
        return kept.astype(dtype, copy=False)
    most = np.float32(np.iinfo(dtype).max)
    whole: NDArray[Any] = np.rint(kept * most).astype(dtype)
    return whole
