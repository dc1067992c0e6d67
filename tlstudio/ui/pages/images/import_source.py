"""Where an import comes from: a folder, files, and the folder of images that they name."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QPushButton

from tlstudio.ui.pages.images.import_options import places_text
from tlstudio.ui.widgets.basics import button, column, label, row
from tlstudio.ui.words import tr


class SourceChooser(QFrame):
    """`chosen` is sent when a person picks other sources, `images_chosen` when they say where
    the images lie that those name."""

    chosen = Signal()
    images_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self.sources: list[Path] = []
        self.images_dir: Path | None = None
        self._where = label(name="importSource", wrap=True)
        self._folder = button(tr("Folder…"), "chooseFolder", self._choose_folder, icon="folder")
        self._files = button(
            tr("Files, a table or annotations…"), "chooseFiles", self._choose_files, icon="images"
        )
        self._images: QPushButton = button(
            tr("Images lie elsewhere…"),
            "chooseImages",
            self._choose_images,
            tip=tr("The folder of the images that a table or an annotation file names"),
        )
        inside = column(
            label(tr("From"), "dim"),
            self._where,
            row(self._folder, self._files, self._images, None),
        )
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)
        self._show()

    def set_sources(self, sources: list[Path]) -> None:
        self.sources, self.images_dir = sources, None
        self._show()
        self.chosen.emit()

    def set_images_dir(self, folder: Path) -> None:
        self.images_dir = folder
        self._show()
        self.images_chosen.emit()

    def lock(self, on: bool) -> None:
        """While an import runs nothing else can be chosen."""
        for part in (self._folder, self._files, self._images):
            part.setEnabled(not on)

    def _show(self) -> None:
        text = places_text(self.sources)
        if self.images_dir is not None:
            text = tr("{source}, images in {folder}", source=text, folder=self.images_dir)
        self._where.setText(text)
        self._images.setVisible(bool(self.sources))

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("A folder of images"))
        if chosen:
            self.set_sources([Path(chosen)])

    def _choose_files(self) -> None:
        chosen, _kind = QFileDialog.getOpenFileNames(
            self, tr("Images, a table, or annotation files")
        )
        if chosen:
            self.set_sources([Path(name) for name in chosen])

    def _choose_images(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("The folder of the images"))
        if chosen:
            self.set_images_dir(Path(chosen))
