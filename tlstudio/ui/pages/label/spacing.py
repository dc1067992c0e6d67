"""How large a pixel is: what is known, and a small form to say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLineEdit, QWidget

from tlstudio.ui.widgets.basics import button, column, disable, field, label, named, row
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.domain.spacing import Spacing
    from tlstudio.ui.context import Context

_MOST = 1e6


class SpacingEditor(QWidget):
    """`wanted(size or None, unit, all images gone through)`; None: as the file says."""

    wanted = Signal(object, str, bool)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("spacing")
        self._context = context
        self._text = label(role="dim", name="spacingText", wrap=True)
        self._open = button(tr("Set pixel size…"), "setSpacing", self._start, role="link")
        self._size: QLineEdit = field("spacingSize", tr("Size of a pixel"), hint=tr("0.25"))
        self._size.returnPressed.connect(lambda: self._accept(everywhere=False))
        self._unit = named(QComboBox(), "spacingUnit", tr("Unit"))
        self._unit.addItems(["µm", "mm"])
        self._wrong = label(tr("Type a number above 0, such as 0.25."), "warning", wrap=True)
        self._wrong.hide()
        self._form = _Form(self._close)
        self._all = button(tr("All images"), "spacingAll", lambda: self._accept(everywhere=True))
        inside = column(
            row(label(tr("A pixel is"), "dim"), self._size, self._unit),
            self._wrong,
            row(button(tr("This image"), "spacingOne", lambda: self._accept(everywhere=False)),
                self._all, gap=4),
            row(button(tr("As the file says"), "spacingFile", self._forget, role="link"), None,
                button(tr("Cancel"), "spacingCancel", self._close, role="link"), gap=4),
            gap=6,
        )  # fmt: skip
        inside.setContentsMargins(10, 8, 10, 8)
        self._form.setLayout(inside)
        self._form.hide()
        self.setLayout(column(row(self._text, None, self._open), self._form, gap=4))
        self.show_spacing(None)

    def show_spacing(self, spacing: Spacing | None) -> None:
        """What is known of the image on the canvas."""
        if spacing is None:
            self._text.setText(tr("Pixel size unknown"))
        elif spacing.x == spacing.y:
            self._text.setText(f"{spacing.x:.4g} {spacing.unit}/px")
        else:
            self._text.setText(f"{spacing.x:.4g} × {spacing.y:.4g} {spacing.unit}/px")
        if spacing is not None and not self._size.isModified():
            self._size.setText(f"{spacing.x:.6g}")
            self._unit.setCurrentText(spacing.unit)
        disable(self._open, self._context.locked_reason())

    def show_number(self, images: int, *, narrowed: bool) -> None:
        """How many images are gone through; `narrowed`: these are not all of the project."""
        some = count(images, "This 1 image", "These {n} images")
        self._all.setText(some if narrowed else tr("All images"))
        self._all.setAccessibleName(self._all.text())

    def _start(self) -> None:
        self._form.show()
        self._size.setFocus()
        self._size.selectAll()

    def _close(self) -> None:
        self._size.setModified(False)
        self._wrong.hide()
        self._form.hide()

    def _accept(self, *, everywhere: bool) -> None:
        try:
            size = float(self._size.text().strip().replace(",", "."))
        except ValueError:
            size = 0.0
        if not 0 < size < _MOST:
            self._wrong.show()
            return
        self._close()
        self.wanted.emit(size, self._unit.currentText(), everywhere)

    def _forget(self) -> None:
        self._close()
        self.wanted.emit(None, self._unit.currentText(), False)


class _Form(QFrame):
    """A framed form; Esc closes it."""

    def __init__(self, close) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        named(self, "spacingForm", tr("Size of a pixel"))
        self.setProperty("role", "panel")
        self._close = close

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)
