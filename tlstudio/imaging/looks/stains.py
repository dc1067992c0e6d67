"""Colours of two stains, haematoxylin and eosin, and how much of each there is.

Macenko et al. 2009, "A method for normalizing histology slides for quantitative analysis": in
optical density the pixels of tissue lie in the plane of the two stains, which the largest two
directions of their singular value decomposition span; the stains are the extreme directions in
it. Unlike the paper's, the plane goes through the origin (no stain, no density), and what lies
outside of it (a pigment, ink) is kept as it is, so that an image with its own look does not change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.looks.colour import is_grey, to_density
from tlstudio.imaging.looks.sampling import Floats, in_strips, sampled

KNOWN = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
"""Densities in red, green and blue of haematoxylin and eosin (Ruifrok and Johnston 2001)."""

STAINED = 0.15 * math.log(10)
"""Length of the density from which on a pixel is tissue: the paper's beta, natural logarithms."""
BLACK = 0.08  # pixels whose brightest channel is darker are ink, shadow or border
EXTREME = 1.0  # percentile of the angles and, from above, of the amounts that are the ends
ENOUGH = 300  # pixels of tissue of an image
SHARE = 0.002  # and the least part of it that they are
MOST = 20_000  # pixels of tissue of an image that count
APART = 12.0  # degrees between the two stains, at least; 22 in the paper, 40 of the known ones
ALIKE = np.array([25.0, 40.0])
"""Degrees from the known ones, at most: the paper's are 9 and 30 away from them."""
STEEPEST = 4.0
FAINTEST = 1 / 65535  # value whose density is told apart from 0's where pixels are changed

Sample = dict[str, NDArray[np.float64]]
Statistics = dict[str, NDArray[np.float64]]


def gather(pixels: Floats) -> Sample:
    """ "density" [N, 3] of some pixels of tissue of one image; none where there is no tissue."""
    nothing = {"density": np.zeros((0, 3))}
    if is_grey(pixels):
        return nothing
    unit = sampled(pixels)
    density = to_density(unit).astype(np.float64)
    tissue = (np.linalg.norm(density, axis=1) >= STAINED) & (unit.max(axis=1) >= BLACK)
    count = int(tissue.sum())
    if count < max(min(ENOUGH, len(unit) // 4), SHARE * len(unit)):
        return nothing
    return {"density": density[tissue][:: max(1, count // MOST)]}


def learn(samples: Sequence[Sample]) -> Statistics:
    """ "vectors" [2, 3] of length 1, haematoxylin first, and "amounts" [2]: the 99th percentiles.

    UserError: look.no_tissue where no image has any, look.other_stains where the colours are not
    those of haematoxylin and eosin.
    """
    density = np.concatenate([each["density"] for each in samples])
    if not len(density):
        raise UserError("look.no_tissue")
    vectors = _vectors(density)
    amounts = np.percentile(density @ np.linalg.pinv(vectors), 100 - EXTREME, axis=0)
    return {"vectors": vectors, "amounts": np.maximum(amounts, 1e-3)}


def change(pixels: Floats, source: Statistics, target: Statistics) -> Floats:
    """The amounts of the source's stains, scaled to the target's range, with its colours.

    Linear in density, so white stays exactly white.
    """
    vectors = source["vectors"]
    factors = np.clip(target["amounts"] / source["amounts"], 1 / STEEPEST, STEEPEST)
    normal = np.cross(vectors[0], vectors[1])
    normal /= np.linalg.norm(normal)
    stained = np.linalg.pinv(vectors) @ np.diag(factors) @ target["vectors"]
    matrix = (stained + np.outer(normal, normal)).astype(np.float32)

    def moved(strip: Floats) -> Floats:
        density = -np.log(np.maximum(strip, np.float32(FAINTEST)))
        unit: Floats = np.exp(-(density @ matrix))
        return unit

    return in_strips(pixels, moved)


def _vectors(density: NDArray[np.float64]) -> NDArray[np.float64]:
    _, directions = np.linalg.eigh(density.T @ density)
    plane = directions[:, [2, 1]]  # largest first
    plane *= np.where(plane.sum(axis=0) < 0, -1, 1)
    flat = density @ plane
    angles = np.arctan2(flat[:, 1], flat[:, 0])
    ends = np.percentile(angles, [EXTREME, 100 - EXTREME])
    if math.degrees(ends[1] - ends[0]) < APART:
        raise UserError("look.other_stains")
    vectors = np.maximum(np.stack([np.cos(ends), np.sin(ends)], axis=1) @ plane.T, 0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    # Haematoxylin takes more out of the red light than eosin does.
    ordered: NDArray[np.float64] = vectors[np.argsort(-vectors[:, 0])]
    known = KNOWN / np.linalg.norm(KNOWN, axis=1, keepdims=True)
    off = np.degrees(np.arccos(np.clip((ordered * known).sum(axis=1), -1, 1)))
    if (off > ALIKE).any():
        raise UserError("look.other_stains")
    return ordered
