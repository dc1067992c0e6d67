"""What can be done on the Style page, a tab each; the page shows a switch from two on.

A tab is a widget made as `Tab(context)` when it is first shown. It may offer what a page may
(`shown`, `hidden`, `closing`, `dropped`, `undo`); see tlstudio.ui.context. A tab whose module
does not exist has no button in the switch.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tlstudio.ui.context import Context


@dataclass(frozen=True, slots=True)
class TabSpec:
    """One tab: `target` is "module:Class" below tlstudio.ui.pages.style; `title` goes through
    `tr`."""

    key: str
    title: str
    target: str

    @property
    def module(self) -> str:
        return f"tlstudio.ui.pages.style.{self.target.partition(':')[0]}"

    def make(self, context: Context) -> QWidget:
        made = getattr(import_module(self.module), self.target.partition(":")[2])(context)
        return cast("QWidget", made)


TABS = (
    TabSpec("style", "Style a picture", "styling_tab:StylingTab"),
    TabSpec("match", "Match a site", "matching_tab:MatchingTab"),
)


def built() -> tuple[TabSpec, ...]:
    """The tabs of this program, in the order of the switch."""
    return tuple(spec for spec in TABS if find_spec(spec.module) is not None)
