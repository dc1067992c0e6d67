"""Icons: one SVG set, drawn in the colours of the theme and redrawn when it changes."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from tlstudio.ui.places import resources
from tlstudio.ui.theme import theme


@lru_cache(maxsize=512)
def _source(name: str) -> str:
    return (resources() / "icons" / f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=512)
def _draw(name: str, colour: str, side: int, ratio: float, gap: int = 0) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer

    svg = _source(name).replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(svg.encode()))
    pixmap = QPixmap(QSize(round((side + abs(gap)) * ratio), round(side * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer.render(painter, QRectF(max(0, -gap) * ratio, 0, side * ratio, side * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def pixmap(name: str, role: str = "text", side: int | None = None, gap: int = 0) -> QPixmap:
    """The icon in the colour of token `role`, `side` pixels wide (18 unless told).

    `gap` leaves that many empty pixels at its right (negative: left), towards a button's text.
    """
    app = QApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QApplication) else 1.0
    edge = side or theme().tokens.sizes["icon"]
    return _draw(name, theme().tokens.colours[role], edge, ratio, gap)


def icon(
    name: str, role: str = "text", checked: str | None = None, side: int | None = None, gap: int = 0
) -> QIcon:
    """The icon with its disabled look, and the colour of token `checked` while switched on."""
    made = QIcon(pixmap(name, role, side, gap))
    made.addPixmap(pixmap(name, "disabled", side, gap), QIcon.Mode.Disabled)
    if checked:
        made.addPixmap(pixmap(name, checked, side, gap), QIcon.Mode.Normal, QIcon.State.On)
        made.addPixmap(pixmap(name, checked, side, gap), QIcon.Mode.Active, QIcon.State.On)
    return made


def set_icon(
    widget: QWidget, name: str, role: str = "text", checked: str = "", side: int = 0
) -> None:
    """Give a button or a label its icon and keep it in the colours of the theme."""
    widget.setProperty("tlIcon", f"{name}|{role}|{checked}|{side}")
    _refresh(widget)


def app_icon() -> QIcon:
    """The program's own icon."""
    return QIcon(str(resources() / "icons" / "app.png"))


def recolour_all() -> None:
    """Redraw every icon that `set_icon` gave, in the theme now in force."""
    for widget in QApplication.allWidgets():
        if widget.property("tlIcon"):
            _refresh(widget)


def _refresh(widget: QWidget) -> None:
    name, role, checked, side = str(widget.property("tlIcon")).split("|")
    if isinstance(widget, QLabel):
        widget.setPixmap(pixmap(name, role, int(side) or None))
    else:
        gap = 6 if isinstance(widget, QPushButton) and widget.text() else 0
        if widget.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            gap = -gap
        edge = int(side) or theme().tokens.sizes["icon"]
        made = icon(name, role, checked or None, edge, gap)
        widget.setIcon(made)  # type: ignore[attr-defined]
        widget.setIconSize(QSize(edge + abs(gap), edge))  # type: ignore[attr-defined]
