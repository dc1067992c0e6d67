"""A look, and the three ways to learn and to give one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.looks import histogram, lab, stains
from tlstudio.imaging.looks.sampling import Floats

_WAYS: dict[str, Any] = {"lab": lab, "histogram": histogram, "macenko": stains}
METHODS = tuple(_WAYS)
VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What the colours of `images` images are like, in the statistics of `method`."""

    method: str
    statistics: Mapping[str, NDArray[np.float64]]
    images: int = 1

    def to_json(self) -> dict[str, Any]:
        statistics = {name: values.tolist() for name, values in self.statistics.items()}
        return {
            "version": VERSION,
            "method": self.method,
            "images": self.images,
            "statistics": statistics,
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Look:
        """What `to_json` wrote; UserError("look.unknown") for anything else."""
        try:
            if facts["version"] != VERSION or facts["method"] not in METHODS:
                raise UserError("look.unknown")
            statistics = {
                str(name): np.array(values, np.float64)
                for name, values in facts["statistics"].items()
            }
            return cls(str(facts["method"]), statistics, int(facts["images"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UserError("look.unknown") from None


def learn_look(images: Iterable[NDArray[Any]], method: str) -> Look:
    """The look of images [H, W, 3] in 0..1, each of which counts alike whatever its size.

    `method` is one of METHODS. UserError: look.no_images; for macenko look.no_tissue and
    look.other_stains.
    """
    way = _WAYS[method]
    samples = [way.gather(image) for image in images if image.size]
    if not samples:
        raise UserError("look.no_images")
    return Look(method, way.learn(samples), len(samples))


def apply_look(
    pixels: Floats, look: Look, strength: float = 1.0, source: Look | None = None
) -> Floats:
    """`pixels` [H, W, 3] float32 in 0..1 with `look`; the same type and range.

    `strength` from 0 (as it was) to 1 (all of the look) mixes the two. `source` is the look that
    the image has now, by the same method: that of its whole site, so that images keep how they
    differ from each other; without it each image is measured by itself. A grey image stays grey.
    UserError as `learn_look`, where the image itself cannot be measured.
    """
    if strength <= 0 or not pixels.size:
        return pixels
    own = learn_look([pixels], look.method) if source is None else source
    if own.method != look.method:
        raise ValueError("the two looks were learned by different methods")
    made: Floats = _WAYS[look.method].change(pixels, own.statistics, look.statistics)
    np.clip(made, 0, 1, out=made)
    if strength < 1:
        made *= np.float32(strength)
        made += pixels * np.float32(1 - strength)
    return made
