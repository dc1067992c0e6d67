"""Images: look through the project's images, label them, bring in more, mend what is wrong."""

from tlstudio.ui.pages.images.page import ImagesPage

__all__ = ["ImagesPage"]
