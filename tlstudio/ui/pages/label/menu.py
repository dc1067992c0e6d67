"""The menu of the canvas: everything that can be done with the selection, with its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.ui.commands import COMMANDS
from tlstudio.ui.keymap import keymap
from tlstudio.ui.pages.images.look import chip_icon
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.page import LabelPage

TITLES = {made.id: made.title for made in COMMANDS}
_FIRST = ("label.accept", "label.reject")
_COPY = ("label.duplicate", "label.copy", "label.paste", "label.paste_next", "label.delete")
_FORMS = ("label.to_box", "label.to_polygon", "label.to_mask")
_SETS = ("label.join", "label.subtract", "label.split")
_ORDERS = ("label.order.front", "label.order.forward", "label.order.backward", "label.order.back")
_LOOKS = ("label.lock", "label.hide_selected", "label.fit_selected")
_IMAGE = ("label.select_all", "label.fit", "label.review")


class CanvasMenu:
    """Made anew each time, for what is selected then. Entries that are off say why."""

    def __init__(self, page: LabelPage, context: Context) -> None:
        self._page = page
        self._context = context

    def open_at(self, at: QPoint) -> None:
        """At a point of the canvas; the shape under it is selected where none of it is yet."""
        canvas = self._page.canvas
        x, y = canvas.view.to_image(at.toPointF())
        found = canvas.scene.at(x, y, 6.0 / canvas.view.scale)
        if found and not set(found) & set(canvas.scene.selected):
            canvas.scene.select(found[:1])
        menu = self.make()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(canvas.mapToGlobal(at))

    def make(self) -> QMenu:
        menu = named(QMenu(self._page), "canvasMenu", tr("What to do"))
        menu.setToolTipsVisible(True)
        if self._of_suggestions():
            self._add(menu, _FIRST)
        self._labels(menu)
        self._add(menu, _COPY)
        self._within(menu, "menuForms", tr("Turn into"), _FORMS)
        self._within(menu, "menuOrder", tr("Order"), _ORDERS)
        menu.addSeparator()
        self._add(menu, _SETS)
        menu.addSeparator()
        self._add(menu, _LOOKS)
        menu.addSeparator()
        self._add(menu, _IMAGE)
        return menu

    def _labels(self, menu: QMenu) -> None:
        labels = menu.addMenu(tr("Label"))
        labels.setObjectName("menuLabels")
        for number, made in enumerate(self._context.labels.all(), 1):
            keys = keymap().text(f"label.pick.{number}") if number < 10 else ""
            name = made.name.replace("&", "&&")
            entry = QAction(chip_icon(made.colour, made.id), f"{name}\t{keys}", labels)
            entry.setObjectName(f"menuLabel_{made.id}")
            entry.triggered.connect(lambda _on=False, n=made.id: self._page.relabel(n))
            labels.addAction(entry)
        reason = self._changes_none() or self._nothing_selected()
        labels.setEnabled(not reason and bool(labels.actions()))
        labels.menuAction().setToolTip(reason)

    def _within(self, menu: QMenu, name: str, title: str, commands: tuple[str, ...]) -> None:
        inner = named(menu.addMenu(title), name, title)
        inner.setToolTipsVisible(True)
        self._add(inner, commands)
        reason = self._changes_none() or self._nothing_selected()
        inner.setEnabled(not reason)
        inner.menuAction().setToolTip(reason)

    def _add(self, menu: QMenu, commands: tuple[str, ...]) -> None:
        for command in commands:
            keys = keymap().text(command)
            text = tr(TITLES[command])
            entry = QAction(f"{text}\t{keys}" if keys else text, menu)
            entry.setObjectName(f"menu_{command}")
            reason = self._reason(command)
            entry.setEnabled(not reason)
            entry.setToolTip(reason or text)
            entry.triggered.connect(lambda _on=False, c=command: self._page.commands.run(c))
            menu.addAction(entry)

    # -- why not --------------------------------------------------------------------------

    def _reason(self, command: str) -> str:
        """Why a command cannot be given now; empty where it can."""
        scene = self._page.canvas.scene
        if command in ("label.fit", "label.select_all"):
            return ""
        if command not in ("label.copy", "label.hide_selected", "label.fit_selected"):
            locked = self._changes_none()
            if locked:
                return locked
        if command == "label.review":
            return ""
        if command == "label.paste":
            there = self._page.editor.can_paste
            return "" if there else tr("Copy shapes first, here or on another image.")
        if not scene.selected:
            return self._nothing_selected()
        if command in ("label.join", "label.subtract") and len(scene.selected) < 2:
            return tr("Select two shapes first.")
        if command in _FORMS:
            return self._same_form(command)
        fixed = (*_FORMS, *_SETS, *_ORDERS, "label.delete")
        if command in fixed and all(map(scene.locked, scene.selected)):
            return tr("The shape is locked. Unlock it to change it.")
        return ""

    def _same_form(self, command: str) -> str:
        scene = self._page.canvas.scene
        kind = {"label.to_box": Box, "label.to_polygon": Polygon, "label.to_mask": Mask}[command]
        if all(isinstance(scene.get(key), kind) for key in scene.selected):
            return tr("The selection is of that kind already.")
        return ""

    def _changes_none(self) -> str:
        return self._context.locked_reason()

    def _nothing_selected(self) -> str:
        return "" if self._page.canvas.scene.selected else tr("Select a shape first.")

    def _of_suggestions(self) -> bool:
        scene = self._page.canvas.scene
        chosen = [scene.get(key) for key in scene.selected]
        return any(s is not None and s.provenance.suggestion for s in chosen)
