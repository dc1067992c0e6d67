"""What is known of the chosen shape: what it is, who made it and when, who changed it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tlstudio.domain.annotations import Annotation, Polygon
from tlstudio.ui.pages.label.shape_model import kind_word, size_word
from tlstudio.ui.widgets.basics import column, label
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


def when(stamp: str) -> str:
    """An ISO 8601 time in UTC as local time to the minute; empty where there is none."""
    try:
        moment = datetime.fromisoformat(stamp).astimezone()
    except ValueError:
        return ""
    return f"{moment:%Y-%m-%d %H:%M}"


class ShapeFacts(QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("shapeFacts")
        self._context = context
        self._text = label(role="dim", name="shapeFactsText", wrap=True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setLayout(column(self._text, gap=0))
        self.hide()

    def show_shapes(self, shapes: Sequence[Annotation]) -> None:
        """Facts of one shape, or how many are chosen."""
        self.setVisible(bool(shapes))
        if len(shapes) == 1:
            self._text.setText("\n".join(self._lines(shapes[0])))
        elif shapes:
            self._text.setText(count(len(shapes), "1 shape chosen", "{n} shapes chosen"))

    def _lines(self, shape: Annotation) -> list[str]:
        made = self._context.labels.get(shape.label)
        name = made.name if made is not None else "…"
        lines = [f"{name}, {kind_word(shape)}, {size_word(shape)} px"]
        if isinstance(shape, Polygon):
            points = sum(len(ring) for part in shape.parts for ring in part)
            holes = sum(len(part) - 1 for part in shape.parts)
            words = [count(points, "1 point", "{n} points")]
            if len(shape.parts) > 1:
                words.append(count(len(shape.parts), "1 part", "{n} parts"))
            if holes:
                words.append(count(holes, "1 hole", "{n} holes"))
            lines.append(", ".join(words))
        lines.append(self._origin(shape))
        changed = shape.provenance.updated_by
        made_at, changed_at = shape.provenance.created_at, shape.provenance.updated_at
        if changed_at and changed_at != made_at:
            lines.append(
                tr("Changed by {who}, {when}", who=changed, when=when(changed_at))
                if changed
                else tr("Changed {when}", when=when(changed_at))
            )
        return [text for text in lines if text]

    def _origin(self, shape: Annotation) -> str:
        made = shape.provenance
        at = when(made.created_at)
        sure = "" if made.confidence is None else tr(", confidence {n}", n=f"{made.confidence:.2f}")
        model = tr("run {run}", run=made.run) if made.run else tr("a model")
        if made.suggestion:
            return tr("Suggested by {model}", model=model) + sure
        if made.source.value == "model":
            return tr("Suggested by {model}, accepted by {who} {when}", model=model,
                      who=made.author or "?", when=at) + sure  # fmt: skip
        if made.source.value == "import":
            return tr("Imported {when}", when=at)
        return tr("Made by {who}, {when}", who=made.author or "?", when=at)
