"""How large an image is, told by its header alone."""

from __future__ import annotations

from pathlib import Path

from tlstudio.imaging.pages import opened_pages


def canonical_size(path: Path, frame: int = 0) -> tuple[int, int]:
    """(width, height) of the canonical image in `path`; no pixel is decoded.

    Raises UserError as `reading.read_image` does for what its header tells.
    """
    with opened_pages(path) as pages:
        return pages.size(frame)
