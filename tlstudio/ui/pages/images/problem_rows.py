"""Leaks and duplicates as rows that show their images when clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tlstudio.domain.images import Split
from tlstudio.domain.leaks import Leak, LeakKind
from tlstudio.ui.pages.images.look import split_word
from tlstudio.ui.widgets.basics import button, label, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.duplicates import DuplicateSet

Act = Callable[[], object]
_ROOM = 250


def leak_text(leak: Leak) -> str:
    """A leak in one line, without its splits."""
    n = len(leak.images)
    if leak.kind is LeakKind.GROUP:
        return tr("Group {name}, {n} images", name=leak.group, n=n)
    if leak.kind is LeakKind.IDENTICAL:
        return tr("{n} identical images", n=n)
    if leak.kind is LeakKind.CONTENT:
        return tr("{n} images, some made here from others", n=n)
    return tr("{n} near duplicates", n=n)


def blocking(leaks: Sequence[Leak]) -> tuple[list[Leak], list[Leak]]:
    """Those that block test figures, and those between train and val, which block figures on val
    alone; near duplicates are in neither."""
    found = [leak for leak in leaks if leak.blocks]
    return (
        [leak for leak in found if leak.touches(Split.TEST)],
        [leak for leak in found if not leak.touches(Split.TEST)],
    )


def splits_text(splits: Sequence[Split]) -> str:
    return ", ".join(split_word(split) for split in splits)


def set_text(found: DuplicateSet) -> str:
    """A set of duplicates in one line, without its splits."""
    return tr("{n}: {name}", n=len(found.images), name=found.names[0].rsplit("/", 1)[-1])


class ProblemRow(QWidget):
    """A line that can be clicked, with the splits concerned at its right."""

    def __init__(self, name: str, text: str, splits: Sequence[Split], act: Act) -> None:
        super().__init__()
        where = label(splits_text(splits), "dim")
        says = tr("Show {what}", what=text)
        shown = button("", name, act, role="row", tip=text, says=says)
        room = _ROOM - where.sizeHint().width()
        cut = shown.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        shown.setText(cut.replace("&", "&&"))
        inside = row(shown, where)
        inside.setStretch(0, 1)
        self.setLayout(inside)
