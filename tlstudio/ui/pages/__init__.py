"""Pages, one module each; the table below is all that the shell knows of them.

A page is `class XPage(QWidget)` made as `XPage(context)` when it is first shown; see
tlstudio.ui.context for what it gets and may offer. A page whose module does not exist has no
button in the rail.
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
class PageSpec:
    """One page: `target` is "module:Class" below tlstudio.ui.pages.

    `place` is rail, foot (of the rail) or none (reached from other pages). A page with
    `needs_project` is made anew for each project that is opened.
    """

    key: str
    title: str
    icon: str
    target: str
    place: str = "rail"
    needs_project: bool = True

    @property
    def module(self) -> str:
        return f"{__name__}.{self.target.partition(':')[0]}"

    def make(self, context: Context) -> QWidget:
        made = getattr(import_module(self.module), self.target.partition(":")[2])(context)
        return cast("QWidget", made)


PAGES = (
    PageSpec("home", "Home", "home", "home:HomePage", needs_project=False),
    PageSpec("images", "Images", "images", "images:ImagesPage"),
    PageSpec("label", "Label", "label", "label:LabelPage"),
    PageSpec("train", "Train", "train", "train:TrainPage"),
    PageSpec("results", "Results", "results", "results:ResultsPage"),
    PageSpec("tryout", "Try an image", "sparkle", "tryout:TryoutPage", place="none"),
    PageSpec("style", "Style", "style", "style:StylePage"),
    PageSpec("export", "Export", "export", "export:ExportPage"),
    PageSpec(
        "settings", "Settings", "settings", "settings:SettingsPage", "foot", needs_project=False
    ),
)


def built() -> tuple[PageSpec, ...]:
    """The pages of this program, in the order of the rail."""
    return tuple(spec for spec in PAGES if find_spec(spec.module) is not None)
