"""The Style page."""

from tlstudio.ui.pages.style.page import StylePage

__all__ = ["StylePage"]
