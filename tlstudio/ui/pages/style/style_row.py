"""One style image in the list: its picture, its share, where it goes, and taking it away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QFrame, QLabel, QMenu, QSlider

from tlstudio.ui.icons import icon
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.style.picked import Area, StyleChoice, fitted, look_image
from tlstudio.ui.widgets.basics import box, button, column, label, named, row, tool
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.style_parts import LabelPlace
    from tlstudio.ui.context import Context

_THUMB = 44
_STOPS = 20


class StyleRow(QFrame):
    """`changed` after each edit of it; the others ask for what is done elsewhere."""

    changed = Signal()
    removed = Signal()
    paint_wanted = Signal()
    file_wanted = Signal()
    label_wanted = Signal(int, str)

    def __init__(self, context: Context, choice: StyleChoice, name: str) -> None:
        super().__init__()
        shown = choice.picked.shown
        named(self, name, tr("Style image {name}", name=shown))
        self.setProperty("role", "panel")
        self.choice = choice
        self._name = name
        self._thumb = QLabel(objectName=f"{name}_thumb")
        self._thumb.setFixedSize(_THUMB, _THUMB)
        self._thumb.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = Elided(f"{name}_title")
        self._title.say(shown, f"{shown}\n{choice.picked.path}")
        away = tool("close", f"{name}_remove", tr("Take {name} away", name=shown))
        away.clicked.connect(self.removed)
        self._slider = named(
            QSlider(Qt.Orientation.Horizontal),
            f"{name}_share",
            tr("Share of {name}", name=shown),
            tr("How much of the mixture this style is"),
        )
        self._slider.setRange(1, _STOPS)
        self._slider.setPageStep(5)
        self._slider.setValue(round(choice.share * _STOPS / 2))
        self._slider.valueChanged.connect(self._slid)
        self._percent = label("", "dim", f"{name}_percent")
        self._percent.setMinimumWidth(36)
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._share = box(row(self._slider, self._percent))
        self._where = button("", f"{name}_where", role="link")
        self._menu = named(QMenu(self), f"{name}_where_menu", tr("Where this style goes"))
        self._where.setMenu(self._menu)
        words = column(row(self._title, away, gap=4), self._share, row(self._where, None), gap=0)
        inside = row(self._thumb, words)
        inside.setStretch(1, 1)
        inside.setContentsMargins(8, 4, 4, 4)
        self.setLayout(inside)
        self.offer_labels((), painting=False)
        self._show()
        context.ops.run(
            look_image, choice.picked.path, choice.picked.frame, 2 * _THUMB,
            on_done=self._seen, on_error=self._unseen, lane=Lane.PICTURE,
        )  # fmt: skip

    def set_area(self, area: Area | None) -> None:
        """Where this style goes; None is everywhere."""
        self.choice = StyleChoice(self.choice.picked, self.choice.share, area)
        self._show()
        self.changed.emit()

    def show_share(self, share: float, alone: bool) -> None:
        """Its part of the whole mixture; a style alone needs none."""
        self._share.setVisible(not alone)
        self._percent.setText(f"{share:.0%}")

    def offer_labels(self, labels: Sequence[LabelPlace], *, painting: bool) -> None:
        """What can be chosen as the region: `labels` lie on the content; it can be painted on
        only where there is one (`painting`)."""
        menu = self._menu
        menu.clear()
        self._add(menu, "everywhere", tr("Everywhere"), lambda: self.set_area(None))
        menu.addSeparator()
        paint = self._add(menu, "paint", tr("Paint a region…"), self.paint_wanted.emit, "brush")
        paint.setEnabled(painting)
        for found in labels:
            act = partial(self.label_wanted.emit, found.label, found.name)
            words = tr("Where it is labelled {name}", name=found.name.replace("&", "&&"))
            self._add(menu, f"label_{found.label}", words, act, "label")
        self._add(menu, "file", tr("From a grey picture…"), self.file_wanted.emit, "folder")

    def _add(
        self, menu: QMenu, name: str, words: str, act: Callable[[], object], sign: str = ""
    ) -> QAction:
        action = menu.addAction(icon(sign), words) if sign else menu.addAction(words)
        action.setObjectName(f"{self._name}_{name}")
        action.triggered.connect(lambda _on=False: act())
        return action

    def _slid(self, place: int) -> None:
        self.choice = StyleChoice(self.choice.picked, place * 2 / _STOPS, self.choice.area)
        self.changed.emit()

    def _show(self) -> None:
        area = self.choice.area
        words = tr("Everywhere") if area is None else area.words
        self._where.setText(words)
        self._where.setAccessibleName(tr("Where this style goes: {where}", where=words))

    def _seen(self, found: tuple[QImage, tuple[int, int]]) -> None:
        self._thumb.setPixmap(fitted(found[0], _THUMB, _THUMB, self.devicePixelRatioF()))

    def _unseen(self, error: BaseException) -> None:
        self._title.say(say_error(error))
