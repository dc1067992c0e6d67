"""The menu of one label: name, colour, what it is for, place, merging, deleting."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu

from tlstudio.domain.labels import COLOURS, Label, LabelRole
from tlstudio.ui.icons import icon
from tlstudio.ui.pages.images.look import chip_icon
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.pages.images.labels_panel import LabelsPanel


def fill_menu(menu: QMenu, made: Label, panel: LabelsPanel) -> None:
    """Put into `menu` what can be done with the label `made`, as things are now."""
    menu.clear()
    reason = panel.locked_reason()
    add = partial(_add, reason=reason)
    add(menu, "rename", tr("Rename…"), lambda: panel.rename(made), icon("edit", "dim"))
    _fill_colours(_sub(menu, made, "Colours", tr("Colour"), "theme"), made, panel, add)
    _fill_roles(_sub(menu, made, "Roles", tr("Used for"), "target"), made, panel, add)
    add(menu, "up", tr("Move up"), lambda: panel.move(made, -1), icon("chevron-up", "dim"))
    add(menu, "down", tr("Move down"), lambda: panel.move(made, 1), icon("chevron-down", "dim"))
    merge = _sub(menu, made, "Merge", tr("Merge into"), "merge")
    others = panel.others(made)
    merge.setEnabled(bool(others))
    for other in others:
        add(merge, f"into_{other.id}", other.name.replace("&", "&&"),
            partial(panel.ask_merge, made, other), chip_icon(other.colour, other.id))  # fmt: skip
    menu.addSeparator()
    add(menu, "delete", tr("Delete…"), lambda: panel.ask_delete(made), icon("trash", "dim"))


Add = Callable[..., QAction]


def _fill_colours(menu: QMenu, made: Label, panel: LabelsPanel, add: Add) -> None:
    for position, colour in enumerate(COLOURS, 1):
        add(menu, f"colour_{position}", tr("Colour {n}", n=position),
            partial(panel.colour, made, colour), chip_icon(colour, made.id))  # fmt: skip
    add(menu, "colour_other", tr("Another…"), lambda: panel.other_colour(made))


def _fill_roles(menu: QMenu, made: Label, panel: LabelsPanel, add: Add) -> None:
    texts = {
        LabelRole.NORMAL: tr("Things to find"),
        LabelRole.BACKGROUND: tr("The background"),
        LabelRole.IGNORE: tr("Areas to ignore; never learned from"),
    }
    for role, text in texts.items():
        action = add(menu, role.value, text, partial(panel.role, made, role))
        action.setCheckable(True)
        action.setChecked(made.role is role)


def _sub(menu: QMenu, made: Label, name: str, text: str, sign: str) -> QMenu:
    sub = menu.addMenu(icon(sign, "dim"), text)
    sub.setObjectName(f"label{name}_{made.id}")
    return sub


def _add(
    menu: QMenu,
    name: str,
    text: str,
    act: Callable[[], object],
    sign: QIcon | None = None,
    *,
    reason: str = "",
) -> QAction:
    made = QAction(text, menu)
    if sign is not None:
        made.setIcon(sign)
    made.setObjectName(f"{menu.objectName()}_{name}")
    made.setEnabled(not reason)
    made.setToolTip(reason)
    made.triggered.connect(lambda: act())
    menu.addAction(made)
    return made
