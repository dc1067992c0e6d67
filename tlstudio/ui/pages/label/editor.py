"""Carrying out what the tools ask for, and bringing back what the store then holds.

The shapes look edited at once; the store's answer takes the place of that look. Edits run one
after the other, each reading what it touched before the next one begins. While a later edit of
the same shape is under way, the answer to an earlier one is not shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from tlstudio.domain.annotations import Annotation
from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.ui.canvas import intents
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.label.orders import Order, order_of
from tlstudio.ui.words import count, say_error

if TYPE_CHECKING:
    from tlstudio.services.shaping import Bitmap
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.context import Context


@dataclass(frozen=True, slots=True)
class Answer:
    """What an edit did: `ids` in the order of the request, and what it touched as it is now."""

    changes: Changes
    ids: tuple[str, ...]
    annotations: Sequence[Annotation]
    bitmaps: dict[str, Bitmap]


class Editor(QObject):
    """Holds the canvas's scene to the store. `drawn(ids)`: shapes were drawn, and are selected.

    `wanted()` is the image that is on its way to the canvas, or on it.
    """

    drawn = Signal(object)

    def __init__(self, context: Context, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._project = context.project
        self._canvas = canvas
        self._pending: Counter[str] = Counter()
        self._mine: set[int] = set()
        self._stale: set[str] = set()
        self._noted: set[str] = set()
        self._noted_for: int | None = None
        self.wanted: Callable[[], int | None] = lambda: canvas.image_id
        self._number = 0
        self._clip: object | None = None
        canvas.intent.connect(self.take)
        context.changes.changed.connect(self._changed)

    @property
    def can_paste(self) -> bool:
        return self._clip is not None

    # -- edits ----------------------------------------------------------------------------

    def take(self, intent: intents.Intent) -> None:
        """Carry an intent out."""
        if isinstance(intent, intents.KeepDraft):
            self._keep_draft(intent)
            return
        if self._context.locked_reason():
            self._context.show_message(self._context.locked_reason(), "warning")
            self._put_back(intent.image, order_of(intent).ids)
            self._tell_tools(intent, None)
            return
        order = order_of(intent)
        shown = self._show_early(intent)
        self._carry_out(
            order, intent.image,
            shown=shown,
            select=(isinstance(intent, intents.AddShapes) and intent.select) or order.makes,
            then=lambda ids: self._tell_tools(intent, ids),
        )  # fmt: skip

    def run(self, name: str, image: int, *args: object, select: bool = False) -> None:
        """Carry out a service of `shaping` that no tool asks for, as locking."""
        ids = args[0] if args and isinstance(args[0], tuple) else ()
        self._carry_out(Order(name, args, ids), image, shown=(), select=select)

    def copy(self, ids: tuple[str, ...], then: Callable[[], object] | None = None) -> None:
        """Remember these shapes of the image that is shown, for `paste`."""
        image = self._canvas.image_id

        def keep(clip: object) -> None:
            self._clip = clip
            if then is not None:
                then()

        # After the edits under way, so that what is seen is what is copied.
        self._context.ops.run(
            service("shaping", "copy_shapes"), self._project, image, ids,
            on_done=keep, on_error=self._say, owner=self, lane=Lane.WRITE,
        )  # fmt: skip

    def paste(self) -> None:
        """Put what was copied at the same place of the image that is shown."""
        image = self._canvas.image_id
        if self._clip is None or image is None:
            return
        copied = len(getattr(self._clip, "shapes", ()))

        def pasted(ids: tuple[str, ...] | None) -> None:
            if ids and len(ids) < copied:
                self._canvas.say(count(copied - len(ids), "{n} shape lies outside this image.",
                                       "{n} shapes lie outside this image."))  # fmt: skip

        order = Order("paste_shapes", (self._clip,))
        self._carry_out(order, image, shown=(), select=True, then=pasted)

    def _carry_out(
        self,
        order: Order,
        image: int,
        *,
        shown: Sequence[str],
        select: bool,
        then: Callable[[tuple[str, ...] | None], object] | None = None,
    ) -> None:
        self._pending.update(order.ids)

        def ended() -> None:
            self._pending.subtract(order.ids)
            self._pending += Counter()  # lets go of what is at nought

        def done(answer: Answer) -> None:
            self._mine.discard(id(answer.changes))
            ended()
            self._note((image,), answer.changes.annotations)
            if image == self._canvas.image_id:
                self._place(answer.changes.annotations, answer, shown)
                if select:
                    self._canvas.scene.select(answer.ids)
                if order.name in ("add_shapes", "paint_mask"):
                    self.drawn.emit(answer.ids)
            if then is not None:
                then(answer.ids)

        def failed(error: BaseException) -> None:
            ended()
            self._say(error)
            self._put_back(image, (*order.ids, *shown))
            if then is not None:
                then(None)

        job = self._context.edit(
            _edit, self._mine, order, image, on_done=done, on_error=failed, owner=self
        )
        if job is None:
            ended()
            self._put_back(image, (*order.ids, *shown))

    def _say(self, error: BaseException) -> None:
        if isinstance(error, UserError) and error.code.startswith(("shape.", "outline.")):
            self._canvas.say(say_error(error))
        else:
            self._context.show_error(error)

    def _tell_tools(self, intent: intents.Intent, ids: tuple[str, ...] | None) -> None:
        for tool in self._canvas.tools.values():
            tool.answered(intent, ids)

    def _keep_draft(self, intent: intents.KeepDraft) -> None:
        if not self._context.locked_reason():
            self._context.ops.run(
                _keep, self._project, intent.image, intent.tool, intent.data, lane=Lane.WRITE
            )

    # -- the look before the answer -------------------------------------------------------

    def _show_early(self, intent: intents.Intent) -> tuple[str, ...]:
        """Show the edit at once; returns ids of previews that stand for shapes to come."""
        scene = self._canvas.scene
        if intent.image != self._canvas.image_id:
            return ()
        if isinstance(intent, intents.AddShapes):
            made = []
            for place, shape in enumerate(intent.shapes):
                self._number += 1
                key = f"new-{self._number}"
                scene.preview(key, replace(shape, id=key), intent.bitmaps.get(place))
                made.append(key)
            return tuple(made)
        if isinstance(intent, intents.ChangeShapes):
            for shape in intent.shapes:
                scene.preview(shape.id, shape)
        elif isinstance(intent, intents.DeleteShapes | intents.Reject):
            scene.replace(intent.ids, ())
        elif isinstance(intent, intents.Relabel):
            found = [s for s in map(scene.get, intent.ids) if s is not None]
            pixels = {s.id: b for s in found if (b := scene.bitmap(s.id)) is not None}
            chosen = scene.selected
            scene.replace(intent.ids, [replace(s, label=intent.label) for s in found], pixels)
            scene.select(chosen)
        return ()

    def _put_back(self, image: int, ids: Iterable[str]) -> None:
        """An edit did not happen: show again what the store holds."""
        if image != self._canvas.image_id:
            return
        scene = self._canvas.scene
        scene.previews.clear()
        self._reread(ids)

    # -- what others changed --------------------------------------------------------------

    def _changed(self, changes: Changes) -> None:
        image = self._canvas.image_id
        if id(changes) in self._mine or image is None:
            return
        if self._context.project is not self._project:
            return
        self._note(changes.images, changes.annotations)
        if not changes.everything and image in changes.images:
            self._reread(changes.annotations)

    def _reread(self, ids: Iterable[str]) -> None:
        """Read these shapes of the image that is shown again."""
        self._stale.update(ids)
        image = self._canvas.image_id
        if not self._stale or image is None:
            return
        wanted = tuple(self._stale)

        def done(answer: Answer) -> None:
            self._stale.difference_update(wanted)
            if image == self._canvas.image_id:
                self._place(wanted, answer, ())

        # Among the edits, or an answer could be older than that to an edit shown already.
        self._context.ops.run(
            _read, self._project, image, wanted,
            on_done=done, owner=self, key="label.reread", lane=Lane.WRITE,
        )  # fmt: skip

    def _note(self, images: Collection[int], ids: Iterable[str]) -> None:
        """These shapes changed: what is being read of the image to come may be older."""
        wanted = self.wanted()
        if wanted != self._noted_for:
            self._noted, self._noted_for = set(), wanted
        if wanted in images:
            self._noted.update(ids)

    def loaded(self) -> None:
        """An image is shown, read as a whole; what changed while it was read is read again."""
        self._stale.clear()
        noted, self._noted = self._noted, set()
        if self._noted_for == self._canvas.image_id:
            self._reread(noted)

    def _place(self, ids: Iterable[str], answer: Answer, shown: Sequence[str]) -> None:
        still = [key for key in ids if not self._pending[key]]
        fresh = [s for s in answer.annotations if not self._pending[s.id]]
        self._canvas.scene.replace(
            [*still, *shown], fresh,
            {s.id: answer.bitmaps[s.id] for s in fresh if s.id in answer.bitmaps},
        )  # fmt: skip


def _keep(project: object, image: int, tool: str, data: dict[str, object] | None) -> None:
    """On a thread; an unfinished shape changes nothing that anybody else shows."""
    service("drafts", "keep_draft")(project, image, tool, data)


def _edit(project: object, mine: set[int], order: Order, image: int) -> Answer:
    """On a thread: the edit, and then what it touched."""
    edited: Any = service("shaping", order.name)(project, image, *order.args)
    mine.add(id(edited.changes))
    read = _read(project, image, tuple(edited.changes.annotations))
    return Answer(edited.changes, tuple(edited.ids), read.annotations, read.bitmaps)


def _read(project: object, image: int, ids: Sequence[str]) -> Answer:
    annotations, bitmaps = service("workbench", "read_shapes")(project, image, ids)
    return Answer(Changes(), (), annotations, dict(bitmaps))
