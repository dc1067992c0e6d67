"""The Label page: an image large, the tools to draw on it, and the way to the next one."""

from tlstudio.ui.pages.label.page import LabelPage

__all__ = ["LabelPage"]
