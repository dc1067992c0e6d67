"""A titled part of the panel at the right that folds away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from tlstudio.ui.icons import set_icon
from tlstudio.ui.widgets.basics import button, column, label, row
from tlstudio.ui.words import tr


class Section(QWidget):
    """`head` is the title with the arrow; `folded` is sent with whether the body is open after a
    click on it.
    """

    folded = Signal(bool)

    def __init__(self, name: str, title: str, body: QWidget, *, is_open: bool) -> None:
        super().__init__()
        self.setObjectName(f"{name}Section")
        self._title = title
        self.body = body
        self.head = button(title, f"{name}Fold", role="row")
        self.head.setProperty("tight", True)
        self.head.setCheckable(False)
        self.head.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.head.clicked.connect(self._toggle)
        self._summary = label(role="dim", name=f"{name}Summary")
        head = row(self.head, self._summary, gap=8)
        head.setStretch(0, 1)
        head.setContentsMargins(4, 2, 16, 2)
        self.setLayout(column(head, body, gap=0))
        self.set_open(is_open)

    @property
    def is_open(self) -> bool:
        return not self.body.isHidden()

    def set_open(self, on: bool) -> None:
        self.body.setVisible(on)
        set_icon(self.head, "chevron-down" if on else "chevron-right", "dim", side=14)
        words = tr("{what}, open", what=self._title) if on else tr("{what}, folded",
                                                                   what=self._title)  # fmt: skip
        self.head.setAccessibleName(words)
        wanted = QSizePolicy.Policy.Preferred if on else QSizePolicy.Policy.Fixed
        self.setSizePolicy(QSizePolicy.Policy.Preferred, wanted)

    def set_summary(self, text: str) -> None:
        """A few words at the right of the title, read also while it is folded."""
        self._summary.setText(text)
        self._summary.setVisible(bool(text))

    def focus_head(self) -> None:
        self.head.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _toggle(self) -> None:
        self.set_open(not self.is_open)
        self.folded.emit(self.is_open)
