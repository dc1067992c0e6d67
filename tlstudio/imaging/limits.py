"""How much of a file is believed: pixels of a frame, frames, and pixels of all frames."""

from __future__ import annotations

from pathlib import Path

from tlstudio.domain.errors import UserError

PIXEL_LIMIT = 400_000_000
"""Largest image taken, in pixels; a larger one is taken for a decompression bomb."""
FRAME_LIMIT = 50_000
"""Most frames, pages or slices that are taken from one file."""
TOTAL_LIMIT = 4_000_000_000
"""Most pixels that all frames of a file may have together."""


def refuse_too_large(width: int, height: int, frames: int, path: Path) -> None:
    """Raise UserError data.too_large or data.too_many_pixels for what no file has in earnest."""
    if width * height > PIXEL_LIMIT:
        raise UserError("data.too_large", file=str(path), limit=PIXEL_LIMIT // 10**6)
    if frames > FRAME_LIMIT or width * height * frames > TOTAL_LIMIT:
        raise UserError(
            "data.too_many_pixels", file=str(path), frames=frames, limit=FRAME_LIMIT,
            pixels=TOTAL_LIMIT // 10**6,
        )  # fmt: skip


def require(frame: int, count: int, path: Path) -> None:
    """Raise UserError("data.no_frame") where the file has no such frame."""
    if not 0 <= frame < count:
        raise UserError("data.no_frame", file=str(path), frame=frame + 1)
