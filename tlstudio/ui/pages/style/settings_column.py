"""The right column: how it is made, the buttons that make it, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from tlstudio.domain.errors import UserError
from tlstudio.domain.styling import StyleSettings, result_size
from tlstudio.ui.pages.style.controls import Controls
from tlstudio.ui.pages.style.form import StyleForm
from tlstudio.ui.pages.style.keeping import Keeping
from tlstudio.ui.pages.style.network import NetworkPicker
from tlstudio.ui.widgets.basics import box, column, label, line, scrolling
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tlstudio.ui.context import Context


class SettingsColumn(QWidget):
    """`changed` after each edit of the settings and when weights came."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_settings")
        self.form, self.network = StyleForm(), NetworkPicker(context)
        self.controls, self.keeping = Controls(), Keeping(context)
        self._fixed = label(
            tr(
                "A stylizer has no settings of its own here: they were chosen when it was trained."
                " Train another one to change them."
            ),
            "dim",
            "style_fixed_note",
            wrap=True,
        )
        settings = scrolling(
            padded(box(column(self._fixed, self.form, self.network, None, gap=12))),
            "style_settings_scroll",
            tr("Settings of the styling"),
        )
        foot = box(column(self.network.offer, self.controls, self.keeping, gap=12))
        inside = column(settings, line(), padded(foot), gap=0)
        inside.setStretch(0, 1)
        self.setLayout(inside)
        self.form.changed.connect(self.changed)
        self.network.changed.connect(self.changed)
        self.show_fixed(False)

    def show_fixed(self, on: bool) -> None:
        """A stylizer is applied, which has nothing to set."""
        self.form.setVisible(not on)
        self._fixed.setVisible(on)
        self.network.set_needed(not on)

    def settings(self) -> StyleSettings:
        """What is set; only where `problem` has none."""
        return StyleSettings.read({**self.form.values(), "network": self.network.network()})

    def set_settings(self, settings: Mapping[str, object]) -> None:
        """Show these, and what is usual for the rest."""
        self.form.set_values(settings)
        self.network.set_network(str(settings.get("network", "")))

    def problem(self, content: tuple[int, int] | None) -> str:
        """Why nothing can be made of a content of this size in these settings; empty where it
        can."""
        first = self.network.problem() or self.form.problem()
        if first or content is None:
            return first
        try:
            result_size(*content, self.settings().size)
        except UserError as error:
            return say_error(error)
        return ""


def padded(inside: QWidget) -> QWidget:
    """`inside` with the page's margins around it."""
    layout = column(inside)
    made = box(layout)
    layout.setContentsMargins(16, 12, 16, 12)
    return made
