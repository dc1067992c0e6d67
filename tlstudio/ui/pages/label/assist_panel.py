"""What the assisted outline says of itself, floating over a corner of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QFrame, QLayout, QProgressBar, QWidget

from tlstudio.ui.keymap import keymap
from tlstudio.ui.widgets.basics import Segments, box, button, column, label, named, row
from tlstudio.ui.widgets.weights_fetch import source_size
from tlstudio.ui.words import say, say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.assisting import AssistStatus
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.assistant import Assistant

_WIDE = 376


class AssistPanel(QFrame):
    """Without weights: how to get them. With them: how far the model is, and what it offers."""

    def __init__(self, assistant: Assistant, context: Context) -> None:
        canvas = assistant.tool.canvas
        super().__init__(canvas)
        named(self, "assistPanel", tr("Assisted outline"))
        self.setProperty("role", "panel")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._assistant = assistant
        self._context = context
        self._title = label(tr("A model is needed"), "heading", "assistTitle")
        self._models = named(QComboBox(), "assistModel", tr("Model"))
        self._models.activated.connect(lambda at: assistant.choose(assistant.models[at][0]))
        self._text = label("", "dim", "assistText", wrap=True)
        self._text.setFixedWidth(_WIDE)
        self._bar = named(QProgressBar(), "assistProgress", tr("Looking at the image"))
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setFixedHeight(6)
        self._kind = Segments(
            "assistKind", tr("What Enter makes"),
            (("polygon", tr("Polygon")), ("mask", tr("Mask"))), self._set_kind,
        )  # fmt: skip
        self._kind.set_value("polygon")
        self._next = button(tr("Next outline"), "assistNext", assistant.tool.next_choice)
        self._making = box(row(self._models, self._kind, None, self._next))
        get = button(tr("Get the weights…"), "assistWeights", self._to_settings, icon="download",
                     role="primary")  # fmt: skip
        other = button(tr("Use the smart outline"), "assistOther", self._to_outline,
                       icon="outline")  # fmt: skip
        self._without = box(row(get, other, None))
        again = button(tr("Try again"), "assistAgain", assistant.look, icon="reload")
        self._trouble = box(row(again, None))
        inside = column(
            self._title, self._text, self._bar, self._making, self._without, self._trouble
        )
        inside.setContentsMargins(12, 10, 12, 10)
        inside.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        self.setLayout(inside)
        for made in self.findChildren(QWidget):
            if made.focusPolicy() != Qt.FocusPolicy.NoFocus:
                made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.move(12, 12)
        self.hide()

    def show_news(self) -> None:
        """Say what is the case now; hide while another tool is in hand."""
        assistant = self._assistant
        status = assistant.status
        if not assistant.in_hand or status is None:
            self.hide()
            return
        able = status.model is not None
        looking = able and assistant.fraction is not None
        failed = able and assistant.error is not None
        self._without.setVisible(not able)
        self._bar.setVisible(looking)
        self._bar.setValue(round(1000 * (assistant.fraction or 0.0)))
        self._trouble.setVisible(failed)
        self._making.setVisible(able and not failed)
        self._next.setVisible(assistant.tool.choices > 1)
        keys = keymap().text("label.alternative")
        self._next.setToolTip(tr("Next outline ({keys})", keys=keys) if keys else "")
        self._show_models(status)
        self._title.setVisible(not able)
        self._text.setText(self._says(status))
        unverified = able and not status.verified
        self._text.setToolTip(say("assist.unverified", {"model": status.offer.name})
                              if unverified else "")  # fmt: skip
        self.show()
        self.raise_()

    def _show_models(self, status: AssistStatus) -> None:
        """A choice, where there is one."""
        models = self._assistant.models
        several = status.model is not None and len(models) > 1
        self._models.setVisible(several)
        if several:
            names = [name for _id, name in models]
            if [self._models.itemText(at) for at in range(self._models.count())] != names:
                self._models.clear()
                self._models.addItems(names)
            self._models.setCurrentIndex([each for each, _name in models].index(status.offer.id))

    def _says(self, status: AssistStatus) -> str:
        assistant, tool = self._assistant, self._assistant.tool
        if status.model is None:
            return _how_to_get(status)
        if assistant.error is not None:
            return say_error(assistant.error)
        if assistant.fraction is not None:
            return tr("Looking at the image, which is done once…")
        if tool.proposal is not None:
            place, sure = tool.proposal.choice + 1, tool.proposal.confidence
            return tr("Outline {n} of {all}, confidence {sure}",
                      n=place, all=tool.choices, sure=f"{sure:.2f}")  # fmt: skip
        return _what_works(status)

    def _set_kind(self, kind: str) -> None:
        self._assistant.tool.set_as_mask(kind == "mask")
        self._kind.set_value(kind)

    def _to_settings(self) -> None:
        status = self._assistant.status
        if status is not None:
            self._context.go_to("settings", weights=status.offer.id)

    def _to_outline(self) -> None:
        self._assistant.tool.canvas.set_tool("outline")


def _how_to_get(status: AssistStatus) -> str:
    offer = status.offer
    source = offer.weights
    size = source_size(source) if source is not None else tr("unknown size")
    return tr(
        "{name} outlines what you point at, once its weights are on this computer: {size},"
        " licence {licence}. Fetch them once, or import a file you have. The smart outline"
        " works without them.",
        name=offer.name, size=size, licence=offer.weights_licence,
    )  # fmt: skip


def _what_works(status: AssistStatus) -> str:
    """The model, whether its weights are those published, and where it computes."""
    assert status.model is not None
    said = [status.model.name]
    if not status.verified:
        said.append(tr("unverified weights"))
    if status.device == "cpu":
        said.append(tr("on the processor"))
    elif status.device:
        said.append(tr("on the graphics card ({device})", device=status.device))
    return ", ".join(said)
