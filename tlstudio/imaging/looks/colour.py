"""Between sRGB, light, CIELAB and optical density, on float arrays with the channels last."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LIGHT_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
"""CIE XYZ of linear light with sRGB's primaries (ITU-R BT.709)."""

WHITE = np.array([0.95047, 1.0, 1.08883])
"""XYZ of D65, 2 degree observer."""

_BEND = 6 / 29  # CIELAB is a cube root above its cube, straight below (CIE 15:2004)
FROM_ROOTS = np.array([[0.0, 116.0, 0.0], [500.0, -500.0, 0.0], [0.0, 200.0, -200.0]])
TO_ROOTS = np.linalg.inv(FROM_ROOTS)
_LIFT = np.array([-16.0, 0.0, 0.0])

LEAST = 1 / 255
"""The darkest value whose optical density is told apart from a darker one's."""


def light_of(unit: NDArray[Any]) -> NDArray[Any]:
    """Linear light of sRGB values in 0..1 (IEC 61966-2-1)."""
    bent = np.power((unit + 0.055) / 1.055, 2.4, where=unit > 0.04045, out=np.zeros_like(unit))
    return np.where(unit > 0.04045, bent, unit / 12.92)


def unit_of(light: NDArray[Any]) -> NDArray[Any]:
    """sRGB values of linear light; light below 0 is none."""
    light = np.maximum(light, 0)
    bent = 1.055 * np.power(light, 1 / 2.4) - 0.055
    return np.where(light > 0.0031308, bent, light * 12.92)


def roots_of(xyz: NDArray[Any]) -> NDArray[Any]:
    """What CIELAB makes of XYZ as shares of the white: cube roots with a straight foot."""
    return np.where(xyz > _BEND**3, np.cbrt(xyz), xyz / (3 * _BEND**2) + 4 / 29)


def shares_of(roots: NDArray[Any]) -> NDArray[Any]:
    """The inverse of `roots_of`."""
    return np.where(roots > _BEND, roots**3, 3 * _BEND**2 * (roots - 4 / 29))


def to_lab(unit: NDArray[Any]) -> Floats:
    """CIELAB [..., 3] (L 0..100) of sRGB [..., 3] in 0..1."""
    matrix = _kind(LIGHT_TO_XYZ.T / WHITE, unit)
    roots = roots_of(light_of(unit) @ matrix)
    lab: Floats = roots @ _kind(FROM_ROOTS.T, unit) + _kind(_LIFT, unit)
    return lab


def from_lab(lab: NDArray[Any]) -> Floats:
    """sRGB of CIELAB; colours that no screen has lie outside of 0..1 above, and at 0 below."""
    roots = (lab - _kind(_LIFT, lab)) @ _kind(TO_ROOTS.T, lab)
    matrix = _kind(np.linalg.inv(LIGHT_TO_XYZ.T / WHITE), lab)
    unit: Floats = unit_of(shares_of(roots) @ matrix)
    return unit


def to_density(unit: NDArray[Any]) -> Floats:
    """Optical density -ln(I / white) of values in 0..1, white being 1 (Beer and Lambert)."""
    density: Floats = -np.log(np.maximum(unit, _kind(np.array(LEAST), unit)))
    return density


def from_density(density: NDArray[Any]) -> Floats:
    """Values of optical densities."""
    unit: Floats = np.exp(-density)
    return unit


def is_grey(pixels: NDArray[Any]) -> bool:
    """Whether [H, W, 3] holds no colour: its channels are equal everywhere."""
    red = pixels[..., 0]
    return bool(np.array_equal(red, pixels[..., 1]) and np.array_equal(red, pixels[..., 2]))


def _kind(table: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
    return table.astype(like.dtype)
