"""Whatever has the focus shows it, in every theme, and nothing moves for it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

from tlstudio.ui.theme import THEMES, theme


@pytest.fixture(autouse=True)
def dark_again(qapp):
    yield
    theme().apply("dark")


def stops(page: QWidget) -> list[QWidget]:
    """What Tab can reach on the page as it is."""
    return [
        w for w in page.findChildren(QWidget)
        if w.isVisible() and w.isEnabled() and w.focusProxy() is None
        and w.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]  # fmt: skip


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(
    ("key", "least"), [("images", 12), ("train", 6), ("settings", 20), ("style", 8)]
)
def test_the_focus_is_seen_and_moves_nothing(opened, name: str, key: str, least: int) -> None:
    theme().apply(name)
    opened.context.go_to(key)
    opened.settle()
    page = opened.window.stack.currentWidget()
    reached = stops(page)
    assert len(reached) >= least
    unseen, moved = [], []
    for widget in reached:
        opened.window.setFocus()
        QApplication.processEvents()
        place, before = widget.geometry(), widget.grab().toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        QApplication.processEvents()
        if not widget.hasFocus():
            continue
        if widget.geometry() != place:
            moved.append(widget.objectName())
        if widget.grab().toImage() == before:
            unseen.append(widget.objectName() or type(widget).__name__)
    assert not unseen
    assert not moved


@pytest.mark.parametrize("name", THEMES)
def test_an_empty_list_shows_the_focus_too(opened, name: str) -> None:
    theme().apply(name)
    opened.context.go_to("train")
    opened.settle()
    for view in opened.window.stack.currentWidget().findChildren(QAbstractItemView):
        if not view.isVisible() or not view.property("role"):
            continue
        opened.window.setFocus()
        QApplication.processEvents()
        before = view.grab().toImage()
        view.setFocus(Qt.FocusReason.TabFocusReason)
        assert view.grab().toImage() != before, view.objectName()
