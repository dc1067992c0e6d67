"""The masks that are painted: which one a stroke goes to, and what is told to the store.

A stroke is one PaintMask, or one PaintMasks over several. Until the store has said which id a
new mask got, later strokes on it are gathered and told together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Mask
from tlstudio.domain.shapes import is_locked
from tlstudio.services.shaping import Bitmap, Place
from tlstudio.ui.canvas.intents import Intent, PaintMask, PaintMasks

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas

_NEW = "new:"


@dataclass(slots=True)
class Target:
    """A mask that is painted. `id` is None while the store has none yet; `key` names its preview.

    `unanswered` are the intents about it that are under way, `untold` the tiles that changed
    since the first of them. `finished` are the pixels after the last whole stroke.
    """

    image: int
    label: int
    key: str
    id: str | None
    unanswered: list[PaintMask] = field(default_factory=list)
    untold: set[Place] = field(default_factory=set)
    finished: Bitmap | None = None


Told = tuple[Target, Bitmap, set[Place], Bitmap | None]


class Painted:
    """The targets of one painting tool, by the keys of their previews."""

    def __init__(self, canvas: Canvas, name: str) -> None:
        self._canvas = canvas
        self._name = name
        self._count = 0
        self._targets: dict[str, Target] = {}

    def of(self, shape: Mask) -> Target:
        """The target for a stored mask."""
        found = self._targets.get(shape.id)
        if found is None or found.image != shape.image:
            found = Target(shape.image, shape.label, shape.id, shape.id)
            self._targets[shape.id] = found
        found.label = shape.label  # it may have been given another
        return found

    def fresh(self, image: int, label: int) -> Target:
        """A target for a mask that is still to be made."""
        self._count += 1
        key = f"{_NEW}{self._name}:{self._count}"
        made = self._targets[key] = Target(image, label, key, None)
        return made

    def alive(self, target: Target) -> bool:
        """Whether more can be painted on the target: its mask is there, or will be."""
        if target.image != self._canvas.image_id:
            return False
        if target.id is None:
            return bool(target.unanswered)
        shape = self._canvas.scene.get(target.id)
        return isinstance(shape, Mask) and shape.label == target.label and not is_locked(shape)

    def shape(self, target: Target) -> Mask:
        """The mask as it looks now; one without size where it is new."""
        found = self._canvas.scene.shown(target.key)
        if isinstance(found, Mask):
            return found
        return Mask(id=target.key, image=target.image, label=target.label, x=0, y=0, w=0, h=0)

    def bitmap(self, target: Target) -> Bitmap:
        """Its pixels as they look now; they must not be changed in place."""
        found = self._canvas.scene.bitmap(target.key)
        if found is not None:
            return found
        width, height = self._canvas.image_size
        return Bitmap(int(width), int(height))

    def tell(
        self, target: Target, bitmap: Bitmap, places: set[Place], before: Bitmap | None
    ) -> None:
        """A stroke is done: the mask was `before`, is `bitmap` now, and `places` changed."""
        self.tell_all([(target, bitmap, places, before)])

    def tell_all(self, done: Sequence[Told]) -> None:
        """`tell` of a stroke over several masks, which is one edit."""
        intents = []
        for target, bitmap, places, before in done:
            target.finished = bitmap
            if target.id is None and target.unanswered:
                target.untold |= places
                continue
            made = frozenset(places)
            intent = PaintMask(target.image, target.id, target.label, bitmap, made, before)
            target.unanswered.append(intent)
            intents.append(intent)
        if len(intents) > 1:
            self._canvas.emit(PaintMasks(intents[0].image, tuple(intents)))
        elif intents:
            self._canvas.emit(intents[0])

    def answered(self, intent: Intent, ids: tuple[str, ...] | None) -> None:
        """See Tool.answered."""
        if isinstance(intent, PaintMasks):
            for stroke in intent.strokes:
                self.answered(stroke, ids)
            return
        target = next(
            (t for t in self._targets.values() if any(i is intent for i in t.unanswered)), None
        )
        if target is None:
            return
        target.unanswered = [i for i in target.unanswered if i is not intent]
        if target.id is None:
            self._settled(target, ids[0] if ids else None, intent)
        elif ids is None and not target.unanswered:
            self._show(target.key, target, None)

    def _settled(self, target: Target, key: str | None, intent: Intent) -> None:
        """The store has taken a new mask under the id `key`, or refused it."""
        scene, old = self._canvas.scene, target.key
        bitmap, shape = target.finished, self.shape(target)
        self._targets.pop(old, None)
        self._show(old, target, None)
        if key is None:
            target.untold.clear()
            return
        target.id = target.key = key
        self._targets[key] = target
        places, target.untold = target.untold, set()
        if places and bitmap is not None:
            stored = scene.get(key)
            self._show(key, target, stored if isinstance(stored, Mask) else shape, bitmap)
            before = intent.bitmap if isinstance(intent, PaintMask) else None
            self.tell(target, bitmap, places, before)

    def _show(
        self, key: str, target: Target, shape: Mask | None, bitmap: Bitmap | None = None
    ) -> None:
        if target.image == self._canvas.image_id:
            self._canvas.scene.preview(key, shape, bitmap)
