"""Invented microscope pictures of stained cells, for the sample project, the demo and tests.

No real material is in them: every picture is computed from a seed. Light passes through layers
of stain by Beer and Lambert's law, so that overlapping cells darken each other as they do on a
slide. Each slide has its own stain, lamp, magnification and focus, which makes pictures of one
slide resemble each other: a split that tears slides apart flatters the figures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.imaging.layers import (
    Field,
    Plane,
    Random,
    aside,
    blob,
    chain,
    empty,
    noise,
    soft,
    turned,
)

KINDS = ("elongated", "granular", "lobed", "round")
GROUP_PATTERN = r"(slide_\d+)"


@dataclass(frozen=True, slots=True)
class Slide:
    """How one glass slide was stained, lit and focused.

    `nuclear`, `plasma` and `grain` are optical densities per unit of stain in red, green, blue;
    `lamp` is the colour of empty glass (0..1); `scale` multiplies every length; `blur` is a
    radius in thousandths of the picture's side; `noise` the spread of the sensor (0..1).
    """

    name: str
    nuclear: tuple[float, float, float]
    plasma: tuple[float, float, float]
    grain: tuple[float, float, float]
    lamp: tuple[float, float, float]
    scale: float
    blur: float
    noise: float
    crowding: float


def make_slide(number: int, seed: int = 0) -> Slide:
    """Slide `number` (from 1) of the series `seed`; the same two numbers give the same slide."""
    rng = np.random.default_rng([seed, number, 1])

    def tint(base: tuple[float, float, float], spread: float) -> tuple[float, float, float]:
        r, g, b = (float(v * rng.uniform(1 - spread, 1 + spread)) for v in base)
        return r, g, b

    strength = rng.uniform(0.75, 1.25)
    nuclear = tint((1.05 * strength, 1.25 * strength, 0.42 * strength), 0.16)
    plasma = tint((0.16, 0.46, 0.26), 0.28)
    grain = tint((0.18, 0.95, 0.75), 0.25)
    lamp = tint((0.95, 0.92, 0.90), 0.045)
    return Slide(
        name=f"slide_{number:03d}",
        nuclear=nuclear,
        plasma=plasma,
        grain=grain,
        lamp=lamp,
        scale=float(rng.uniform(0.82, 1.16)),
        blur=float(rng.uniform(3.0, 11.0)),
        noise=float(rng.uniform(0.008, 0.026)),
        crowding=float(rng.uniform(1.0, 5.0)),
    )


def draw_cell(kind: str, slide: Slide, rng: Random, size: int = 128) -> Image.Image:
    """An RGB picture, `size` pixels square, of one cell of `kind` (of KINDS) near its middle."""
    plane = empty(size)
    for _ in range(int(rng.poisson(slide.crowding))):
        _red_cell(plane, rng, slide, *aside(rng, 0.5, 1.25))
    if rng.random() < 0.3:
        _DRAW[str(rng.choice(KINDS))](plane, rng, slide, *aside(rng, 0.95, 1.3))
    _DRAW[kind](plane, rng, slide, *rng.uniform(-0.16, 0.16, 2))
    _debris(plane, rng, slide)
    return _develop(plane, slide, rng, size)


def draw_sample(
    folder: Path,
    count: int = 1200,
    seed: int = 0,
    *,
    per_slide: int = 4,
    size: int = 128,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> Path:
    """Draw `count` PNG pictures into a folder per kind and return `folder`.

    The files are called `slide_003_0011.png`; GROUP_PATTERN finds the slide in the name. Kinds
    are dealt out evenly over all pictures and at random over the slides.
    """
    kinds = np.random.default_rng([seed, 2]).permutation(np.arange(count) % len(KINDS))
    for kind in KINDS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        if cancel is not None:
            cancel.check()
        slide = make_slide(index // per_slide + 1, seed)
        kind = KINDS[int(kinds[index])]
        picture = draw_cell(kind, slide, np.random.default_rng([seed, index, 3]), size)
        picture.save(folder / kind / f"{slide.name}_{index + 1:04d}.png", compress_level=1)
        progress(Step("demo.drawing", index + 1, count))
    return folder


# --- the shapes -------------------------------------------------------------------------------


def _elongated(plane: Plane, rng: Random, slide: Slide, cx: float, cy: float) -> None:
    """A spindle: a long cell with an oval nucleus in its middle."""
    length = slide.scale * rng.uniform(0.62, 0.82)
    width = length / rng.uniform(1.5, 2.9)
    turn = rng.uniform(0, np.pi)
    u, v = turned(plane, cx, cy, turn)
    v = v + np.float32(rng.uniform(-0.35, 0.35)) * (u * u - np.float32(0.1))
    taper = 1 - np.float32(rng.uniform(0.25, 0.75)) * np.clip(u / np.float32(length), -1, 1) ** 2
    body = soft(1 - np.hypot(u / np.float32(length), v / (np.float32(width) * taper)), 14)
    nucleus = blob(u, v, rng, length * rng.uniform(0.36, 0.5), width * rng.uniform(0.55, 0.72))
    _lay_plasma(plane, rng, body, rng.uniform(0.8, 1.3))
    _lay_nucleus(plane, rng, nucleus)


def _round(plane: Plane, rng: Random, slide: Slide, cx: float, cy: float) -> None:
    """A small round cell that its smooth nucleus nearly fills."""
    radius = slide.scale * rng.uniform(0.4, 0.56)
    u, v = turned(plane, cx, cy, rng.uniform(0, np.pi))
    stretch = rng.uniform(1.0, 1.3)
    body = blob(u, v, rng, radius * stretch, radius)
    fill = rng.uniform(0.66, 0.86)
    off = radius * rng.uniform(-0.12, 0.12)
    nucleus = blob(u - np.float32(off), v, rng, radius * stretch * fill, radius * fill)
    _lay_plasma(plane, rng, body, rng.uniform(0.7, 1.3))
    _lay_nucleus(plane, rng, nucleus)


def _lobed(plane: Plane, rng: Random, slide: Slide, cx: float, cy: float) -> None:
    """A cell whose nucleus is a chain of two to five lobes."""
    radius = slide.scale * rng.uniform(0.46, 0.64)
    u, v = turned(plane, cx, cy, rng.uniform(0, np.pi))
    body = blob(u, v, rng, radius * rng.uniform(1.0, 1.25), radius)
    _lay_plasma(plane, rng, body, rng.uniform(0.6, 1.2))
    lobes = int(rng.integers(2, 6))
    _lay_nucleus(plane, rng, chain(u, v, rng, radius, lobes))
    if rng.random() < 0.4:
        _lay_grains(plane, rng, body, slide, rng.uniform(0.05, 0.25))


def _granular(plane: Plane, rng: Random, slide: Slide, cx: float, cy: float) -> None:
    """A cell full of coarse grains that partly hide a round or two-lobed nucleus."""
    radius = slide.scale * rng.uniform(0.46, 0.64)
    u, v = turned(plane, cx, cy, rng.uniform(0, np.pi))
    stretch = rng.uniform(1.0, 1.3)
    body = blob(u, v, rng, radius * stretch, radius)
    if rng.random() < 0.5:
        nucleus = chain(u, v, rng, radius, 2)
    else:
        fill = rng.uniform(0.45, 0.7)
        off = np.float32(radius * rng.uniform(-0.2, 0.2))
        nucleus = blob(u - off, v, rng, radius * stretch * fill, radius * fill)
    _lay_plasma(plane, rng, body, rng.uniform(0.7, 1.2))
    _lay_nucleus(plane, rng, nucleus, rng.uniform(0.75, 1.0))
    _lay_grains(plane, rng, body, slide, rng.uniform(0.45, 1.1))


_Draw = Callable[[Plane, Random, Slide, float, float], None]
_DRAW: dict[str, _Draw] = {
    "elongated": _elongated,
    "granular": _granular,
    "lobed": _lobed,
    "round": _round,
}


def _red_cell(plane: Plane, rng: Random, slide: Slide, cx: float, cy: float) -> None:
    """The crowd of the background: discs that are paler in their middle."""
    radius = slide.scale * rng.uniform(0.3, 0.4)
    u, v = turned(plane, cx, cy, rng.uniform(0, np.pi))
    away = np.hypot(u * np.float32(rng.uniform(0.8, 1.0)), v) / np.float32(radius)
    disc = soft(1 - away, 16)
    plane.plasma[...] += disc * (0.35 + 0.8 * np.clip(away, 0, 1) ** 2) * rng.uniform(0.8, 1.1)


def _debris(plane: Plane, rng: Random, slide: Slide) -> None:
    """Platelets, crumbs of stain and, now and then, dust out of focus."""
    for _ in range(int(rng.poisson(2.0))):
        cx, cy = rng.uniform(-1, 1, 2)
        u, v = turned(plane, cx, cy, rng.uniform(0, np.pi))
        radius = slide.scale * rng.uniform(0.03, 0.09)
        crumb = blob(u, v, rng, radius * rng.uniform(1, 1.6), radius)
        plane.nuclear[...] += crumb * np.float32(rng.uniform(0.1, 0.6))
    if rng.random() < 0.15:
        cx, cy = rng.uniform(-1, 1, 2)
        u, v = turned(plane, cx, cy, 0.0)
        plane.nuclear[...] += np.exp(-((u**2 + v**2) / np.float32(rng.uniform(0.02, 0.1)))) * 0.25


# --- laying down stain ------------------------------------------------------------------------


def _lay_plasma(plane: Plane, rng: Random, body: Field, amount: float) -> None:
    size = body.shape[0]
    plane.plasma[...] *= 1 - 0.55 * body  # the upper cell pushes the lower ones aside
    plane.plasma[...] += body * (amount * (1 + 0.3 * noise(rng, size, 1)))
    plane.nuclear[...] += body * np.float32(rng.uniform(0.04, 0.16))


def _lay_nucleus(plane: Plane, rng: Random, nucleus: Field, amount: float = 1.0) -> None:
    """Chromatin is clumped: coarse and fine noise on top of an even stain."""
    size = nucleus.shape[0]
    clumps = 1 + 0.22 * noise(rng, size, 1) + 0.12 * noise(rng, size, 0)
    plane.nuclear[...] += nucleus * clumps * np.float32(amount * rng.uniform(0.75, 1.1))


def _lay_grains(plane: Plane, rng: Random, body: Field, slide: Slide, amount: float) -> None:
    """Grains are the peaks of fine noise; their size follows the magnification."""
    peaks = noise(rng, body.shape[0], 0 if slide.scale * rng.uniform(0.8, 1.2) < 1 else 2)
    grains = np.clip((peaks - np.float32(rng.uniform(0.0, 0.5))) * 2, 0, 1)
    plane.grain[...] += body * grains * np.float32(amount)
    plane.nuclear[...] *= 1 - body * grains * np.float32(min(0.45, amount / 2))


# --- from stain to picture --------------------------------------------------------------------


def _develop(plane: Plane, slide: Slide, rng: Random, size: int) -> Image.Image:
    """Light through the stains, an uneven lamp, the lens, then the sensor."""
    density = np.stack(
        [
            plane.nuclear * np.float32(n)
            + plane.plasma * np.float32(p)
            + plane.grain * np.float32(g)
            for n, p, g in zip(slide.nuclear, slide.plasma, slide.grain, strict=True)
        ],
        axis=-1,
    )
    lean = rng.normal(0, 0.07, 2).astype(np.float32)
    lamp = 1 + lean[0] * plane.x + lean[1] * plane.y
    lamp -= np.float32(rng.uniform(0.0, 0.13)) * (plane.x**2 + plane.y**2)
    glass = lamp + 0.012 * noise(rng, size, 1)
    light = np.exp(-density) * glass[..., None] * np.array(slide.lamp, dtype=np.float32)
    sharp = Image.fromarray((light.clip(0, 1) * 255).astype(np.uint8))
    focus = slide.blur * rng.uniform(0.7, 1.6) * size / 1000
    seen = np.asarray(sharp.filter(ImageFilter.GaussianBlur(focus)), dtype=np.float32)
    grain = rng.standard_normal((size, size, 3), dtype=np.float32) * np.float32(slide.noise * 255)
    return Image.fromarray((seen + grain).clip(0, 255).astype(np.uint8))
