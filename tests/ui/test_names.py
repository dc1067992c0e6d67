"""Every control of every page has a name for tests and one for screen readers."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTextEdit,
    QWidget,
)

from tlstudio.ui.pages import built

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTextEdit,
)


def nameless(top: QWidget) -> list[str]:
    """Controls that lack a name; parts that Qt makes inside a control do not count."""
    found = []
    for widget in top.findChildren(QWidget):
        if not isinstance(widget, CONTROLS) or isinstance(widget, QScrollBar | QHeaderView):
            continue
        inner = widget.parent()
        if isinstance(inner, QAbstractSpinBox | QComboBox | QLineEdit) or (
            inner is not None and isinstance(inner.parent(), QComboBox)
        ):
            continue
        if widget.objectName() == "qt_tableview_cornerbutton":
            continue
        if isinstance(widget, QAbstractItemView) and "QComboBox" in type(inner).__name__:
            continue
        if not widget.objectName() or not widget.accessibleName().strip():
            found.append(f"{type(widget).__name__} {widget.objectName()!r} in {inner!r}")
    return found


def test_every_control_of_every_page_has_a_name(opened) -> None:
    for spec in built():
        opened.context.go_to(spec.key)
        opened.settle()
    opened.context.go_to("style", tab="match")
    opened.settle()
    images = opened.window.page("images")
    for tab in ("labels", "split", "problems", "selection"):
        images.side.show_tab(tab)
    images.grid.selectAll()
    images.start_import([])
    opened.window.new_project()
    opened.window.toggle_keys()
    opened.context.show_message("Some news", "info", ("Do it", lambda: None), "details")
    opened.settle()
    assert nameless(opened.window) == []


def test_names_of_visible_controls_are_unique_on_each_page(opened) -> None:
    for spec in built():
        opened.context.go_to(spec.key)
        opened.settle()
        page = opened.window.stack.currentWidget()
        names = [
            w.objectName()
            for w in page.findChildren(QWidget)
            if isinstance(w, CONTROLS)
            and w.isVisible()
            and w.objectName()
            and not w.objectName().startswith("qt_")
        ]
        doubled = {name for name in names if names.count(name) > 1}
        assert not doubled, f"{spec.key}: {doubled}"


def test_no_text_on_screen_has_an_exclamation_mark(opened, tmp_path: Path) -> None:
    for spec in built():
        opened.context.go_to(spec.key)
    opened.settle()
    texts = [
        str(getattr(w, read)())
        for w in opened.window.findChildren(QWidget)
        for read in ("text", "toolTip", "placeholderText")
        if hasattr(w, read)
    ]
    assert not [text for text in texts if "!" in text]
