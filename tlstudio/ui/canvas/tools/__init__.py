"""The tools of the canvas, one module each, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlstudio.ui.canvas.tools.assist import AssistTool
from tlstudio.ui.canvas.tools.box import BoxTool
from tlstudio.ui.canvas.tools.brush import BrushTool, EraserTool
from tlstudio.ui.canvas.tools.cut import CutTool
from tlstudio.ui.canvas.tools.fill import FillTool
from tlstudio.ui.canvas.tools.outline import OutlineTool
from tlstudio.ui.canvas.tools.polygon import PolygonTool
from tlstudio.ui.canvas.tools.select import SelectTool

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tool import Tool

_TOOLS = (
    SelectTool, BoxTool, PolygonTool, BrushTool, EraserTool, FillTool, OutlineTool, CutTool,
    AssistTool,
)  # fmt: skip


def make_tools(canvas: Canvas) -> dict[str, Tool]:
    """A tool of each kind for `canvas`, by name."""
    return {kind.name: kind(canvas) for kind in _TOOLS}
