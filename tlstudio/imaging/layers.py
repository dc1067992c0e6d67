"""Layers of stain on a square of pixels, and the soft shapes that are cut out of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Field = NDArray[np.float32]
Random = np.random.Generator

_NOISE_SIDE = 512


@dataclass(frozen=True, slots=True)
class Plane:
    """The stains laid down so far on a square of pixels; x and y run from -1 to 1."""

    x: Field
    y: Field
    nuclear: Field
    plasma: Field
    grain: Field


@cache
def _axes(size: int) -> tuple[Field, Field]:
    line = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def empty(size: int) -> Plane:
    x, y = _axes(size)
    return Plane(x, y, np.zeros_like(x), np.zeros_like(x), np.zeros_like(x))


@cache
def _noise_sheets(size: int) -> tuple[Field, ...]:
    """Three large sheets of smooth noise (fine, coarse, medium), spread 1, for this side."""
    sheets = []
    for index, radius in enumerate((0.007, 0.045, 0.011)):
        rng = np.random.default_rng([size, index])
        grey = rng.integers(0, 256, (_NOISE_SIDE, _NOISE_SIDE), dtype=np.uint8)
        speckle = Image.fromarray(grey).filter(ImageFilter.BoxBlur(1))
        # Stretch before the wide blur: eight bits would leave too few levels after it.
        wide = np.asarray(speckle, dtype=np.float32)
        wide = np.clip((wide - wide.mean()) / wide.std() * 40 + 128, 0, 255)
        for _ in range(2):
            again = Image.fromarray(wide.astype(np.uint8)).filter(
                ImageFilter.GaussianBlur(radius * size / 1.4)
            )
            wide = np.asarray(again, dtype=np.float32)
            wide = np.clip((wide - wide.mean()) / (wide.std() + 1e-6) * 40 + 128, 0, 255)
        sheets.append(((wide - 128) / 40).astype(np.float32))
    return tuple(sheets)


def noise(rng: Random, size: int, sheet: int) -> Field:
    """A random piece of a noise sheet, `size` pixels square (at most 512)."""
    left, top = rng.integers(0, _NOISE_SIDE - size + 1, 2)
    return _noise_sheets(size)[sheet][top : top + size, left : left + size]


def aside(rng: Random, least: float, most: float) -> tuple[float, float]:
    """A place at `least` to `most` from the middle, in any direction."""
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(least, most)
    return float(away * np.cos(angle)), float(away * np.sin(angle))


def turned(plane: Plane, cx: float, cy: float, angle: float) -> tuple[Field, Field]:
    """Coordinates around (cx, cy), turned by `angle`."""
    x, y = plane.x - np.float32(cx), plane.y - np.float32(cy)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * c + y * s, y * c - x * s


def soft(inside: Field, steepness: float) -> Field:
    """0 outside, 1 inside, with a soft edge where `inside` is 0."""
    edge: Field = np.clip(inside * np.float32(steepness) + np.float32(0.5), 0, 1)
    return edge


def blob(u: Field, v: Field, rng: Random, a: float, b: float) -> Field:
    """An ellipse with half axes a and b and a gently wavy outline."""
    angle = np.arctan2(v, u)
    wave = np.zeros_like(angle)
    for k in (2, 3, 5):
        wave += np.float32(rng.normal(0, 0.055 / k**0.5)) * np.cos(
            np.float32(k) * angle + np.float32(rng.uniform(0, 2 * np.pi))
        )
    return soft(1 + wave - np.hypot(u / np.float32(a), v / np.float32(b)), 16 * (a + b))


def chain(u: Field, v: Field, rng: Random, radius: float, lobes: int) -> Field:
    """Lobes along a bent line, joined by thin bridges."""
    bend = rng.uniform(1.6, 4.4) if lobes > 2 else rng.uniform(0.2, 1.5)
    start = rng.uniform(0, 2 * np.pi)
    ring = radius * rng.uniform(0.34, 0.48)
    size = radius * rng.uniform(0.27, 0.36) * (1.2 if lobes == 2 else 1.0)
    where = np.linspace(-bend / 2, bend / 2, lobes) if lobes > 2 else np.array([0, np.pi - bend])
    covered = np.zeros_like(u)
    before: tuple[float, float] | None = None
    for angle in where + start:
        away = ring * rng.uniform(0.85, 1.15)
        px, py = away * np.cos(angle), away * np.sin(angle)
        big = size * rng.uniform(0.8, 1.2)
        lobe = blob(u - np.float32(px), v - np.float32(py), rng, big * 1.1, big)
        covered = np.maximum(covered, lobe)
        if before is not None:
            covered = np.maximum(covered, 0.85 * _bridge(u, v, before, (px, py), size * 0.22))
        before = (px, py)
    return covered


def _bridge(
    u: Field, v: Field, a: tuple[float, float], b: tuple[float, float], width: float
) -> Field:
    """A soft line from a to b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = np.clip(
        ((u - np.float32(a[0])) * np.float32(dx) + (v - np.float32(a[1])) * np.float32(dy))
        / np.float32(dx * dx + dy * dy + 1e-9),
        0,
        1,
    )
    across = u - np.float32(a[0]) - along * np.float32(dx)
    down = v - np.float32(a[1]) - along * np.float32(dy)
    away = np.hypot(across, down).astype(np.float32, copy=False)
    return soft(1 - away / np.float32(width), 2)
