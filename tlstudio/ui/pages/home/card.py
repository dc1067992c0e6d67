"""A recent project as a card."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel

from tlstudio.ui.icons import set_icon
from tlstudio.ui.widgets.basics import column, label, named, row, tool
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.projects import RecentProject

_SIZE = QSize(280, 88)


class ProjectCard(QFrame):
    """Click or Enter opens it; a project that is gone says so and can only be removed."""

    chosen = Signal(Path)
    removed = Signal(Path)

    def __init__(self, recent: RecentProject, index: int) -> None:
        super().__init__()
        self._folder = Path(recent.folder)
        self._exists = recent.exists
        says = tr("Open {name}", name=recent.name)
        if not recent.exists:
            says = tr("{name} is not there any more", name=recent.name)
        named(self, f"projectCard_{index}", says, str(self._folder))
        self.setProperty("role", "card")
        self.setFixedSize(_SIZE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if recent.exists:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        sign = QLabel()
        set_icon(sign, "box" if recent.exists else "warning", "dim" if recent.exists else "warning")
        forget = tool(
            "close", f"forget_{index}", tr("Remove {name} from this list", name=recent.name),
            lambda: self.removed.emit(self._folder),
        )  # fmt: skip
        name = label(self._short(recent.name, 190), "heading")
        place = label(self._short(str(self._folder.parent), 240), "dim")
        last = label(self._last_line(recent), "dim" if recent.exists else "warning")
        inside = column(row(sign, name, None, forget, gap=8), place, last, gap=2)
        inside.setContentsMargins(16, 6, 8, 10)
        self.setLayout(inside)

    def sizeHint(self) -> QSize:
        return _SIZE

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self._choose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose()
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit(self._folder)
        else:
            super().keyPressEvent(event)

    def _choose(self) -> None:
        if self._exists:
            self.chosen.emit(self._folder)

    def _last_line(self, recent: RecentProject) -> str:
        if not recent.exists:
            return tr("Not found; moved or deleted")
        return opened_text(str(recent.opened_at), datetime.now().astimezone())

    def _short(self, text: str, width: int) -> str:
        return self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width)


def opened_text(moment: str, now: datetime) -> str:
    """When a project was last opened, as people say it. `moment` is ISO 8601."""
    try:
        then = datetime.fromisoformat(moment).astimezone()
    except ValueError:
        return ""
    days = (now.date() - then.date()).days
    if days <= 0:
        return tr("Opened today at {time}", time=then.strftime("%H:%M"))
    if days == 1:
        return tr("Opened yesterday")
    if days < 30:
        return tr("Opened {n} days ago", n=days)
    return tr("Opened on {date}", date=then.strftime("%Y-%m-%d"))
