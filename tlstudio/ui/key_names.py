"""Names of keys, such as Ctrl+Shift+D, on any keyboard layout as far as Qt tells.

Letters that are not Latin (Cyrillic, Greek, Hebrew) and the row of digits are known by where they
are on the keyboard; signs by what they are, however they are typed.
"""

from __future__ import annotations

import sys
from functools import lru_cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

_HELD = (
    (Qt.KeyboardModifier.ControlModifier, "Ctrl"),
    (Qt.KeyboardModifier.AltModifier, "Alt"),
    (Qt.KeyboardModifier.ShiftModifier, "Shift"),
    (Qt.KeyboardModifier.MetaModifier, "Meta"),
)
_ALONE = frozenset(int(key) for key in (
    Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr,
    Qt.Key.Key_CapsLock, Qt.Key.Key_NumLock, Qt.Key.Key_ScrollLock, Qt.Key.Key_unknown,
    Qt.Key.Key_Mode_switch, Qt.Key.Key_Multi_key, Qt.Key.Key_Super_L, Qt.Key.Key_Super_R,
))  # fmt: skip
_SAME = {"Return": "Enter", "Backtab": "Tab"}
_ROWS = ("1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
# First code of each of these rows: X11 and Wayland count from 8, Windows counts as the PC did.
_LINUX = (10, 24, 38, 52)
_WINDOWS = (2, 16, 30, 44)
# macOS says the place as the virtual key; its order has grown.
_MAC = {
    18: "1", 19: "2", 20: "3", 21: "4", 23: "5", 22: "6", 26: "7", 28: "8", 25: "9", 29: "0",
    12: "Q", 13: "W", 14: "E", 15: "R", 17: "T", 16: "Y", 32: "U", 34: "I", 31: "O", 35: "P",
    0: "A", 1: "S", 2: "D", 3: "F", 5: "G", 4: "H", 38: "J", 40: "K", 37: "L",
    6: "Z", 7: "X", 8: "C", 9: "V", 11: "B", 45: "N", 46: "M",
}  # fmt: skip
# Signs that are typed with AltGr on the row of digits: they are meant, not the digit.
_BY_ALTGR = frozenset("[]{}\\|@#~^`€")


def digit(event: QKeyEvent) -> int | None:
    """The digit of a key, also with Shift held or where the row types other signs first."""
    key = event.key()
    if Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
        return int(key) - int(Qt.Key.Key_0)
    shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    if not shifted and (_is_altgr(event) or _name(int(key)) in _BY_ALTGR):
        return None
    place = _place(event)
    return int(place) if place.isdigit() else None


def pressed(event: QKeyEvent) -> tuple[str, ...]:
    """What the key may be called, the best name first; empty for Shift and the like alone."""
    if int(event.key()) in _ALONE:
        return ()
    held = [name for flag, name in _HELD if event.modifiers() & flag]
    name = _name(int(event.key()))
    names: list[str] = []
    number = digit(event)
    if number is not None:
        names.append(_join(held, str(number)))
    if _is_sign(name):
        if _is_altgr(event):
            names.append(name)
        # Shift may be how this layout types the sign.
        names.append(_join([each for each in held if each != "Shift"], name))
        names.append(_join(held, name))
    elif len(name) == 1 and not name.isascii():
        place = _place(event)
        if place:
            names.append(_join(held, place))
        names.append(_join(held, name))
    elif name and number is None:
        names.append(_join(held, name))
    return tuple(dict.fromkeys(names))


@lru_cache(maxsize=1024)
def canonical(text: str) -> str:
    """`text` ("ctrl+shift+d", "Return") as this module writes it; empty where it is no key."""
    sequence = QKeySequence.fromString(text, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1:
        return ""
    one = sequence[0]
    name = _name(int(one.key()))
    held = [word for flag, word in _HELD if one.keyboardModifiers() & flag]
    return _join(held, name) if name and int(one.key()) not in _ALONE else ""


def sequences(name: str) -> list[QKeySequence]:
    """What Qt knows the key as: Enter stands for both keys of that name."""
    made = [QKeySequence(name)]
    if name.endswith("Enter"):
        made.append(QKeySequence(name.removesuffix("Enter") + "Return"))
    return made


def is_bare(name: str) -> bool:
    """Whether the key types or moves in a text field: neither Ctrl, Alt nor a function key."""
    parts = name.split("+")
    function = parts[-1][:1] == "F" and parts[-1][1:].isdigit()
    return not function and not {"Ctrl", "Alt", "Meta"} & set(parts[:-1])


def shown(name: str) -> str:
    """The key as people of this system write it."""
    if sys.platform == "darwin":
        return sequences(name)[-1].toString(QKeySequence.SequenceFormat.NativeText)
    return name


@lru_cache(maxsize=512)
def _name(key: int) -> str:
    try:
        text = QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
    except (TypeError, ValueError, OverflowError):
        return ""
    return _SAME.get(text, text)


def _join(held: list[str], name: str) -> str:
    return "+".join((*held, name))


def _is_sign(name: str) -> bool:
    return len(name) == 1 and not name.isalnum()


def _is_altgr(event: QKeyEvent) -> bool:
    """Windows says Ctrl and Alt for AltGr; the text shows that a sign was typed."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    return event.modifiers() & both == both and event.text().isprintable() and bool(event.text())


def _place(event: QKeyEvent) -> str:
    """The Latin letter or digit where the key is on the keyboard; empty elsewhere."""
    if sys.platform == "darwin":
        return _MAC.get(event.nativeVirtualKey(), "")
    code = event.nativeScanCode()
    for first, row in zip(_WINDOWS if sys.platform == "win32" else _LINUX, _ROWS, strict=True):
        if first <= code < first + len(row):
            return row[code - first]
    return ""
