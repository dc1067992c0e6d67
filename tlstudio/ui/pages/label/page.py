"""The Label page: tools at the left, the canvas, labels and shapes at the right, images below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeyEvent

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.keymap import keymap
from tlstudio.ui.pages.label.assistant import Assistant
from tlstudio.ui.pages.label.commands import LabelCommands
from tlstudio.ui.pages.label.desk import Desk
from tlstudio.ui.pages.label.editor import Editor
from tlstudio.ui.pages.label.hand import Hand
from tlstudio.ui.pages.label.labelling import Labelling
from tlstudio.ui.pages.label.levels import CanvasEvents
from tlstudio.ui.pages.label.menu import CanvasMenu
from tlstudio.ui.pages.label.navigator import Navigator
from tlstudio.ui.pages.label.prefetch import Pictures
from tlstudio.ui.pages.label.reviewing import Reviewing
from tlstudio.ui.pages.label.shape_acts import ShapeActs
from tlstudio.ui.pages.label.stage import Stage
from tlstudio.ui.pages.label.status import PageStatus
from tlstudio.ui.pages.label.tally import Tally
from tlstudio.ui.pages.label.view_acts import ViewActs
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.pictures import Picture
    from tlstudio.services.workbench import Opened
    from tlstudio.ui.context import Context

_MOST_WAITING = 16


class LabelPage(Desk):
    """Puts together who does what; each part below does one thing."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.setObjectName("labelPage")
        self.project = context.project
        self.navigator = Navigator(context, self.memory, self)
        self.pictures = Pictures(context, self)
        self.stage = Stage(context, self.pictures, self)
        self.editor = Editor(context, self.canvas, self)
        self.editor.wanted = lambda: self.stage.wanted
        self.labelling = Labelling(self, context)
        self.reviewing = Reviewing(self, context)
        self.shape_acts = ShapeActs(self, context)
        self.view_acts = ViewActs(self, self.look, self.memory)
        self.status = PageStatus(self, context)
        self.hand = Hand(self, context)
        self.menu = CanvasMenu(self, context)
        self.assistant = Assistant(self, context)
        self.commands = LabelCommands(self)
        self._later: list[tuple[int | None, Callable[[], object]]] = []
        self._asked = False
        self.tally = Tally(self)
        self._connect_images()
        self._connect_shapes()
        self._start()

    # -- making ---------------------------------------------------------------------------

    def _connect_images(self) -> None:
        context, navigator = self.context, self.navigator
        navigator.moved.connect(self._go)
        navigator.listed.connect(self._listed)
        navigator.stayed.connect(self._show_place)
        navigator.said.connect(context.status_text)
        self.stage.shown.connect(self._show)
        self.stage.sharpened.connect(self._show_picture)
        self.stage.failed.connect(self._failed)
        self.stage.slow.connect(lambda: context.status_text.emit(tr("Opening the image…")))
        self.film.opened.connect(navigator.go)
        self.film.opened.connect(lambda _image: self.to_canvas())
        self.bar.step.connect(navigator.step)
        self.bar.open_step.connect(navigator.step_open)
        self.bar.all_wanted.connect(lambda: navigator.show_all())
        self.bar.going_on_changed.connect(navigator.set_going_on_labels)
        self.empties.all_wanted.connect(lambda: navigator.show_all())
        self.empties.again_wanted.connect(self._try_again)
        self.review.history.step_wanted.connect(navigator.visit_step)
        context.changes.changed.connect(self._changed)
        context.stepped.connect(self._stepped)
        context.leaving.connect(self.hand.settle)

    def _connect_shapes(self) -> None:
        canvas, acts = self.canvas, self.shape_acts
        self._events = CanvasEvents(canvas, self.commands.press)
        self._events.dragged.connect(self.view_acts.drag_levels)
        self._events.menu_wanted.connect(self.menu.open_at)
        canvas.menu_wanted.connect(self.menu.open_at)
        self.editor.drawn.connect(self.labelling.drawn)
        self.editor.drawn.connect(self.view_acts.show_drawn)
        self.strip.fit_wanted.connect(canvas.fit)
        self.options.brush_changed.connect(self.view_acts.set_brush)
        self.labels.chosen.connect(self.labelling.choose)
        self.labels.added.connect(self.labelling.add_label)
        self.labels.chip_removed.connect(self.labelling.take_off)
        self.labels.accept_wanted.connect(self.labelling.accept)
        self.labels.show_wanted.connect(self._show_label)
        self.labels.done.connect(self.to_canvas)
        self.review.done.connect(self.to_canvas)
        shapes = self.shapes
        shapes.lock_wanted.connect(lambda ids, on: acts.set_locked(ids, on))
        shapes.order_wanted.connect(lambda to: self.commands.run(f"label.order.{to}"))
        shapes.zoom_wanted.connect(self.view_acts.zoom_to)
        shapes.accept_wanted.connect(lambda ids: acts.decide(ids, accept=True))
        shapes.reject_wanted.connect(lambda ids: acts.decide(ids, accept=False))
        shapes.counted.connect(self.side.sections["shapes"].set_summary)
        self.context.labels.changed.connect(self.hand.labels_changed)

    def _start(self) -> None:
        self.show_panels(self.memory.get("panels", True))
        reason = self.context.locked_reason()
        self.shapes.set_locked(reason)
        self.bar.show_going_on(self.navigator.going_on_labels, reason)
        self.hand.labels_changed()
        self.hand.start()
        self.context.labels.reload()

    # -- what the shell calls -------------------------------------------------------------

    def shown(self, image: int | None = None, ids: Sequence[int] | None = None) -> None:
        """Go to `image`; `ids` are the images to go through, all of them where there are none."""
        if ids is not None:
            self.navigator.show_ids(ids, image)
        elif image is not None:
            self.navigator.go(image)
        elif not self._asked:
            self.navigator.show_all()
        self._asked = True
        self.navigator.going_on_labels = self.memory.going_on_labels
        self.bar.show_going_on(self.navigator.going_on_labels, self.context.locked_reason())
        self.status.show()
        self.to_canvas()

    def hidden(self) -> None:
        self.hand.settle()
        self.status.hide()

    def closing(self) -> None:
        if self.context.project is self.project:
            self.hand.settle()
        self.status.hide()
        for part in (self.navigator, self.stage, self.film, self.tally, self.review.history):
            part.stop()
        self.memory.flush()

    def undo(self) -> bool:
        """Ctrl+Z while something is drawn takes its last point back instead; true then."""
        if self.canvas.tool is not None and self.canvas.tool.step_back():
            return True
        self.hand.settle()
        return False

    def selection_text(self) -> str:
        """What the top bar says: the image that is shown."""
        image = self.stage.image
        known = self.film.table.known(image) if image is not None else None
        return known.name if known is not None else ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.commands.press(event):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab on the canvas hides the panels; within the panels it goes on as usual."""
        tab = forward and "Tab" in keymap().keys("label.panels")
        if tab and self.canvas.hasFocus():
            return False
        return super().focusNextPrevChild(forward)

    # -- the image ------------------------------------------------------------------------

    def _go(self, image: int) -> None:
        self.hand.settle()
        self.review.settle()
        self.stage.go(image)
        self._show_place()

    def _show(self, opened: Opened, picture: Picture) -> None:
        canvas, row = self.canvas, opened.row
        if canvas.tool is not None:
            canvas.tool.leave()
        self.review.new_image(row.id)
        canvas.set_image(row.id, row.width, row.height)
        canvas.scene.load(opened.annotations, opened.bitmaps, self.context.labels.all())
        self.editor.loaded()
        if canvas.tool is not None:
            canvas.tool.enter()
        self.reviewing.show(opened)
        self._show_picture(picture)
        self._show_canvas()
        self.hand.restore(opened)
        self.context.refresh_bar()
        waiting, self._later = self._later, []
        for image, act in waiting:
            if image == row.id:
                self.later(act)
        if any(image != row.id for image, _act in waiting):
            self.context.status_text.emit(
                tr("What was meant for the image on its way was left out; it is not shown.")
            )
        if not self.stage.busy:
            self.pictures.want_near(self.navigator.near())
            self.assistant.look()

    def _show_canvas(self) -> None:
        if self.middle.currentWidget() is not self.canvas:
            had = self.empties.isAncestorOf(self.focusWidget() or self) or self.empties.hasFocus()
            self.middle.setCurrentWidget(self.canvas)
            if had or self.hasFocus():
                self.to_canvas()

    def _show_picture(self, picture: Picture) -> None:
        self.look.show_picture(picture)
        self.canvas.set_adjust(self.look.display.adjust(picture))
        self.canvas.show_picture(picture)
        self.reviewing.show_spacing()

    def _failed(self, opened: Opened | None, error: BaseException) -> None:
        """The pixels cannot be had: say why in place of the canvas."""
        self._later.clear()
        if opened is None:
            self.navigator.show_all()
            self.context.show_error(error)
            return
        self._leave_canvas()
        self.review.new_image(opened.row.id)
        self.reviewing.show(opened)
        self.empties.show_trouble(opened.row, error)
        self.pictures.want_near(self.navigator.near())

    def _leave_canvas(self) -> None:
        """There is no image to draw on; the keys of the page go on."""
        if self.canvas.tool is not None:
            self.canvas.tool.cancel()
        self.canvas.set_image(None)
        had = self.canvas.hasFocus()
        self.middle.setCurrentWidget(self.empties)
        if had:
            self.to_canvas()

    def _try_again(self) -> None:
        if self.stage.image is not None:
            self.stage.go(self.stage.image)

    def _listed(self) -> None:
        self.film.show_ids(self.navigator.ids)
        self._show_place()
        if not self.navigator.ids:
            self.stage.stop()
            self._leave_canvas()
            self.empties.show_nothing(narrowed=self.navigator.narrowed)

    def _show_place(self) -> None:
        navigator = self.navigator
        self.film.show_current(navigator.place)
        number, narrowed = len(navigator.ids), navigator.narrowed
        self.bar.show_place(navigator.place, number, narrowed=narrowed)
        self.look.spacing.show_number(number, narrowed=narrowed)

    def later(self, act: Callable[[], object]) -> None:
        """Do this once the image that is on its way is shown (now, where none is)."""
        if self.stage.busy:
            self._later = [*self._later, (self.stage.wanted, act)][-_MOST_WAITING:]
        else:
            act()

    # -- changes --------------------------------------------------------------------------

    def _changed(self, changes: Changes) -> None:
        if self.context.project is not self.project:
            return  # the project is being left
        self.reviewing.changed(changes)
        if changes.everything and self.stage.wanted is not None:
            self.pictures.forget_all()
            self.stage.go(self.stage.wanted)

    def _stepped(self, changes: Changes) -> None:
        """Undo and redo show the image they change."""
        if not self.isVisible() or not changes.images or self.stage.wanted in changes.images:
            return
        self.navigator.visit(changes.images)

    def relabel(self, label: int) -> None:
        actions.relabel(self.canvas, label)

    def _show_label(self, label: int) -> None:
        """Show the images of a label in the gallery."""
        self.context.go_to("images", query=ImageQuery(labels=frozenset({label})))
