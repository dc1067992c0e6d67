"""Recommended settings of a run, from the fingerprint of what it learns from, each with a reason.

The idea is nnU-Net's (Isensee et al. 2021): what can be seen in the data need not be tuned. A
setting that the recipe leaves automatic takes the recommended value, in the plan as in the worker.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from tlstudio.domain.anchors import Object, anchor_advice, published_priors, strides
from tlstudio.domain.fingerprint import Fingerprint
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.sides import swapped_pair
from tlstudio.domain.tasks import Task

CLEAR = 16.0
"""Side in pixels at which an object is seen well by a detector."""
LOST = 8.0
"""Side in pixels below which it is mostly missed: one cell of the finest grid."""
WHOLE = 640
"""Images up to this side are segmented whole, at their own size."""
SHRUNK = 512
PIECE = 256
"""Side of the pieces where regions reach all over the image: on the membrane slices of 512 px, two
minutes of two cores led to a Dice of .94 with them and of .91 with whole images."""
EVERYWHERE = 0.9
"""Regions of this share of the image's side are tissue rather than things: a piece of the image
shows as much of them as the whole."""
LARGE = 0.25
"""Objects of this share of the image's side keep their shape when the image is made smaller."""
THIN = 4.0
"""Pixels of thickness below which vessels, cracks and spots break up when images are made smaller:
stripes of four pixels, discs of eight."""
MIXED = 1.25
"""A tenth of the images is larger than the usual one by this factor."""
RARE = 0.01
"""Share of pixels below which a label is easily overlooked by a loss over pixels."""
NEVER = -1
_WHOLE_IMAGES = "defaults.patch.none"

_SEEN = {Task.DETECTION: 12_000, Task.SEGMENTATION: 4_000}
"""Images shown over a whole run, from which the number of epochs follows."""
_FEWEST, _MOST = 15, 100
_HEAVY = frozenset({"fasterrcnn", "retinanet", "fcos"})


class Advice(NamedTuple):
    """A recommended `value`, and why: a message code with its parameters."""

    value: Any
    code: str
    params: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "code": self.code, "params": self.params}


def recommend(
    found: Fingerprint, spec: ModelSpec, task: Task, recipe: Recipe | None = None
) -> dict[str, Advice]:
    """Recommended values by field of the recipe; nothing for classification, whose settings
    suit as they are, but for what `on_mirroring` says of all tasks. `patch` and `tile` are sides in
    pixels of the image as it is, -1 for none; a piece is shown to the model at `image_size`.

    What depends on the image size, the tile and the patch is recommended for those that `recipe`
    sets.
    """
    if task is Task.DETECTION:
        advised = _detection_size(found, spec, _set(recipe, "tile", task))
    elif task is Task.SEGMENTATION:
        advised, patch = _segmentation_size(found, spec, _set(recipe, "patch", task))
    else:
        return {}
    size = _set(recipe, "image_size", task) or int(advised.value)
    made = {"image_size": advised, "augmentation": _augmentation(found, task)}
    if task is Task.SEGMENTATION:
        made |= {"patch": _patch(found, patch, size), "loss": _loss(found)}
        shown, kind = found.images, ""
    else:
        made["tile"] = _tile(found, spec, size)
        tile = _set(recipe, "tile", task) or int(made["tile"].value)
        shown, kind = found.images * _tiles(found, tile), ".tiles" if tile > 0 else ""
        if published_priors(spec).sizes and found.sizes:
            made["anchors"] = _anchors(found, spec, size, tile)
    made["batch_size"] = _batch(shown, spec, task, size, kind)
    return made | {"epochs": _epochs(shown, task, kind)}


def on_mirroring(names: Iterable[str]) -> dict[str, Advice]:
    """Whether images are shown mirrored too, by the names of the labels that are learned."""
    pair = swapped_pair(names)
    if pair is None:
        return {"mirror": Advice("yes", "defaults.mirror.usual", {})}
    one, other = pair
    return {"mirror": Advice("no", "defaults.mirror.sides", {"one": one, "other": other})}


def _set(recipe: Recipe | None, name: str, task: Task) -> int | None:
    """What the recipe says itself; None where it leaves that automatic."""
    if recipe is None or is_automatic(recipe, name, task):
        return None
    return int(getattr(recipe, name))


STYLE_EPOCHS = 16
STYLE_SQUARES = 100
"""Squares of an epoch, however many images there are: a figure and a picture to look at should
come soon, and a style is learned from a few hundred images as well as from many thousands."""
STYLE_BATCH = 1
STYLE_WIDTH = 16
"""Channels of a stylizer's first layer."""


def for_style(spec: ModelSpec) -> dict[str, Advice]:
    """Recommended settings of a run that learns a style: the same for every set of images."""

    def made(name: str, value: int, **facts: object) -> Advice:
        return Advice(value, f"defaults.style.{name}", {"value": value, **facts})

    return {
        "image_size": made("image_size", spec.input_size, size=spec.input_size),
        "epochs": made("epochs", STYLE_EPOCHS, squares=STYLE_SQUARES),
        "batch_size": made("batch_size", STYLE_BATCH),
        "width": made("width", STYLE_WIDTH),
    }


def settle(recipe: Recipe, advice: Mapping[str, Advice], task: Task) -> Recipe:
    """The recipe with recommended values where it leaves them automatic, but for anchors: they
    are no single value, and whoever builds the model asks the advice for them."""
    chosen: dict[str, Any] = {}
    for each in Recipe.fields(task):
        if each.name not in advice or not is_automatic(recipe, each.name, task):
            continue
        if each.name != "anchors":
            chosen[each.name] = advice[each.name].value
    return replace(recipe, **chosen)


def is_automatic(recipe: Recipe, name: str, task: Task) -> bool:
    """Whether the recipe leaves this field to be chosen from the data."""
    each = next(field for field in Recipe.fields(task) if field.name == name)
    value = getattr(recipe, name)
    if each.kind == "choice":
        return bool(value == "auto")
    return each.auto is not None and bool(value == each.auto)


def _detection_size(found: Fingerprint, spec: ModelSpec, tile: int | None) -> Advice:
    """For images, or the tiles that a person wants, which are shown as if they were images."""
    base, longer, small = spec.input_size, found.longer.median, found.relative.low
    if tile is not None and tile > 0:
        longer, small = tile, found.sides.low / tile
    clear = max(CLEAR, 2 * _cell(spec))
    size, code = base, "defaults.image_size.model"
    if small and longer and small * base < clear:
        wanted = min(clear / small, longer, 2 * base)
        size, code = (
            spec.sizes.nearest(round(max(base, wanted))),
            "defaults.image_size.small_objects",
        )
    elif small and longer < base and small * longer >= clear:
        size, code = spec.sizes.nearest(math.ceil(longer)), "defaults.image_size.small_images"
    if size == base:
        code = "defaults.image_size.model"
    facts = {"size": size, "object": round(small * size), "image": round(longer), "base": base}
    return Advice(size, code, facts)


def _cell(spec: ModelSpec) -> float:
    """Side in pixels of a place on the finest map that the model looks for objects on."""
    return max([LOST, *strides(spec, spec.input_size)[:1]])


def _tile(found: Fingerprint, spec: ModelSpec, size: int) -> Advice:
    """Tiles where objects would be lost in the whole image, those of a rare label too; of half the
    size, so that they are shown twice as large, where they are too small even as they are."""
    small, cell = found.small, _cell(spec)
    facts = {"tile": size, "object": round(small * size), "side": round(found.small_side)}
    if not small or small * size >= cell or found.longer.median < 1.5 * size:
        return Advice(NEVER, "defaults.tile.none", facts)
    tile = round(size * min(1.0, max(0.5, found.small_side / (2 * cell))))
    facts |= {"tile": tile, "shown": round(found.small_side * size / tile)}
    return Advice(tile, "defaults.tile.small_objects", facts)


def _segmentation_size(
    found: Fingerprint, spec: ModelSpec, piece: int | None
) -> tuple[Advice, str]:
    """The image size, and why there are pieces of that size or none: a message code. A `piece`
    that a person wants is shown as large as it is; NEVER is for whole images."""
    longer = found.longer.median or spec.input_size
    if piece is not None and piece != NEVER:
        wanted, code, patch = piece, "defaults.image_size.patch", "defaults.patch.detail"
    elif piece == NEVER and longer > WHOLE:
        wanted, code, patch = SHRUNK, "defaults.image_size.shrunk", _WHOLE_IMAGES
    elif piece == NEVER:
        wanted, code, patch = math.ceil(longer), "defaults.image_size.own", _WHOLE_IMAGES
    elif longer > PIECE * 1.5 and found.relative.median >= EVERYWHERE:
        wanted, code, patch = PIECE, "defaults.image_size.patch", "defaults.patch.everywhere"
    elif longer <= WHOLE and _mixed(found):
        wanted = min(SHRUNK, max(PIECE, math.ceil(longer)))
        code, patch = "defaults.image_size.patch", "defaults.patch.mixed"
    elif longer <= WHOLE:
        wanted, code, patch = math.ceil(longer), "defaults.image_size.own", _WHOLE_IMAGES
    elif found.thinnest is not None and found.thinnest * SHRUNK / longer < THIN:
        wanted, code, patch = SHRUNK, "defaults.image_size.patch", "defaults.patch.thin"
    elif found.relative.median >= LARGE:
        wanted, code, patch = SHRUNK, "defaults.image_size.large_objects", _WHOLE_IMAGES
    else:
        wanted, code, patch = SHRUNK, "defaults.image_size.patch", "defaults.patch.detail"
    size = spec.sizes.nearest(wanted)
    return Advice(size, code, _image_facts(found, longer, size)), patch


def _mixed(found: Fingerprint) -> bool:
    """Whether images differ in size while their objects do not: whole images, all shown at one
    size, would show those at many scales."""
    sides, shares = found.sides, found.relative
    if not sides.low or not shares.low or found.longer.high <= MIXED * found.longer.median:
        return False
    return sides.high / sides.low < shares.high / shares.low


def _patch(found: Fingerprint, why: str, size: int) -> Advice:
    """Pieces of the size they are shown at, so that nothing is made smaller."""
    longer = found.longer.median or size
    facts = _image_facts(found, longer, size)
    if found.thinnest is not None:
        thick = found.thinnest
        facts |= {"thick": _short(thick), "left": _short(thick * size / longer)}
    facts["largest"] = round(found.longer.high)
    return Advice(NEVER if why == _WHOLE_IMAGES else size, why, facts)


def _image_facts(found: Fingerprint, longer: float, size: int) -> dict[str, Any]:
    return {"image": round(longer), "share": round(100 * found.relative.median), "size": size}


def _short(value: float) -> str:
    return f"{value:.2g}" if value < 100 else f"{value:.0f}"


def _anchors(found: Fingerprint, spec: ModelSpec, size: int, tile: int) -> Advice:
    """For boxes as the model sees them: a tile is shown at the size of a whole image."""
    scale = size * (found.longer.median / tile if tile > 0 else 1.0)
    objects = [Object(scale * w, scale * h, label) for w, h, label in found.sizes]
    return Advice(*anchor_advice(objects, spec, size))


def _tiles(found: Fingerprint, tile: int) -> int:
    """How many tiles, which overlap by a quarter, the usual image is shown in."""
    if tile <= 0:
        return 1
    sides = (found.longer.median, found.shorter.median)
    return math.prod(1 + max(0, math.ceil((side - tile) / (0.75 * tile))) for side in sides)


def _batch(shown: int, spec: ModelSpec, task: Task, size: int, kind: str) -> Advice:
    """Of `shown` images or tiles (`kind`) in an epoch, few enough to fit a laptop's memory, and
    for at least some steps."""
    if task is Task.SEGMENTATION:
        most = 16 if size <= 256 else 8 if size <= 384 else 4 if size <= 640 else 2
    else:
        most = 16 if size <= 416 else 8 if size <= 704 else 4
        if spec.family in _HEAVY:
            most //= 2
    least = min(2, max(1, shown))
    value = max(least, min(most, shown // 6))
    value = 2 ** math.floor(math.log2(value))
    facts = {"value": value, "size": size, "images": shown}
    return Advice(value, f"defaults.batch_size{kind}", facts)


def _epochs(shown: int, task: Task, kind: str) -> Advice:
    value = min(_MOST, max(_FEWEST, math.ceil(_SEEN[task] / max(1, shown))))
    return Advice(value, f"defaults.epochs{kind}", {"value": value, "images": shown})


def _augmentation(found: Fingerprint, task: Task) -> Advice:
    facts = {"images": found.images}
    if task is Task.SEGMENTATION and found.images < 60:
        return Advice("strong", "defaults.augmentation.few", facts)
    if found.images >= 5000:
        return Advice("light", "defaults.augmentation.many", facts)
    return Advice("medium", "defaults.augmentation.usual", facts)


def _loss(found: Fingerprint) -> Advice:
    percent = f"{100 * found.rarest:.2g}"
    if found.rarest < RARE:
        return Advice("dice_focal", "defaults.loss.rare", {"percent": percent})
    return Advice("dice_ce", "defaults.loss.usual", {"percent": percent})
