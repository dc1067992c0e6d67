"""Home: recent projects, a new one, the sample."""

from tlstudio.ui.pages.home.page import HomePage

__all__ = ["HomePage"]
