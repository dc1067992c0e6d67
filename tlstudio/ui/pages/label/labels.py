"""The labels at the right of the canvas: find, add, choose; counts here and in the project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QSizePolicy, QWidget

from tlstudio.domain.annotations import ImageLabel
from tlstudio.domain.labels import Label
from tlstudio.ui.pages.label.label_row import HIGH, LabelRow
from tlstudio.ui.pages.label.side_list import SideList
from tlstudio.ui.widgets.basics import box, button, clear, column, field, label, row
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.images.labels_panel import LabelsPanel

_Index = QModelIndex | QPersistentModelIndex
_MOST_ROWS = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: `label` None offers to add `name`; `number` is the key, 0 where there is none."""

    label: Label | None
    name: str
    number: int = 0
    position: int = 0
    here: int = 0
    used: int = 0


class LabelList(QAbstractListModel):
    """The labels that are listed; `current` is the one that new shapes get."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.current: int | None = None

    def show(self, entries: list[Entry], current: int | None) -> None:
        self.current = current
        if len(entries) == len(self.entries):
            self.entries = entries
            if entries:
                self.dataChanged.emit(self.index(0), self.index(len(entries) - 1))
            return
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        roles = Qt.ItemDataRole
        if role == roles.DisplayRole:
            return entry.name
        if role not in (roles.ToolTipRole, roles.AccessibleTextRole):
            return None
        if entry.label is None:
            return tr("Add the label {name}", name=entry.name)
        words = [entry.name]
        words.append(count(entry.here, "1 on this image", "{n} on this image"))
        words.append(count(entry.used, "1 in the project", "{n} in the project"))
        if entry.number:
            words.append(tr("key {n}", n=entry.number))
        if entry.label.id == self.current:
            words.append(tr("chosen for new shapes"))
        return ", ".join(words)


class LabelsSection(QWidget):
    """`chosen(label id)`, `added(name)`, `chip_removed(annotation id)`.

    `accept_wanted`: the suggested label of the image is right. `show_wanted(label id)` asks for
    the images of a label; `done`: the keys are the canvas's.
    """

    chosen = Signal(int)
    added = Signal(str)
    chip_removed = Signal(str)
    accept_wanted = Signal()
    show_wanted = Signal(int)
    done = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("labelsSectionBody")
        self._context = context
        self._here: Mapping[int, int] = {}
        self._chips: Sequence[tuple[str, int]] = ()
        self._suggested: Sequence[ImageLabel] = ()
        self.current: int | None = None
        self.find = field("findLabel", tr("Find or add a label"), hint=tr("Find or add a label"))
        self.find.setClearButtonEnabled(True)
        self.find.textChanged.connect(lambda _text: self.refresh())
        self.find.returnPressed.connect(self._entered)
        self.edit = button(tr("Edit"), "editLabels", self._toggle_edit, role="link",
                           tip=tr("Rename, colour, merge or delete labels"))  # fmt: skip
        self.editing: LabelsPanel | None = None
        self.list = SideList("labelList", tr("Labels"), QAbstractItemView.SelectionMode.NoSelection)
        self.table = LabelList(self)
        self.list.setModel(self.table)
        self.list.setItemDelegate(LabelRow(self.list))
        self.list.clicked.connect(self._clicked)
        self.list.activated.connect(self._clicked)
        self._nothing = label(
            tr("No labels yet. Type what you want to mark, and press Enter."), "dim", wrap=True
        )
        flow = FlowLayout(gap=4)
        self._flow = box(flow)
        self._flow_layout = flow
        self._chip_title = label(tr("This image is"), "dim")
        self._chip_box = box(column(self._chip_title, self._flow, gap=4))
        self._choosing = box(column(self._chip_box, self._nothing, self.list, gap=6))
        self.edit.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._title = label(tr("Edit labels"), "dim")
        self._title.hide()
        self._head = row(self.find, self._title, self.edit, gap=4)
        body = column(self._head, self._choosing, gap=6)
        body.setContentsMargins(12, 4, 12, 8)
        self.setLayout(body)
        self._chip_box.hide()
        context.labels.changed.connect(self.refresh)
        self.refresh()

    # -- showing --------------------------------------------------------------------------

    def show_image(
        self,
        here: Mapping[int, int],
        chips: Sequence[tuple[str, int]],
        suggested: Sequence[ImageLabel] = (),
    ) -> None:
        """`here`: annotations per label on this image; `chips`: (annotation id, label id) of the
        labels of the image as a whole; `suggested`: those that a model suggests for it."""
        self._here = here
        if (list(chips), list(suggested)) != (list(self._chips), list(self._suggested)):
            self._chips, self._suggested = list(chips), list(suggested)
            self._show_chips()
        self.refresh()

    def show_current(self, label_id: int | None) -> None:
        self.current = label_id
        self.refresh()

    def refresh(self) -> None:
        labels = self._context.labels
        wanted = self.find.text().strip()
        entries = [
            Entry(made, made.name, number if number < 10 else 0, number - 1,
                  self._here.get(made.id, 0), labels.used(made.id))
            for number, made in enumerate(labels.all(), 1)
            if wanted.casefold() in made.name.casefold()
        ]  # fmt: skip
        exact = any(entry.name.casefold() == wanted.casefold() for entry in entries)
        if wanted and not exact and not self._context.locked_reason():
            entries.append(Entry(None, wanted))
        self.table.show(entries, self.current)
        self.list.setVisible(bool(entries))
        self.list.setFixedHeight(min(_MOST_ROWS, max(1, len(entries))) * HIGH + 2)
        self._nothing.setVisible(not entries)
        self.edit.setVisible(bool(labels.all()))

    def _show_chips(self) -> None:
        clear(self._flow_layout)
        reason = self._context.locked_reason()
        for key, label_id in self._chips:
            made = self._context.labels.get(label_id)
            name = made.name if made is not None else "…"
            chip = button(name.replace("&", "&&"), f"chip_{label_id}", role="chip", icon="close",
                          tip=tr("Take this label off the image"),
                          says=tr("Take {name} off the image", name=name))  # fmt: skip
            chip.clicked.connect(lambda _on=False, k=key: self.chip_removed.emit(k))
            chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            chip.setEnabled(not reason)
            self._flow_layout.addWidget(chip)
            chip.show()
        for shape in self._suggested[:1]:
            self._flow_layout.addWidget(self._suggestion(shape))
        self._chip_box.setVisible(bool(self._chips or self._suggested))
        self._flow.updateGeometry()

    def _suggestion(self, shape: ImageLabel) -> QWidget:
        """The surest suggestion for the image; a click accepts it."""
        made = self._context.labels.get(shape.label)
        name = made.name.replace("&", "&&") if made is not None else "…"
        sure = shape.provenance.confidence
        text = f"{name}? {sure:.2f}" if sure is not None else f"{name}?"
        chip = button(text, "chipSuggestion", self.accept_wanted.emit, role="chip", icon="check",
                      tip=tr("A model suggests this label; a click or Enter accepts it"),
                      says=tr("Accept the suggested label {name}", name=name))  # fmt: skip
        chip.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        chip.setEnabled(not self._context.locked_reason())
        chip.show()
        return chip

    def _toggle_edit(self) -> None:
        """The labels to choose from, or the panel that changes them."""
        if self.editing is None:
            from tlstudio.ui.pages.images.labels_panel import LabelsPanel

            self.editing = LabelsPanel(self._context, "label")
            self.editing.hide()
            self.editing.show_wanted.connect(self.show_wanted)
            self.editing.layout().setContentsMargins(0, 4, 0, 0)
            self.layout().addWidget(self.editing)
        on = self.editing.isHidden()
        self.editing.setVisible(on)
        self._choosing.setVisible(not on)
        self.find.setVisible(not on)
        self._title.setVisible(on)
        self.edit.setText(tr("Done") if on else tr("Edit"))
        if not on:
            self.done.emit()

    # -- choosing -------------------------------------------------------------------------

    def _clicked(self, index: QModelIndex) -> None:
        self._take(self.table.entries[index.row()])
        self.done.emit()

    def _entered(self) -> None:
        """Enter takes the label of that very name, the only one that begins so, or adds one."""
        wanted = self.find.text().strip().casefold()
        entries = self.table.entries
        if wanted and entries:
            known = [entry for entry in entries if entry.label is not None]
            exact = [entry for entry in known if entry.name.casefold() == wanted]
            begun = [entry for entry in known if entry.name.casefold().startswith(wanted)]
            self._take(exact[0] if exact else begun[0] if len(begun) == 1 else entries[-1])
        self.done.emit()

    def _take(self, entry: Entry) -> None:
        self.find.clear()
        if entry.label is None:
            self.added.emit(entry.name)
        else:
            self.chosen.emit(entry.label.id)
