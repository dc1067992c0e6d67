"""What each command of the page does. Keys are the keymap's; see tlstudio.ui.commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeyEvent

from tlstudio.ui.canvas.intents import Order
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.commands import (
    CHOOSING,
    DIGITS,
    DRAWING,
    PLACING,
    SELECTED,
    SUGGESTION,
    SUGGESTIONS,
)
from tlstudio.ui.keymap import keymap, leaves_control

if TYPE_CHECKING:
    from tlstudio.ui.pages.label.page import LabelPage

Act = Callable[[], object]
_SIDES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_FAR = 10
_ZOOM = 1.25
_TOOLS = ("select", "box", "polygon", "brush", "eraser", "fill", "outline", "assist", "cut")
# Held down, these go on; all others act once a press.
_REPEATS = ("label.nudge", "label.brush", "label.resize", "label.point", "label.zoom",
            "label.next", "label.previous", "label.step_back", "label.select_next",
            "label.select_previous")  # fmt: skip


class LabelCommands:
    """Turns command ids, and keys, into actions of the page."""

    def __init__(self, page: LabelPage) -> None:
        self._page = page
        self.acts: dict[str, Act] = {
            **self._drawing(), **self._tools(), **self._labels(), **self._moving(),
            **self._editing(), **self._view(),
        }  # fmt: skip

    def states(self) -> set[str]:
        """What the page is in the middle of, as the keymap asks for it."""
        canvas = self._page.canvas
        found = set()
        if canvas.tool is not None and canvas.tool.drawing:
            found.add(DRAWING)
            if getattr(canvas.tool, "choices", 0) > 1:
                found.add(CHOOSING)
        elif canvas.tool is not None and canvas.tool.name == "box":
            found.add(PLACING)
        if canvas.scene.selected:
            found.add(SELECTED)
            if actions.suggestions(canvas):
                found.add(SUGGESTION)
                if len(actions.suggestions(canvas)) == len(canvas.scene.selected):
                    found.add(SUGGESTIONS)
        elif self._page.labelling.suggested():
            found |= {SUGGESTION, SUGGESTIONS}
        return found

    def press(self, event: QKeyEvent) -> bool:
        """Do what the key means; false where it means nothing here."""
        if leaves_control(event):
            self._page.to_canvas()
            return True
        wanted = keymap().command("label", event, self.states())
        if wanted is None or wanted not in self.acts:
            return False
        if event.isAutoRepeat() and not wanted.startswith(_REPEATS):
            return True
        if not wanted.startswith(("label.nudge", "label.resize")):
            self._page.canvas.tools["select"].settle()  # nudges first, then what follows them
        self.acts[wanted]()
        return True

    def run(self, command: str) -> None:
        self.acts[command]()

    # -- by group -------------------------------------------------------------------------

    def _drawing(self) -> dict[str, Act]:
        page, canvas = self._page, self._page.canvas
        return {
            "label.finish": lambda: canvas.tool.finish(),
            "label.step_back": lambda: canvas.tool.step_back(),
            "label.alternative": page.assistant.tool.next_choice,
            "label.cancel": page.hand.cancel,
            "label.place": canvas.tools["box"].place,
            "label.click": canvas.keys.click,
            "label.click_other": lambda: canvas.keys.click(alt=True),
            "label.hold": canvas.keys.hold,
            "label.accept": page.labelling.accept,
            "label.reject": page.labelling.reject,
            "label.accept_all": lambda: page.shape_acts.decide_all(accept=True),
            "label.reject_all": lambda: page.shape_acts.decide_all(accept=False),
        }

    def _tools(self) -> dict[str, Act]:
        page = self._page
        found: dict[str, Act] = {
            f"label.tool.{name}": lambda n=name: page.hand.take(n)  # type: ignore[misc]
            for name in _TOOLS
        }
        found["label.tool.repeat"] = page.hand.repeat
        found["label.brush.smaller"] = lambda: page.view_acts.resize_brush(-1)
        found["label.brush.bigger"] = lambda: page.view_acts.resize_brush(1)
        return found

    def _labels(self) -> dict[str, Act]:
        page = self._page
        found: dict[str, Act] = {}
        for n in DIGITS:
            found[f"label.pick.{n}"] = lambda n=n: page.labelling.pick(n)  # type: ignore[misc]
            found[f"label.add.{n}"] = lambda n=n: page.labelling.add(n)  # type: ignore[misc]
        found["label.unlabel"] = page.labelling.unlabel
        found["label.find_label"] = page.find_label
        return found

    def _moving(self) -> dict[str, Act]:
        page, navigator = self._page, self._page.navigator
        return {
            "label.next": lambda: navigator.step(1),
            "label.previous": lambda: navigator.step(-1),
            "label.next_unlabelled": lambda: navigator.step_open(1),
            "label.previous_unlabelled": lambda: navigator.step_open(-1),
            "label.first": navigator.first,
            "label.last": navigator.last,
            "label.gallery": page.to_gallery,
            "label.review": page.reviewing.finish,
            "label.dispute": page.reviewing.dispute,
            "label.comment": page.reviewing.write_comment,
        }

    def _editing(self) -> dict[str, Act]:
        page, canvas = self._page, self._page.canvas
        found: dict[str, Act] = {
            "label.delete": page.shape_acts.delete,
            "label.select_all": lambda: actions.select_all(canvas),
            "label.select_next": lambda: page.shape_acts.select_step(1),
            "label.select_previous": lambda: page.shape_acts.select_step(-1),
            "label.duplicate": lambda: actions.duplicate(canvas),
            "label.copy": page.shape_acts.copy,
            "label.paste": page.shape_acts.paste,
            "label.paste_next": page.shape_acts.paste_next,
            "label.join": lambda: actions.join(canvas),
            "label.subtract": lambda: actions.subtract(canvas),
            "label.split": lambda: actions.split(canvas),
            "label.lock": page.shape_acts.toggle_lock,
            "label.unlock_all": page.shape_acts.unlock_all,
        }
        for kind in ("box", "polygon", "mask"):
            found[f"label.to_{kind}"] = lambda k=kind: actions.convert(canvas, k)  # type: ignore[misc]
        for to in Order:
            found[f"label.order.{to.value}"] = lambda t=to: actions.reorder(canvas, t)  # type: ignore[misc]
        for side, (x, y) in _SIDES.items():
            found[f"label.nudge.{side}"] = lambda x=x, y=y: page.shape_acts.nudge(x, y)  # type: ignore[misc]
            found[f"label.nudge_far.{side}"] = lambda x=x, y=y: page.shape_acts.nudge(  # type: ignore[misc]
                x * _FAR, y * _FAR
            )
            found[f"label.resize.{side}"] = lambda x=x, y=y: page.shape_acts.resize(x, y)  # type: ignore[misc]
            found[f"label.resize_far.{side}"] = lambda x=x, y=y: page.shape_acts.resize(  # type: ignore[misc]
                x * _FAR, y * _FAR
            )
            found[f"label.point.{side}"] = lambda x=x, y=y: canvas.keys.go(x, y)  # type: ignore[misc]
        return found

    def _view(self) -> dict[str, Act]:
        page, look = self._page, self._page.look
        found: dict[str, Act] = {
            f"label.{name}": lambda n=name: look.toggle(n)  # type: ignore[misc]
            for name in ("outline_only", "suggestions", "names", "overview", "rulers",
                         "crosshair", "scale_bar")
        }  # fmt: skip
        return found | {
            "label.hide": page.view_acts.toggle_shapes,
            "label.hide_selected": page.view_acts.toggle_selected,
            "label.fit": page.view_acts.fit,
            "label.actual_size": page.canvas.one_to_one,
            "label.fit_selected": page.view_acts.fit_selected,
            "label.zoom_in": lambda: page.view_acts.zoom(_ZOOM),
            "label.zoom_out": lambda: page.view_acts.zoom(1 / _ZOOM),
            "label.invert": lambda: look.invert.toggle(),
            "label.channel": look.next_channel,
            "label.reset_view": look.reset,
            "label.panels": page.toggle_panels,
        }
