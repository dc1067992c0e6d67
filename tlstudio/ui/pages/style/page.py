"""Style: pictures in the look of others, one at a time or a whole site's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from tlstudio.ui.pages.style.tabs import built
from tlstudio.ui.widgets.basics import Segments, box, column, line, named, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class StylePage(QWidget):
    """One tab in front of the others; each is made when it is first shown."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "stylePage", tr("Style"))
        self._context = context
        self._specs = {spec.key: spec for spec in built()}
        self._tabs: dict[str, QWidget] = {}
        self._front = ""
        self._switch = Segments(
            "style_tab",
            tr("What to do"),
            [(spec.key, tr(spec.title)) for spec in self._specs.values()],
            lambda key: self.shown(tab=key),
        )
        head = row(self._switch, None)
        head.setContentsMargins(16, 8, 16, 8)
        bar = box(column(head, line(), gap=0))
        bar.layout().setContentsMargins(0, 0, 0, 0)
        head.setContentsMargins(16, 8, 16, 8)
        if len(self._specs) < 2:
            bar.hide()  # shown before it has a parent it would be a window of its own
        self._stack = named(QStackedWidget(), "style_tabs", tr("Style"))
        inside = column(bar, self._stack, gap=0)
        inside.setStretch(1, 1)
        self.setLayout(inside)

    def shown(self, tab: str = "", **what: Any) -> None:
        """Come to the front with `tab`, or the one that was there last; `what` goes to it."""
        key = tab or self._front or next(iter(self._specs))
        if key != self._front:
            self._call("hidden")
        if key not in self._tabs:
            self._tabs[key] = self._specs[key].make(self._context)
            self._stack.addWidget(self._tabs[key])
        self._front = key
        self._switch.set_value(key)
        self._stack.setCurrentWidget(self._tabs[key])
        self._call("shown", **what)

    def hidden(self) -> None:
        self._call("hidden")

    def closing(self) -> None:
        for tab in self._tabs.values():
            closing = getattr(tab, "closing", None)
            if callable(closing):
                closing()

    def undo(self) -> bool:
        return bool(self._call("undo"))

    def dropped(self, paths: list[Path]) -> None:
        self._call("dropped", paths=paths)

    def tab(self, key: str) -> QWidget | None:
        """The tab if it has been made already."""
        return self._tabs.get(key)

    def _call(self, name: str, **what: Any) -> Any:
        """Call what the tab in front may offer; None where it does not."""
        function = getattr(self._tabs.get(self._front), name, None)
        return function(**what) if callable(function) else None
