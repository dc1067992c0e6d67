"""The labels of the project: add, find, rename, colour, order, role, merge, delete."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QColorDialog, QFrame, QMenu, QToolButton, QWidget

from tlstudio.domain.labels import Label, LabelRole
from tlstudio.ui.keymap import keymap
from tlstudio.ui.label_look import patterns
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.label_menu import fill_menu
from tlstudio.ui.pages.images.label_questions import Confirm, Rename
from tlstudio.ui.pages.images.label_row import NUMBER, LabelRow
from tlstudio.ui.pages.images.label_words import delete_words, merge_words
from tlstudio.ui.widgets.basics import (
    box,
    button,
    clear,
    column,
    disable,
    field,
    label,
    named,
    row,
)
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_MANY = 9  # from more labels on there is a field to find them by


class LabelsPanel(QWidget):
    """`show_wanted` asks the page `scope`, whose keys are shown, for the images of a label."""

    show_wanted = Signal(int)

    def __init__(self, context: Context, scope: str = "images") -> None:
        super().__init__()
        self.setObjectName("labelsPanel")
        self._context, self._scope = context, scope
        self._shown: list[Label] | None = None
        self._lines: dict[int, LabelRow] = {}
        self._figures: dict[int, tuple[int, int]] = {}
        self._new = field("newLabel", tr("Names of new labels"), hint=tr("New label"))
        self._new.returnPressed.connect(self._add)
        self._new.setToolTip(tr("Several at once, separated by commas"))
        self._plus = button(tr("Add"), "addLabel", self._add, icon="plus")
        self._find = field("findLabels", tr("Find a label"), hint=tr("Find a label"))
        self._find.setClearButtonEnabled(True)
        self._find.textChanged.connect(lambda _text: self._filter())
        self._rows = column(gap=2)
        self._mark = QFrame()
        self._mark.setProperty("role", "drop-mark")
        self._head = self._build_head()
        self._nothing = label(
            tr("Labels are what you call the things in your images. Add the first one above."),
            "dim",
            wrap=True,
        )
        self._none = label(tr("No label has this in its name."), "dim", wrap=True)
        self._edit = column(gap=0)
        listed = box(self._rows)
        self._mark.setParent(listed)
        self._mark.hide()
        whole = column(row(self._new, self._plus), self._find, self._nothing, self._none,
                       self._head, listed, self._edit, None, gap=8)  # fmt: skip
        whole.setContentsMargins(16, 12, 16, 16)
        self.setLayout(whole)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(200)
        self._timer.timeout.connect(self._read)
        context.labels.changed.connect(self._fill)
        keymap().changed.connect(self._fill_anew)
        patterns().changed.connect(self._fill_anew)
        self._fill()

    def _build_head(self) -> QWidget:
        images, self._shapes = label(tr("Images"), "dim"), label(tr("Shapes"), "dim")
        inside = row(None, images, self._shapes, gap=4)
        made = box(inside)
        # Over the numbers: what stands at their right is the key and the menu.
        inside.setContentsMargins(0, 0, 22 + 4 + 30 + 4, 0)
        for each in (images, self._shapes):
            each.setMinimumWidth(NUMBER)
            each.setAlignment(Qt.AlignmentFlag.AlignRight)
        return made

    # -- the list -------------------------------------------------------------------------

    def _fill_anew(self) -> None:
        self._shown = None
        self._fill()

    def _fill(self) -> None:
        labels = self._context.labels.all()
        self._wish_numbers()
        if labels == self._shown:
            return
        at = next((key for key, shown in self._lines.items() if shown.name.hasFocus()), None)
        self._shown, self._lines = labels, {}
        clear(self._rows)
        reason = self._context.locked_reason()
        for number, made in enumerate(labels, 1):
            self._rows.addWidget(self._row(made, number, reason))
        self._nothing.setVisible(not labels)
        self._head.setVisible(bool(labels))
        self._find.setVisible(len(labels) > _MANY)
        if len(labels) <= _MANY:
            self._find.clear()
        for widget in (self._new, self._plus):
            disable(widget, reason)
        self._show_numbers()
        self._filter()
        if at in self._lines:
            self._lines[at].name.setFocus()

    def _row(self, made: Label, number: int, reason: str) -> LabelRow:
        shown = LabelRow(made, keymap().text(f"{self._scope}.pick.{number}"), reason)
        shown.chosen.connect(partial(self.show_wanted.emit, made.id))
        shown.moved.connect(partial(self.move, made))
        shown.dragged.connect(self._show_mark)
        shown.dropped.connect(partial(self._drop, made))
        menu = named(QMenu(shown.more), f"labelActions_{made.id}",
                     tr("Change {name}", name=made.name))  # fmt: skip
        menu.aboutToShow.connect(partial(fill_menu, menu, made, self))
        shown.more.setMenu(menu)
        shown.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._lines[made.id] = shown
        return shown

    def _filter(self) -> None:
        wanted = self._find.text().strip().casefold()
        fitting = [made.id for made in self._shown or () if wanted in made.name.casefold()]
        for label_id, shown in self._lines.items():
            shown.setVisible(label_id in fitting)
        self._none.setVisible(bool(self._lines) and not fitting)

    # -- numbers --------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._wish_numbers()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def _wish_numbers(self) -> None:
        """Counting images and shapes reads every annotation: only while somebody looks."""
        if self.isVisible():
            self._timer.start()

    def _read(self) -> None:
        if self._context.project is not None:
            self._context.ops.run(
                service("labelling", "label_figures"),
                self._context.project,
                on_done=self._take_numbers,
                key="labels.figures",
                owner=self,
            )

    def _take_numbers(self, figures: dict[int, tuple[int, int]]) -> None:
        self._figures = figures
        self._show_numbers()

    def _show_numbers(self) -> None:
        any_shapes = any(shapes for _images, shapes in self._figures.values())
        self._shapes.setVisible(any_shapes)
        for label_id, shown in self._lines.items():
            figures = self._figures.get(label_id, (0, 0))
            shown.show_numbers(*figures, any_shapes=any_shapes)

    # -- order ----------------------------------------------------------------------------

    def _place(self, y: int) -> int:
        """Before how many of the rows in sight a drop at `y` on the screen would be."""
        middles = [
            shown.mapToGlobal(shown.rect().center()).y()
            for shown in self._lines.values()
            if shown.isVisible()
        ]
        return sum(middle < y for middle in middles)

    def _show_mark(self, y: int) -> None:
        seen = [shown for shown in self._lines.values() if shown.isVisible()]
        place = self._place(y)
        edge = seen[place].geometry().top() if place < len(seen) else seen[-1].geometry().bottom()
        self._mark.setGeometry(0, max(0, edge - 2), self.width(), 3)
        self._mark.show()
        self._mark.raise_()

    def _drop(self, made: Label, y: int) -> None:
        self._mark.hide()
        seen = [key for key, shown in self._lines.items() if shown.isVisible()]
        place = self._place(y)
        before = seen[place] if place < len(seen) else None
        ids = [item.id for item in self._context.labels.all() if item.id != made.id]
        if before != made.id:
            ids.insert(ids.index(before) if before is not None else len(ids), made.id)
            self._order(ids)

    def move(self, made: Label, step: int) -> None:
        """One place up (-1) or down (1)."""
        ids = [item.id for item in self._context.labels.all()]
        place = ids.index(made.id)
        if 0 <= place + step < len(ids):
            ids.insert(place + step, ids.pop(place))
            self._order(ids)

    def _order(self, ids: list[int]) -> None:
        if ids != [item.id for item in self._context.labels.all()]:
            self._context.edit(service("labelling", "order_labels"), ids)

    # -- what the menu asks and does ------------------------------------------------------

    def locked_reason(self) -> str:
        return self._context.locked_reason()

    def others(self, made: Label) -> list[Label]:
        """The labels that `made` could be merged into."""
        return [item for item in self._context.labels.all() if item.id != made.id]

    def _add(self) -> None:
        names = [part.strip() for part in self._new.text().split(",") if part.strip()]
        if names:
            self._context.edit(
                service("labelling", "add_labels"),
                names,
                on_done=lambda _changes: self._new.clear(),
                owner=self,
            )

    def rename(self, made: Label) -> None:
        self._show_edit(Rename(made, self._close_edit, self._do_rename))

    def _do_rename(self, made: Label, name: str) -> None:
        self._close_edit()
        if name != made.name:
            self._context.edit(service("labelling", "rename_label"), made.id, name)

    def colour(self, made: Label, colour: str) -> None:
        self._context.edit(service("labelling", "set_label_colour"), made.id, colour)

    def other_colour(self, made: Label) -> None:
        chosen = QColorDialog.getColor(QColor(made.colour), self, tr("Colour"))
        if chosen.isValid():
            self.colour(made, chosen.name().upper())

    def role(self, made: Label, role: LabelRole) -> None:
        self._context.edit(service("labelling", "set_label_role"), made.id, role)

    def ask_merge(self, made: Label, into: Label) -> None:
        """Count what would change, say it, and merge only when told to."""
        self._preview("merge_preview", ([made.id], into.id), lambda numbers: Confirm(
            "merge", merge_words(numbers, made, into), tr("Merge"), self._close_edit,
            lambda: self._do("merge_labels", [made.id], into.id),
        ))  # fmt: skip

    def ask_delete(self, made: Label) -> None:
        """Count what would go, say it, and delete only when told to."""
        self._preview("delete_preview", ([made.id],), lambda numbers: Confirm(
            "delete", delete_words(numbers, made), tr("Delete"), self._close_edit,
            lambda: self._do("delete_labels", [made.id]),
        ))  # fmt: skip

    def _preview(
        self, name: str, args: tuple[object, ...], ask: Callable[[dict[str, int]], QWidget]
    ) -> None:
        self._context.ops.run(
            service("labelling", name),
            self._context.project,
            *args,
            on_done=lambda numbers: self._show_edit(ask(numbers)),
            key="labels.preview",
            owner=self,
        )

    def _do(self, name: str, *args: object) -> None:
        self._close_edit()
        self._context.edit(service("labelling", name), *args)

    def _show_edit(self, panel: QWidget) -> None:
        clear(self._edit)
        self._edit.addWidget(panel)
        panel.show()
        panel.setFocus()

    def _close_edit(self) -> None:
        clear(self._edit)
