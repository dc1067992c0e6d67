"""The middle of the page: the picture before and after, or what is done to it in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QStackedWidget, QToolButton, QWidget

from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.style.picked import Picked, look_image
from tlstudio.ui.widgets.basics import column, disable, named, row, tool
from tlstudio.ui.widgets.before_after import BeforeAfter
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.widgets.empty import EmptyState
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_BEFORE, _AFTER = 2048, 4096
_ZOOM = 1.4


class Stage(QWidget):
    """Shows one picture and what was made of it. `over(widget)` lays something in its place."""

    def __init__(self, context: Context, empty: EmptyState) -> None:
        super().__init__()
        self.setObjectName("style_stage")
        self._context = context
        self._of: Picked | None = None
        self._generation = 0
        self.compare = BeforeAfter("style_compare", tr("The picture before and after"))
        self._title = Elided("style_stage_title", "heading")
        self._name = self._note = ""
        compare = self.compare
        self._tools = [
            tool("fit", "style_fit", tr("Fit the picture"), compare.fit, keys="0"),
            _text_tool("1:1", "style_actual", tr("Actual size"), compare.actual_size, "1"),
            _text_tool("−", "style_zoom_out", tr("Zoom out"), lambda: compare.zoom(1 / _ZOOM), "−"),
            _text_tool("+", "style_zoom_in", tr("Zoom in"), lambda: compare.zoom(_ZOOM), "+"),
        ]
        head = row(self._title, *self._tools, gap=4)
        head.setStretch(0, 1)
        head.setContentsMargins(12, 8, 12, 8)
        self._browse = QWidget()
        inside = column(head, self.compare, gap=0)
        inside.setStretch(1, 1)
        self._browse.setLayout(inside)
        self._stack = named(QStackedWidget(), "style_stage_stack", tr("Picture"))
        self._empty = empty
        self._stack.addWidget(empty)
        self._stack.addWidget(self._browse)
        self.setLayout(column(self._stack, gap=0))
        self._show_tools()

    @property
    def before(self) -> tuple[QImage, tuple[int, int]] | None:
        """The picture before as it is shown, and its true size; None until it was read."""
        picture = self.compare.before
        view = self.compare.view
        return None if picture is None else (picture, (view.width, view.height))

    def show_picture(self, picked: Picked | None, title: str = "") -> None:
        """The picture before; another one lets go of that after."""
        if picked is None:
            self._of = None
            self.compare.show_before(None)
            self.show_after(None)
            self.back()
            return
        self._name = title or picked.shown
        self.say("")
        known, self._of = picked == self._of, picked
        focus = QApplication.focusWidget()
        left = focus is None or self._empty.isAncestorOf(focus)
        self.back()
        if left:  # what had the focus is gone
            self.take_focus()
        if known:
            return
        self._generation += 1
        self.show_after(None)
        self.compare.show_before(None)
        self._context.ops.run(
            look_image, picked.path, picked.frame, _BEFORE,
            on_done=self._seen, on_error=self._unseen, lane=Lane.PICTURE, key="style.before",
        )  # fmt: skip

    def show_file(self, file: Path, note: str = "", *, small: bool = False) -> None:
        """The picture after, from a file; `small` for a preview, which may be gone soon."""
        generation = self._generation
        self._context.ops.run(
            _preview if small else look_image,
            file,
            0,
            _AFTER,
            on_done=lambda found: self._made(found[0], note, generation),
            on_error=(lambda _error: None) if small else self._context.show_error,
            owner=self,
            lane=Lane.PICTURE,
            key="style.after",
        )

    def show_after(self, picture: QImage | None, note: str = "") -> None:
        """The picture after; None shows that before alone, whatever is still being read."""
        if picture is None:
            self._generation += 1
        self.compare.show_after(picture)
        self.say(note)
        self._show_tools()

    def say(self, note: str) -> None:
        """A word on what is shown, after its name."""
        self._note = note
        self._title.say(f"{self._name} · {note}" if note else self._name)

    def over(self, widget: QWidget) -> None:
        """Lay `widget` in the picture's place until `back`."""
        if self._stack.indexOf(widget) < 0:
            self._stack.addWidget(widget)
        self._stack.setCurrentWidget(widget)

    def covered_by(self, widget: QWidget) -> bool:
        """Whether `widget` lies in the picture's place."""
        return self._stack.currentWidget() is widget

    def back(self) -> None:
        """Show the picture again, or what comes first where there is none."""
        self._stack.setCurrentWidget(self._browse if self._of is not None else self._empty)

    def take_focus(self) -> None:
        self.compare.setFocus(Qt.FocusReason.OtherFocusReason)

    def _seen(self, found: tuple[QImage, tuple[int, int]]) -> None:
        self.compare.show_before(*found)
        self._show_tools()

    def _unseen(self, error: BaseException) -> None:
        self.say(say_error(error))

    def _made(self, picture: QImage, note: str, generation: int) -> None:
        if generation == self._generation:
            self.show_after(picture, note)

    def _show_tools(self) -> None:
        nothing = tr("There is no picture yet") if self.compare.before is None else ""
        for each in self._tools:
            disable(each, nothing)


def _text_tool(
    text: str, name: str, says: str, act: Callable[[], object], keys: str
) -> QToolButton:
    made = named(QToolButton(), name, says, f"{says} ({keys})")
    made.setText(text)
    made.clicked.connect(lambda: act())
    return made


def _preview(file: Path, _frame: int, _side: int) -> tuple[QImage, tuple[int, int]]:
    """On a thread: a preview as the worker wrote it."""
    picture = QImage(str(file))
    if picture.isNull():
        raise OSError(f"no picture: {file}")
    return picture, (picture.width(), picture.height())
