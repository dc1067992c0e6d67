"""What the person has in hand: the tool and the label; both stay from image to image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from tlstudio.domain.tasks import Task
from tlstudio.ui.ops import Lane
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.workbench import Opened
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.page import LabelPage


class Hand(QObject):
    """Tools of the canvas, as the page uses them."""

    def __init__(self, page: LabelPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self._canvas = page.canvas
        self._last_drawing = page.memory.get("drawing", "box")
        self._canvas.compute = self._compute
        self._canvas.tool_changed.connect(self._changed)
        page.strip.chosen.connect(self.take)
        page.options.tolerance_changed.connect(self._set_tolerance)
        page.options.as_mask_changed.connect(self._set_as_mask)
        self._canvas.options_changed.connect(self._show_options)

    def start(self) -> None:
        """Take up the tool of the last time."""
        remembered = self._page.memory.get(self._slot, "select")
        self.take("select" if self._context.locked_reason() else remembered)

    @property
    def _slot(self) -> str:
        """Where the tool is remembered: where keys label whole images with the arrow in hand, a
        tool that another project was drawn with would take the keys."""
        project = self._page.project
        classifies = project is not None and project.task == Task.CLASSIFICATION.value
        return "classification_tool" if classifies else "tool"

    def take(self, name: str) -> None:
        """Take up a tool; says why where it cannot be had."""
        canvas = self._canvas
        if name not in canvas.tools:
            canvas.say(tr("This tool is not there."))
            return
        reason = self._context.locked_reason()
        if name != "select" and reason:
            self._context.show_message(reason, "warning")
            name = "select"
        if canvas.tool is None or canvas.tool.name != name:
            canvas.set_tool(name)
        if self._page.isVisible():
            self._page.to_canvas()

    def repeat(self) -> None:
        """The drawing tool that was in hand last."""
        self.take(self._last_drawing)

    @property
    def drawing(self) -> bool:
        """Whether something is unfinished."""
        return self._canvas.tool is not None and self._canvas.tool.drawing

    def cancel(self) -> None:
        """Esc: drop what is unfinished, else deselect, else take up the arrow."""
        canvas = self._canvas
        if canvas.tool is not None and canvas.tool.cancel():
            return
        if canvas.scene.selected:
            canvas.scene.select(())
        elif canvas.tool is None or canvas.tool.name != "select":
            self.take("select")

    def settle(self) -> None:
        """Emit what waits, so that nothing is lost when the image goes."""
        for tool in self._canvas.tools.values():
            tool.settle()

    def restore(self, opened: Opened) -> None:
        """Go on with the unfinished shape that was kept."""
        draft = opened.draft
        if draft is None or draft.tool not in self._canvas.tools or self._context.locked_reason():
            return
        self.take(draft.tool)
        self._canvas.tools[draft.tool].restore(draft.data)

    def set_label(self, label: int | None) -> None:
        """The label of what is drawn next."""
        self._canvas.label_id = label
        self._page.labels.show_current(label)
        made = self._context.labels.get(label) if label is not None else None
        if made is not None:
            self._page.memory.put("label", made.name)
            self._canvas.say(tr("Label {name}", name=made.name))
            self._canvas.refresh()

    def labels_changed(self) -> None:
        """Keep the label in hand; where it is gone, take the last one used, or the first."""
        labels = self._context.labels.all()
        known = {made.id for made in labels}
        self._canvas.scene.set_labels(labels)
        if self._canvas.label_id in known:
            self._page.labels.show_current(self._canvas.label_id)
            return
        last = self._page.memory.get("label", "")
        kept = next((made.id for made in labels if made.name == last), None)
        self._canvas.label_id = kept if kept is not None else labels[0].id if labels else None
        self._page.labels.show_current(self._canvas.label_id)

    def _changed(self, name: str) -> None:
        page = self._page
        page.strip.show_tool(name)
        page.memory.put(self._slot, name)
        if name not in ("", "select"):
            self._last_drawing = name
            page.memory.put("drawing", name)
        self._show_options()

    def _show_options(self) -> None:
        """What the tool is set to, also where the wheel changed it."""
        tool, radius = self._canvas.tool, self._canvas.brush_radius
        self._page.memory.put("brush", float(radius))
        tolerance, as_mask = getattr(tool, "tolerance", None), getattr(tool, "as_mask", False)
        self._page.options.show_tool(tool.name if tool else "", radius, tolerance, as_mask)

    def _set_tolerance(self, tolerance: float) -> None:
        tool = self._canvas.tool
        if tool is not None and hasattr(tool, "set_tolerance"):
            tool.set_tolerance(tolerance)

    def _set_as_mask(self, on: bool) -> None:
        tool = self._canvas.tool
        if tool is not None and hasattr(tool, "set_as_mask"):
            tool.set_as_mask(on)

    def _compute(
        self,
        function: Callable[..., Any],
        *args: Any,
        on_done: Callable[[Any], object],
        on_error: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Long work of a tool, off the UI thread. Tools know which image they asked about."""
        self._context.ops.run(
            function, *args, on_done=on_done, on_error=on_error, owner=self._page, lane=Lane.LONG
        )
