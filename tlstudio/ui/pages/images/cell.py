"""Painting one image of the grid: picture, label, split, group, state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from tlstudio.domain.images import ImageRow, ImageState
from tlstudio.ui import icons
from tlstudio.ui.pages.images.look import label_names, split_word
from tlstudio.ui.theme import theme
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.label_store import LabelStore
    from tlstudio.ui.pages.images.overlays import Overlays
    from tlstudio.ui.pages.images.thumbs import Thumbnails

_LINE = 20
_SMALL = 112

_LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
_RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


def cell_height(side: int) -> int:
    """Height of a cell whose picture has `side` pixels; small ones have one line of words."""
    return side + 2 * CellPainter.PAD + (_LINE if side < _SMALL else 2 * _LINE) + 4


class CellPainter:
    """Paints cells; holds no image of its own."""

    PAD = 6

    def __init__(self, labels: LabelStore, thumbs: Thumbnails, overlays: Overlays) -> None:
        self._labels = labels
        self._thumbs = thumbs
        self._overlays = overlays

    def paint(
        self,
        painter: QPainter,
        rect: QRect,
        row: ImageRow | None,
        side: int,
        *,
        selected: bool,
        current: bool,
    ) -> None:
        colours = theme().colour
        if selected or current:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme().ring() if current else QPen(colours("accent"), 1))
            painter.setBrush(colours("selected") if selected else Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(1.5, 1.5, -1.5, -1.5), 6, 6)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        inside = rect.adjusted(self.PAD, self.PAD, -self.PAD, -self.PAD)
        picture = QRect(inside.left(), inside.top(), inside.width(), side)
        if row is None:
            painter.fillRect(self._square(picture, side), colours("panel"))
            return
        shown = self._picture(painter, picture, row, side)
        corners = shown if min(shown.width(), shown.height()) >= 64 else self._square(picture, side)
        self._marks(painter, corners, row)
        if row.shapes and self._overlays.on:
            self._shape_count(painter, corners, row.shapes)
        words = QRect(inside.left() + 4, picture.bottom() + 5, inside.width() - 8, _LINE)
        self._words(painter, words, row)
        if side >= _SMALL:
            self._second(painter, words.translated(0, _LINE - 1), row)

    def _square(self, picture: QRect, side: int) -> QRect:
        return QRect(picture.center().x() - side // 2 + 1, picture.top(), side, side)

    def _picture(self, painter: QPainter, area: QRect, row: ImageRow, side: int) -> QRect:
        """Paint the thumbnail with its outlines; where it is."""
        pixmap = self._thumbs.get(row.pixel_hash)
        if pixmap is not None:
            ratio = painter.device().devicePixelRatioF()
            wide, high = pixmap.width() / ratio, pixmap.height() / ratio
            scale = min(side / wide, side / high)
            if abs(scale - 1) > 0.02 and max(wide, high) > side:
                wide, high = wide * scale, high * scale
            target = QRect(0, 0, max(1, round(wide)), max(1, round(high)))
            target.moveCenter(area.center())
            painter.drawPixmap(target, pixmap)
            outlines = self._overlays.get(row.id)
            if outlines is not None:
                painter.drawPixmap(target, outlines)
            return target
        square = self._square(area, side)
        painter.fillRect(square, theme().colour("panel"))
        if self._thumbs.absent(row.pixel_hash):
            sign = icons.pixmap("broken" if row.missing else "image", "disabled", 28)
            painter.drawPixmap(square.center() - sign.rect().center(), sign)
        return square

    def _marks(self, painter: QPainter, square: QRect, row: ImageRow) -> None:
        """Signs over the picture's corner: missing file, text in the pixels, made here,
        reviewed, disputed."""
        signs = []
        if row.missing:
            signs.append(("broken", "warning"))
        if row.burned_in:
            signs.append(("user", "warning"))
        if row.synthetic:
            signs.append(("made", "accent"))
        if row.state is ImageState.REVIEWED:
            signs.append(("check", "success"))
        if row.state is ImageState.DISPUTED:
            signs.append(("warning", "warning"))
        x = square.right() - 22
        for name, role in signs:
            ground = QRect(x, square.top() + 4, 20, 20)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("panel"))
            painter.drawRoundedRect(ground, 5, 5)
            painter.drawPixmap(ground.topLeft().x() + 3, ground.top() + 3,
                               icons.pixmap(name, role, 14))  # fmt: skip
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            x -= 24

    def _shape_count(self, painter: QPainter, square: QRect, number: int) -> None:
        """How many shapes there are, in the lower right corner of the picture."""
        text = f"{number:,}"
        wide = max(20, painter.fontMetrics().horizontalAdvance(text) + 10)
        ground = QRect(square.right() - wide - 3, square.bottom() - 22, wide, 18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("panel"))
        painter.drawRoundedRect(ground, 5, 5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(theme().colour("text"))
        painter.drawText(ground, Qt.AlignmentFlag.AlignCenter, text)

    def _words(self, painter: QPainter, line: QRect, row: ImageRow) -> None:
        metrics, colours = painter.fontMetrics(), theme().colour
        split = split_word(row.split)
        if split:
            wide = metrics.horizontalAdvance(split)
            painter.setPen(colours("dim"))
            painter.drawText(line, _RIGHT, split)
            line = line.adjusted(0, 0, -wide - 8, 0)
        ids = row.labels or row.suggested
        shown = [made for made in map(self._labels.get, ids) if made is not None]
        if shown:
            self._dot(painter, line, shown[0].colour, hollow=not row.labels)
            line = line.adjusted(18, 0, 0, 0)
            painter.setPen(colours("text" if row.labels else "dim"))
            self._text(painter, metrics, line, label_names(self._labels, row))
            return
        painter.setPen(colours("dim"))
        nothing = tr("nothing in it") if row.state is not ImageState.UNLABELLED else tr("no label")
        self._text(painter, metrics, line, nothing)

    def _second(self, painter: QPainter, line: QRect, row: ImageRow) -> None:
        metrics = painter.fontMetrics()
        painter.setPen(theme().colour("dim"))
        if row.group:
            half = line.width() // 2
            group = metrics.elidedText(row.group, Qt.TextElideMode.ElideMiddle, half)
            painter.drawText(line, _RIGHT, group)
            line = line.adjusted(0, 0, -metrics.horizontalAdvance(group) - 8, 0)
        text = metrics.elidedText(row.name, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, _LEFT, text)

    def _dot(self, painter: QPainter, line: QRect, colour: str, *, hollow: bool) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = QPointF(line.left() + 6, line.center().y() + 1)
        if hollow:
            painter.setPen(QPen(QColor(colour), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, 4.5, 4.5)
        else:
            painter.setPen(QPen(QColor(128, 128, 128, 160), 1))
            painter.setBrush(QColor(colour))
            painter.drawEllipse(middle, 5.5, 5.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _text(self, painter: QPainter, metrics: QFontMetrics, line: QRect, text: str) -> None:
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width())
        painter.drawText(line, _LEFT, shown)
