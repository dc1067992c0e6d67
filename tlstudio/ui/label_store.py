"""The labels of the open project and their use, kept current for painting and menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from tlstudio.domain.changes import Changes
from tlstudio.domain.labels import Label
from tlstudio.ui.lazy import service

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class LabelStore(QObject):
    """`changed` is sent when labels or their counts are other than before."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._labels: dict[int, Label] = {}
        self._usage: dict[int, int] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(60)
        self._timer.timeout.connect(self.reload)
        context.changes.changed.connect(self._touched)

    def all(self) -> list[Label]:
        """In the order of the keys 1 to 9."""
        return list(self._labels.values())

    def get(self, label_id: int) -> Label | None:
        return self._labels.get(label_id)

    def used(self, label_id: int) -> int:
        """How many annotations carry the label."""
        return self._usage.get(label_id, 0)

    def clear(self) -> None:
        self._labels, self._usage = {}, {}
        self.changed.emit()

    def reload(self) -> None:
        if self._context.project is not None:
            self._context.ops.run(
                _read, self._context.project, on_done=self._show, key="label_store"
            )

    def _touched(self, changes: Changes) -> None:
        touched = changes.everything or changes.labels or changes.images
        if touched and not self._timer.isActive():  # so that edit after edit cannot put it off
            self._timer.start()

    def _show(self, answer: tuple[list[Label], dict[int, int]]) -> None:
        labels, usage = answer
        fresh = {made.id: made for made in sorted(labels, key=lambda a: (a.position, a.id))}
        if (fresh, usage) != (self._labels, self._usage) or list(fresh) != list(self._labels):
            self._labels, self._usage = fresh, usage
            self.changed.emit()


def _read(project: object) -> tuple[list[Label], dict[int, int]]:
    return (
        service("labelling", "list_labels")(project),
        service("labelling", "label_usage")(project),
    )
