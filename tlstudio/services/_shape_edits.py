"""How every edit of shapes is made: read, work out a plan without the writer, write it at once.

Where another edit came between the two and changed what the plan was made from, the plan is
thrown away and made anew, so nothing is ever written over unseen work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Annotation, Mask
from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState
from tlstudio.domain.review import after_edit
from tlstudio.domain.shapes import is_locked, refuse_degenerate
from tlstudio.imaging.bitmap import Bitmap, Place
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import drafts, images, journal, labels, shapes, tiles

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project

Encoded = Mapping[Place, bytes | None]

_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit touched, and the ids of the shapes it made or changed, in their order."""

    changes: Changes
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """An image and some of its annotations as they are stored.

    `tiles` holds the compressed pixels of the masks among `shapes` where they were asked for.
    """

    image: int
    width: int
    height: int
    state: ImageState
    shapes: dict[str, Annotation]
    tiles: dict[str, dict[Place, bytes]] = field(default_factory=dict)
    top: int = 0

    def bitmap(self, mask: str) -> Bitmap:
        """The pixels of a mask. Raises UserError("project.damaged_mask")."""
        return Bitmap.decode(self.width, self.height, self.tiles.get(mask, {}))


@dataclass(slots=True)
class Plan:
    """What to write. `pixels` belong to masks: tiles by id of one that is there, or by the
    place in `add` of a new one. `answer` lists the ids to tell, a place in `add` for a new one.
    `about`: the annotations that the edit is about, where others change along with them.
    """

    change: list[Annotation] = field(default_factory=list)
    add: list[Annotation] = field(default_factory=list)
    delete: list[str] = field(default_factory=list)
    pixels: dict[str | int, Encoded] = field(default_factory=dict)
    answer: list[str | int] = field(default_factory=list)
    about: list[Annotation] | None = None

    def make(self, item: Annotation, pixels: Encoded | None = None) -> None:
        """Add a new annotation and tell its id."""
        self.answer.append(len(self.add))
        if pixels is not None:
            self.pixels[len(self.add)] = pixels
        self.add.append(item)

    def keep(self, item: Annotation, pixels: Encoded | None = None) -> None:
        """Change the annotation of that id and tell it."""
        self.answer.append(item.id)
        self.change.append(item)
        if pixels is not None:
            self.pixels[item.id] = pixels


class _Overtaken(Exception):
    """Another edit came between reading and writing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an edit has to see: these annotations (None: all of the image), with their pixels?

    `locked` lets it change locked shapes, `label` must exist.
    """

    ids: tuple[str, ...] | None = ()
    pixels: bool = False
    locked: bool = False
    label: int | None = None


def run(
    project: Project,
    code: str,
    image_id: int,
    reach: Reach,
    make: Callable[[Held], Plan],
    *,
    work: bool = True,
) -> Edited:
    """Carry the plan out that `make` draws up from what is stored, as one step of undo.

    `work`: the image's state follows (see domain.review.after_edit).

    Raises UserError: project.no_image, project.no_label, shape.gone, shape.locked, or what
    `make` raises; nothing is stored then.
    """
    for _ in range(_ATTEMPTS):
        with project.read() as db:
            mark, held = journal.mark(db), hold(db, image_id, reach)
        plan = make(held)
        told: list[str] = []

        try:
            write = _writer(held, plan, told, mark, reach, work=work)
            changes = project.transact(code, write)
        except _Overtaken:
            continue
        return Edited(changes, tuple(told))
    raise RuntimeError("an edit was overtaken again and again")


def _writer(
    held: Held, plan: Plan, told: list[str], mark: tuple[int, int], reach: Reach, *, work: bool
) -> Callable[[Db], None]:
    """The transaction: it raises _Overtaken where what was read is not there any more."""

    def write(db: Db) -> None:
        if journal.mark(db) != mark and hold(db, held.image, reach) != held:
            raise _Overtaken
        told.extend(_write(db, held, plan, work=work))

    return write


def hold(db: Db, image_id: int, reach: Reach) -> Held:
    """What is stored. Raises UserError: project.no_image, project.no_label, shape.gone,
    shape.locked."""
    found = shapes.size_and_state(db, image_id)
    if found is None:
        raise UserError("project.no_image", image=image_id)
    if reach.label is not None:
        labels.by_id(db, reach.label)
    width, height, state = found
    known = {item.id: item for item in shapes.of_image(db, image_id, reach.ids)}
    if reach.ids is not None:
        if any(shape not in known for shape in reach.ids):
            raise UserError("shape.gone")
        known = {shape: known[shape] for shape in reach.ids}
        if not reach.locked and any(map(is_locked, known.values())):
            raise UserError("shape.locked")
    masks = [item.id for item in known.values() if isinstance(item, Mask)]
    stored = tiles.of_masks(db, masks) if reach.pixels and masks else {}
    top = shapes.top(db, image_id)
    return Held(image_id, width, height, ImageState(state), known, stored, top)


def _write(db: Db, held: Held, plan: Plan, *, work: bool) -> list[str]:
    """Store the plan; the ids it tells."""
    for item in (*plan.change, *plan.add):
        refuse_degenerate(item)
    for label in {item.label for item in plan.add}:
        labels.by_id(db, label)
    _annotations.delete(db, plan.delete)
    new = _annotations.add(db, plan.add)
    painted = set()
    for place, pixels in plan.pixels.items():
        mask = new[place] if isinstance(place, int) else place
        if tiles.change_tiles(db, mask, pixels):
            painted.add(mask)
    changed = [n for n in plan.change if n != held.shapes[n.id] or n.id in painted]
    shapes.update(db, changed)
    for item in changed:
        if isinstance(held.shapes[item.id], Mask) and not isinstance(item, Mask):
            tiles.delete_tiles(db, item.id, tiles.tiles(db, item.id))
    if any(not item.provenance.suggestion for item in plan.add):
        drafts.drop(db, held.image)
    if work and _is_work(held, plan, changed):
        settle(db, held.image, held.state)
    return [new[place] if isinstance(place, int) else place for place in plan.answer]


def _is_work(held: Held, plan: Plan, changed: Sequence[Annotation]) -> bool:
    """Whether something changes, and in accepted annotations, not only in suggestions."""
    touched = [*changed, *plan.add, *(held.shapes[shape] for shape in plan.delete)]
    if plan.about is not None:
        return bool(touched) and any(not item.provenance.suggestion for item in plan.about)
    return any(not item.provenance.suggestion for item in touched)


def settle(db: Db, image_id: int, state: ImageState) -> None:
    """Let the image's state follow from an edit of accepted annotations."""
    after = after_edit(state, shapes.holds_work(db, image_id))
    if after is not state:
        images.set_state(db, [image_id], after)


def accepted(item: Annotation) -> Annotation:
    """The annotation as a person's answer; a suggestion keeps the run it came from."""
    if not item.provenance.suggestion:
        return item
    return replace(item, provenance=replace(item.provenance, suggestion=False))


def encoded(bitmap: Bitmap, before: Iterable[Place] = ()) -> Encoded:
    """All tiles of the bitmap; None for those of `before` that it has no more."""
    return {**dict.fromkeys(before), **bitmap.encode()}


def mask_place(item: Mask, bitmap: Bitmap) -> Mask:
    """The mask at the place of its pixels. Raises UserError("shape.empty_mask")."""
    place = bitmap.bounds()
    if place is None:
        raise UserError("shape.empty_mask")
    x, y, w, h = place
    return replace(item, x=x, y=y, w=w, h=h)


def unique(ids: Sequence[str]) -> tuple[str, ...]:
    """The ids once each, in their order."""
    return tuple(dict.fromkeys(ids))
