"""The tools at the left of the canvas: seven buttons, the rarer tools behind the last."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from tlstudio.ui.icons import icon, set_icon
from tlstudio.ui.keymap import keymap
from tlstudio.ui.widgets.basics import column, line, named, tool
from tlstudio.ui.words import tr

# (tool, icon) of the buttons, and of those behind the last one.
MAIN = (
    ("select", "select"),
    ("box", "draw-box"),
    ("polygon", "polygon"),
    ("brush", "brush"),
    ("eraser", "eraser"),
    ("outline", "outline"),
)
MORE = (("fill", "fill"), ("cut", "cut"), ("assist", "sparkle"))
_WIDE = 44


def tool_title(name: str) -> str:
    return {
        "select": tr("Select and edit"),
        "box": tr("Box"),
        "polygon": tr("Polygon"),
        "brush": tr("Brush"),
        "eraser": tr("Eraser"),
        "outline": tr("Smart outline"),
        "fill": tr("Fill"),
        "cut": tr("Cut"),
        "assist": tr("Assisted outline"),
    }[name]


class ToolStrip(QWidget):
    """`chosen(tool name)`, `fit_wanted`."""

    chosen = Signal(str)
    fit_wanted = Signal()

    def __init__(self, there: Sequence[str]) -> None:
        """`there` names the tools that the canvas has."""
        super().__init__()
        named(self, "toolStrip", tr("Tools"))
        self.setProperty("role", "side")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDE)
        self._buttons: dict[str, QToolButton] = {}
        tools = column(gap=4)
        for name, sign in MAIN:
            if name in there:
                made = tool(sign, f"tool_{name}", tool_title(name),
                            lambda n=name: self._clicked(n), checkable=True)  # fmt: skip
                self._buttons[name] = made
                tools.addWidget(made)
        self._rare = {name: sign for name, sign in MORE if name in there}
        self._more = tool("more", "tool_more", tr("More tools"), checkable=True)
        self._menu = named(QMenu(self._more), "moreTools", tr("More tools"))
        self._menu.aboutToShow.connect(self._fill)
        self._more.setMenu(self._menu)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        tools.addWidget(self._more)
        self._fit = tool("fit", "fitImage", tr("Fit the image"), self.fit_wanted.emit)
        inside = column(tools, 4, line(), 4, self._fit, None, gap=4)
        inside.setContentsMargins(7, 8, 7, 8)
        self.setLayout(inside)
        for made in self.findChildren(QToolButton):
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._current = ""
        keymap().changed.connect(self.show_keys)
        self.show_keys()

    def show_tool(self, name: str) -> None:
        """The canvas has taken up this tool."""
        self._current = name
        for key, made in self._buttons.items():
            made.setChecked(key == name)
        rare = name in self._rare
        self._more.setChecked(rare)
        set_icon(self._more, self._rare.get(name, "more"), "dim", "accent_text")
        self._more.setAccessibleName(
            tr("More tools; {tool} is on", tool=tool_title(name)) if rare else tr("More tools")
        )
        self.show_keys()

    def show_keys(self) -> None:
        for name, made in self._buttons.items():
            made.setToolTip(_with_keys(tool_title(name), f"label.tool.{name}"))
        rare = self._current in self._rare
        self._more.setToolTip(tool_title(self._current) if rare else tr("More tools"))
        self._fit.setToolTip(_with_keys(tr("Fit the image"), "label.fit"))

    def _clicked(self, name: str) -> None:
        self._buttons[name].setChecked(name == self._current)
        self.chosen.emit(name)

    def _fill(self) -> None:
        self._menu.clear()
        for name, sign in self._rare.items():
            keys = keymap().text(f"label.tool.{name}")
            text = tool_title(name) + (f"\t{keys}" if keys else "")
            made = QAction(icon(sign, "dim"), text, self._menu)
            made.setObjectName(f"tool_{name}")
            made.setCheckable(True)
            made.setChecked(name == self._current)
            made.triggered.connect(lambda _on=False, n=name: self.chosen.emit(n))
            self._menu.addAction(made)
        self._more.setChecked(self._current in self._rare)


def _with_keys(says: str, command: str) -> str:
    keys = keymap().text(command)
    return f"{says} ({keys})" if keys else says
