"""Box shapes that detectors with anchors begin with: the published ones, or those of the boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tlstudio.domain.fingerprint import quantile
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.priors import Priors, Shape, overlap, placed

STANDARD = "standard"
"""Of a recipe: the published anchors, whatever the boxes are like."""

LIGHT = "fasterrcnn:"
"""Ids of Faster R-CNN on a classifier, with small layers of its own."""

GAIN = 0.02
"""Mean overlap that other anchors must add before they replace the published ones."""

_USUAL = (0.5, 1.0, 2.0)
_STEPS = range(-10, 7)  # quarter octaves by which all sizes may be scaled
_LEAST = 4.0  # px; anchors are rounded to whole pixels
_NARROWEST, _WIDEST = 0.2, 5.0
_LOWEST = (0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
_HIGHEST = (0.3, 0.45, 0.6, 0.8, 0.95)
_FEW = 50
"""Per cent of the boxes below which a model is not made for objects of this size."""
_LOOKED_AT = 120  # objects, as many of each label; more make no better anchors


class Object(NamedTuple):
    """A box as the model sees it: pixels of its input, and its label."""

    width: float
    height: float
    label: int


def published_priors(spec: ModelSpec) -> Priors:
    """The anchors the architecture is published with; none for YOLO and FCOS."""
    if spec.id.startswith(LIGHT):
        levels, each = (3, 3) if spec.id.endswith("squeezenet1_1") else (4, 2)
        sides = [round(20.0 * 18 ** (at / (levels * each - 1)), 1) for at in range(levels * each)]
        return Priors(
            tuple(tuple(sides[at : at + each]) for at in range(0, len(sides), each)), _USUAL
        )
    if spec.family == "fasterrcnn":
        if "mobilenet" in spec.id:
            return Priors(((32.0, 64.0, 128.0, 256.0, 512.0),) * 3, _USUAL)
        return Priors(tuple((32.0 * 2**at,) for at in range(5)), _USUAL)
    if spec.family == "retinanet":
        return Priors(
            tuple(tuple(float(int(x * 2 ** (k / 3))) for k in range(3))
                  for x in (32, 64, 128, 256, 512)),
            _USUAL,
        )  # fmt: skip
    if spec.family == "ssd":
        return _shares((0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05))
    if spec.family == "ssdlite":
        return _shares((0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0))
    return Priors((), ())


def _shares(sizes: Sequence[float]) -> Priors:
    return Priors(tuple((s,) for s in sizes), _USUAL, relative=True)


def strides(spec: ModelSpec, size: int) -> tuple[float, ...]:
    """How many pixels of an input of `size` lie between the places of each map with anchors."""
    if spec.id.startswith(LIGHT):
        return (8, 16, 32) if spec.id.endswith("squeezenet1_1") else (8, 16, 32, 64)
    if spec.family == "fasterrcnn":
        return (32, 32, 64) if "mobilenet" in spec.id else (4, 8, 16, 32, 64)
    if spec.family == "retinanet":
        return (8, 16, 32, 64, 128)
    if spec.family in ("ssd", "ssdlite"):
        return tuple(size / places for places in _places(spec.family, size))
    return ()


def _places(family: str, size: int) -> list[int]:
    """Places along a side of each of SSD's maps: halved, and at last less two for VGG's."""
    lite = family == "ssdlite"
    counts = [math.ceil(size / (16 if lite else 8))]
    while len(counts) < 6:
        last = counts[-1]
        shrunk = math.ceil(last / 2) if lite or len(counts) < 4 else last - 2
        counts.append(max(1, shrunk))
    return counts


def fitted_priors(objects: Sequence[Object], spec: ModelSpec, size: int) -> Priors:
    """Priors for such objects at an input of `size`, as many as the published ones, so that the
    layers built for those fit.

    All sizes scaled by one factor and the usual ratios or the objects' own; for SSD sizes spread
    between two ends. They are judged by their mean overlap with the objects of each label, where
    these lie between the places of a map. The published ones stay unless others do clearly better.
    """
    published = published_priors(spec)
    if not published.sizes or not objects:
        return published
    looked_at, steps = _evenly(objects), strides(spec, size)

    def judged(priors: Priors) -> float:
        there = placed(priors, steps, size)
        means = [sum(overlap(s, there) for s in shapes) / len(shapes) for shapes in looked_at]
        return sum(means) / len(means)

    found = max(_candidates(published, objects), key=judged)
    usual = judged(published) + GAIN
    better = judged(found) > usual and _covered(objects, found, spec, size) > _covered(
        objects, published, spec, size
    )
    return found if better else published


def anchor_advice(
    objects: Sequence[Object], spec: ModelSpec, size: int
) -> tuple[Any, str, dict[str, Any]]:
    """(value, code, params) for such objects at an input of `size`; the value is "standard", or
    the fitted priors as JSON."""
    usual = published_priors(spec)
    found = fitted_priors(objects, spec, size)
    facts = {"percent": round(100 * _covered(objects, usual, spec, size)), "size": size}
    facts["own"] = round(100 * _covered(objects, found, spec, size))
    code = "usual" if found == usual else "boxes"
    if facts["own"] < _FEW:
        code = "coarse"
    value = STANDARD if found == usual else found.to_json()
    return value, f"defaults.anchors.{code}", facts


def _evenly(objects: Sequence[Object]) -> list[list[Shape]]:
    """Shapes by label, as many of each, spread over small and large ones."""
    by_label: dict[int, list[Shape]] = {}
    for each in objects:
        shape = (max(1.0, each.width), max(1.0, each.height))
        by_label.setdefault(each.label, []).append(shape)
    labels = sorted(by_label)[:: math.ceil(len(by_label) / _LOOKED_AT)]
    most = _LOOKED_AT // len(labels)
    chosen = []
    for shapes in map(by_label.__getitem__, labels):
        shapes.sort(key=lambda shape: shape[0] * shape[1])
        count = min(most, len(shapes))
        chosen.append([shapes[(2 * at + 1) * len(shapes) // (2 * count)] for at in range(count)])
    return chosen


def _covered(objects: Sequence[Object], priors: Priors, spec: ModelSpec, size: int) -> float:
    """Share of the objects that some prior usually overlaps by half or more."""
    there = placed(priors, strides(spec, size), size)
    looked_at = objects[:: max(1, len(objects) // 1000)]
    met = sum(overlap((o.width, o.height), there) >= 0.5 for o in looked_at if o.width and o.height)
    return met / len(looked_at) if looked_at else 1.0


def _candidates(published: Priors, objects: Sequence[Object]) -> Iterator[Priors]:
    if published.relative:
        yield from _between_ends(len(published.sizes))
        return
    for ratios in (published.ratios, _own_ratios(objects)):
        for step in _STEPS:
            sizes = tuple(
                tuple(max(_LEAST, round(s * 2 ** (step / 4), 1)) for s in level)
                for level in published.sizes
            )
            yield Priors(sizes, ratios)


def _between_ends(count: int) -> Iterator[Priors]:
    """SSD's `count` sizes, the last for the square beside the last map's own: evenly spread
    between two ends, or each as many times the one before."""
    for low in _LOWEST:
        for high in _HIGHEST:
            if low >= high:
                continue
            shares = [at / (count - 2) for at in range(count - 1)]
            even = [low + (high - low) * share for share in shares]
            rising = [low * (high / low) ** share for share in shares]
            for sizes in (even, rising):
                yield _shares([round(s, 4) for s in (*sizes, 1.0)])


def _own_ratios(objects: Sequence[Object]) -> tuple[float, ...]:
    """Three quantiles of height by width."""
    ordered = sorted(max(1.0, o.height) / max(1.0, o.width) for o in objects)
    own = (quantile(ordered, q) for q in (1 / 6, 1 / 2, 5 / 6))
    return tuple(round(min(_WIDEST, max(_NARROWEST, ratio)), 3) for ratio in own)
