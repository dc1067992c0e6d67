"""Making named controls in one line, so that none is left without a name.

Every control carries an objectName (for tests and style sheets) and an accessible name (for
screen readers); tests/ui walks all pages and fails on one that lacks either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QBoxLayout,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tlstudio.ui.icons import set_icon

W = TypeVar("W", bound=QWidget)


def named(widget: W, name: str, says: str, tip: str = "") -> W:
    """Give `widget` its objectName and accessible name; a tooltip where `tip` is given."""
    widget.setObjectName(name)
    widget.setAccessibleName(says)
    if tip:
        widget.setToolTip(tip)
    if isinstance(widget, QComboBox):
        widget.setAccessibleDescription(says)  # on Linux its name is what is chosen
    if isinstance(widget, QAbstractSpinBox):
        # The style sheet's padding does not reach the line edit inside.
        widget.lineEdit().setTextMargins(6, 0, 0, 0)
    return widget


def restyle(widget: QWidget) -> None:
    """Apply the style sheet again after a property it looks at has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def set_role(widget: QWidget, role: str) -> None:
    if widget.property("role") != role:
        widget.setProperty("role", role)
        restyle(widget)


def label(text: str = "", role: str = "", name: str = "", wrap: bool = False) -> QLabel:
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if name:
        made.setObjectName(name)
    return made


def button(
    text: str,
    name: str,
    on_click: Callable[[], object] | None = None,
    *,
    icon: str = "",
    role: str = "",
    tip: str = "",
    says: str = "",
    checkable: bool = False,
) -> QPushButton:
    """A 28 px button; `role` is primary, danger, link, row, chip, segment or plain."""
    made = named(QPushButton(text), name, says or text.replace("&", ""), tip)
    if role:
        made.setProperty("role", role)
    if icon:
        set_icon(made, icon, {"primary": "on_accent", "danger": "danger"}.get(role, "text"))
    made.setCheckable(checkable)
    if on_click is not None:
        made.clicked.connect(lambda: on_click())
    return made


def tool(
    icon: str,
    name: str,
    says: str,
    on_click: Callable[[], object] | None = None,
    *,
    keys: str = "",
    checkable: bool = False,
) -> QToolButton:
    """A square button with only an icon; its tooltip says what it does and which key does it."""
    made = named(QToolButton(), name, says, f"{says} ({keys})" if keys else says)
    set_icon(made, icon, "dim", "accent_text" if checkable else "")
    made.setCheckable(checkable)
    if on_click is not None:
        made.clicked.connect(lambda: on_click())
    return made


def field(name: str, says: str, text: str = "", hint: str = "") -> QLineEdit:
    made = named(QLineEdit(text), name, says)
    made.setPlaceholderText(hint)
    return made


def line(upright: bool = False) -> QFrame:
    made = QFrame()
    made.setProperty("role", "upright" if upright else "line")
    return made


def row(*items: QWidget | QLayout | int | None, gap: int = 8) -> QHBoxLayout:
    """A horizontal layout; None is a stretch, a number a space in pixels."""
    return _fill(QHBoxLayout(), items, gap)


def column(*items: QWidget | QLayout | int | None, gap: int = 8) -> QVBoxLayout:
    """A vertical layout; None is a stretch, a number a space in pixels."""
    return _fill(QVBoxLayout(), items, gap)


L = TypeVar("L", bound=QBoxLayout)


def _fill(layout: L, items: Sequence[QWidget | QLayout | int | None], gap: int) -> L:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(gap)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
        else:
            layout.addLayout(item)
    return layout


def panel(*items: QWidget | QLayout | int | None, gap: int = 8, margin: int = 16) -> QFrame:
    """A framed panel around a column of `items`."""
    made = QFrame()
    made.setProperty("role", "panel")
    inside = column(*items, gap=gap)
    inside.setContentsMargins(margin, margin, margin, margin)
    made.setLayout(inside)
    return made


def box(layout: QLayout) -> QWidget:
    """A plain widget around `layout`, so that it can be hidden as one."""
    made = QWidget()
    layout.setContentsMargins(0, 0, 0, 0)
    made.setLayout(layout)
    return made


def scrolling(inside: QWidget, name: str, says: str) -> QScrollArea:
    """`inside` in a scroll area that grows with the page and never scrolls sideways."""
    area = named(QScrollArea(), name, says)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    inside.setProperty("role", inside.property("role") or "page")
    area.setWidget(inside)
    area.viewport().setAutoFillBackground(False)
    return area


def clear(layout: QLayout) -> None:
    """Take everything out of `layout` and delete it."""
    while layout.count():
        item = layout.takeAt(0)
        if item.widget() is not None:
            item.widget().hide()
            item.widget().deleteLater()
        elif item.layout() is not None:
            clear(item.layout())


def disable(widget: QWidget, reason: str) -> None:
    """Switch `widget` off (or on, where `reason` is empty); the tooltip says why."""
    usual = widget.property("tlTip")
    if usual is None:
        usual = widget.toolTip()
        widget.setProperty("tlTip", usual)
    widget.setEnabled(not reason)
    widget.setToolTip(reason or str(usual))


class Segments(QWidget):
    """A few choices side by side, one of which is on. `values` go with `texts`."""

    def __init__(
        self,
        name: str,
        says: str,
        choices: Sequence[tuple[str, str]],
        on_change: Callable[[str], object] | None = None,
    ) -> None:
        super().__init__()
        named(self, name, says)
        self._on_change = on_change
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        inside = row(gap=0)
        for index, (value, text) in enumerate(choices):
            made = button(text, f"{name}_{value or 'none'}", role="segment", says=f"{says}: {text}")
            made.setCheckable(True)
            made.setProperty("place", _place(index, len(choices)))
            made.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
            made.clicked.connect(lambda _on=False, v=value: self._clicked(v))
            self._group.addButton(made)
            self._buttons[value] = made
            inside.addWidget(made)
        self.setLayout(inside)

    def set_value(self, value: str | None) -> None:
        """Show `value` as chosen; None shows none (a mixed selection)."""
        self._group.setExclusive(False)
        for key, made in self._buttons.items():
            made.setChecked(key == value)
        self._group.setExclusive(True)

    def value(self) -> str | None:
        return next((v for v, b in self._buttons.items() if b.isChecked()), None)

    def show_choice(self, value: str, there: bool) -> None:
        """Offer a choice or not; the row keeps its round ends."""
        self._buttons[value].setVisible(there)
        offered = [made for made in self._buttons.values() if not made.isHidden()]
        for index, made in enumerate(offered):
            made.setProperty("place", _place(index, len(offered)))
            restyle(made)

    def set_text(self, value: str, text: str) -> None:
        self._buttons[value].setText(text)

    def set_tip(self, value: str, text: str) -> None:
        self._buttons[value].setToolTip(text)

    def _clicked(self, value: str) -> None:
        if self._on_change is not None:
            self._on_change(value)


def _place(index: int, total: int) -> str:
    if total == 1:
        return "only"
    return "first" if index == 0 else "last" if index == total - 1 else "middle"
