"""The message panel: what happened, to which file, what to do; details behind one click."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from tlstudio.ui.icons import set_icon
from tlstudio.ui.widgets.basics import box, button, column, label, named, row, tool
from tlstudio.ui.words import tr

_ICONS = {
    "error": ("error", "danger"),
    "warning": ("warning", "warning"),
    "info": ("info", "accent_text"),
    "success": ("check", "success"),
}
_MOST = 3

Action = tuple[str, Callable[[], object]]


class Banner(QFrame):
    """One message; it stays until it is closed."""

    def __init__(self, kind: str, text: str, details: str, action: Action | None) -> None:
        super().__init__()
        self.text, self.times, self.closed = text, 1, False
        self.setProperty("banner", kind)
        named(self, f"banner_{kind}", f"{_kind_word(kind)}: {text}")
        sign = QLabel()
        set_icon(sign, *_ICONS[kind])
        sign.setAccessibleName(_kind_word(kind))
        self._words = label(text, name="bannerText", wrap=True)
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = QPlainTextEdit(details)
        named(self._details, "bannerDetails", tr("Details"))
        self._details.setReadOnly(True)
        self._details.setFixedHeight(140)
        self._copy = button(tr("Copy"), "bannerCopy", self._copy_details, icon="copy")
        self._more = box(column(self._details, row(None, self._copy)))
        self._more.hide()
        self._toggle = button(tr("Details"), "bannerToggle", self._show_details, role="link")
        self._toggle.setVisible(bool(details))
        top = row(sign, self._words, gap=12)
        top.setStretch(1, 1)
        if action is not None:
            top.addWidget(button(action[0], "bannerAction", lambda: self._act(action[1])))
        top.addWidget(self._toggle)
        top.addWidget(tool("close", "bannerClose", tr("Close this message"), self.dismiss))
        inside = column(top, self._more)
        inside.setContentsMargins(16, 8, 8, 8)
        self.setLayout(inside)

    def repeat(self) -> None:
        """The same happened again."""
        self.times += 1
        self._words.setText(f"{self.text} ({self.times}×)")

    def dismiss(self) -> None:
        self.closed = True
        self.hide()
        self.deleteLater()

    def _act(self, act: Callable[[], object]) -> None:
        self.dismiss()
        act()

    def _show_details(self) -> None:
        self._more.setVisible(self._more.isHidden())

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(f"{self.text}\n\n{self._details.toPlainText()}")
        self._copy.setText(tr("Copied"))


class MessagePanel(QWidget):
    """The newest messages above the page; no more than three at a time."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "messages", tr("Messages"))
        self._column: QVBoxLayout = column(gap=1)
        self.setLayout(self._column)
        self._banners: list[Banner] = []

    def show_message(self, kind: str, text: str, details: str, action: object) -> None:
        for shown in self.banners():
            if shown.text == text and shown.property("banner") == kind:
                shown.repeat()
                return
        made = Banner(kind, text, details, action)  # type: ignore[arg-type]
        self._column.insertWidget(0, made)
        self._banners = [made, *self.banners()]
        for old in self.banners()[_MOST:]:
            old.dismiss()

    def clear(self) -> None:
        for shown in self.banners():
            shown.dismiss()

    def clear_news(self) -> None:
        """Take away what needs nothing from the person; errors and warnings stay."""
        for shown in self.banners():
            if shown.property("banner") in ("info", "success"):
                shown.dismiss()

    def banners(self) -> list[Banner]:
        """The messages on screen, newest first."""
        self._banners = [made for made in self._banners if not made.closed]
        return list(self._banners)


def _kind_word(kind: str) -> str:
    return {
        "error": tr("Error"),
        "warning": tr("Warning"),
        "info": tr("Note"),
        "success": tr("Done"),
    }[kind]
