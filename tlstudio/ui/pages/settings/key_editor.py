"""The keys of one command: take one away, record another, settle whose a key is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from tlstudio.ui.commands import Command
from tlstudio.ui.key_names import shown
from tlstudio.ui.keymap import keymap
from tlstudio.ui.pages.settings.key_list import scope_word
from tlstudio.ui.pages.settings.key_recorder import KeyRecorder
from tlstudio.ui.widgets.basics import box, button, clear, column, disable, label, panel, row
from tlstudio.ui.words import tr


class KeyEditor(QWidget):
    """`changed` is sent after the keymap has changed; `closed` when the focus may go back."""

    changed = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("keysEditor")
        self._command: Command | None = None
        self._wanted = ""
        self._title = label(role="heading", name="keysCommand")
        self._page = label(role="dim", name="keysPage")
        self._chips = row(gap=4)
        self._add = button(tr("Add a key"), "keysAdd", self.record, icon="plus")
        self._reset = button(tr("As in the set"), "keysReset", self._as_in_set, icon="undo",
                             tip=tr("Give this command the keys of the set again"))  # fmt: skip
        self._recorder = KeyRecorder()
        self._recorder.recorded.connect(self._take)
        self._recorder.left.connect(self._stop)
        self._question = self._build_question()
        keys = row(box(self._chips), self._recorder, self._add, self._reset, None)
        self.setLayout(column(row(self._title, self._page, None), keys, self._question, gap=8))
        self._recorder.hide()

    def _build_question(self) -> QWidget:
        self._text = label(role="warning", name="keysQuestion", wrap=True)
        self._move = button(tr("Move it here"), "keysMove", self._do_move)
        self._keep = button(tr("Cancel"), "keysKeep", self._stop)
        made = panel(self._text, row(self._move, self._keep, None), margin=12)
        made.hide()
        return made

    def show_command(self, made: Command) -> None:
        """Offer this command; what was being recorded for another is dropped."""
        self._command = made
        self._end()
        self.refresh()

    def refresh(self) -> None:
        """Show the keys in force."""
        made = self._command
        if made is None:
            return
        self._title.setText(tr(made.title))
        self._page.setText(scope_word(made.scope))
        clear(self._chips)
        keys = keymap().keys(made.id)
        for place, key in enumerate(keys):
            chip = button(shown(key).replace("&", "&&"), f"keysRemove_{place}", role="chip",
                          icon="close", tip=tr("Take this key away"),
                          says=tr("Take {key} from {title}", key=shown(key),
                                  title=tr(made.title)))  # fmt: skip
            chip.clicked.connect(lambda _on=False, k=key: self._remove(k))
            self._chips.addWidget(chip)
        if not keys:
            self._chips.addWidget(label(tr("No key"), "dim"))
        own = keymap().is_own(made.id)
        disable(self._reset, "" if own else tr("It has the keys of the set."))

    # -- recording ------------------------------------------------------------------------

    def record(self) -> None:
        """Wait for a key and give it to the command."""
        if self._command is not None:
            self._question.hide()
            self._add.hide()
            self._recorder.show()
            self._recorder.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take(self, key: str) -> None:
        made = self._command
        if made is None:
            return
        others = keymap().taken(made.id, key)
        if not others:
            self._end()
            keymap().set_keys(made.id, [*keymap().keys(made.id), key])
            self.changed.emit()
            self.closed.emit()
            return
        self._wanted = key
        names = ", ".join(f"{tr(each.title)} ({scope_word(each.scope)})" for each in others)
        self._text.setText(tr("{key} is already the key of: {names}.", key=shown(key), names=names))
        self._end()
        self._question.show()
        self._keep.setFocus()

    def _do_move(self) -> None:
        if self._command is not None:
            keymap().move_key(self._command.id, self._wanted)
            self.changed.emit()
        self._stop()

    def _stop(self) -> None:
        """Leave the recorder or the question as if nothing had been pressed."""
        if self._recorder.isVisible() or self._question.isVisible():
            self._end()
            self.closed.emit()

    def _end(self) -> None:
        self._question.hide()
        self._recorder.blockSignals(True)
        self._recorder.hide()
        self._recorder.blockSignals(False)
        self._add.show()

    # -- taking away ----------------------------------------------------------------------

    def remove_last(self) -> None:
        """Take the last of the command's keys away."""
        if self._command is not None and keymap().keys(self._command.id):
            self._remove(keymap().keys(self._command.id)[-1])

    def _remove(self, key: str) -> None:
        if self._command is not None:
            left = [each for each in keymap().keys(self._command.id) if each != key]
            keymap().set_keys(self._command.id, left)
            self.changed.emit()

    def _as_in_set(self) -> None:
        if self._command is not None:
            keymap().reset(self._command.id)
            self.changed.emit()
            self.closed.emit()
