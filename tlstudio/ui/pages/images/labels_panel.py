"""The labels of the project: add, rename, colour, merge, delete, how many each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent
from PySide6.QtWidgets import QColorDialog, QFrame, QGridLayout, QLabel, QMenu, QToolButton, QWidget

from tlstudio.domain.labels import COLOURS, Label
from tlstudio.ui.icons import icon
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.look import chip_icon
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
    tool,
)
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class LabelsPanel(QWidget):
    """`show_wanted` asks the page to show only the images of a label."""

    show_wanted = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("labelsPanel")
        self._context = context
        self._new = field("newLabel", tr("Names of new labels"), hint=tr("New label"))
        self._new.returnPressed.connect(self._add)
        self._new.setToolTip(tr("Several at once, separated by commas"))
        self._plus = button(tr("Add"), "addLabel", self._add, icon="plus")
        self._shown: list[Label] | None = None
        self._counts: dict[int, QLabel] = {}
        self._rows = column(gap=2)
        self._nothing = label(
            tr("Labels are what you call the things in your images. Add the first one above."),
            "dim",
            wrap=True,
        )
        self._edit = column(gap=0)
        self.setLayout(
            column(row(self._new, self._plus), self._nothing, self._rows, self._edit, None, gap=12)
        )
        self.layout().setContentsMargins(16, 12, 16, 16)
        context.labels.changed.connect(self._fill)
        self._fill()

    # -- the list -------------------------------------------------------------------------

    def _fill(self) -> None:
        labels = self._context.labels.all()
        if labels == self._shown:
            for label_id, shown in self._counts.items():
                shown.setText(f"{self._context.labels.used(label_id):,}")
            return
        self._shown, self._counts = labels, {}
        clear(self._rows)
        for number, made in enumerate(labels, 1):
            self._rows.addWidget(self._row(made, number))
        self._nothing.setVisible(not labels)
        reason = self._context.locked_reason()
        for widget in (self._new, self._plus):
            disable(widget, reason)

    def _row(self, made: Label, number: int) -> QWidget:
        used = label(f"{self._context.labels.used(made.id):,}", "dim")
        self._counts[made.id] = used
        name = button(
            made.name.replace("&", "&&"), f"label_{made.id}", role="row",
            tip=tr("Show the images with this label"), says=tr("Show {name}", name=made.name),
        )  # fmt: skip
        name.setIcon(chip_icon(made.colour))
        name.clicked.connect(lambda: self.show_wanted.emit(made.id))
        key = label(str(number) if number < 10 else "", "key" if number < 10 else "")
        key.setAlignment(Qt.AlignmentFlag.AlignCenter)
        key.setFixedSize(22, 20)
        key.setToolTip(tr("Key {n} gives this label", n=number) if number < 10 else "")
        more = tool("more", f"labelMenu_{made.id}", tr("Change {name}", name=made.name))
        menu = named(QMenu(more), f"labelActions_{made.id}", tr("Change {name}", name=made.name))
        menu.aboutToShow.connect(lambda: self._fill_menu(menu, made))
        more.setMenu(menu)
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        line = row(name, used, key, more, gap=8)
        line.setStretch(0, 1)
        return box(line)

    def _fill_menu(self, menu: QMenu, made: Label) -> None:
        menu.clear()
        reason = self._context.locked_reason()
        self._action(menu, "rename", tr("Rename…"), "edit", lambda: self._rename(made), reason)
        colours = menu.addMenu(icon("theme", "dim"), tr("Colour"))
        colours.setObjectName(f"labelColours_{made.id}")
        for position, colour in enumerate(COLOURS, 1):
            self._action(colours, f"colour_{position}", tr("Colour {n}", n=position), "",
                         partial(self._colour, made, colour), reason)  # fmt: skip
            colours.actions()[-1].setIcon(chip_icon(colour))
        self._action(colours, "colour_other", tr("Another…"), "", lambda: self._other(made), reason)
        self._action(menu, "up", tr("Move up"), "chevron-up", lambda: self._move(made, -1), reason)
        self._action(
            menu, "down", tr("Move down"), "chevron-down", lambda: self._move(made, 1), reason
        )
        others = [a for a in self._context.labels.all() if a.id != made.id]
        merge = menu.addMenu(icon("merge", "dim"), tr("Merge into"))
        merge.setObjectName(f"labelMerge_{made.id}")
        merge.setEnabled(bool(others))
        for other in others:
            self._action(merge, f"into_{other.id}", other.name, "",
                         partial(self._ask_merge, made, other), reason)  # fmt: skip
            merge.actions()[-1].setIcon(chip_icon(other.colour))
        menu.addSeparator()
        self._action(menu, "delete", tr("Delete…"), "trash", lambda: self._ask_delete(made), reason)

    def _action(self, menu: QMenu, name: str, text: str, sign: str, act, reason: str) -> None:  # type: ignore[no-untyped-def]
        made = QAction(text, menu)
        if sign:
            made.setIcon(icon(sign, "dim"))
        made.setObjectName(f"{menu.objectName()}_{name}")
        made.setEnabled(not reason)
        made.setToolTip(reason)
        made.triggered.connect(lambda: act())
        menu.addAction(made)

    # -- edits ----------------------------------------------------------------------------

    def _add(self) -> None:
        names = [part.strip() for part in self._new.text().split(",") if part.strip()]
        if names:
            self._context.edit(
                service("labelling", "add_labels"),
                names,
                on_done=lambda _changes: self._new.clear(),
                owner=self,
            )

    def _rename(self, made: Label) -> None:
        self._show_edit(_Rename(made, self._close_edit, self._do_rename))

    def _do_rename(self, made: Label, name: str) -> None:
        self._close_edit()
        if name != made.name:
            self._context.edit(service("labelling", "rename_label"), made.id, name)

    def _colour(self, made: Label, colour: str) -> None:
        self._context.edit(service("labelling", "set_label_colour"), made.id, colour)

    def _other(self, made: Label) -> None:
        chosen = QColorDialog.getColor(QColor(made.colour), self, tr("Colour"))
        if chosen.isValid():
            self._colour(made, chosen.name().upper())

    def _move(self, made: Label, step: int) -> None:
        ids = [item.id for item in self._context.labels.all()]
        place = ids.index(made.id)
        to = place + step
        if 0 <= to < len(ids):
            ids[place], ids[to] = ids[to], ids[place]
            self._context.edit(service("labelling", "order_labels"), ids)

    def _ask_merge(self, made: Label, into: Label) -> None:
        used = self._context.labels.used(made.id)
        text = count(
            used,
            "1 image labelled {name} becomes {into}; the label {name} goes.",
            "{n} images labelled {name} become {into}; the label {name} goes.",
            name=made.name,
            into=into.name,
        )
        self._show_edit(
            _Confirm(
                "merge",
                text,
                tr("Merge"),
                self._close_edit,
                lambda: self._do("merge_labels", [made.id], into.id),
            )
        )

    def _ask_delete(self, made: Label) -> None:
        used = self._context.labels.used(made.id)
        text = count(
            used,
            "1 image loses the label {name}.",
            "{n} images lose the label {name}.",
            name=made.name,
        )
        if not used:
            text = tr("No image has the label {name}.", name=made.name)
        text += " " + tr("Undo brings it back.")
        self._show_edit(
            _Confirm(
                "delete",
                text,
                tr("Delete"),
                self._close_edit,
                lambda: self._do("delete_labels", [made.id]),
            )
        )

    def _do(self, name: str, *args: object) -> None:
        self._close_edit()
        self._context.edit(service("labelling", name), *args)

    def _show_edit(self, panel: QWidget) -> None:
        clear(self._edit)
        self._edit.addWidget(panel)
        panel.setFocus()

    def _close_edit(self) -> None:
        clear(self._edit)


class _Small(QFrame):
    """A small framed question; Esc closes it."""

    def __init__(self, name: str, says: str, close) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        named(self, name, says)
        self.setProperty("role", "panel")
        self._close = close

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)


class _Rename(_Small):
    def __init__(self, made: Label, close, rename) -> None:  # type: ignore[no-untyped-def]
        super().__init__("renameLabelPanel", tr("Rename {name}", name=made.name), close)
        self._name = field("renameLabel", tr("New name of {name}", name=made.name), made.name)
        self._name.selectAll()
        self.setFocusProxy(self._name)

        def accept() -> None:
            if self._name.text().strip():
                rename(made, self._name.text().strip())

        self._name.returnPressed.connect(accept)
        buttons = row(
            None,
            button(tr("Cancel"), "renameLabelCancel", close),
            button(tr("Rename"), "renameLabelAccept", accept, role="primary"),
        )
        inside = column(label(tr("Rename {name}", name=made.name), "heading"), self._name, buttons)
        inside.setContentsMargins(12, 12, 12, 12)
        self.setLayout(inside)


class _Confirm(_Small):
    """What will change, said before it does; the safe button has the focus."""

    def __init__(self, name: str, text: str, verb: str, close, act) -> None:  # type: ignore[no-untyped-def]
        super().__init__(f"{name}LabelPanel", text, close)
        cancel = button(tr("Cancel"), f"{name}LabelCancel", close)
        self.setFocusProxy(cancel)
        go = button(verb, f"{name}LabelAccept", act, role="danger")
        inside = QGridLayout()
        inside.setContentsMargins(12, 12, 12, 12)
        inside.addWidget(label(text, wrap=True, name=f"{name}LabelText"), 0, 0)
        inside.addLayout(row(None, cancel, go), 1, 0)
        self.setLayout(inside)
