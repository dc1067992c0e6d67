"""How large an image is, told by its header alone."""

from __future__ import annotations

from pathlib import Path

from tlstudio.imaging.reading import LYING, identified, opened, orientation_of


def canonical_size(path: Path) -> tuple[int, int]:
    """(width, height) of the canonical image in `path`; no pixel is decoded.

    Raises UserError as `reading.read_image` does for what its header tells.
    """
    with opened(path) as file, identified(file, path) as image:
        lies = orientation_of(image) in LYING
        return (image.height, image.width) if lies else (image.width, image.height)
