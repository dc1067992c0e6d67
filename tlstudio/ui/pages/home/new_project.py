"""The panel for a new project: its name, its place, and labels where they are known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QGridLayout

from tlstudio.ui.pages.home.page import default_place, free_folder
from tlstudio.ui.widgets.basics import button, column, disable, field, label, named, row
from tlstudio.ui.words import count, tr

_BAD = set('<>:"/\\|?*')


@dataclass(frozen=True, slots=True)
class ProjectWish:
    """What the person asked for; `sources` are files and folders to import afterwards."""

    name: str
    folder: Path
    labels: tuple[str, ...]
    sources: tuple[Path, ...]


class NewProject(QFrame):
    accepted = Signal(object)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "newProjectPanel", tr("New project"))
        self.setProperty("role", "panel")
        self.setMaximumWidth(720)
        self._sources: tuple[Path, ...] = ()
        self._place = default_place()
        self._name = field("newName", tr("Name of the project"), hint=tr("Blood smears"))
        self._where = field("newPlace", tr("Folder the project is made in"), str(self._place))
        self._labels = field(
            "newLabels",
            tr("Labels, separated by commas"),
            hint=tr("optional: basophil, eosinophil, neutrophil"),
        )
        self._from = label(role="dim", name="newSources", wrap=True)
        self._why = label(role="warning", name="newWhy", wrap=True)
        self._make = button(tr("Make project"), "newAccept", self._accept, role="primary")
        self._cancel = button(tr("Cancel"), "newCancel", self.closed.emit)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        browse = button(tr("Choose…"), "newBrowse", self._browse, icon="folder")
        for index, (text, entry) in enumerate(
            ((tr("Name"), self._name), (tr("Place"), self._where), (tr("Labels"), self._labels))
        ):
            grid.addWidget(label(text, "dim"), index, 0)
            grid.addWidget(entry, index, 1, 1, 1 if entry is self._where else 2)
        grid.addWidget(browse, 1, 2)
        inside = column(
            label(tr("New project"), "heading"),
            self._from,
            grid,
            self._why,
            row(None, self._cancel, self._make),
            gap=12,
        )
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)
        for entry in (self._name, self._where, self._labels):
            entry.textChanged.connect(self._check)
            entry.returnPressed.connect(self._accept)

    def start(self, sources: list[Path]) -> None:
        """Show the panel; from dropped `sources` the name is guessed and they are named."""
        self._sources = tuple(sources)
        if sources:
            first = sources[0]
            self._name.setText(first.name if first.is_dir() else first.parent.name)
            more = tr(" and {n} more", n=len(sources) - 1) if len(sources) > 1 else ""
            self._from.setText(tr("Its images come from {path}{more}", path=first, more=more))
        self._from.setVisible(bool(sources))
        self.set_busy(False)
        self.show()
        self._name.setFocus()
        self._name.selectAll()

    def set_busy(self, busy: bool) -> None:
        for entry in (self._name, self._where, self._labels):
            entry.setEnabled(not busy)
        self._make.setText(tr("Making…") if busy else tr("Make project"))
        self._make.setEnabled(not busy)
        if not busy:
            self._check()

    def wish(self) -> ProjectWish:
        name = self._name.text().strip()
        place = Path(self._where.text().strip()).expanduser()
        parts = dict.fromkeys(p.strip() for p in self._labels.text().split(",") if p.strip())
        return ProjectWish(name, free_folder(place, name), tuple(parts), self._sources)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _problem(self) -> str:
        name = self._name.text().strip()
        if not name:
            return tr("Give the project a name.")
        if set(name) & _BAD or name.startswith(".") or name.endswith("."):
            return tr("This name cannot be a folder: leave out {bad}", bad=' < > : " / \\ | ? *')
        if not Path(self._where.text().strip()).expanduser().is_dir():
            return tr("The place is not a folder that exists.")
        return ""

    def _check(self) -> None:
        why = self._problem()
        disable(self._make, why)
        asked = bool(self._name.text().strip())
        self._why.setText(why if asked else "")
        if not why:
            wish = self.wish()
            said = tr("Makes {folder}", folder=wish.folder)
            if wish.labels:
                said += " " + count(len(wish.labels), "with 1 label", "with {n} labels")
            self._make.setToolTip(said)

    def _accept(self) -> None:
        if not self._problem():
            self.accepted.emit(self.wish())

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Place"), self._where.text())
        if chosen:
            self._where.setText(chosen)
