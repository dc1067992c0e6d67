"""The keys: which set, which key gives which command, and changing any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from tlstudio.ui.commands import COMMANDS
from tlstudio.ui.key_names import shown
from tlstudio.ui.keymap import BY_ID, PRESETS, keymap, preset_title
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.settings.key_editor import KeyEditor
from tlstudio.ui.pages.settings.key_list import KeyList
from tlstudio.ui.widgets.basics import Segments, button, column, disable, field, label, row
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class KeysSection(QWidget):
    """A set of keys to choose, every command in a list, and an editor for the chosen one."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("keysSection")
        self._context = context
        sets = [(name, preset_title(name)) for name in PRESETS]
        self._sets = Segments("keysSet", tr("Set of keys"), sets, self._use)
        self.find = field("keysFind", tr("Find a command or a key"),
                          hint=tr("Find a command or a key"))  # fmt: skip
        self.find.setClearButtonEnabled(True)
        self.find.setFixedWidth(260)
        self.find.textChanged.connect(lambda _text: self._filter())
        self.table = KeyList()
        self.table.chosen.connect(self._choose)
        self.editor = KeyEditor()
        self.editor.changed.connect(self._changed)
        self.editor.closed.connect(self.table.setFocus)
        self.table.wanted.connect(self.editor.record)
        self.table.removed.connect(self.editor.remove_last)
        self._found = label(role="dim", name="keysFound")
        self._clash = label(role="warning", name="keysConflicts", wrap=True)
        self._all = button(tr("Reset all"), "keysResetAll", self._reset_all, icon="undo")
        self.setLayout(
            column(
                row(label(tr("Set of keys"), "dim"), self._sets, None, self._all),
                row(self.find, self._found, None),
                self._clash,
                self.table,
                self.editor,
                gap=8,
            )
        )
        keymap().changed.connect(self.refresh)
        self.refresh()
        self.table.selectRow(0)

    def refresh(self) -> None:
        """Show the keys in force."""
        self._sets.set_value(keymap().preset)
        self.table.fill()
        self._filter()
        found = keymap().conflicts()
        self._clash.setText(
            "\n".join(
                tr("{key} stands for two commands: {one} and {other}.", key=shown(each.key),
                   one=tr(each.first.title), other=tr(each.second.title))
                for each in found
            )
        )  # fmt: skip
        self._clash.setVisible(bool(found))
        own = any(keymap().is_own(made.id) for made in COMMANDS)
        disable(self._all, "" if own else tr("All keys are those of the set."))
        self.editor.refresh()

    def _filter(self) -> None:
        left = self.table.show_matching(self.find.text())
        self._found.setText(count(left, "1 command", "{n} commands"))

    def _choose(self, command: str) -> None:
        self.editor.show_command(BY_ID[command])

    # -- changing -------------------------------------------------------------------------

    def _changed(self) -> None:
        self._context.ops.run(
            service("projects", "set_setting"),
            "keys",
            keymap().stored(),
            lane=Lane.WRITE,
            owner=self,
        )

    def _use(self, name: str) -> None:
        self._put_aside(lambda: keymap().use(name))

    def _reset_all(self) -> None:
        self._put_aside(keymap().reset_all)

    def _put_aside(self, act) -> None:  # type: ignore[no-untyped-def]
        """Change all keys at once; what the person had changed can be taken back."""
        before = keymap().stored()
        act()
        self._changed()
        if before["overrides"]:
            text = tr("Your own keys were put aside.")
            self._context.show_message(text, "info", (tr("Take them back"), self._taker(before)))

    def _taker(self, before: dict[str, object]):  # type: ignore[no-untyped-def]
        def take_back() -> None:
            keymap().load(before)
            self._changed()

        return take_back
