"""Saving a picture that was made, as a file or as an image of the project."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery
from tlstudio.domain.styling import RESULT_ENDINGS, check_result_name
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.style.keeping import Keeping
    from tlstudio.ui.pages.style.past import Past

_QUALITY = 95


class Results(QObject):
    """Does what Keeping asks for with the picture that is looked at."""

    def __init__(self, context: Context, keeping: Keeping, past: Past) -> None:
        super().__init__(keeping)
        self._context = context
        self._keeping = keeping
        self._past = past
        self._entry: StylingEntry | None = None
        self._file: Path | None = None
        keeping.save_wanted.connect(self._ask_file)
        keeping.add_wanted.connect(self._add)
        keeping.show_wanted.connect(self._show_in_project)
        past.read.connect(self._refresh)

    def show_entry(self, entry: StylingEntry | None) -> None:
        """The picture that is looked at; None where none was made."""
        self._entry, self._file = entry, None
        self._keeping.show_entry(entry)

    def show_unkept(self, file: Path) -> None:
        """A picture that no history holds, as the project is only read: it can be saved."""
        self._entry, self._file = None, file
        self._keeping.show_unkept()

    def file_of(self, entry: StylingEntry) -> Path:
        """Where the picture of an entry lies."""
        project = self._context.project
        return Path(project.folder) / entry.result if project is not None else Path(entry.result)

    def _refresh(self) -> None:
        """The entry may have become an image of the project, or have gone."""
        if self._entry is not None:
            self.show_entry(self._past.entry(self._entry.id))

    def _ask_file(self) -> None:
        made_of = self._entry.content_path if self._entry is not None else ""
        name = PurePath(made_of).stem or tr("picture")
        kinds = " ".join(f"*{ending}" for ending in RESULT_ENDINGS)
        chosen = QFileDialog.getSaveFileName(
            self._keeping,
            tr("Save the picture"),
            str(Path.home() / tr("{name} styled.png", name=name)),
            tr("Pictures ({kinds})", kinds=kinds),
        )[0]
        if chosen:
            self.save(Path(chosen))

    def save(self, file: Path) -> None:
        """Write the picture that is looked at into `file`."""
        place = file if file.suffix else file.with_suffix(".png")
        if self._entry is not None:
            save, given = service("styling", "save_image"), (self._entry.id, place)
        elif self._file is not None:
            save, given = _copy, (self._file, place)
        else:
            return
        self._context.ops.run(
            save,
            self._context.project,
            *given,
            on_done=lambda where: self._context.show_message(
                tr("Saved as {file}", file=where), "success"
            ),
            owner=self,
            lane=Lane.LONG,
        )

    def _add(self, with_labels: bool) -> None:
        if self._entry is not None:
            self._context.edit(
                service("styling", "add_to_project"),
                self._entry.id,
                with_labels=with_labels,
                on_done=self._added,
                owner=self,
            )

    def _added(self, _answer: object) -> None:
        self._context.show_message(
            tr("The picture is in the project now, marked as synthetic"), "success"
        )
        self._past.reload()

    def _show_in_project(self) -> None:
        self._context.go_to("images", query=ImageQuery(synthetic=True))


def _copy(_project: object, made: Path, file: Path) -> Path:
    """On a thread: the picture in the format that the name says."""
    check_result_name(str(file))
    if not QImage(str(made)).save(str(file), quality=_QUALITY):
        raise UserError("styling.out", file=str(file), reason=tr("it cannot be written there"))
    return file
