"""Which key gives which command: a preset, and what the person changed of it.

A page asks in its keyPressEvent and acts on ids, never on keys::

    wanted = keymap().command("label", event, now={"selected"})

Tooltips take `keymap().text(id)` and are made anew on `keymap().changed`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)

from tlstudio.ui.commands import CHOOSING, COMMANDS, DIGITS, DRAWING, Command
from tlstudio.ui.key_names import canonical, is_bare, pressed, shown
from tlstudio.ui.places import resources

PRESETS = ("ours", "labelme", "cvat")
_CONTROLS = (QAbstractButton, QAbstractSlider, QComboBox)
_FIELDS = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two commands that want the same key where both could be meant."""

    key: str
    first: Command
    second: Command


class Keymap(QObject):
    """The keys in force. `changed` is sent after any of them changed."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.preset = PRESETS[0]
        self._own: dict[str, tuple[str, ...]] = {}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._table: dict[tuple[str, str], list[Command]] = {}
        self._fill()

    # -- asking ---------------------------------------------------------------------------

    def command(
        self, scope: str, event: QKeyEvent, now: Collection[str] | None = None
    ) -> str | None:
        """The id of the command that this key gives on the page `scope`, else everywhere.

        `now` holds the states the page is in (drawing, suggestion, selected): commands of other
        states are passed over. Without it every state counts, and the most special command comes
        first. While something is drawn, the selection is out of reach of the keys. Bare keys give
        nothing while a text field has the focus.
        """
        found = self.commands(scope, event)
        if now is not None:
            now = {*now} & {DRAWING, CHOOSING} if DRAWING in now else now
            found = [made for made in found if not made.when or made.when in now]
        return found[0].id if found else None

    def commands(self, scope: str, event: QKeyEvent) -> list[Command]:
        """All commands that this key may mean on the page, the most special first."""
        names = pressed(event)
        if typing():
            names = tuple(name for name in names if not is_bare(name))
        for name in names:
            found = [*self._table.get((scope, name), ())]
            if scope != "everywhere":
                found += self._table.get(("everywhere", name), ())
            if found:
                return found
        return []

    def keys(self, command: str) -> tuple[str, ...]:
        """The keys of a command in force, the one to show first at the front."""
        return self._keys.get(command, ())

    def text(self, command: str) -> str:
        """The keys of a command for a tooltip: "R, W"; empty where it has none."""
        return ", ".join(shown(key) for key in self.keys(command))

    def preset_keys(self, command: str) -> tuple[str, ...]:
        """The keys the preset in force gives the command."""
        return preset(self.preset).get(command, ())

    def is_own(self, command: str) -> bool:
        """Whether the person changed the keys of this command."""
        return command in self._own

    def conflicts(self, scope: str = "") -> list[Conflict]:
        """Commands that are in each other's way, of one scope or of all."""
        found = []
        for (_scope, key), made in self._table.items():
            others = [*made]
            if _scope != "everywhere":
                others += self._table.get(("everywhere", key), ())
            found += [
                Conflict(key, one, other)
                for place, one in enumerate(made)
                for other in others[place + 1 :]
                if not together(one, other)
            ]
        return [each for each in found if scope in ("", each.first.scope, each.second.scope)]

    def taken(self, command: str, key: str) -> list[Command]:
        """The commands that would be in the way if `command` got `key`."""
        mine = BY_ID[command]
        return [
            made
            for made in COMMANDS
            if key in self.keys(made.id)
            and made.id != command
            and _meet(mine, made)
            and not together(mine, made)
        ]

    # -- changing -------------------------------------------------------------------------

    def use(self, name: str) -> None:
        """Take a preset; what the person changed is forgotten."""
        self.preset = name if name in PRESETS else PRESETS[0]
        self._own = {}
        self._fill()
        self.changed.emit()

    def set_keys(self, command: str, keys: Sequence[str]) -> None:
        """Give a command these keys in place of those it has; none is fine."""
        self._put(command, filter(None, map(canonical, keys)))
        self.changed.emit()

    def move_key(self, command: str, key: str) -> None:
        """Give `key` to a command and take it from every other that is in the way."""
        self._take(command, key)
        self.set_keys(command, [*self.keys(command), key])

    def reset(self, command: str) -> None:
        """Give a command the preset's keys again, also where another has taken one of them."""
        for key in self.preset_keys(command):
            self._take(command, key)
        self._put(command, self.preset_keys(command))
        self.changed.emit()

    def reset_all(self) -> None:
        """Forget all that the person changed."""
        self.use(self.preset)

    # -- keeping --------------------------------------------------------------------------

    def stored(self) -> dict[str, object]:
        """What to keep in settings under "keys"."""
        return {"preset": self.preset, "overrides": {k: list(v) for k, v in self._own.items()}}

    def load(self, data: object) -> None:
        """Take what `stored` gave; what this program does not know is passed over."""
        table = data if isinstance(data, Mapping) else {}
        name, own = table.get("preset"), table.get("overrides")
        self.preset = name if name in PRESETS else PRESETS[0]
        self._own = {}
        for command, keys in own.items() if isinstance(own, Mapping) else ():
            if command in BY_ID and isinstance(keys, list):
                names = [canonical(key) for key in keys if isinstance(key, str)]
                self._own[command] = tuple(filter(None, names))
        self._fill()
        self.changed.emit()

    def _take(self, command: str, key: str) -> None:
        for other in self.taken(command, key):
            self._put(other.id, [each for each in self.keys(other.id) if each != key])

    def _put(self, command: str, keys: Iterable[str]) -> None:
        wanted = tuple(dict.fromkeys(keys))
        self._own.pop(command, None)
        if wanted != self.preset_keys(command):
            self._own[command] = wanted
        self._fill()

    def _fill(self) -> None:
        self._keys = {**preset(self.preset), **self._own}
        self._table = {}
        for made in COMMANDS:
            for key in self._keys.get(made.id, ()):
                self._table.setdefault((made.scope, key), []).append(made)


@cache
def preset(name: str) -> Mapping[str, tuple[str, ...]]:
    """The keys of a preset by command; what it leaves open is as in ours."""
    with (resources() / "keymaps" / f"{name}.toml").open("rb") as file:
        table = tomllib.load(file)["keys"]
    found = {} if name == PRESETS[0] else dict(preset(PRESETS[0]))
    for command, keys in table.items():
        if command.endswith(".*"):
            for n in DIGITS:
                found[f"{command[:-1]}{n}"] = tuple(key.replace("*", str(n)) for key in keys)
        else:
            found[command] = tuple(keys)
    return found


def preset_title(name: str) -> str:
    """What a preset is called: the program whose keys it has."""
    with (resources() / "keymaps" / f"{name}.toml").open("rb") as file:
        return str(tomllib.load(file)["title"])


def typing() -> bool:
    """Whether a text field has the focus, so that letters and digits are text."""
    return is_field(QApplication.focusWidget())


def is_field(at: QObject | None) -> bool:
    """Whether `at` is a field that takes text."""
    if isinstance(at, QLineEdit | QPlainTextEdit | QTextEdit):
        return not at.isReadOnly()
    return isinstance(at, _FIELDS) or (isinstance(at, QComboBox) and at.isEditable())


def leaves_control(event: QKeyEvent) -> bool:
    """Whether this is Esc on a button, a slider or a choice: the way back to the page's keys."""
    at = QApplication.focusWidget()
    return isinstance(at, _CONTROLS) and not is_field(at) and pressed(event) == ("Esc",)


def together(one: Command, other: Command) -> bool:
    """Whether two commands share their keys by design."""
    return other.id in one.before or one.id in other.before


def _meet(one: Command, other: Command) -> bool:
    return one.scope == other.scope or "everywhere" in (one.scope, other.scope)


BY_ID: Mapping[str, Command] = {made.id: made for made in COMMANDS}
_KEYMAP: Keymap | None = None


def keymap() -> Keymap:
    """The program's one keymap."""
    global _KEYMAP
    if _KEYMAP is None:
        _KEYMAP = Keymap()
    return _KEYMAP
