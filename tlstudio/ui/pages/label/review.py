"""The review of the image: its state, comments, who is to look at it, what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QPlainTextEdit, QWidget

from tlstudio.domain.images import ImageState
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.look import state_word
from tlstudio.ui.pages.label.history import HistoryList
from tlstudio.ui.pages.label.shape_facts import when
from tlstudio.ui.widgets.basics import box, button, clear, column, disable, label, named, row
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.review import Comment
    from tlstudio.ui.context import Context

_TALL = 56
_MOST_COMMENTS = 50


class ReviewSection(QWidget):
    """`state_wanted(state, comment)`, `comment_wanted(text)`, `person_wanted(name)`: "" nobody."""

    state_wanted = Signal(str, str)
    comment_wanted = Signal(str)
    person_wanted = Signal(str)
    done = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("reviewSectionBody")
        self._context = context
        self._project = context.project
        self._state: str | None = None
        self._assignee = ""
        self._image: int | None = None
        self._unsent: dict[int, str] = {}
        flow = FlowLayout(gap=4)
        self._states = {}
        for state in ImageState:
            made = button(state_word(state).capitalize(), f"review_{state.value}", role="chip",
                          says=tr("State: {state}", state=state_word(state)))  # fmt: skip
            made.setCheckable(True)
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            made.clicked.connect(lambda _on=False, s=state.value: self._state_clicked(s))
            self._states[state.value] = made
            flow.addWidget(made)
        self.comment = _Comment()
        self.comment.finished.connect(self._comment_entered)
        self.comment.textChanged.connect(self._show_send)
        self._why = label(
            tr("Write what is disputed, then click Disputed again."), "warning", wrap=True
        )
        self._why.hide()
        self._send = button(tr("Add comment"), "addComment", self._comment_entered)
        self._comments = column(gap=6)
        self._person = named(QComboBox(), "assignee", tr("Assigned to"))
        self._person.setEditable(True)
        self._person.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._person.lineEdit().setPlaceholderText(tr("nobody"))
        self._person.lineEdit().setAccessibleName(tr("Assigned to"))
        self._person.lineEdit().editingFinished.connect(self._person_entered)
        self._person.activated.connect(lambda _index: self._person_entered())
        self.history = HistoryList(context)
        person = row(label(tr("Assigned to"), "dim"), self._person)
        person.setStretch(1, 1)
        body = column(
            box(flow), self._why, self.comment, row(None, self._send), self._comments, person,
            self.history, gap=6,
        )  # fmt: skip
        body.setContentsMargins(12, 4, 12, 8)
        self.setLayout(body)
        self._show_send()

    # -- showing --------------------------------------------------------------------------

    def show_image(
        self, state: ImageState | None, comments: Sequence[Comment], assignee: str | None
    ) -> None:
        """What the store says of the image; None: there is no image."""
        self._state = state.value if state is not None else None
        for value, made in self._states.items():
            made.setChecked(value == self._state)
        self._why.hide()
        clear(self._comments)
        for each in list(comments)[-_MOST_COMMENTS:][::-1]:
            self._comments.addWidget(_comment(each))
        self._assignee = assignee or ""
        if not self._person.lineEdit().hasFocus():
            self._person.setEditText(self._assignee)
        reason = self._context.locked_reason()
        for made in (*self._states.values(), self.comment, self._person):
            disable(made, reason)
        self._show_send()
        self._read_people()

    def new_image(self, image: int) -> None:
        """This image is shown: what is being written stays with the one before, if any."""
        if image == self._image:
            return
        if self._image is not None:
            self._unsent[self._image] = self.comment.toPlainText()
        self._image = image
        self.comment.setPlainText(self._unsent.pop(image, ""))

    def settle(self) -> None:
        """Another image is asked for: a person being typed is meant for the one shown."""
        if self._person.lineEdit().hasFocus():
            self.done.emit()  # to the canvas; leaving the field enters what is in it

    def give_back(self, image: int, text: str) -> None:
        """What was written for this image could not be stored: it is there to be sent again."""
        if image != self._image:
            self._unsent.setdefault(image, text)
        elif not self.comment.toPlainText():
            self.comment.setPlainText(text)

    def _read_people(self) -> None:
        self._context.ops.run(
            service("reviewing", "people"),
            self._project,
            on_done=self._show_people,
            key="label.people",
        )

    def _show_people(self, names: Sequence[str]) -> None:
        if self._person.lineEdit().hasFocus():
            return
        self._person.blockSignals(True)
        self._person.clear()
        self._person.addItems(list(names))
        self._person.setEditText(self._assignee)
        self._person.blockSignals(False)

    def _show_send(self) -> None:
        disable(
            self._send, "" if self.comment.toPlainText().strip() else tr("Write something first.")
        )

    # -- what the person does -------------------------------------------------------------

    def start_dispute(self) -> None:
        """Disputed, with what has been written; else ask for it first."""
        text = self.comment.toPlainText().strip()
        if text:
            self.state_wanted.emit(ImageState.DISPUTED.value, text)
            self.comment.clear()
            self.done.emit()
        else:
            self._why.show()
            self.comment.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_comment(self) -> None:
        self.comment.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _state_clicked(self, state: str) -> None:
        for value, made in self._states.items():  # what holds is what the store says
            made.setChecked(value == self._state)
        if state == self._state:
            return
        if state == ImageState.DISPUTED.value:
            self.start_dispute()
            return
        text = self.comment.toPlainText().strip()
        self.comment.clear()
        self.state_wanted.emit(state, text)
        self.done.emit()

    def _comment_entered(self) -> None:
        text = self.comment.toPlainText().strip()
        if not text:
            return
        if not self._why.isHidden():
            self.start_dispute()
            return
        self.comment.clear()
        self.comment_wanted.emit(text)
        self.done.emit()

    def _person_entered(self) -> None:
        name = self._person.currentText().strip()
        if name != self._assignee:
            self._assignee = name
            self.person_wanted.emit(name)


class _Comment(QPlainTextEdit):
    """A few lines; Ctrl+Enter is done."""

    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "commentField", tr("Comment"), tr("Ctrl+Enter adds it"))
        self.setPlaceholderText(tr("Comment on this image"))
        self.setTabChangesFocus(True)
        self.setFixedHeight(_TALL)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.finished.emit()
            return
        super().keyPressEvent(event)


def _comment(each: Comment) -> QWidget:
    head = f"{each.author or tr('somebody')}, {when(each.at)}"
    if each.state is not None:
        head += f", {state_word(each.state)}"
    return box(column(label(head, "dim", wrap=True), label(each.text, wrap=True), gap=0))
