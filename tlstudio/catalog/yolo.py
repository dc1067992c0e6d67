"""YOLOv8, YOLO11 and YOLO26, the detectors of ultralytics, in their five sizes.

Parameters are those of the published models with COCO's 80 classes; a contract test builds each
from the description that ultralytics ships and counts them. Ultralytics publishes no sha256 and no
sizes of its files, so a file's hash is recorded when it comes and shown as unverified.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from tlstudio.domain.models import ModelSpec, SizeRule, WeightsSource
from tlstudio.domain.tasks import Task

LICENCE = "AGPL-3.0"
"""Of the code and of the published weights."""

SIDE = 640
"""Side in pixels of the square that the published weights were trained at."""

SIZES = SizeRule(64, step=32)
"""The deepest of the three grids has a cell of 32 pixels, and batch norm needs two cells a side."""

BUILDER = "tlstudio.ml.ultralytics.network:build"
BYTES = 2
"""Of a published number: the files hold half precision."""
ASSETS = "https://github.com/ultralytics/assets/releases/download/v8.4.0/"


@dataclass(frozen=True, slots=True)
class Line:
    """One generation: the start of its ids, its name, words, and parameters from n to x."""

    prefix: str
    title: str
    words: str
    params: tuple[int, int, int, int, int]


LINES = (
    Line(
        "yolo11",
        "YOLO11",
        "The usual choice of detector: quick to train and accurate from few images.",
        (2_624_080, 9_458_752, 20_114_688, 25_372_160, 56_966_176),
    ),
    Line(
        "yolo26",
        "YOLO26",
        "The newest line: a lighter head, made for quick answers on ordinary processors.",
        (2_572_280, 10_009_784, 21_896_248, 26_299_704, 58_993_368),
    ),
    Line(
        "yolov8",
        "YOLOv8",
        "The line of 2023 that most publications compare with.",
        (3_157_200, 11_166_560, 25_902_640, 43_691_520, 68_229_648),
    ),
)
_SIZES = {
    "n": ("nano", "The smallest size: for computers without a graphics card."),
    "s": ("small", "A small size: a graphics card helps."),
    "m": ("medium", "A medium size: wants a graphics card."),
    "l": ("large", "A large size: wants a graphics card and some patience."),
    "x": ("extra large", "The largest size: wants a graphics card with much memory."),
}


@cache
def detectors() -> tuple[ModelSpec, ...]:
    """All of them, the line and the size to begin with first."""
    return tuple(
        _spec(line, letter, params)
        for line in LINES
        for letter, params in zip(_SIZES, line.params, strict=True)
    )


def _spec(line: Line, letter: str, params: int) -> ModelSpec:
    name = line.prefix + letter
    size, words = _SIZES[letter]
    return ModelSpec(
        id=name,
        task=Task.DETECTION,
        family="yolo",
        name=f"{line.title} {size}",
        description=f"{line.words} {words}",
        params=params,
        input_size=SIDE,
        sizes=SIZES,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        licence=LICENCE,
        weights_licence=LICENCE,
        weights=WeightsSource(f"{ASSETS}{name}.pt", None, None, f"{name}.pt", BYTES * params),
        builder=BUILDER,
    )
