"""The pages: made when first shown, dropped when the project changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from tlstudio.ui.context import Context
from tlstudio.ui.pages import PageSpec
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr


class PageStack(QStackedWidget):
    """`turned` is sent with the key of the page that came to the front in place of another."""

    turned = Signal(str)

    def __init__(self, context: Context, specs: Mapping[str, PageSpec]) -> None:
        super().__init__()
        named(self, "pageStack", tr("Page"))
        self._context = context
        self._specs = specs
        self._pages: dict[str, QWidget] = {}
        self.current = ""

    def page(self, key: str) -> QWidget | None:
        """The page if it has been made already."""
        return self._pages.get(key)

    def front(self) -> QWidget | None:
        """The page in front."""
        return self._pages.get(self.current)

    def show_page(self, key: str, what: dict[str, Any]) -> None:
        """Bring a page to the front and hand it `what`; unknown keys do nothing."""
        if key not in self._specs:
            return
        if self.current != key:
            call(self.front(), "hidden")
        if key not in self._pages:
            self._pages[key] = self._make(self._specs[key])
            self.addWidget(self._pages[key])
        self.current = key
        self.setCurrentWidget(self._pages[key])
        self.turned.emit(key)
        call(self._pages[key], "shown", **what)

    def drop(self) -> None:
        """Delete the pages that belong to the project that was open."""
        for key, made in list(self._pages.items()):
            if self._specs[key].needs_project:
                call(made, "closing")
                self.removeWidget(made)
                made.hide()
                made.deleteLater()
                del self._pages[key]

    def close_all(self) -> None:
        """Tell every page that the program ends."""
        for made in self._pages.values():
            call(made, "closing")

    def _make(self, spec: PageSpec) -> QWidget:
        if spec.needs_project and self._context.project is None:
            from tlstudio.ui.widgets.empty import EmptyState

            return EmptyState(
                spec.icon,
                tr("No project is open"),
                tr("Open a project or make one from a folder of images; it takes a minute."),
                (tr("Go to Home"), "emptyHome", lambda: self._context.go_to("home")),
            )
        return spec.make(self._context)


def call(page: QWidget | None, name: str, **what: Any) -> Any:
    """Call what a page may offer; None where it does not."""
    function = getattr(page, name, None)
    return function(**what) if callable(function) else None
