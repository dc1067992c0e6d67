"""The row of tools above the images."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QSlider, QWidget

from tlstudio.domain.images import SORTS
from tlstudio.ui.icons import set_icon
from tlstudio.ui.pages.images.grid import SIDES
from tlstudio.ui.pages.images.look import column_word
from tlstudio.ui.widgets.basics import button, disable, label, named, row, tool
from tlstudio.ui.words import tr

_NARROW, _NARROWER, _NARROWEST = 720, 640, 480


class ImagesToolbar(QWidget):
    import_wanted = Signal()
    split_wanted = Signal()
    view_changed = Signal(str)
    sort_changed = Signal(str, bool)
    side_changed = Signal(int)
    panel_toggled = Signal(bool)
    shapes_toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("imagesToolbar")
        self._import = button(
            tr("Import"), "importButton", self.import_wanted.emit, icon="import", role="primary",
            tip=tr("Bring in images (Ctrl+I), or drop them on the window"),
        )  # fmt: skip
        self._split = button(
            tr("Split"), "splitButton", self.split_wanted.emit, icon="split",
            tip=tr("Divide the images into training, validation and test"),
        )  # fmt: skip
        self._sort_word = label(tr("Sort"), "dim")
        self._sort = named(QComboBox(), "sortChoice", tr("Sort by"))
        for name in SORTS:
            self._sort.addItem(column_word(name), name)
        self._sort.activated.connect(lambda _index: self._sort_changed())
        self._down = tool("sort", "sortDirection", tr("Descending order"), checkable=True)
        self._down.clicked.connect(lambda: self._sort_changed())
        self._grid = tool("grid", "viewGrid", tr("Grid"), keys="G", checkable=True)
        self._list = tool("list", "viewList", tr("List"), keys="L", checkable=True)
        self._grid.setChecked(True)
        self._grid.clicked.connect(lambda: self.set_view("grid"))
        self._list.clicked.connect(lambda: self.set_view("list"))
        self._size = named(QSlider(Qt.Orientation.Horizontal), "thumbSize",
                           tr("Size of the thumbnails"), tr("Size (Ctrl+wheel)"))  # fmt: skip
        self._size.setRange(*SIDES)
        self._size.setValue(160)
        self._size.setMinimumWidth(60)
        self._size.setMaximumWidth(120)
        self._size.valueChanged.connect(self.side_changed)
        self._shapes = tool("outline", "showShapes", tr("Show shapes"), checkable=True)
        self._shapes.setChecked(True)
        self._shapes.toggled.connect(self.shapes_toggled)
        self._panel = tool("sidebar", "togglePanel", tr("Panel at the right"), keys="Tab",
                           checkable=True)  # fmt: skip
        self._panel.setChecked(True)
        self._panel.toggled.connect(self.panel_toggled)
        inside = row(
            self._import,
            self._split,
            None,
            self._sort_word,
            self._sort,
            self._down,
            8,
            self._grid,
            self._list,
            self._size,
            self._shapes,
            8,
            self._panel,
        )
        inside.setContentsMargins(16, 8, 16, 8)
        self.setLayout(inside)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width()
        self._sort_word.setVisible(wide > _NARROW)
        self._size.setVisible(wide > _NARROWER)  # Ctrl and the wheel do it as well
        self._split.setText(tr("Split") if wide > _NARROWER else "")
        self._import.setText(tr("Import") if wide > _NARROWEST else "")

    def set_locked(self, reason: str) -> None:
        """Why nothing can be brought in; empty where it can."""
        disable(self._import, reason)

    def view(self) -> str:
        return "list" if self._list.isChecked() else "grid"

    def set_view(self, name: str) -> None:
        self._grid.setChecked(name == "grid")
        self._list.setChecked(name == "list")
        self._size.setEnabled(name == "grid")
        self.view_changed.emit(name)

    def set_side(self, side: int) -> None:
        self._size.setValue(side)

    def toggle_panel(self) -> None:
        self._panel.toggle()

    def show_panel(self) -> None:
        self._panel.setChecked(True)

    def show_sort(self, sort: str, descending: bool) -> None:
        self._sort.setCurrentIndex(self._sort.findData(sort))
        self._down.setChecked(descending)
        set_icon(self._down, "sort", "dim", "accent_text")

    def _sort_changed(self) -> None:
        self.sort_changed.emit(str(self._sort.currentData()), self._down.isChecked())
