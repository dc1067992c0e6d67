"""The style images: one or several, mixed by their shares, each where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog

from tlstudio.domain.styling import MOST_SOURCES
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.style.picked import Area, Intake, Picked, StyleChoice
from tlstudio.ui.pages.style.slots import DropFrame
from tlstudio.ui.pages.style.style_row import StyleRow
from tlstudio.ui.widgets.basics import button, clear, column, disable, label, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.style_parts import LabelPlace
    from tlstudio.ui.context import Context


class StyleList(DropFrame):
    """`changed` after each edit; `project_wanted` to pick images of the project;
    `paint_wanted(place)` to paint where the style at that place goes."""

    changed = Signal()
    project_wanted = Signal()
    paint_wanted = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__("style_styles", tr("Style images: drop pictures here"))
        self._context = context
        self._rows: list[StyleRow] = []
        self._made = 0
        self._content: Picked | None = None
        self._labels: Sequence[LabelPlace] = ()
        self.intake = Intake(context, self)
        self._hint = label(tr("Drop pictures whose look you want here"), "dim", wrap=True)
        self._list = column(gap=8)
        self._add = button(tr("Add a style…"), "style_add", icon="plus")
        self._add.setMenu(
            self.intake.menu(
                tr("Style images"), "style_add", self.take, self.project_wanted.emit, many=True
            )
        )
        self.files.connect(lambda paths: self.take([Picked(path) for path in paths]))
        inside = column(self._hint, self._list, row(self._add, None))
        inside.setContentsMargins(8, 8, 8, 8)
        self.setLayout(inside)
        self._show()

    def choices(self) -> tuple[StyleChoice, ...]:
        """The styles as they are set, in their order."""
        return tuple(row.choice for row in self._rows)

    def set_choices(self, choices: Sequence[StyleChoice]) -> None:
        """Show these in place of all others."""
        clear(self._list)
        self._rows = []
        for choice in choices[:MOST_SOURCES]:
            self._append(choice)
        self._told()

    def take(self, picked: list[Picked]) -> None:
        """Add these pictures, as many as there is room for."""
        room = MOST_SOURCES - len(self._rows)
        for each in picked[:room]:
            self._append(StyleChoice(each))
        if len(picked) > room:
            most = MOST_SOURCES
            self._context.show_message(tr("At most {most} styles can be mixed.", most=most))
        self._told()

    def set_content(self, content: Picked | None, labels: Sequence[LabelPlace]) -> None:
        """The content that regions are for, and the labels whose shapes lie on it. Regions made
        for another content are let go of."""
        other = self._content is not None and content != self._content
        self._content, self._labels = content, labels
        for each in self._rows:
            if other and each.choice.area is not None:
                each.set_area(None)
            each.offer_labels(labels, painting=content is not None)

    def set_area(self, place: int, area: Area | None) -> None:
        """Where the style at a place of the list goes."""
        if 0 <= place < len(self._rows):
            self._rows[place].set_area(area)

    def _append(self, choice: StyleChoice) -> None:
        made = StyleRow(self._context, choice, f"style_{self._made}")
        self._made += 1
        made.changed.connect(self._told)
        made.removed.connect(lambda: self._remove(made))
        made.paint_wanted.connect(lambda: self.paint_wanted.emit(self._rows.index(made)))
        made.file_wanted.connect(lambda: self._ask_region(made))
        made.label_wanted.connect(lambda label, name: self._region_of(made, label, name))
        made.offer_labels(self._labels, painting=self._content is not None)
        self._rows.append(made)
        self._list.addWidget(made)

    def _remove(self, made: StyleRow) -> None:
        self._rows.remove(made)
        self._list.removeWidget(made)
        made.hide()
        made.deleteLater()
        self._told()
        self._add.setFocus()

    def _ask_region(self, made: StyleRow) -> None:
        says = tr("Grey picture: the style goes where it is white")
        file = QFileDialog.getOpenFileName(self, says, "", tr("All files (*)"))[0]
        if file:
            made.set_area(Area(Path(file), Path(file).name))

    def _region_of(self, made: StyleRow, label_id: int, name: str) -> None:
        if self._content is not None and self._content.image is not None:
            self._context.ops.run(
                _label_region,
                self._context.project,
                self._content.image,
                label_id,
                on_done=lambda path: made.set_area(Area(path, tr("At {label}", label=name))),
                owner=made,
                lane=Lane.LONG,
            )

    def _told(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        total = sum(row.choice.share for row in self._rows) or 1.0
        for each in self._rows:
            each.show_share(each.choice.share / total, alone=len(self._rows) == 1)
        self._hint.setVisible(not self._rows)
        full = len(self._rows) >= MOST_SOURCES
        most = tr("At most {most} styles can be mixed.", most=MOST_SOURCES)
        disable(self._add, most if full else "")


def _label_region(project: object, image: int, label_id: int) -> Path:
    """On a thread: where the label lies, as a file."""
    region = service("style_parts", "region_of_labels")(project, image, [label_id])
    found: Path = service("style_parts", "keep_region")(project, region)
    return found
