"""The plain model's edits: what each makes of a world."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from plain_shapes import (
    HEIGHT,
    IMAGES,
    LABELS,
    STATES,
    WIDTH,
    Edit,
    Found,
    Picture,
    Refused,
    Shape,
    World,
    around,
    clamp,
    covered,
    disc,
    given_box,
    given_points,
    given_stamp,
    given_way,
    kind_of,
    label_of,
    overlap,
    room,
    shifted,
    target,
    way_of,
)


def after(world: World, edit: Edit, ids: tuple[str, ...]) -> World:
    """The world after an edit; `ids` is what the program called the new shapes.

    Raises Refused where the program must refuse, Found where the model cannot know.
    """
    if edit.what == "forget_label":
        return _forgotten(world, LABELS[-1])
    return world.put(target(edit), _EDITS[edit.what](world, edit, ids))


def pair(world: World, edit: Edit) -> tuple[Shape, Shape]:
    """The shape that an edit is about, and the next one; strokes look for a mask first."""
    shapes = world.of(edit.image).shapes
    place = edit.which % len(shapes)
    turned = (*shapes[place:], *shapes[:place])
    if edit.what in ("paint", "split", "subtract"):
        turned = tuple(sorted(turned, key=lambda shape: shape.kind != "mask"))
    return turned[0], turned[1 % len(turned)]


def chosen(world: World, edit: Edit) -> Shape:
    return pair(world, edit)[0]


def _settled(picture: Picture, work: bool = True) -> Picture:
    """The state follows from an edit of accepted work."""
    if not work:
        return picture
    holds = bool(picture.labels) or any(not shape.suggestion for shape in picture.shapes)
    now = {
        ("unlabelled", True): "draft",
        ("draft", False): "unlabelled",
        ("reviewed", True): "labelled",
        ("reviewed", False): "labelled",
    }
    return replace(picture, state=now.get((picture.state, holds), picture.state))


def _known(world: World, label: int) -> None:
    if label not in world.labels:
        raise Refused("project.no_label")


def _added(world: World, edit: Edit, *new: Shape) -> Picture:
    picture = world.of(edit.image)
    for shape in new:
        _known(world, shape.label)
    work = any(not shape.suggestion for shape in new)
    return _settled(replace(picture, shapes=(*picture.shapes, *new)), work)


def _put(world: World, edit: Edit, new: Shape, gone: tuple[str, ...] = ()) -> Picture:
    """A changed shape in the place of the old one; nothing where it is as it was."""
    picture = world.of(edit.image)
    changed = tuple(
        new if shape.id == new.id else shape for shape in picture.shapes if shape.id not in gone
    )
    if changed == picture.shapes:
        return picture
    return _settled(replace(picture, shapes=changed))


def _free(*shapes: Shape) -> None:
    if any(shape.locked for shape in shapes):
        raise Refused("shape.locked")


def _box(world: World, edit: Edit, ids: tuple[str, ...], suggestion: bool = False) -> Picture:
    x, y, w, h = given_box(edit)
    place = clamp(min(x, x + w), y, abs(w), h)
    if min(place[2:]) < 1:
        raise Refused("shape.too_small")
    _known(world, label_of(edit))
    shape = Shape(ids[0], "box", label_of(edit), place, suggestion=suggestion)
    return _added(world, edit, shape)


def _suggest(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    return _box(world, edit, ids, suggestion=True)


def _polygon(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    points = [(min(max(x, 0), WIDTH), min(max(y, 0), HEIGHT)) for x, y in given_points(edit)]
    ring = tuple(p for n, p in enumerate(points) if p != points[n - 1])
    if len(set(ring)) < 3:
        raise Refused("shape.too_few_points")
    (ax, ay), (bx, by), (cx, cy) = ring
    if abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2 < 1:
        raise Refused("shape.too_small")
    _known(world, label_of(edit))
    return _added(world, edit, Shape(ids[0], "polygon", label_of(edit), ((ring,),)))


def _mask(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    _known(world, label_of(edit))
    pixels = disc(*given_stamp(edit))
    if not pixels:
        raise Refused("shape.empty_mask")
    return _added(world, edit, Shape(ids[0], "mask", label_of(edit), pixels=pixels))


def _paint(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape = chosen(world, edit)
    _free(shape)
    if shape.kind != "mask":
        raise Refused("shape.not_a_mask")
    stroke = disc(*given_stamp(edit))
    pixels = shape.pixels | stroke if edit.which % 2 else shape.pixels - stroke
    if not pixels:
        return _without(world, edit, shape)
    return _put(world, edit, replace(shape, pixels=pixels, suggestion=False))


def _without(world: World, edit: Edit, *gone: Shape) -> Picture:
    picture = world.of(edit.image)
    kept = tuple(shape for shape in picture.shapes if shape not in gone)
    work = any(not shape.suggestion for shape in gone)
    return _settled(replace(picture, shapes=kept), work)


def _move(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape = chosen(world, edit)
    _free(shape)
    way = room(shape, *given_way(edit))
    if way == (0.0, 0.0):
        return world.of(edit.image)
    return _put(world, edit, replace(shifted(shape, *way), suggestion=False))


def _reshape(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape = chosen(world, edit)
    _free(shape)
    if shape.kind == "mask":
        raise Refused("shape.not_an_outline")
    x, y, w, h = given_box(edit)
    place = clamp(min(x, x + w), y, abs(w), h)
    if min(place[2:]) < 1:
        raise Refused("shape.too_small")
    return _put(world, edit, replace(shape, kind="box", place=place, suggestion=False))


def _delete(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    _free(chosen(world, edit))
    return _without(world, edit, chosen(world, edit))


def _relabel(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    _known(world, label_of(edit))
    _free(chosen(world, edit))
    return _put(world, edit, replace(chosen(world, edit), label=label_of(edit), suggestion=False))


def _order(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape, picture = chosen(world, edit), world.of(edit.image)
    _free(shape)
    others = [other for other in picture.shapes if other != shape]
    place = picture.shapes.index(shape)
    over = (n for n in range(place, len(others)) if overlap(shape, others[n]))
    under = (n for n in range(place - 1, -1, -1) if overlap(shape, others[n]))
    target = {
        "front": len(others),
        "back": 0,
        "forward": next(over, place - 1) + 1,
        "backward": next(under, place),
    }[way_of(edit)]
    if target == place:
        return picture
    others.insert(target, shape)
    moved = replace(picture, shapes=tuple(others))
    return _settled(moved, not shape.suggestion)


def _convert(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape, kind = chosen(world, edit), kind_of(edit)
    _free(shape)
    new = replace(shape, kind=kind, suggestion=False, place=None, pixels=frozenset())
    if kind == shape.kind:
        return _put(world, edit, replace(shape, suggestion=False))
    if kind == "box":
        place = around(shape)
        if min(place[2:]) < 1:
            raise Refused("shape.too_small")
        return _put(world, edit, replace(new, place=place))
    if kind == "mask":
        return _put(world, edit, replace(new, pixels=covered(shape)))
    if shape.kind == "mask":
        raise Found
    x, y, w, h = shape.place
    ring = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    return _put(world, edit, replace(new, place=((ring,),)))


def _join(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    one, other = pair(world, edit)
    if one == other:
        raise Refused("shape.need_two")
    _free(one, other)
    if one.kind == "mask":
        whole = replace(one, pixels=covered(one) | covered(other), suggestion=False)
    elif one.kind == "box":
        (ax, ay, aw, ah), (bx, by, bw, bh) = around(one), around(other)
        x, y = min(ax, bx), min(ay, by)
        place = (x, y, max(ax + aw, bx + bw) - x, max(ay + ah, by + bh) - y)
        whole = replace(one, place=place, suggestion=False)
    else:
        raise Found
    return _put(world, edit, whole, (other.id,))


def _subtract(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    one, other = pair(world, edit)
    if one == other:
        raise Refused("shape.need_two")
    _free(one)
    if one.kind != "mask":
        raise Found
    left = one.pixels - covered(other)
    if not left:
        raise Refused("shape.nothing_left")
    if left == one.pixels:
        raise Refused("shape.apart")
    return _put(world, edit, replace(one, pixels=left, suggestion=False))


def _unknown(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    _free(chosen(world, edit))
    raise Found


def _duplicate(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape, (dx, dy) = chosen(world, edit), given_way(edit)
    way = room(shape, dx, dy)
    if way == (0.0, 0.0):
        way = room(shape, -dx, -dy)
    copy = replace(shifted(shape, *way), id=ids[0], suggestion=False, locked=False)
    return _added(world, edit, copy)


def _paste(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    """Onto the next image."""
    copy = replace(chosen(world, edit), id=ids[0], suggestion=False, locked=False)
    return _added(world, edit._replace(image=target(edit)), copy)


def _lock(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    picture = world.of(edit.image)
    new = replace(chosen(world, edit), locked=bool(edit.a % 2))
    return replace(picture, shapes=_put(world, edit, new).shapes)


def _accept(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape = chosen(world, edit)
    if not shape.suggestion:
        return world.of(edit.image)
    return _put(world, edit, replace(shape, suggestion=False))


def _reject(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    shape = chosen(world, edit)
    return _without(world, edit, shape) if shape.suggestion else world.of(edit.image)


def _say(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    _known(world, label_of(edit))
    return replace(world.of(edit.image), labels=frozenset({label_of(edit)}), state="labelled")


def _clear(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    picture = replace(world.of(edit.image), labels=frozenset())
    holds = any(not shape.suggestion for shape in picture.shapes)
    return picture if holds else replace(picture, state="unlabelled")


def _review(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    return replace(world.of(edit.image), state=STATES[edit.a % 5])


def _finish(world: World, edit: Edit, ids: tuple[str, ...]) -> Picture:
    picture = world.of(edit.image)
    further = picture.state in ("labelled", "disputed")
    return replace(picture, state="reviewed" if further else "labelled")


def _forgotten(world: World, label: int) -> World:
    """The label is deleted with all that carries it."""
    for image in IMAGES:
        picture = world.of(image)
        kept = tuple(shape for shape in picture.shapes if shape.label != label)
        gone = [shape for shape in picture.shapes if shape.label == label]
        after = replace(picture, shapes=kept, labels=picture.labels - {label})
        lost = label in picture.labels or any(not shape.suggestion for shape in gone)
        holds = after.labels or any(not shape.suggestion for shape in kept)
        if lost and not holds:
            after = replace(after, state="unlabelled")
        world = world.put(image, after)
    return replace(world, labels=tuple(known for known in world.labels if known != label))


_EDITS = {
    "box": _box,
    "polygon": _polygon,
    "mask": _mask,
    "suggest": _suggest,
    "paint": _paint,
    "move": _move,
    "reshape": _reshape,
    "delete": _delete,
    "relabel": _relabel,
    "order": _order,
    "convert": _convert,
    "join": _join,
    "subtract": _subtract,
    "split": _unknown,
    "cut": _unknown,
    "duplicate": _duplicate,
    "paste": _paste,
    "lock": _lock,
    "accept": _accept,
    "reject": _reject,
    "say": _say,
    "clear": _clear,
    "review": _review,
    "finish": _finish,
}

NEED_NOTHING = frozenset(
    ("box", "polygon", "mask", "suggest", "say", "clear", "review", "finish", "forget_label")
)
WHATS = (*_EDITS, "forget_label")
