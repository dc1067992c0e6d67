"""Choosing which images: of the project, by site or saved filter, or files outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QWidget

from tlstudio.domain.look_places import LookPlace, PlaceKind
from tlstudio.ui.widgets.basics import clear, column, label, named, row, tool
from tlstudio.ui.words import count, tr

_PICTURE = QSize(96, 72)


class PlaceChoice(QWidget):
    """`changed` after another place was chosen; `place()` is it, None while there is none.
    `recounted` when it is the same one with more or fewer images.

    `whole` also offers all images of the project; otherwise a site has to be chosen.
    """

    changed = Signal()
    recounted = Signal()

    def __init__(self, name: str, title: str, *, whole: bool) -> None:
        super().__init__()
        self.setObjectName(name)
        self._title, self._whole = title, whole
        self._outside: list[LookPlace] = []
        self._combo = named(QComboBox(), f"{name}_choice", title)
        self._combo.setMinimumContentsLength(8)
        self._combo.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._combo.currentIndexChanged.connect(lambda _place: self._chosen())
        folder = tool("folder", f"{name}_folder", tr("A folder on disk…"), self._ask_folder)
        files = tool("image", f"{name}_files", tr("Files on disk…"), self._ask_files)
        heading = label(title, "heading")
        heading.setBuddy(self._combo)
        self._pictures = row(gap=4)
        self._left_out = label("", "warning", f"{name}_left_out", wrap=True)
        self._left_out.hide()
        self.setLayout(
            column(
                row(heading, None, folder, files, gap=4),
                self._combo,
                self._pictures,
                self._left_out,
            )
        )

    def place(self) -> LookPlace | None:
        found: LookPlace | None = self._combo.currentData()
        return found

    def set_places(self, places: Sequence[LookPlace]) -> None:
        """Offer the project's places beside those outside; what was chosen stays so."""
        before = self.place()
        with QSignalBlocker(self._combo):
            self._combo.clear()
            if not self._whole:
                self._combo.addItem(tr("Choose a site, a folder or files"), None)
            for place in [*places, *self._outside]:
                if self._whole or place.kind is not PlaceKind.ALL:
                    self._combo.addItem(_words(place), place)
            self._select(before)
        now = self.place()
        if now is not None and before is not None and _same(now, before):
            if now != before:
                self.recounted.emit()
        elif now != before:
            self.changed.emit()

    def choose(self, place: LookPlace) -> None:
        """Choose a place that need not be among those of the project: images, files."""
        if place.kind in (PlaceKind.IMAGES, PlaceKind.FILES):
            self._outside = [p for p in self._outside if p.kind != place.kind] + [place]
            with QSignalBlocker(self._combo):
                for at in reversed(range(self._combo.count())):
                    held = self._combo.itemData(at)
                    if held is not None and held.kind == place.kind:
                        self._combo.removeItem(at)
                self._combo.addItem(_words(place), place)
        with QSignalBlocker(self._combo):
            self._select(place)
        self._chosen()

    def show_pictures(self, pictures: Sequence[QImage]) -> None:
        """What a few of the images look like."""
        clear(self._pictures)
        for picture in pictures:
            shown = QLabel()
            small = picture.scaled(
                _PICTURE,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            shown.setPixmap(QPixmap.fromImage(small))
            self._pictures.addWidget(shown)
        if pictures:
            self._pictures.addStretch(1)

    def show_left_out(self, n: int) -> None:
        """How many of the references could not be read, where any could not."""
        self._left_out.setVisible(n > 0)
        self._left_out.setText(
            count(
                n,
                "1 of the references could not be read, and is left out.",
                "{n} of the references could not be read, and are left out.",
            )
        )

    def take_files(self, paths: Sequence[Path]) -> None:
        """Choose files and folders outside of the project."""
        if paths:
            one = len(paths) == 1
            name = paths[0].name if one else tr("{n} files", n=f"{len(paths):,}")
            self.choose(LookPlace(PlaceKind.FILES, name, files=tuple(paths)))

    def _select(self, place: LookPlace | None) -> None:
        """As `place` was called before: numbers of images may have changed since."""
        for at in range(self._combo.count()):
            held = self._combo.itemData(at)
            if held is not None and place is not None and _same(held, place):
                self._combo.setCurrentIndex(at)
                return
        self._combo.setCurrentIndex(0)

    def _chosen(self) -> None:
        self._combo.setToolTip(self._combo.currentText())
        self.changed.emit()

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, self._title)
        if chosen:
            self.take_files([Path(chosen)])

    def _ask_files(self) -> None:
        chosen = QFileDialog.getOpenFileNames(self, self._title, "", tr("All files (*)"))[0]
        self.take_files([Path(file) for file in chosen])


def _same(one: LookPlace, other: LookPlace) -> bool:
    keys = [(p.kind, p.site, p.filter_id, p.ids, p.files) for p in (one, other)]
    return keys[0] == keys[1]


def _words(place: LookPlace) -> str:
    number = "" if place.images is None else count(place.images, "{n} image", "{n} images")
    if place.kind is PlaceKind.ALL:
        return tr("All images of the project ({n})", n=f"{place.images or 0:,}")
    if place.kind is PlaceKind.IMAGES:
        return tr("Selected: {n}", n=number)
    if place.kind is PlaceKind.FILES:
        return tr("Outside: {name}", name=place.name)
    if place.kind is PlaceKind.FILTER:
        return tr("Filter: {name} ({n})", name=place.name, n=number)
    if place.site.startswith("tag:"):
        return tr("Tag: {name} ({n})", name=place.name, n=number)
    return tr("Folder: {name} ({n})", name=place.name, n=number)
