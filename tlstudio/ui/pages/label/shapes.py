"""The shapes at the right of the canvas: a list that goes with the selection, filters, facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QComboBox, QSizePolicy, QWidget

from tlstudio.domain.images import ImageState
from tlstudio.ui.canvas.filters import SOURCES
from tlstudio.ui.keymap import keymap
from tlstudio.ui.pages.images.look import chip_icon
from tlstudio.ui.pages.label.shape_facts import ShapeFacts
from tlstudio.ui.pages.label.shape_model import ShapeList
from tlstudio.ui.pages.label.shape_row import HIGH, ShapeRow, part_at
from tlstudio.ui.pages.label.side_list import SideList
from tlstudio.ui.widgets.basics import box, button, column, label, named, row, tool
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.canvas.scene import Scene
    from tlstudio.ui.context import Context

_LEAST_ROWS, _MOST_ROWS = 3, 9


class ShapesSection(QWidget):
    """Selecting, hiding and filtering are the scene's; edits are asked for by signals.

    `counted` carries a few words about how many shapes there are.
    """

    lock_wanted = Signal(object, bool)
    order_wanted = Signal(str)
    zoom_wanted = Signal(str)
    accept_wanted = Signal(object)
    reject_wanted = Signal(object)
    counted = Signal(str)

    def __init__(self, context: Context, scene: Scene) -> None:
        super().__init__()
        self.setObjectName("shapesSectionBody")
        self._context = context
        self._scene = scene
        self._syncing = False
        self._state: ImageState | None = None
        self._seen = True
        self.table = ShapeList(scene, context.labels.get, self)
        self.list = _List(self)
        self.list.setModel(self.table)
        self.list.setItemDelegate(ShapeRow(self.list))
        self._build()
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(40)
        self._again.timeout.connect(self.refresh)
        scene.changed.connect(self._later)
        scene.hovered.connect(self.list.viewport().update)
        scene.selection_changed.connect(self._show_selection)
        context.labels.changed.connect(self._fill_labels)
        self.list.selectionModel().selectionChanged.connect(self._select)
        self._fill_labels()
        self.refresh()

    def _build(self) -> None:
        self._label = named(QComboBox(), "shapeLabelFilter", tr("Shapes of which label"))
        self._label.currentIndexChanged.connect(self._narrow)
        self._source = named(QComboBox(), "shapeSourceFilter", tr("Shapes from where"))
        for value, text in zip(
            ("", *SOURCES),
            (tr("Any source"), tr("Person"), tr("Import"), tr("Accepted"), tr("Suggestions")),
            strict=True,
        ):
            self._source.addItem(text, value)
        self._source.currentIndexChanged.connect(self._narrow)
        for made in (self._label, self._source):
            made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._hinted = label(name="suggestionCount")
        accept = button(
            tr("Accept all"), "acceptAll", lambda: self._all(self.accept_wanted), icon="check",
            tip=tr("Make every suggestion that is seen on this image your own"),
        )  # fmt: skip
        reject = button(
            tr("Reject all"), "rejectAll", lambda: self._all(self.reject_wanted),
            tip=tr("Drop every suggestion that is seen on this image"),
        )  # fmt: skip
        self._hints = box(column(self._hinted, row(accept, reject, None), gap=4))
        self._orders = [
            tool(sign, f"order_{to}", says, lambda to=to: self.order_wanted.emit(to))
            for sign, to, says in (
                ("order-front", "front", tr("Bring to the front")),
                ("order-forward", "forward", tr("Bring forward")),
                ("order-backward", "backward", tr("Send backward")),
                ("order-back", "back", tr("Send to the back")),
            )
        ]
        self._order = box(row(label(tr("Order"), "dim"), None, *self._orders, gap=2))
        self.facts = ShapeFacts(self._context)
        self._nothing = label(role="dim", name="noShapes", wrap=True)
        body = column(
            row(self._label, self._source, gap=4), self._hints, self._nothing, self.list,
            self._order, self.facts, gap=6,
        )  # fmt: skip
        body.setContentsMargins(12, 4, 12, 8)
        self.setLayout(body)

    # -- showing --------------------------------------------------------------------------

    def _later(self) -> None:
        if not self._again.isActive():
            self._again.start()

    def refresh(self) -> None:
        if self.table.refresh():
            self._show_selection()
        rows = len(self.table.rows)
        self.list.setVisible(rows > 0)
        self.list.setFixedHeight(max(_LEAST_ROWS, min(_MOST_ROWS, rows)) * HIGH + 2)
        narrowed = bool(self._label.currentData() or self._source.currentData())
        self._nothing.setText(
            tr("No shape fits these filters.") if narrowed else self._empty_words()
        )
        self._nothing.setVisible(not rows)
        hints = len(self._suggestions())
        self._hinted.setText(count(hints, "1 suggestion", "{n} suggestions"))
        self._hints.setVisible(hints > 0)
        self.counted.emit(self._count_words())
        self._show_facts()

    def show_state(self, state: ImageState | None, *, seen: bool = True) -> None:
        """How far the image is, for what an empty list says; not `seen`: its file is missing."""
        self._state, self._seen = state, seen
        self._later()

    def _count_words(self) -> str:
        """How many shapes there are, and that they are not seen where that is so."""
        n = len(self._scene.shapes())
        if n and self._scene.filters.hide_all:
            return tr("{n}, hidden", n=f"{n:,}")
        return f"{n:,}" if n else ""

    def _empty_words(self) -> str:
        if not self._seen:
            return tr("What was drawn on this image is kept, and seen again with it.")
        if self._state is ImageState.UNLABELLED:
            keys = keymap().text("label.review") or tr("Labelled, under Review,")
            return tr("No shapes on this image. {keys} says that there is nothing in it.",
                      keys=keys)  # fmt: skip
        if self._state in (ImageState.LABELLED, ImageState.REVIEWED) and not self._scene.all():
            return tr("Looked at: there is nothing in this image.")
        return tr("No shapes on this image.")

    def set_locked(self, reason: str) -> None:
        """Nothing can be changed, for this reason."""
        for made in (*self._hints.findChildren(QWidget), *self._orders):
            made.setEnabled(not reason)

    def _suggestions(self) -> list[str]:
        """Those that are seen: what is filtered out of sight is not decided on."""
        scene = self._scene
        return [s.id for s in scene.shapes() if s.provenance.suggestion and scene.visible(s.id)]

    def _fill_labels(self) -> None:
        kept = self._label.currentData()
        self._label.blockSignals(True)
        self._label.clear()
        self._label.addItem(tr("Any label"), 0)
        for made in self._context.labels.all():
            self._label.addItem(chip_icon(made.colour, made.id), made.name, made.id)
        place = self._label.findData(kept) if kept else 0
        self._label.setCurrentIndex(max(0, place))
        self._label.blockSignals(False)
        if place < 0:  # the label is gone, and its filter with it
            self._narrow(0)
        self._later()

    def _narrow(self, _index: int) -> None:
        chosen, source = self._label.currentData(), self._source.currentData()
        self._scene.filters.set_labels([chosen] if chosen else None)
        self._scene.filters.set_sources([source] if source else None)
        self.refresh()

    def _show_facts(self) -> None:
        chosen = [s for s in map(self._scene.get, self._scene.selected) if s is not None]
        self.facts.show_shapes(chosen)
        self._order.setVisible(bool(chosen))

    # -- selecting ------------------------------------------------------------------------

    def _show_selection(self) -> None:
        """What is chosen on the canvas is chosen in the list."""
        if self._syncing:
            return
        self._syncing = True
        places = sorted(p for p in map(self.table.place.get, self._scene.selected) if p is not None)
        chosen = self.table.selection_of(places)
        flags = QItemSelectionModel.SelectionFlag
        self.list.selectionModel().select(chosen, flags.ClearAndSelect)
        if places:
            self.list.selectionModel().setCurrentIndex(self.table.index(places[0]), flags.NoUpdate)
            self.list.scrollTo(self.table.index(places[0]))
        self._syncing = False
        self._show_facts()

    def _select(self, *_what: object) -> None:
        if self._syncing:
            return
        self._syncing = True
        parts = self.list.selectionModel().selection()
        places = sorted(row for part in parts for row in range(part.top(), part.bottom() + 1))
        self._scene.select([self.table.rows[place].id for place in places])
        self._syncing = False
        self._show_facts()

    def part_clicked(self, part: str, place: int) -> None:
        """The eye or the lock of a row; of all selected rows where it is one of them."""
        key = self.table.rows[place].id
        ids = self._scene.selected if key in self._scene.selected else (key,)
        if part == "hide":
            hidden = self._scene.filters.hidden
            self._scene.filters.set_hidden(
                hidden - set(ids) if key in hidden else hidden | set(ids)
            )
        elif not self._context.locked_reason():
            self.lock_wanted.emit(ids, not self._scene.locked(key))

    def _all(self, signal) -> None:  # type: ignore[no-untyped-def]
        signal.emit(tuple(self._suggestions()))


class _List(SideList):
    """The list itself: clicks on the signs at the right of a row do not select it."""

    def __init__(self, section: ShapesSection) -> None:
        super().__init__(
            "shapeList", tr("Shapes"), QAbstractItemView.SelectionMode.ExtendedSelection
        )
        self._section = section

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        part = (
            part_at(self.visualRect(index), event.position().toPoint()) if index.isValid() else ""
        )
        if part:
            self._section.part_clicked(part, index.row())
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and not part_at(self.visualRect(index), event.position().toPoint()):
            self._section.zoom_wanted.emit(self._section.table.rows[index.row()].id)
